/** What operations may not do: races, tiles outside their tensors, formats and shapes that do not fit. */
import type { CopyOperation, Place } from '../../isa/index.js';
import type { GlobalTensor, InputTensor, OutputTensor } from './global-memory.js';
import type { Accumulator, BufferStage } from './local-memory.js';
import type { Part } from './reductions.js';
import { Fault } from './trap.js';

/** A load into a stage: the tensor it reads. */
export function checkLoad(operation: CopyOperation, tensor: GlobalTensor, stage: BufferStage): InputTensor {
  const { name, rows, cols, format } = stage.declaration;
  if (tensor.kind === 'output') {
    throw new Fault('format-mismatch', `${tensor.declaration.name} is an output tensor and cannot be loaded`);
  }
  if (tensor.declaration.format !== format) {
    throw new Fault(
      'format-mismatch',
      `${name} holds ${format}, but ${tensor.declaration.name} is ${tensor.declaration.format}`,
    );
  }
  checkTile(operation, tensor, rows, cols, stage.blockSize);
  const doing = useOf(stage);
  if (doing !== undefined) {
    throw new Fault(
      'buffer-in-use',
      `${name}[${operation.local.index}] is ${doing}`,
      'wait on the barrier that says the stage is free before loading into it',
    );
  }
  return tensor;
}

/** What keeps a stage from being loaded. */
function useOf({ pendingReads, pendingWrites, pendingConversions }: BufferStage): string | undefined {
  if (pendingReads > 0) return 'still being read by an mma';
  if (pendingWrites > 0) return 'already being loaded';
  const { reads, writes } = pendingConversions;
  return reads + writes > 0 ? 'still being used by the quantise unit' : undefined;
}

/** A store of a buffer: the tensor it writes. */
export function checkBufferStore(
  operation: CopyOperation,
  tensor: GlobalTensor,
  stage: BufferStage,
): OutputTensor {
  const { name, rows, cols } = stage.declaration;
  const output = outputOf(tensor);
  if (stage.format.kind === 'block') {
    throw new Fault(
      'format-mismatch',
      `${name} holds ${stage.format.name}; a block format is not stored`,
      'dequant it into a buffer of an element format first',
    );
  }
  if (operation.maximum) checkCombines(output);
  checkTile(operation, tensor, rows, cols, 1);
  refuseUnreadable(stage, operation.local);
  return output;
}

function outputOf(tensor: GlobalTensor): OutputTensor {
  if (tensor.kind === 'output') return tensor;
  throw new Fault('format-mismatch', `${tensor.declaration.name} is an input tensor and cannot be stored to`);
}

/** A store of an accumulator: the tensor it writes. */
export function checkStore(
  operation: CopyOperation,
  tensor: GlobalTensor,
  accumulator: Accumulator,
): OutputTensor {
  const { name, rows, cols } = accumulator.declaration;
  const output = outputOf(tensor);
  checkTile(operation, tensor, rows, cols, 1);
  refuseInFlight(accumulator, `${name} cannot be stored`);
  refuseEmpty(accumulator);
  return output;
}

/** A part of a tile that is added to a tensor. */
export function checkPart(part: Part, tensor: OutputTensor): Part {
  checkCombines(tensor);
  return part;
}

function checkCombines({ declaration: { name, format } }: OutputTensor): void {
  if (format === 'fp32') return;
  throw new Fault(
    'format-mismatch',
    `sums and maxima are kept in fp32, but ${name} is ${format}`,
    'an fp32 output tensor',
  );
}

/** Shapes and states of the three matrices of an MMA. */
export function checkMma(
  accumulator: Accumulator,
  a: BufferStage,
  b: BufferStage,
  { slice, fresh, places }: { slice: number; fresh: boolean; places: readonly [Place, Place] },
): void {
  const [left, right] = [a.declaration, b.declaration];
  const { name, rows, cols } = accumulator.declaration;
  if (left.cols !== right.cols) {
    throw new Fault(
      'shape-mismatch',
      `mma of ${left.name} with K = ${left.cols} and ${right.name} with K = ${right.cols}`,
    );
  }
  if (left.rows % rows !== 0 || cols !== right.rows) {
    throw new Fault(
      'shape-mismatch',
      `mma of ${left.name} and ${right.name} gives ${left.rows}x${right.rows}, but ${name} is ${rows}x${cols}`,
    );
  }
  if (slice < 0 || slice >= left.rows / rows) {
    throw new Fault(
      'out-of-range',
      `${left.name} has ${left.rows / rows} groups of ${rows} rows, and no group ${slice}`,
    );
  }
  refuseUnreadable(a, places[0]);
  refuseUnreadable(b, places[1]);
  if (accumulator.pendingStores > 0) {
    throw new Fault(
      'accumulator-in-flight',
      `${name} is still being stored`,
      'give st.tile a barrier and wait on it, or st.wait 0',
    );
  }
  if (!fresh) refuseEmpty(accumulator);
}

/** The accumulators of a vector operation, the written one first. */
export function checkVector(involved: readonly Accumulator[]): void {
  for (const each of involved)
    refuseInFlight(each, `${each.declaration.name} cannot be used by the epilogue`);
  const { declaration, pendingStores } = involved[0]!;
  if (pendingStores > 0) {
    throw new Fault('accumulator-in-flight', `${declaration.name} is still being stored`);
  }
  const shapes = involved.map((each) => `${each.declaration.rows}x${each.declaration.cols}`);
  if (new Set(shapes).size > 1) throw new Fault('shape-mismatch', `acc.add of ${shapes.join(' and ')}`);
}

export function refuseInFlight(accumulator: Accumulator, consequence: string): void {
  if (accumulator.pendingMma === 0) return;
  throw new Fault(
    'accumulator-in-flight',
    `${consequence}: mma are still in flight on it`,
    'mma.commit and mma.wait 0 (or wait on the commit’s barrier) first',
  );
}

export function refuseEmpty({ started, declaration }: Accumulator): void {
  if (started) return;
  throw new Fault(
    'never-written',
    `${declaration.name} holds nothing yet`,
    'start the first mma of a tile with init',
  );
}

function refuseUnreadable(stage: BufferStage, { index }: Place): void {
  const which = `${stage.declaration.name}[${index}]`;
  if (stage.pendingWrites > 0) {
    throw new Fault(
      'buffer-in-use',
      `${which} is still being loaded`,
      'wait on the barrier that the load completes',
    );
  }
  if (stage.pendingConversions.writes > 0) {
    throw new Fault(
      'buffer-in-use',
      `${which} is still being written by the quantise unit`,
      'give quant a barrier and wait on it',
    );
  }
  if (!stage.written) throw new Fault('never-written', `${which} was never loaded`);
}

function checkTile(
  { row, col }: CopyOperation,
  { declaration }: GlobalTensor,
  rows: number,
  cols: number,
  blockSize: number,
): void {
  const where = (): string => `tile ${rows}x${cols} at (${row}, ${col}) of ${declaration.name}`;
  if (row < 0 || col < 0 || row + rows > declaration.rows || col + cols > declaration.cols) {
    throw new Fault(
      'out-of-range',
      `${where()} leaves the tensor, which is ${declaration.rows}x${declaration.cols}`,
    );
  }
  if (col % blockSize !== 0) {
    throw new Fault(
      'misaligned-tile',
      `${where()} does not begin at a multiple of the block of ${blockSize}`,
    );
  }
}
