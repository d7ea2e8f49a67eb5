/** Slices of unpacked witness files, every offset checked, and parsing of their indexes. */
import { z } from 'zod';
import { ConfigurationError } from '../../numerics/index.js';

/** `value` as the schema says, or an error that names the place in `file`. */
export function parsed<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ConfigurationError(
    `${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}`,
  );
}

/** Byte offset and length. */
export const sliceSchema = z.tuple([z.int().nonnegative(), z.int().nonnegative()]);
export type Slice = z.infer<typeof sliceSchema>;

/** `length` bytes from `offset` on; `place` starts the message if the file is too short. */
export function sliceOf(data: Buffer, [offset, length]: Slice, place: string): Buffer {
  if (offset + length <= data.length) return data.subarray(offset, offset + length);
  throw new ConfigurationError(
    `${place}: ends at byte ${offset + length}, but the unpacked file has ${data.length}`,
  );
}

/** Little-endian float32 values. The length must be `count` of them. */
export function floats(bytes: Buffer, count: number, place: string): Float32Array {
  if (bytes.length !== 4 * count) {
    throw new ConfigurationError(`${place}: has ${bytes.length} bytes, expected ${4 * count}`);
  }
  return Float32Array.from({ length: count }, (_, i) => bytes.readFloatLE(4 * i));
}

/** A number for a message; −0 shows its sign. */
export function numberText(x: number): string {
  return Object.is(x, -0) ? '-0' : String(x);
}
