/**
 * Fused addition of group sums (Blackwell mxf4nvf4): doubles throughout, no truncation where none can happen.
 *
 * A term is a multiple of 2^(e − below), e its scale exponent, below = fraction bits of a group sum and of the scales
 * (8 for E2M1 and UE4M3). With hi and lo the largest and smallest scale exponents that a step of four outputs can
 * have (hi no lower than −126, what a subnormal C counts), nothing is cut if
 *     hi − lo ≤ F − below,   and C = 0 or 2^(hi − (F − 23)) ≤ |C| < 2^(lo + F − below + 1):
 * then the last place 2^(emax − F) divides every term and C. The plain sum of doubles is exact in both cases: it holds
 * multiples of 2^(emax − F), below 2^(emax + 14), 49 bits for F = 35.
 */
import type { FloatResult, FusedAccumulation } from '../../dot/index.js';
import { exponentOf } from '../../numerics/index.js';
import type { CodedTile } from './coded-tile.js';
import type { Family, FamilySetup, FamilyTile } from './family.js';
import { packsWell, productUnit } from './group-sums.js';
import {
  FIELD_BIAS,
  FIELD_BITS,
  FIELD_MASK,
  GROUP,
  ONE_OVER_TWO_FIELDS,
  packedSum,
  packQuads,
  TWO_FIELDS,
  unpackSums,
} from './packed.js';
import { powerOfTwo } from './powers.js';
import { towardZeroFp32 } from './rounding.js';
import {
  groupExponents,
  groupScales,
  groupsPerRow,
  inQuads,
  integerElements,
  type ScaleReading,
} from './scaled-groups.js';

const READING: ScaleReading = { selector: 'ignored', nanScale: 'nan' };
/** Exponent of a zero scale where zeros do not count: no sum with it ever is the largest. */
const UNCOUNTED = -20_000;
const OPERAND_FLOOR = -126;
/** A subnormal C counts with this exponent however small it is. */
const LOWEST_ADDEND_EXPONENT = -126;
/** Largest F for which the sums above fit a double. */
const MAX_FRACTION_BITS = 38;

interface Bounds {
  /** Largest and smallest exponent of non-zero scales in every step. */
  readonly max: Int32Array;
  readonly min: Int32Array;
}

interface SideA extends Bounds {
  readonly elements: Float64Array;
  readonly scales: Float64Array;
  readonly exponents: Int32Array;
}

/** The same four rows at a time; bounds are those of the four together. */
type SideB = SideA;

function zeroExponent({ zeroTerms }: FusedAccumulation): number {
  return zeroTerms === 'operand-floor' ? OPERAND_FLOOR : UNCOUNTED;
}

/** Bounds of runs of `run` groups. Without a non-zero scale in a run: max below, min above all. */
function boundsOf(exponents: Int32Array, scales: Float64Array, run: number): Bounds {
  const steps = exponents.length / run;
  const max = new Int32Array(steps).fill(UNCOUNTED);
  const min = new Int32Array(steps).fill(-UNCOUNTED);
  for (let i = 0; i < exponents.length; i++) {
    const [step, exponent] = [Math.floor(i / run), exponents[i]!];
    max[step] = Math.max(max[step]!, exponent);
    if (scales[i] !== 0) min[step] = Math.min(min[step]!, exponent);
  }
  return { max, min };
}

function sideA(tile: CodedTile, rule: FusedAccumulation, groupsPerStep: number): SideA {
  const zero = zeroExponent(rule);
  return tile.form(`fused groups a ${zero} ${groupsPerStep}`, () => {
    const exponents = groupExponents(tile, zero);
    const scales = groupScales(tile, READING);
    const elements = integerElements(tile, READING);
    return { elements, scales, exponents, ...boundsOf(exponents, scales, groupsPerStep) };
  });
}

function sideB(tile: CodedTile, rule: FusedAccumulation, groupsPerStep: number): SideB {
  const zero = zeroExponent(rule);
  return tile.form(`fused groups b ${zero} ${groupsPerStep}`, () => {
    const groups = groupsPerRow(tile);
    const size = Math.ceil(tile.rows / 4) * 4 * groups;
    const exponents = inQuads(tile.rows, groups, groupExponents(tile, zero), new Int32Array(size), zero);
    const scales = inQuads(tile.rows, groups, groupScales(tile, READING), new Float64Array(size), 0);
    const elements = packQuads(tile, integerElements(tile, READING));
    return { elements, scales, exponents, ...boundsOf(exponents, scales, groupsPerStep * 4) };
  });
}

class FusedGroupsTile implements FamilyTile {
  readonly rows: number;
  readonly cols: number;
  readonly stepK: number;
  readonly #rule: FusedAccumulation;
  readonly #nanBits: number;
  readonly #groupsPerStep: number;
  /** Exponent of the last place of a product of elements. */
  readonly #unit: number;
  /** Fraction bits of a term below its scale exponent. */
  readonly #below: number;
  readonly #bits: Uint32Array;
  readonly #values: Float32Array;
  /** C of the four outputs at hand. */
  readonly #c = new Float64Array(4);
  /** Group sums of four outputs in one step. */
  readonly #sums: Float64Array;

  constructor({ rows, cols, stepK, a, b }: FamilySetup, rule: FusedAccumulation, result: FloatResult) {
    [this.rows, this.cols, this.stepK] = [rows, cols, stepK];
    this.#rule = rule;
    this.#nanBits = result.nanBits;
    this.#groupsPerStep = stepK / GROUP;
    this.#unit = productUnit(a, b, READING);
    const scaleBits = [a, b].map((format) => (format.kind === 'block' ? format.scale.fractionBits : 0));
    this.#below = scaleBits[0]! + scaleBits[1]! - this.#unit;
    this.#bits = new Uint32Array(rows * cols);
    this.#values = new Float32Array(this.#bits.buffer);
    this.#sums = new Float64Array(this.#groupsPerStep * 4);
  }

  read(): Uint32Array {
    return this.#bits.slice();
  }

  load(bits: Uint32Array): void {
    this.#bits.set(bits);
  }

  accumulate(aTile: CodedTile, bTile: CodedTile, fresh: boolean): void {
    const a = sideA(aTile, this.#rule, this.#groupsPerStep);
    const b = sideB(bTile, this.#rule, this.#groupsPerStep);
    if (fresh) this.#bits.fill(0);
    const depth = aTile.depth;
    const quads = Math.ceil(this.cols / 4);
    // Eight quads of b (a few dozen KB) stay in the cache while all rows of a pass by.
    for (let first = 0; first < quads; first += 8) {
      const last = Math.min(first + 8, quads);
      for (let row = 0; row < this.rows; row++) {
        for (let quad = first; quad < last; quad++) this.#outputs(a, b, row, quad, depth);
      }
    }
  }

  /** All steps of four outputs. */
  #outputs(a: SideA, b: SideB, row: number, quad: number, depth: number): void {
    const c = this.#c;
    const first = row * this.cols + quad * 4;
    const count = Math.min(4, this.cols - quad * 4);
    for (let j = 0; j < 4; j++) c[j] = j < count ? this.#values[first + j]! : 0;
    const steps = depth / this.stepK;
    for (let step = 0; step < steps; step++) {
      const ia = row * steps + step;
      const ib = quad * steps + step;
      if (this.#cutsNothing(a.max[ia]! + b.max[ib]!, a.min[ia]! + b.min[ib]!)) this.#plainStep(a, b, ia, ib);
      else this.#cuttingStep(a, b, ia, ib);
    }
    for (let j = 0; j < count; j++) {
      if (Number.isNaN(c[j])) this.#bits[first + j] = this.#nanBits;
      else this.#values[first + j] = c[j]!;
    }
  }

  /** Whether no term and no C of the four outputs loses a bit; see the head of the file. */
  #cutsNothing(largest: number, lo: number): boolean {
    const { fractionBits, exponentFloor } = this.#rule;
    const hi = Math.max(largest, exponentFloor, LOWEST_ADDEND_EXPONENT);
    const reach = fractionBits - this.#below;
    if (hi - lo > reach) return false;
    const [low, high] = [powerOfTwo(hi - (fractionBits - 23)), powerOfTwo(lo + reach + 1)];
    const c = this.#c;
    for (let j = 0; j < 4; j++) {
      const magnitude = Math.abs(c[j]!);
      if (magnitude !== 0 && !(magnitude >= low && magnitude < high)) return false;
    }
    return true;
  }

  #plainStep(a: SideA, b: SideB, ia: number, ib: number): void {
    const c = this.#c;
    const unit = powerOfTwo(this.#unit);
    let [c0, c1, c2, c3] = [c[0]!, c[1]!, c[2]!, c[3]!];
    const groups = this.#groupsPerStep;
    for (let group = 0; group < groups; group++) {
      const packed = packedSum(
        a.elements,
        (ia * groups + group) * GROUP,
        b.elements,
        (ib * groups + group) * GROUP,
      );
      const high = (packed * ONE_OVER_TWO_FIELDS) | 0;
      const low = (packed - high * TWO_FIELDS) | 0;
      const scale = a.scales[ia * groups + group]! * unit;
      const at = (ib * groups + group) * 4;
      c0 += ((low & FIELD_MASK) - FIELD_BIAS) * (scale * b.scales[at]!);
      c1 += ((low >> FIELD_BITS) - FIELD_BIAS) * (scale * b.scales[at + 1]!);
      c2 += ((high & FIELD_MASK) - FIELD_BIAS) * (scale * b.scales[at + 2]!);
      c3 += ((high >> FIELD_BITS) - FIELD_BIAS) * (scale * b.scales[at + 3]!);
    }
    c[0] = towardZeroFp32(c0);
    c[1] = towardZeroFp32(c1);
    c[2] = towardZeroFp32(c2);
    c[3] = towardZeroFp32(c3);
  }

  #cuttingStep(a: SideA, b: SideB, ia: number, ib: number): void {
    const sums = this.#sums;
    const groups = this.#groupsPerStep;
    for (let group = 0; group < groups; group++) {
      const packed = packedSum(
        a.elements,
        (ia * groups + group) * GROUP,
        b.elements,
        (ib * groups + group) * GROUP,
      );
      unpackSums(packed, sums, group * 4);
    }
    for (let j = 0; j < 4; j++) this.#c[j] = this.#cutAndAdd(a, b, ia * groups, ib * groups * 4 + j, j);
  }

  /** One output: the largest exponent, every term cut to the last place, their sum rounded. */
  #cutAndAdd(a: SideA, b: SideB, ia: number, ib: number, j: number): number {
    const { fractionBits, zeroTerms } = this.#rule;
    const groups = this.#groupsPerStep;
    const sums = this.#sums;
    const c = this.#c[j]!;
    let largest = Math.max(
      this.#rule.exponentFloor,
      c === 0 || !Number.isFinite(c) ? UNCOUNTED : fp32Exponent(c),
    );
    for (let group = 0; group < groups; group++) {
      if (zeroTerms === 'ignored' && sums[group * 4 + j] === 0) continue;
      largest = Math.max(largest, a.exponents[ia + group]! + b.exponents[ib + group * 4]!);
    }
    const toUnits = powerOfTwo(fractionBits - largest);
    const unit = powerOfTwo(this.#unit);
    let total = Math.trunc(c * toUnits);
    for (let group = 0; group < groups; group++) {
      const scale = a.scales[ia + group]! * b.scales[ib + group * 4]!;
      total += Math.trunc(sums[group * 4 + j]! * unit * scale * toUnits);
    }
    return towardZeroFp32(total * powerOfTwo(largest - fractionBits));
  }
}

/** Exponent field of a finite float32 ≠ 0. */
function fp32Exponent(x: number): number {
  return Math.max(exponentOf(x), LOWEST_ADDEND_EXPONENT);
}

export const fusedGroups: Family = {
  prepare: (tile, side, { accumulation, stepK }) => {
    if (accumulation.kind !== 'fused' || stepK === 'block' || tile.depth % stepK !== 0) return;
    if (!packsWell(tile.format, READING)) return;
    if (side === 'a') sideA(tile, accumulation, stepK / GROUP);
    else sideB(tile, accumulation, stepK / GROUP);
  },
  create: (setup) => {
    const { accumulation: rule, result } = setup.semantic;
    if (rule.kind !== 'fused' || rule.terms.kind !== 'groups' || result.kind !== 'float') return null;
    const plain =
      rule.terms.size === GROUP && rule.passes.length === 1 && rule.fractionBits <= MAX_FRACTION_BITS;
    const register =
      result.format === 'fp32' && result.fractionBits === 23 && result.rounding === 'toward-zero';
    const elements = packsWell(setup.a, READING) && packsWell(setup.b, READING);
    return plain && register && elements ? new FusedGroupsTile(setup, rule, result) : null;
  },
};
