/** Checks that typed arrays handed to another language's code are memory that nobody else changes or takes away. */
import { hasBlockScales } from '../dot/index.js';
import { ConfigurationError } from '../numerics/index.js';
import type { TileOperand } from './kernels.js';

/** Newer engines than the language version of this project give buffers these. */
interface NewerBuffer {
  readonly resizable?: boolean;
  readonly detached?: boolean;
}

/** Throws unless `array` lies in ordinary memory. */
function checkMemory(name: string, array: ArrayBufferView): void {
  const { buffer } = array;
  if (!(buffer instanceof ArrayBuffer)) {
    throw new ConfigurationError(
      `${name} lie in shared memory, which another thread could change`,
      'pass a copy',
    );
  }
  const { resizable, detached } = buffer as NewerBuffer;
  if (detached === true)
    throw new ConfigurationError(`${name} lie in a buffer that has been transferred away`);
  if (resizable === true) {
    throw new ConfigurationError(`${name} lie in a resizable buffer, which could shrink`, 'pass a copy');
  }
}

/** Throws `ConfigurationError` unless the operand's arrays are of the right kind and in ordinary memory. */
export function checkOperandArrays(
  { format, rows, depth, codes, scales }: TileOperand,
  side: 'a' | 'b',
): void {
  for (const [name, value] of [
    ['rows', rows],
    ['depth', depth],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < 0 || value > 2 ** 31) {
      throw new ConfigurationError(
        `operand ${side}: ${name} is ${value}, expected an integer from 0 to 2^31`,
      );
    }
  }
  if (rows * depth > 2 ** 31) {
    throw new ConfigurationError(
      `operand ${side}: ${rows} × ${depth} elements are more than 2^31`,
      'use tiles',
    );
  }
  if (!(codes instanceof Uint8Array || codes instanceof Uint16Array || codes instanceof Uint32Array)) {
    throw new ConfigurationError(`operand ${side}: codes must be a Uint8Array, Uint16Array or Uint32Array`);
  }
  if (!(scales instanceof Uint8Array))
    throw new ConfigurationError(`operand ${side}: scales must be a Uint8Array`);
  if (!(codes instanceof Uint8Array) && hasBlockScales(format)) {
    throw new ConfigurationError(`operand ${side}: codes of ${format.name} must be a Uint8Array`);
  }
  checkMemory(`operand ${side}: codes`, codes);
  checkMemory(`operand ${side}: scales`, scales);
}

/** Throws unless `words` is a Uint32Array in ordinary memory. */
export function checkWords(name: string, words: Uint32Array): void {
  if (!(words instanceof Uint32Array)) throw new ConfigurationError(`${name} must be a Uint32Array`);
  checkMemory(name, words);
}

/** Throws unless `values` is a Float32Array in ordinary memory. */
export function checkFloats(name: string, values: Float32Array): void {
  if (!(values instanceof Float32Array)) throw new ConfigurationError(`${name} must be a Float32Array`);
  checkMemory(name, values);
}
