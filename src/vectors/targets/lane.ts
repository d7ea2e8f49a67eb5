/**
 * One lane of a MAC by itself, combinational: codes and scales of one element pair to its scaled product. The input
 * space is small enough to be listed whole: 22 bits for NVFP4, 24 for IF4.
 */
import {
  type DotUnit,
  laneOf,
  type MacDesign,
  type MacLane,
  type OperandPorts,
} from '../../../rtl-model/designs/index.js';
import { flatten, type Module } from '../../../rtl-model/hdl/index.js';
import { createOracle } from '../../dot/index.js';
import { type BlockFormat, widthOf } from '../../formats/index.js';
import { type Columns, type Field, layoutOf, type PlacedField } from '../layout.js';
import { explainDot } from '../mac/explain.js';
import { type DotFields, dotFields } from '../mac/layout.js';
import { dotPolicies } from '../mac/policies.js';
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
  return unitOf(design, design.a as BlockFormat, lane);
}

function unitOf(design: MacDesign, format: BlockFormat, { module, width }: MacLane): VectorUnit {
  const result = module.outputs[0]!.name;
  const layout = layoutOf([
    ...operandFields(design.protocol.a, format),
    ...resultFields(module, result, width),
  ]);
  const operands = layout.fields.filter(({ role }) => role === 'operand');
  const bits = operands.reduce((sum, field) => sum + field.width, 0);
  const dots = dotFields(laneDot(design), layout);
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
      clearBesideNan(dots, columns, count);
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
    policies: () => dotPolicies(dots),
    explain: (columns, lines) => explainDot(dots, columns, lines),
  };
}

/**
 * A lane as a dot product of one pair of elements, in blocks of one. FP32 lanes then give the product as it is, −0
 * included. The design has a lane.
 */
export function laneDot(design: MacDesign): DotUnit {
  const { semantic, protocol } = design;
  const { accumulation, operands } = semantic;
  const { module, width, unitExponent } = laneOf(design)!;
  const format = design.a as BlockFormat;
  const alone = { ...format, blockSize: 1 };
  const side = (name: 'a' | 'w'): OperandPorts => ({
    ...protocol[name],
    codes: name,
    scales: `${name}_sf`,
    scaleWidth: scaleWidthOf(format),
    blocks: 1,
  });
  const port = { port: module.outputs[0]!.name, width };
  return {
    name: `${design.name} lane`,
    summary: module.summary,
    lanes: 1,
    a: alone,
    w: alone,
    resultFactor: design.resultFactor,
    semantic: {
      ...semantic,
      operands: { ...operands, blockSizes: 'any' },
      stepK: 1,
      accumulation:
        accumulation.kind === 'lanes' ? { ...accumulation, lanes: 1, firstProduct: 'loaded' } : accumulation,
    },
    protocol: {
      ...protocol,
      segmentEnd: 'each',
      first: undefined,
      last: undefined,
      addend: undefined,
      a: side('a'),
      w: side('w'),
      results: [
        unitExponent === undefined
          ? { ...port, kind: 'bits', unitExponent: 0 }
          : { ...port, kind: 'fixed-point', unitExponent },
      ],
      nan: module.outputs[1]?.name,
    },
  };
}

const scaleWidthOf = ({ scale, selector }: BlockFormat) => widthOf(scale) + (selector === 'none' ? 0 : 1);

/** Scale ports without the bits that the format does not use. */
function operandFields({ codeWidth }: OperandPorts, format: BlockFormat): Field[] {
  const scaleWidth = scaleWidthOf(format);
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

/** Beside the flag of a NaN the other results are 0. */
function clearBesideNan({ results, nan }: DotFields, columns: Columns, count: number): void {
  if (nan === undefined) return;
  const flags = columns[nan.column]!;
  for (const { column, columns: limbs } of results) {
    for (const values of columns.slice(column, column + limbs)) {
      for (let line = 0; line < count; line++) if (flags[line] === 1) values[line] = 0;
    }
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
