/**
 * Object files: a program as bytes, all numbers little-endian.
 *
 *   0   8  0x7f "fp4sim" 0
 *   8   4  version, 2
 *   12  4  bytes of the header
 *   16  4  number of instructions
 *   20  …  header: declarations as JSON (UTF-8)
 *       …  instructions, 8 bytes each
 *
 * A file is accepted only if its disassembly assembles to the very same words and declarations, so that whatever holds
 * for an assembled program (stages and targets in range, streams that end) holds for one that was read.
 */
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import {
  decode,
  INSTRUCTION_BY_OPCODE,
  type Instruction,
  OBJECT_LIMIT,
  TARGET_LIMIT,
} from '../../isa/index.js';
import { ConfigurationError, onFirstUse } from '../numerics/index.js';
import { assembleAnyLength } from './assemble.js';
import { disassemble } from './disassemble.js';
import { encodeProgram } from './encode-program.js';
import { type PackedSpan, PlacePacker, placeUnpacker } from './packed-places.js';
import type { Program, Span } from './program.js';

const MAGIC = new TextEncoder().encode('\x7ffp4sim\0');
const VERSION = 2;
const FIXED_BYTES = 20;

/** The object file of a program. */
export function writeObject(program: Program): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify(headerOf(program)));
  const words = encodeProgram(program);
  const bytes = new Uint8Array(FIXED_BYTES + header.length + 8 * words.length);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, header.length, true);
  view.setUint32(16, words.length, true);
  bytes.set(header, FIXED_BYTES);
  words.forEach((word, i) => {
    view.setBigUint64(FIXED_BYTES + header.length + 8 * i, word, true);
  });
  return bytes;
}

function headerOf(program: Program): object {
  const places = new PlacePacker();
  const pack = (span: Span): PackedSpan => places.pack(span);
  const packed = <T extends { readonly span: Span }>(items: readonly T[]): object[] =>
    items.map((item) => ({ ...item, span: pack(item.span) }));
  return {
    file: program.file,
    ...(program.machine === undefined ? {} : { machine: program.machine }),
    parameters: program.parameters,
    tensors: packed(program.tensors),
    buffers: packed(program.buffers),
    accumulators: packed(program.accumulators),
    barriers: packed(program.barriers),
    grid: { ...program.grid, span: pack(program.grid.span) },
    streams: packed(program.streams),
    spans: program.spans.map(pack),
    labels: [...program.labels],
    files: places.files,
    uses: places.uses,
  };
}

/** Whether bytes begin like an object file, of whatever version. */
export function isObject(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

/**
 * The program of an object file. Throws `ConfigurationError` on bytes that are not one, with the reason.
 *
 * @param where name of the file, for messages
 */
export function readObject(bytes: Uint8Array, where: string): Program {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < FIXED_BYTES || !isObject(bytes)) {
    throw new ConfigurationError(
      `${where} is not an object file of this program`,
      'make one with fp4sim asm',
    );
  }
  const version = view.getUint32(8, true);
  if (version !== VERSION) {
    throw new ConfigurationError(
      `${where} has version ${version} of the object format, not ${VERSION}`,
      'assemble it again',
    );
  }
  const [headerBytes, count] = [view.getUint32(12, true), view.getUint32(16, true)];
  const expected = FIXED_BYTES + headerBytes + 8 * count;
  if (bytes.length !== expected || count > TARGET_LIMIT) {
    throw new ConfigurationError(
      `${where} has ${bytes.length} bytes, and its head speaks of ${expected}`,
      'the file is damaged',
    );
  }
  const header = parseHeader(bytes.subarray(FIXED_BYTES, FIXED_BYTES + headerBytes), where);
  const instructions = Array.from({ length: count }, (_, i) =>
    decodeAt(view.getBigUint64(FIXED_BYTES + headerBytes + 8 * i, true), i, where),
  );
  return verified(restore(header, instructions, where), where);
}

function decodeAt(word: bigint, at: number, where: string): Instruction {
  try {
    return decode(word, INSTRUCTION_BY_OPCODE);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ConfigurationError(`${where}: word ${at} is not an instruction: ${error.message}`);
  }
}

function parseHeader(bytes: Uint8Array, where: string): Header {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ConfigurationError(`${where}: the header is not JSON`, 'the file is damaged');
  }
  const result = headerSchema().safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ConfigurationError(
    `${where}: header field ${issue!.path.join('.') || '(all)'}: ${issue!.message}`,
  );
}

type Header = z.infer<ReturnType<typeof buildSchema>>;
const headerSchema = onFirstUse(buildSchema);

function buildSchema({ z }: typeof import('zod')) {
  const integer = z.int();
  const count = z.int().min(1);
  const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/);
  const format = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/);
  const index = integer.min(0);
  const span = z.tuple([count, count, count, index, index]);
  const shape = { rows: count, cols: count };
  const list = <T extends z.ZodType>(item: T) => z.array(item).max(OBJECT_LIMIT);
  const source = z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('file'),
      path: z.string(),
      key: z.string().optional(),
      tiled: z.boolean(),
    }),
    z.strictObject({ kind: z.literal(['normal', 'uniform']), seed: integer }),
    z.strictObject({ kind: z.literal('student'), degrees: integer, seed: integer }),
    z.strictObject({ kind: z.literal('zeros') }),
    z.strictObject({ kind: z.literal('out') }),
  ]);
  const policy = z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal(['row', 'column']) }),
    z.strictObject({ kind: z.literal('swizzle'), group: count }),
  ]);
  const division = z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('split-k'), parts: count, steps: count }),
    z.strictObject({ kind: z.literal('stream-k'), steps: count }),
  ]);
  const label = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$/);
  return z.strictObject({
    file: z.string(),
    machine: z.string().optional(),
    parameters: z.array(z.strictObject({ name, value: integer, default: integer })),
    tensors: list(z.strictObject({ name, format, ...shape, source, span })),
    buffers: list(z.strictObject({ name, format, ...shape, stages: count, span })),
    accumulators: list(z.strictObject({ name, ...shape, stages: count, span })),
    barriers: list(z.strictObject({ name, count, arrivals: count, span })),
    grid: z.strictObject({
      tilesM: count,
      tilesN: count,
      policy,
      dynamic: z.boolean().optional(),
      division: division.optional(),
      span,
    }),
    streams: list(z.strictObject({ name, count, start: integer.min(0), length: count, span })),
    spans: z.array(span),
    labels: z.array(z.tuple([label, index])),
    files: z.array(z.string()),
    uses: z.array(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('macro'), name, span }),
        z.strictObject({ kind: z.literal('repetition'), index, count, span }),
        z.strictObject({ kind: z.literal('inclusion'), span }),
      ]),
    ),
  });
}

/** A header and its instructions as a program that may still be wrong in itself. */
function restore(header: Header, instructions: readonly Instruction[], where: string): Program {
  let next = 0;
  for (const { name, start, length } of header.streams) {
    if (start !== next)
      throw new ConfigurationError(`${where}: stream ${name} begins at ${start}, not at ${next}`);
    next += length;
  }
  if (next !== instructions.length || header.spans.length !== instructions.length) {
    throw new ConfigurationError(
      `${where}: the streams have ${next} instructions, the file ${instructions.length}`,
    );
  }
  const unpack = placeUnpacker(header, where);
  const unpacked = <T extends { readonly span: PackedSpan }>(items: readonly T[]) =>
    items.map((item) => ({ ...item, span: unpack(item.span) }));
  return {
    file: header.file,
    machine: header.machine,
    parameters: header.parameters,
    tensors: unpacked(header.tensors) as Program['tensors'],
    buffers: unpacked(header.buffers),
    accumulators: unpacked(header.accumulators),
    barriers: unpacked(header.barriers),
    grid: { ...header.grid, span: unpack(header.grid.span) },
    streams: unpacked(header.streams),
    instructions,
    spans: header.spans.map(unpack),
    labels: new Map(header.labels),
  };
}

/** The program, if its disassembly assembles to it. */
function verified(program: Program, where: string): Program {
  const set = new Map(program.parameters.map(({ name, value }) => [name, value]));
  const again = assembleAnyLength(disassemble(program), where, { set });
  if (again.program === undefined) {
    const [first] = again.diagnostics;
    throw new ConfigurationError(`${where} does not hold a valid program: ${first!.message}`, first!.hint);
  }
  if (!isDeepStrictEqual(meaningOf(again.program), meaningOf(program))) {
    throw new ConfigurationError(`${where}: the header and the instructions do not belong together`);
  }
  return program;
}

/** Everything that a program means, without where it was written. */
function meaningOf(program: Program): unknown {
  const { labels, instructions } = program;
  const declarations = {
    ...program,
    file: '',
    spans: [],
    instructions: instructions.length,
    labels: [...labels],
  };
  const plain = JSON.stringify(declarations, (key, value) => (key === 'span' ? undefined : value));
  return [JSON.parse(plain), encodeProgram(program)];
}
