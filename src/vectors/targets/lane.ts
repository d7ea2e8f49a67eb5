/**
 * One lane of a MAC by itself, combinational: codes and scales of one element pair to its scaled product. The input
 * space is small enough to be listed whole: 22 bits for NVFP4, 24 for IF4.
 */
import { laneOf, type MacDesign, type OperandPorts } from '../../../rtl-model/designs/index.js';
import { flatten, type Module } from '../../../rtl-model/hdl/index.js';
import { createOracle } from '../../dot/index.js';
import { type BlockFormat, widthOf } from '../../formats/index.js';
import { type Columns, type Field, layoutOf, type PlacedField, valueAt } from '../layout.js';
import type { VectorClass, VectorUnit } from '../unit.js';
import { FunctionEngine } from './function.js';

/** Most bits that are listed whole, and the widest result that is worth a file. */
const [LISTED_BITS, WIDEST_RESULT] = [24, 128];
/** Vectors of a block that the oracle computes again. */
const CHECKED_PER_BLOCK = 4;

/** The lane of a design, where it has one of its own: exact MACs and the published one. */
export function laneUnit(design: MacDesign): VectorUnit | undefined {
  const lane = laneOf(design);
  if (lane === undefined || lane.width > WIDEST_RESULT) return undefined;
  return unitOf(design, design.a as BlockFormat, lane.module, lane.width);
}

function unitOf(design: MacDesign, format: BlockFormat, module: Module, width: number): VectorUnit {
  const result = module.outputs[0]!.name;
  const layout = layoutOf([
    ...operandFields(design.protocol.a, format),
    ...resultFields(module, result, width),
  ]);
  const operands = layout.fields.filter(({ role }) => role === 'operand');
  const bits = operands.reduce((sum, field) => sum + field.width, 0);
  let engine: FunctionEngine | undefined;
  const exhaustive: VectorClass = {
    name: 'exhaustive',
    summary: 'every combination of codes and scales, reserved and NaN codes included',
    level: 2,
    vectors: 2 ** bits,
    adjustable: false,
    exhaustive: `all 2^${bits} inputs of a lane`,
    fill: (columns, { first, count }) => {
      engine ??= new FunctionEngine(flatten(module), layout, 0);
      countUp(operands, columns, first, count);
      engine.compute(columns, count);
      checkSome(design, format, layout.fields, columns, count);
    },
  };
  return {
    unit: 'lane',
    format: format.name,
    policy: design.semantic.name,
    summary: module.summary,
    layout,
    interface: {
      module: module.name,
      clock: undefined,
      reset: undefined,
      enable: undefined,
      first: undefined,
      last: undefined,
      done: undefined,
      resultAfter: 'each',
      latencyCycles: 0,
      initiationIntervalCycles: 1,
    },
    rules: { result: width === 32 ? 'FP32 bits' : "two's complement on the accumulator's grid" },
    classes: bits <= LISTED_BITS ? [exhaustive] : [],
    policies: () => [],
    explain: (columns, { to }) => ({
      operands: operands.map((field) => `${field.name} = 0x${valueAt(columns, field, to - 1).toString(16)}`),
      trace: undefined,
    }),
  };
}

/** Scale ports without the bits that the format does not use. */
function operandFields({ codeWidth }: OperandPorts, format: BlockFormat): Field[] {
  const scaleWidth = widthOf(format.scale) + (format.selector === 'none' ? 0 : 1);
  const field = (name: string, width: number, meaning: string): Field => ({
    name,
    width,
    role: 'operand',
    meaning,
  });
  return [
    field('a', codeWidth, 'element code'),
    field('w', codeWidth, 'element code'),
    field('a_sf', scaleWidth, 'scale code'),
    field('w_sf', scaleWidth, 'scale code'),
  ];
}

function resultFields({ outputs }: Module, result: string, width: number): Field[] {
  return outputs.map(({ name, width: bits }) => ({
    name,
    width: name === result ? width : bits,
    role: 'result',
    meaning: name === result ? 'scaled product' : 'a scale is NaN',
  }));
}

/** Fields as the digits of first, first + 1, …; the first field is the most significant. */
function countUp(operands: readonly PlacedField[], columns: Columns, first: number, count: number): void {
  let shift = 0;
  for (const { column, width } of [...operands].reverse()) {
    const target = columns[column]!;
    const mask = 2 ** width - 1;
    for (let i = 0; i < count; i++) target[i] = ((first + i) >>> shift) & mask;
    shift += width;
  }
}

/** FP32 products against the oracle: a dot product with one element pair. */
function checkSome(
  { semantic, name }: MacDesign,
  format: BlockFormat,
  fields: readonly PlacedField[],
  columns: Columns,
  count: number,
): void {
  if (semantic.accumulation.kind !== 'lanes') return;
  const oracle = createOracle(semantic, format, format);
  const at = (field: string, line: number) => columns[fields.find((f) => f.name === field)!.column]![line]!;
  for (let i = 0; i < CHECKED_PER_BLOCK; i++) {
    const line = Math.floor((i * count) / CHECKED_PER_BLOCK);
    const side = (code: string) =>
      Uint8Array.from({ length: oracle.stepK }, (_, k) => (k === 0 ? at(code, line) : 0));
    const scale = (code: string) => Uint8Array.of(at(code, line));
    const expected = oracle.dot(side('a'), scale('a_sf'), side('w'), scale('w_sf'));
    const found = at('product', line);
    // The other lanes add +0, which turns −0 into +0.
    if (expected !== found && !(expected === 0 && found === 0x80000000))
      throw new Error(`${name}: a lane and the oracle differ in vector ${line}`);
  }
}
