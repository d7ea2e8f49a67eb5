/** What operations of the quantise unit may not do: races, formats and shapes that do not fit. */
import type { QuantizeOperation } from '../../isa/index.js';
import { storedFormat } from '../assembler/index.js';
import { hasBlockScales } from '../dot/index.js';
import { ELEMENT_FORMATS } from '../formats/index.js';
import { ConfigurationError } from '../numerics/index.js';
import { refuseEmpty, refuseInFlight } from './checks.js';
import { Accumulator, type BufferStage } from './local-memory.js';
import { hadamardOf, planQuantize } from './quantize-policy.js';
import { Fault } from './trap.js';

type Action = QuantizeOperation['action'];
type Source = BufferStage | Accumulator;

/** Source, destination and action of an operation before it is queued. */
export function checkConversion(destination: BufferStage, source: Source, action: Action): void {
  refuseRace(destination, source);
  const { rows, cols } = source.declaration;
  const turned = isTurned(action) ? { rows: cols, cols: rows } : { rows, cols };
  if (action.kind === 'maximum') checkMaximum(destination, turned.rows);
  else checkShape(destination, turned);
  checkFormats(destination, source, action);
  checkGroups(destination, source, action);
}

function refuseRace(destination: BufferStage, source: Source): void {
  const { name } = destination.declaration;
  if (destination.pendingReads > 0 || destination.pendingWrites > 0) {
    throw new Fault(
      'buffer-in-use',
      `${name} is still being ${destination.pendingReads > 0 ? 'read' : 'loaded'}`,
      'wait on the barrier that says the stage is free before writing to it',
    );
  }
  const from = source.declaration.name;
  if (source instanceof Accumulator) {
    refuseInFlight(source, `${from} cannot be read by the quantise unit`);
    refuseEmpty(source);
  } else if (source.pendingWrites > 0) {
    throw new Fault(
      'buffer-in-use',
      `${from} is still being loaded`,
      'wait on the barrier that the load completes',
    );
  } else if (!source.written && source.pendingConversions.writes === 0) {
    throw new Fault('never-written', `${from} was never written`);
  }
}

function checkShape({ declaration }: BufferStage, wanted: { rows: number; cols: number }): void {
  const { name, rows, cols } = declaration;
  if (rows === wanted.rows && cols === wanted.cols) return;
  throw new Fault('shape-mismatch', `${name} is ${rows}x${cols}, but gets ${wanted.rows}x${wanted.cols}`);
}

function checkMaximum({ declaration, format }: BufferStage, sourceRows: number): void {
  const { name, rows, cols } = declaration;
  if (format.name !== 'fp32') {
    throw new Fault('format-mismatch', `amax writes fp32, but ${name} holds ${format.name}`);
  }
  if (cols !== 1 || (rows !== 1 && rows !== sourceRows)) {
    throw new Fault(
      'shape-mismatch',
      `${name} is ${rows}x${cols}; amax of ${sourceRows} rows needs ${sourceRows}x1 or 1x1`,
    );
  }
}

function checkFormats(destination: BufferStage, source: Source, action: Action): void {
  const { name } = destination.declaration;
  if (action.kind === 'quantize') {
    const wanted = storedFormat(action.format)!.name;
    if (destination.format.name !== wanted) {
      throw new Fault(
        'format-mismatch',
        `quant.${action.format} into ${name}, which holds ${destination.format.name}`,
      );
    }
  } else if (destination.format.kind === 'block') {
    throw new Fault(
      'format-mismatch',
      `${name} holds ${destination.format.name}; only quant writes block formats`,
    );
  }
  if (action.kind === 'outliers' && ELEMENT_FORMATS.has(action.format)) {
    throw new Fault('format-mismatch', `quant.${action.format} cuts nothing off`);
  }
  if (source instanceof Accumulator) return;
  const quantized = source.format.kind === 'block';
  if (quantized === (action.kind === 'dequantize')) return;
  const does = quantized ? 'reads real numbers' : 'reads a block format';
  throw new Fault(
    'format-mismatch',
    `this instruction ${does}, but ${source.declaration.name} holds ${source.format.name}`,
  );
}

/** Blocks and groups of a transform lie within the tile, and begin where the tensor's do. */
function checkGroups(destination: BufferStage, source: Source, action: Action): void {
  const group = groupOf(destination, action);
  const turned = isTurned(action);
  const width =
    action.kind === 'maximum' ? source.declaration[turned ? 'rows' : 'cols'] : destination.declaration.cols;
  if (width % group !== 0) {
    throw new Fault('shape-mismatch', `${width} columns are not whole groups of ${group} elements`);
  }
  const origin = source instanceof Accumulator ? undefined : source.origin;
  const first = (turned ? origin?.row : origin?.col) ?? 0;
  if (first % group !== 0) {
    throw new Fault(
      'misaligned-tile',
      `${source.declaration.name} begins at ${first}, not at a multiple of ${group}`,
    );
  }
}

/** What the place of a loaded source in its tensor must be a multiple of. */
export function alignmentOf(
  destination: BufferStage,
  action: Action,
): { readonly row: number; readonly col: number } {
  const group = groupOf(destination, action);
  return isTurned(action) ? { row: group, col: 1 } : { row: 1, col: group };
}

function isTurned(action: Action): boolean {
  return 'transposed' in action && action.transposed;
}

/** Elements of a block or of a group of the transform, whichever is larger: both are powers of two. */
function groupOf({ format }: BufferStage, action: Action): number {
  return Math.max(transformOf(action), hasBlockScales(format) ? format.blockSize : 1);
}

/** Elements of the transform that an action makes; 1 for none. */
function transformOf(action: Action): number {
  if (action.kind === 'transform') return action.size;
  if (action.kind === 'maximum') return action.hadamard;
  if (action.kind === 'dequantize') return 1;
  try {
    return hadamardOf(planQuantize(action, 0));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new Fault('format-mismatch', error.message, error.hint);
  }
}
