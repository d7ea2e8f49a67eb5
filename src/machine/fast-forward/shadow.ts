/**
 * How registers change from one repetition of a period to the next, followed through one repetition. A register is
 *
 *   affine    it grows by the same amount with every repetition;
 *   interval  it comes from a tile's coordinates: within bounds, a multiple of a step away from the lower one;
 *   unknown   anything else.
 *
 * Every use that could make a later repetition differ either limits the number of repetitions or refuses them all.
 */
import type { GridDeclaration } from '../../assembler/index.js';
import {
  type Alignment,
  type Code,
  KINDS,
  type Kind,
  type LoadRecord,
  type ObjectSlot,
  Slots,
  type StoreRecord,
} from '../timestamp/code.js';
import type { CoreRunner } from '../timestamp/runner.js';

export interface Affine {
  readonly kind: 'affine';
  readonly delta: number;
}
interface Interval {
  readonly kind: 'interval';
  readonly low: number;
  readonly high: number;
  readonly step: number;
  /** Whether it was found within this repetition, not before it. */
  readonly fresh: boolean;
}
interface Unknown {
  readonly kind: 'unknown';
}
export type Shadow = Affine | Interval | Unknown;

export const CONSTANT: Affine = { kind: 'affine', delta: 0 };
const UNKNOWN: Unknown = { kind: 'unknown' };

const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b));

export class ShadowRegisters {
  /** Repetitions beyond this one that are the same, as far as instructions were looked at. */
  limit = Number.POSITIVE_INFINITY;
  /** Why there is no repetition, once that is clear. */
  refusal: string | undefined;
  /** Core, stream and place of every instruction that wrote registers, for running them again. */
  readonly trace: number[] = [];
  readonly #use = new Use(this);

  constructor(
    private readonly code: Code,
    private readonly tiles: GridDeclaration,
    /** By core and stream, then by slot. */
    readonly registers: Shadow[][],
    private readonly streams: number,
  ) {}

  of(core: number, stream: number): Shadow[] {
    return this.registers[core * this.streams + stream]!;
  }

  /** An instruction was issued; its stream's registers are as it leaves them. */
  issued(runner: CoreRunner, w: number, at: number): void {
    const { x, kind, readsClock } = this.code;
    const core = runner.state.index;
    const shadows = this.of(core, w);
    const code = kind[at]!;
    const use = this.#use.at(runner, w, shadows, at);
    if (readsClock[at] === 1) shadows[Slots.clock] = UNKNOWN;
    if (code === TILE_NEXT) this.#tile(use, runner.state.counter[w]!, shadows, at);
    else if (code < FIRST_BRANCH) this.#arithmetic(use, shadows, at);
    else USES[code]?.(use, this.code, at);
    if (code === LOOP) shadows[x[3 * at + 1]!] = shadows[x[3 * at]!]!;
    if (code === LOOP || code === TILE_NEXT || code < FIRST_BRANCH) this.trace.push(core, w, at);
  }

  #tile(use: Use, next: number, shadows: Shadow[], at: number): void {
    const { x } = this.code;
    if (next === x[3 * at + 2]!) use.refuse('no tile is left');
    const upTo = (count: number): Shadow => ({
      kind: 'interval',
      low: 0,
      high: count - 1,
      step: 1,
      fresh: true,
    });
    shadows[x[3 * at]!] = shadows[Slots.tileM] = upTo(this.tiles.tilesM);
    shadows[x[3 * at + 1]!] = shadows[Slots.tileN] = upTo(this.tiles.tilesN);
    // Of a divided tile only bounds could be told, and they decide how long its loop is.
    const steps = this.tiles.division === undefined ? CONSTANT : UNKNOWN;
    for (const slot of STEP_SLOTS) shadows[slot] = steps;
  }

  #arithmetic(use: Use, shadows: Shadow[], at: number): void {
    const { x } = this.code;
    const kind = KINDS[this.code.kind[at]!]!;
    const p = x[3 * at]!;
    const q = x[3 * at + 1]!;
    const t = x[3 * at + 2]!;
    const a = shadows[q]!;
    const b = kind === 'mov' ? CONSTANT : shadows[t]!;
    if (kind === 'mov' || (a === CONSTANT && b === CONSTANT)) shadows[p] = a;
    // The value of an operand that the result replaced is gone.
    else
      shadows[p] = combine(
        kind,
        a,
        b,
        q === p ? undefined : use.value(q),
        t === p ? undefined : use.value(t),
      );
  }
}

const STEP_SLOTS = [Slots.tileK0, Slots.tileK1, Slots.tilePart, Slots.tileParts];
const FIRST_BRANCH = KINDS.indexOf('b');
const LOOP = KINDS.indexOf('loop');
const TILE_NEXT = KINDS.indexOf('tile.next');

/** The shadow of `a kind b`. */
function combine(
  kind: string,
  a: Shadow,
  b: Shadow,
  valueA: number | undefined,
  valueB: number | undefined,
): Shadow {
  if (a.kind === 'affine' && b.kind === 'affine') {
    if (a.delta === 0 && b.delta === 0) return CONSTANT;
    if (kind === 'add') return { kind: 'affine', delta: (a.delta + b.delta) | 0 };
    if (kind === 'sub') return { kind: 'affine', delta: (a.delta - b.delta) | 0 };
    if (kind === 'mul' && b.delta === 0 && valueB !== undefined) {
      return { kind: 'affine', delta: Math.imul(a.delta, valueB) };
    }
    return UNKNOWN;
  }
  if (a.kind === 'interval' && b.kind === 'interval' && kind === 'add') {
    const fresh = a.fresh && b.fresh;
    return bounded(a.low + b.low, a.high + b.high, gcd(a.step, b.step), fresh);
  }
  if (a.kind === 'interval' && isConstant(b) && valueB !== undefined) return moved(kind, a, valueB);
  if (b.kind === 'interval' && isConstant(a) && valueA !== undefined && kind !== 'sub') {
    return moved(kind, b, valueA);
  }
  return UNKNOWN;
}

function isConstant(shadow: Shadow): boolean {
  return shadow.kind === 'affine' && shadow.delta === 0;
}

/** An interval plus, minus or times a constant. */
function moved(kind: string, { low, high, step, fresh }: Interval, by: number): Shadow {
  if (kind === 'add') return bounded(low + by, high + by, step, fresh);
  if (kind === 'sub') return bounded(low - by, high - by, step, fresh);
  if (kind !== 'mul') return UNKNOWN;
  return bounded(Math.min(low * by, high * by), Math.max(low * by, high * by), step * Math.abs(by), fresh);
}

function bounded(low: number, high: number, step: number, fresh: boolean): Shadow {
  if (low < -(2 ** 31) || high >= 2 ** 31) return UNKNOWN;
  return { kind: 'interval', low, high, step, fresh };
}

/** What one instruction does with the registers it reads. */
class Use {
  private runner!: CoreRunner;
  private w = 0;
  private shadows: readonly Shadow[] = [];
  private instruction = 0;

  constructor(private readonly all: ShadowRegisters) {}

  /** The same for another instruction. */
  at(runner: CoreRunner, w: number, shadows: readonly Shadow[], instruction: number): this {
    this.runner = runner;
    this.w = w;
    this.shadows = shadows;
    this.instruction = instruction;
    return this;
  }

  value(slot: number): number {
    const { state, shared } = this.runner;
    return state.registers[this.w * shared.code.slots + slot]!;
  }

  limit(repetitions: number): void {
    this.all.limit = Math.min(this.all.limit, repetitions);
  }

  refuse(what: string): void {
    const { program } = this.runner.shared.code;
    this.all.refusal ??= `${what} at line ${program.spans[this.instruction]!.line}`;
    this.all.limit = 0;
  }

  /** The value is the same in every repetition. */
  same(slot: number, what: string): void {
    if (!isConstant(this.shadows[slot]!)) this.refuse(`${what} changes`);
  }

  object(slot: ObjectSlot | undefined): void {
    if (slot !== undefined) this.same(slot.index, 'an index');
  }

  /** a − b keeps its sign, or stays zero, or not zero. */
  compare(a: number, b: number, relation: 'equal' | 'less'): void {
    const [x, y] = [this.shadows[a]!, this.shadows[b]!];
    if (x.kind !== 'affine' || y.kind !== 'affine') {
      this.refuse('a branch depends on a tile or on the clock');
      return;
    }
    this.withinRange(a, x.delta);
    this.withinRange(b, y.delta);
    const difference = this.value(a) - this.value(b);
    const slope = x.delta - y.delta;
    this.limit(relation === 'less' ? keepsLess(difference, slope) : keepsEqual(difference, slope));
  }

  /** No repetition leaves 32 bits. */
  withinRange(slot: number, delta: number): void {
    const room = delta > 0 ? 2 ** 31 - 1 - this.value(slot) : this.value(slot) + 2 ** 31;
    if (delta !== 0) this.limit(Math.floor(room / Math.abs(delta)));
  }

  /** The register does not become zero, or stays it. */
  zero(slot: number): void {
    const shadow = this.shadows[slot]!;
    if (shadow.kind === 'affine') this.limit(keepsEqual(this.value(slot), shadow.delta));
    else this.refuse('a start depends on a tile or on the clock');
  }

  /** A coordinate stays between zero and its last value, on a multiple of the block. */
  coordinate(slot: number, last: number, block: number): void {
    const shadow = this.shadows[slot]!;
    if (shadow.kind === 'affine') {
      const { delta } = shadow;
      const value = this.value(slot);
      if (delta !== 0) this.limit(Math.floor((delta > 0 ? last - value : value) / Math.abs(delta)));
      if (delta % block !== 0) this.refuse('a column leaves its block');
    } else if (shadow.kind === 'unknown') {
      this.refuse('an address has no known bounds');
    } else if (
      shadow.low < 0 ||
      shadow.high > last ||
      shadow.low % block !== 0 ||
      shadow.step % block !== 0
    ) {
      this.refuse('an address may leave its tensor');
    }
  }

  place(record: Pick<LoadRecord, 'row' | 'col' | 'lastRow' | 'lastCol'>, { row, col }: Alignment): void {
    this.coordinate(record.row, record.lastRow, row);
    this.coordinate(record.col, record.lastCol, col);
  }
}

/** Repetitions for which difference + j · slope keeps being less than 0, or not less. */
function keepsLess(difference: number, slope: number): number {
  if (difference < 0) return slope <= 0 ? Number.POSITIVE_INFINITY : Math.ceil(-difference / slope) - 1;
  return slope >= 0 ? Number.POSITIVE_INFINITY : Math.floor(difference / -slope);
}

/** Repetitions for which difference + j · slope keeps being 0, or not 0. */
function keepsEqual(difference: number, slope: number): number {
  if (slope === 0) return Number.POSITIVE_INFINITY;
  if (difference === 0) return 0;
  const zeroAt = -difference / slope;
  return zeroAt > 0 && Number.isInteger(zeroAt) ? zeroAt - 1 : Number.POSITIVE_INFINITY;
}

type Rule = (use: Use, code: Code, at: number) => void;

const branch =
  (relation: 'equal' | 'less'): Rule =>
  (use, { x }, at) =>
    use.compare(x[3 * at]!, x[3 * at + 1]!, relation);

const barrierUse: Rule = (use, { barriers }, at) => {
  const { barrier, source } = barriers[at]!;
  use.object(barrier);
  use.same(source, 'what a barrier is given');
};

const ANYWHERE: Alignment = { row: 1, col: 1 };

/** What each kind reads that decides what it does. */
const RULES: Readonly<Partial<Record<Kind, Rule>>> = {
  beq: branch('equal'),
  bne: branch('equal'),
  blt: branch('less'),
  bge: branch('less'),
  loop: (use, { x }, at) => use.zero(x[3 * at + 1]!),
  'ld.tile': (use, { loads }, at) => {
    const record = loads[at]!;
    use.object(record.stage);
    use.object(record.barrier);
    const { row, col } = record.alignment;
    use.place(record, { row, col: Math.max(col, record.blockSize) });
  },
  store: (use, { stores }, at) => {
    const record: StoreRecord = stores[at]!;
    use.object(record.source);
    use.object(record.barrier);
    use.place(record, ANYWHERE);
  },
  'bar.expect': barrierUse,
  'bar.arrive': barrierUse,
  'bar.wait': barrierUse,
  mma: (use, { mmas }, at) => {
    const { accumulator, a, b, start, startSlot, slice } = mmas[at]!;
    for (const object of [accumulator, a, b]) use.object(object);
    use.same(slice, 'a group of rows');
    if (start === 'register') use.zero(startSlot);
  },
  'mma.commit': (use, { commits }, at) => use.object(commits[at]),
  vector: (use, { vectors }, at) => {
    use.object(vectors[at]!.accumulator);
    use.object(vectors[at]!.other);
  },
  convert: (use, { converts }, at) => {
    const { destination, source, barrier } = converts[at]!;
    for (const object of [destination, source, barrier]) use.object(object);
  },
};

/** The same by the codes of the kinds. */
const USES: readonly (Rule | undefined)[] = KINDS.map((kind) => RULES[kind]);
