/** The bridge from accumulators and buffer stages to the kernels that compute. */
import { createOracle, type DotSemantic, type OperandFormat, semanticOf } from '../dot/index.js';
import type { Kernels, PreparedTile } from '../kernels/index.js';
import { ConfigurationError } from '../numerics/index.js';
import type { Accumulator, BufferStage } from './local-memory.js';
import { Fault } from './trap.js';

/** What a semantic asks of a pair of operand formats, and what a user should know about them. */
export interface SemanticFit {
  /** K of an instruction is a multiple of this. */
  readonly stepK: number;
  readonly warnings: readonly string[];
}

/** Whether a semantic takes a pair of formats; a `Fault` if not. */
export function fitSemantic(name: string, a: OperandFormat, b: OperandFormat): SemanticFit {
  try {
    const { stepK, warnings } = createOracle(semanticOf(name), a, b);
    return { stepK, warnings: warnings.map(({ message, hint }) => `${message} (${hint})`) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new Fault('format-mismatch', error.message, error.hint);
  }
}

/** What one MMA multiplies. */
export interface Operands {
  readonly a: BufferStage;
  /** Group of A's rows, as high as the accumulator. */
  readonly slice: number;
  readonly b: BufferStage;
}

/** accumulator (+)= A·Bᵀ by a semantic; `fresh` starts from zero. */
export function multiplyAccumulate(
  kernels: Kernels,
  name: string,
  accumulator: Accumulator,
  { a, slice, b }: Operands,
  fresh: boolean,
): void {
  const semantic = semanticOf(name);
  const { rows, cols } = accumulator.declaration;
  const { content } = accumulator;
  const reusable = content.kind === 'accumulating' && content.semantic === name;
  if (!reusable) {
    const tile = kernels.accumulator(semantic, a.operand, b.operand, rows, cols);
    if (!fresh) kernels.load(tile, valuesOf(kernels, accumulator));
    accumulator.content = { kind: 'accumulating', semantic: name, tile };
  }
  const { tile } = accumulator.content as { tile: ReturnType<Kernels['accumulator']> };
  const left = prepared(kernels, a, 'a', semantic, { first: slice * rows, rows });
  const right = prepared(kernels, b, 'b', semantic, { first: 0, rows: cols });
  kernels.accumulate(tile, left, right, fresh);
}

/** FP32 bits of an accumulator, rows × cols, after the final rounding of its semantic. A copy. */
export function valuesOf(kernels: Kernels, accumulator: Accumulator): Uint32Array {
  const { content, declaration } = accumulator;
  switch (content.kind) {
    case 'empty':
      throw new Fault('never-written', `${declaration.name} holds nothing yet`);
    case 'values':
      return content.bits.slice();
    case 'accumulating':
      return kernels.read(content.tile);
  }
}

function prepared(
  kernels: Kernels,
  stage: BufferStage,
  side: 'a' | 'b',
  semantic: DotSemantic,
  { first, rows }: { readonly first: number; readonly rows: number },
): PreparedTile {
  const key = `${side} ${first} ${rows} ${semantic.name}`;
  let tile = stage.prepared.get(key);
  if (tile === undefined) {
    const { cols } = stage.declaration;
    const blocks = stage.scales.length / stage.declaration.rows;
    const codes = stage.codes.subarray(first * cols, (first + rows) * cols);
    const scales = stage.scales.subarray(first * blocks, (first + rows) * blocks);
    tile = kernels.prepare({ format: stage.operand, rows, depth: cols, codes, scales }, side, semantic);
    stage.prepared.set(key, tile);
  }
  return tile;
}
