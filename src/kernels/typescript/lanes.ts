/**
 * 16 FP32 accumulators an output. With UE4M3 scales and 4-bit elements every product is a multiple of 2^-45 and at
 * least 2^-21, so no sum is subnormal and there is nothing to flush.
 */
import { hasBlockScales, type LaneAccumulation } from '../../dot/index.js';
import { ConfigurationError, float32Bits } from '../../numerics/index.js';
import type { CodedTile } from './coded-tile.js';
import type { Family, FamilySetup, FamilyTile } from './family.js';
import { gainCorrections, packsWell, productUnit } from './group-sums.js';
import { GROUP } from './packed.js';
import { groupChoices, groupScales, integerElements, type ScaleReading } from './scaled-groups.js';

class LanesTile implements FamilyTile {
  readonly rows: number;
  readonly cols: number;
  readonly stepK: number;
  readonly #name: string;
  readonly #reading: ScaleReading;
  readonly #unit: number;
  readonly #corrections: Float64Array;
  readonly #nanBits: number;
  /** Whether the first product of a segment replaces the lane's content. */
  readonly #loads: boolean;
  /** rows × cols × 16. */
  readonly #lanes: Float32Array;
  #started = false;

  constructor(
    setup: FamilySetup,
    rule: LaneAccumulation,
    unit: number,
    corrections: Float64Array,
    nanBits: number,
  ) {
    ({ rows: this.rows, cols: this.cols, stepK: this.stepK } = setup);
    this.#name = setup.semantic.name;
    this.#reading = setup.semantic.operands;
    this.#unit = unit;
    this.#corrections = corrections;
    this.#nanBits = nanBits;
    this.#loads = rule.firstProduct === 'loaded';
    this.#lanes = new Float32Array(setup.rows * setup.cols * GROUP);
  }

  accumulate(aTile: CodedTile, bTile: CodedTile, fresh: boolean): void {
    const [a, b] = [this.#side(aTile), this.#side(bTile)];
    const groups = aTile.depth / GROUP;
    if (fresh) this.#clear();
    for (let row = 0; row < this.rows; row++) {
      for (let col = 0; col < this.cols; col++)
        this.#output(a, b, row * groups, col * groups, groups, row * this.cols + col);
    }
    this.#started ||= groups > 0;
  }

  #clear(): void {
    this.#lanes.fill(0);
    this.#started = false;
  }

  #side(tile: CodedTile): Side {
    return {
      elements: integerElements(tile, this.#reading),
      scales: groupScales(tile, this.#reading),
      choices: groupChoices(tile, this.#reading),
    };
  }

  #output(a: Side, b: Side, ia: number, ib: number, groups: number, output: number): void {
    const lanes = this.#lanes;
    const at = output * GROUP;
    let load = this.#loads && !this.#started;
    for (let group = 0; group < groups; group++) {
      const correction = this.#corrections[a.choices[ia + group]! + b.choices[ib + group]!]!;
      const scale = Math.fround(a.scales[ia + group]! * b.scales[ib + group]! * correction) * this.#unit;
      const [ka, kb] = [(ia + group) * GROUP, (ib + group) * GROUP];
      for (let lane = 0; lane < GROUP; lane++) {
        const product = Math.fround(a.elements[ka + lane]! * b.elements[kb + lane]! * scale);
        lanes[at + lane] = load ? product : lanes[at + lane]! + product; // stored as a float32: one rounding
      }
      load = false;
    }
  }

  read(): Uint32Array {
    const level = new Float32Array(GROUP);
    return Uint32Array.from({ length: this.rows * this.cols }, (_, output) => {
      level.set(this.#lanes.subarray(output * GROUP, (output + 1) * GROUP));
      for (let width = GROUP / 2; width >= 1; width /= 2) {
        for (let i = 0; i < width; i++) level[i] = level[2 * i]! + level[2 * i + 1]!;
      }
      return Number.isNaN(level[0]) ? this.#nanBits : float32Bits(level[0]!);
    });
  }

  load(bits: Uint32Array): void {
    if (bits.some((c) => c !== 0)) {
      throw new ConfigurationError(`"${this.#name}" takes no addend C: a segment starts from nothing`);
    }
    this.#clear();
  }
}

interface Side {
  readonly elements: Float64Array;
  readonly scales: Float64Array;
  readonly choices: Uint8Array;
}

export const lanes: Family = {
  prepare: (tile, _side, { operands }) => {
    if (!packsWell(tile.format, operands) || tile.depth % GROUP !== 0) return;
    integerElements(tile, operands);
    groupScales(tile, operands);
    groupChoices(tile, operands);
  },
  create: (setup) => {
    const { accumulation: rule, result, operands } = setup.semantic;
    if (rule.kind !== 'lanes' || result.kind !== 'float' || rule.lanes !== GROUP) return null;
    const scaled = [setup.a, setup.b].every(
      (f) => hasBlockScales(f) && f.scale.name === 'ue4m3' && f.blockSize === GROUP && packsWell(f, operands),
    );
    const corrections = gainCorrections(setup);
    if (!scaled || corrections === null) return null;
    const unit = 2 ** productUnit(setup.a, setup.b, operands);
    return new LanesTile(setup, rule, unit, corrections, result.nanBits);
  },
};
