/**
 * Exact sums of all outputs of a tile. A group sum times its scale product is an integer in units of the last place of
 * everything (elements, scales, and gains where they are multiplied out). `spillEvery` of them fit a double; then the
 * double goes to a wide register. An output has one register, or one for each number of sides (0, 1, 2) that hold
 * their second element choice.
 */
import { type ExactBound, exactBound, hasBlockScales, type OperandFormat } from '../../dot/index.js';
import { bitsToFloat32, ConfigurationError } from '../../numerics/index.js';
import { type CodedTile, unitExponentOf } from './coded-tile.js';
import type { FamilySetup, FamilyTile } from './family.js';
import {
  forEachQuad,
  type GroupedQuads,
  type GroupedRows,
  groupedQuads,
  groupedRows,
  packsWell,
  readChoices,
} from './group-sums.js';
import { GROUP, packedSum, unpackSums } from './packed.js';
import type { ScaleReading } from './scaled-groups.js';
import { WideRegisters } from './wide-registers.js';

/** Registers of one output. */
export type RegisterCount = 1 | 3;

/** The bound of a semantic, if groups of these formats can be summed in doubles; else null. */
export function groupBound({ semantic, a, b }: FamilySetup): ExactBound | null {
  const formats = [a, b].every(
    (format) =>
      packsWell(format, semantic.operands) && (!hasBlockScales(format) || format.blockSize % GROUP === 0),
  );
  if (!formats) return null;
  const bound = exactBound(semantic, a, b);
  return BigInt(GROUP) * bound.largestProduct <= 2n ** 53n ? bound : null;
}

/** A side whose scales are integers: scale / scale unit × what its choice counts. */
function withIntegerScales<T extends GroupedRows>(tile: CodedTile, side: T, factors: readonly number[]): T {
  const unit = hasBlockScales(tile.format) ? 2 ** unitExponentOf(tile.format.scale) : 1;
  return { ...side, scales: side.scales.map((scale, i) => (scale / unit) * factors[side.choices[i]!]!) };
}

/** Forms of an operand that the sums read. */
export function exactSide(
  tile: CodedTile,
  side: 'a' | 'b',
  reading: ScaleReading,
  registers: RegisterCount,
): GroupedRows {
  const factors = registers === 1 ? gridFactors(tile.format, reading) : [1, 1];
  return tile.form(`exact ${side} ${reading.selector} ${reading.nanScale} ${factors.join()}`, () => {
    const grouped = side === 'a' ? groupedRows(tile, reading) : groupedQuads(tile, reading);
    return withIntegerScales(tile, grouped, factors);
  });
}

/** gain × common denominator of every choice that is read. */
function gridFactors(format: OperandFormat, reading: ScaleReading): number[] {
  const gains = readChoices(format, reading).map((i) =>
    format.kind === 'block' ? format.choices[i]!.gain : { numerator: 1n, denominator: 1n },
  );
  const common = gains.reduce((multiple, { denominator }) => leastCommonMultiple(multiple, denominator), 1n);
  return gains.map(({ numerator, denominator }) => Number((numerator * common) / denominator));
}

function leastCommonMultiple(x: bigint, y: bigint): bigint {
  let multiple = x;
  while (multiple % y !== 0n) multiple += x;
  return multiple;
}

class ExactSums {
  /** Register of output o for r int sides: o × count + r. */
  readonly registers: WideRegisters;
  readonly #setup: FamilySetup;
  readonly #bound: ExactBound;
  readonly #count: RegisterCount;
  readonly #spillEvery: number;
  readonly #group = new Float64Array(4);
  /** Sums of four outputs since the last spill: [register][column]. */
  readonly #sums: Float64Array;
  #depth = 0;

  constructor(setup: FamilySetup, bound: ExactBound, count: RegisterCount) {
    this.#setup = setup;
    this.#bound = bound;
    this.#count = count;
    this.#spillEvery = Math.floor(2 ** 53 / (GROUP * Number(bound.largestProduct)));
    this.#sums = new Float64Array(4 * count);
    this.registers = new WideRegisters(setup.rows * setup.cols * count);
  }

  clear(): void {
    this.registers.clear();
    this.#depth = 0;
  }

  accumulate(aTile: CodedTile, bTile: CodedTile): void {
    const { rows, cols, semantic } = this.#setup;
    this.#advance(aTile.depth);
    const a = exactSide(aTile, 'a', semantic.operands, this.#count);
    const b = exactSide(bTile, 'b', semantic.operands, this.#count);
    const groups = aTile.depth / GROUP;
    forEachQuad(rows, cols, (row, quad) => {
      for (let group = 0; group < groups; group += this.#spillEvery) {
        const count = Math.min(this.#spillEvery, groups - group);
        if (this.#count === 1) this.#addGroups(a, b, row * groups + group, quad * groups + group, count);
        else this.#addByChoice(a, b, row * groups + group, quad * groups + group, count);
        this.#spill(row * cols + quad * 4, Math.min(4, cols - quad * 4));
      }
    });
  }

  #advance(depth: number): void {
    this.#depth += depth;
    if (this.#depth <= this.#bound.maxDepth) return;
    throw new ConfigurationError(
      `"${this.#setup.semantic.name}" holds sums of up to K = ${this.#bound.maxDepth} in its ` +
        `${this.#bound.registerBits}-bit register; K = ${this.#depth} was asked for`,
      'split K and add the parts, or use a semantic that rounds on the way',
    );
  }

  /** Sums of `count` groups of one row and four columns. */
  #addGroups(a: GroupedRows, b: GroupedQuads, ia: number, ib: number, count: number): void {
    const [group, sums] = [this.#group, this.#sums];
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let i = 0; i < count; i++) {
      unpackSums(packedSum(a.elements, (ia + i) * GROUP, b.elements, (ib + i) * GROUP), group, 0);
      const scale = a.scales[ia + i]!;
      const at = (ib + i) * 4;
      s0 += group[0]! * (scale * b.scales[at]!);
      s1 += group[1]! * (scale * b.scales[at + 1]!);
      s2 += group[2]! * (scale * b.scales[at + 2]!);
      s3 += group[3]! * (scale * b.scales[at + 3]!);
    }
    [sums[0], sums[1], sums[2], sums[3]] = [s0, s1, s2, s3];
  }

  /** The same, apart by the number of int sides. */
  #addByChoice(a: GroupedRows, b: GroupedQuads, ia: number, ib: number, count: number): void {
    const [group, sums] = [this.#group, this.#sums];
    sums.fill(0);
    for (let i = 0; i < count; i++) {
      unpackSums(packedSum(a.elements, (ia + i) * GROUP, b.elements, (ib + i) * GROUP), group, 0);
      for (let j = 0; j < 4; j++) {
        const at = (ib + i) * 4 + j;
        const slot = (a.choices[ia + i]! + b.choices[at]!) * 4 + j;
        sums[slot] = sums[slot]! + group[j]! * (a.scales[ia + i]! * b.scales[at]!);
      }
    }
  }

  #spill(output: number, columns: number): void {
    const count = this.#count;
    for (let register = 0; register < count; register++) {
      for (let j = 0; j < columns; j++) {
        this.registers.add((output + j) * count + register, this.#sums[register * 4 + j]!);
      }
    }
  }
}

/** The last rounding: bits of the result of registers first, first + 1, … and the finite addend c. */
export type Finish = (registers: WideRegisters, first: number, c: number) => number;

/** Running exact sums with their addends. */
export class ExactSumsTile implements FamilyTile {
  readonly rows: number;
  readonly cols: number;
  readonly stepK: number;
  readonly #count: RegisterCount;
  readonly #sums: ExactSums;
  readonly #finish: Finish;
  readonly #nanBits: number;
  readonly #addends: Uint32Array;

  constructor(setup: FamilySetup, bound: ExactBound, count: RegisterCount, nanBits: number, finish: Finish) {
    ({ rows: this.rows, cols: this.cols, stepK: this.stepK } = setup);
    this.#count = count;
    this.#sums = new ExactSums(setup, bound, count);
    this.#finish = finish;
    this.#nanBits = nanBits;
    this.#addends = new Uint32Array(setup.rows * setup.cols);
  }

  load(bits: Uint32Array): void {
    this.#sums.clear();
    this.#addends.set(bits);
  }

  accumulate(a: CodedTile, b: CodedTile, fresh: boolean): void {
    if (fresh) {
      this.#sums.clear();
      this.#addends.fill(0);
    }
    this.#sums.accumulate(a, b);
  }

  read(): Uint32Array {
    return this.#addends.map((addend, output) => this.#result(output * this.#count, addend));
  }

  #result(first: number, addend: number): number {
    const { registers } = this.#sums;
    const c = bitsToFloat32(addend);
    let nan = Number.isNaN(c);
    for (let i = 0; i < this.#count; i++) nan ||= registers.isNaN(first + i);
    if (nan) return this.#nanBits;
    return Number.isFinite(c) ? this.#finish(registers, first, c) : addend;
  }
}
