/**
 * What a MAC's results must be, without its hardware: bits from the dot oracle (`src/dot`), fixed-point registers from
 * plain integer sums over the codecs' values.
 */
import { createOracle, type DotTrace, hasBlockScales, type OperandFormat } from '../../src/dot/index.js';
import { type BlockFormat, codecOf } from '../../src/formats/index.js';
import { ConfigurationError } from '../../src/numerics/index.js';
import type { DotUnit, ResultPort } from './design.js';
import type { OperandSlice, Segment } from './drive.js';
import { integerAt, integerTable, microExponentAt, recodingOf } from './recode.js';

/** Results of a segment in protocol order; null for NaN in a register that has no code for it. */
export type Expectation = (segment: Segment) => readonly (bigint | null)[];

/** The expectation of a design. */
export function expectationOf(design: DotUnit): Expectation {
  const [result] = design.protocol.results;
  const one: Record<ResultPort['kind'], () => (segment: Segment) => bigint | null> = {
    bits: () => bitsExpectation(design),
    'fixed-point': () => registerExpectation(design, result),
  };
  if (design.expectation !== undefined) return design.expectation;
  const expected = one[result.kind]();
  return (segment) => [expected(segment)];
}

/** Bits by the oracle of the design's semantic, for operands as they are or as plain integers. */
function bitsExpectation(design: DotUnit): (segment: Segment) => bigint {
  const { oracle, rowsOf } = oracleOf(design);
  return (segment) => {
    const [left, right] = rowsOf(segment);
    return BigInt(oracle.dot(left.codes, left.scales, right.codes, right.scales, segment.addend ?? 0));
  };
}

/** The oracle's account of a segment, step by step. */
export function traceOf(design: DotUnit): (segment: Segment) => DotTrace {
  const { oracle, rowsOf } = oracleOf(design);
  return (segment) => oracle.trace(...rowsOf(segment), segment.addend ?? 0);
}

/** The oracle of a design's semantic, and a segment as the rows of codes and scales that it takes. */
function oracleOf(design: DotUnit) {
  const { lanes, semantic } = design;
  const [a, w] = [readerOf(design, design.a), readerOf(design, design.w)];
  const oracle = createOracle(semantic, a.format, w.format);
  const rowsOf = ({ slices }: Segment): [Rows, Rows] => {
    const length = Math.ceil((slices.length * lanes) / oracle.stepK) * oracle.stepK;
    const side = (of: readonly OperandSlice[], reader: Reader) => gather(of, reader, lanes, length);
    return [
      side(
        slices.map((slice) => slice.a),
        a,
      ),
      side(
        slices.map((slice) => slice.w),
        w,
      ),
    ];
  };
  return { oracle, rowsOf };
}

interface Rows {
  readonly codes: Uint32Array;
  readonly scales: Uint8Array;
}

/** How one side's slices are given to the oracle. */
interface Reader {
  readonly format: OperandFormat;
  codesOf(slice: OperandSlice): ArrayLike<number>;
}

function readerOf({ lanes, operandsFor }: DotUnit, format: OperandFormat): Reader {
  if (operandsFor !== 'integers' || format.kind !== 'block') return { format, codesOf: ({ codes }) => codes };
  const { format: integers, recode } = recodingOf(format, lanes);
  return { format: integers, codesOf: recode };
}

/** Slices of one side as rows of K codes and one scale a block, padded with zeros to `length` elements. */
function gather(
  slices: readonly OperandSlice[],
  { format, codesOf }: Reader,
  lanes: number,
  length: number,
): Rows {
  const codes = new Uint32Array(length);
  slices.forEach((slice, i) => {
    codes.set(codesOf(slice) as number[], i * lanes);
  });
  if (!hasBlockScales(format)) return { codes, scales: new Uint8Array(0) };
  const scales = new Uint8Array(length / format.blockSize);
  const perSlice = Math.max(1, lanes / format.blockSize);
  slices.forEach((slice, i) => {
    const at = Math.floor((i * lanes) / format.blockSize);
    for (let s = 0; s < perSlice; s++) scales[at + s] = slice.scales[s]!;
  });
  return { codes, scales };
}

/** The fixed-point register as an integer; null when a scale is NaN. */
function registerExpectation(
  design: DotUnit,
  { width, unitExponent }: ResultPort,
): (s: Segment) => bigint | null {
  const [a, w] = [blockFormat(design, design.a), blockFormat(design, design.w)];
  const [left, right] = [integerSide(a), integerSide(w)];
  const unit = left.table.unitExponent + right.table.unitExponent + left.scaleUnit + right.scaleUnit;
  if (unit !== unitExponent) {
    throw new ConfigurationError(
      `${design.name}: the register's unit is 2^${unitExponent}, the formats give 2^${unit}`,
    );
  }
  const perSlice = Math.max(1, design.lanes / a.blockSize);
  const size = design.lanes / perSlice;
  return ({ slices }) => {
    let total = 0n;
    for (const slice of slices) {
      for (let g = 0; g < perSlice; g++) {
        const [sa, sw] = [left.scaleAt(slice.a.scales[g]!), right.scaleAt(slice.w.scales[g]!)];
        if (sa === null || sw === null) return null;
        let sum = 0;
        for (let i = g * size; i < (g + 1) * size; i++) {
          sum += left.elementAt(slice.a, i, design.lanes) * right.elementAt(slice.w, i, design.lanes);
        }
        total += BigInt(sum) * sa * sw;
      }
    }
    return BigInt.asIntN(width, total);
  };
}

function blockFormat({ name }: DotUnit, format: OperandFormat): BlockFormat {
  if (format.kind === 'block') return format;
  throw new ConfigurationError(`${name}: a fixed-point register needs block formats`);
}

/** One side as integers: elements on the grid of the gains, scales in units of the smallest one. */
function integerSide(format: BlockFormat) {
  const table = integerTable(format);
  const groups = format.microGroups ?? [];
  const { scale } = format;
  const scaleUnit = (scale.subnormals ? 1 : 0) - scale.bias - scale.fractionBits;
  const { decodeExact, width } = codecOf(scale);
  const scales = Array.from({ length: 2 ** width }, (_, code) => {
    const value = decodeExact(code);
    return value === null ? null : value.significand << BigInt(value.exponent - scaleUnit);
  });
  return {
    table,
    scaleUnit,
    scaleAt: (code: number) => scales[code & (2 ** width - 1)]!,
    elementAt: (slice: OperandSlice, i: number, lanes: number) =>
      integerAt(format, table, slice.codes, slice.scales, i) *
      2 ** microExponentAt(groups, slice.micro ?? [], lanes, i),
  };
}
