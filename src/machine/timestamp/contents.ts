/**
 * What the stages and accumulators of a core hold, in runs with values. Operations act on values when they are issued:
 * what would change the outcome before they are done is a race, and traps. Only stores wait until they land, since other
 * cores may store to the same place; and an operation that cannot be carried out says so when its unit starts it.
 */
import type { MmaOperation, QuantizeOperation, VectorOperation } from '../../../isa/index.js';
import type { Device } from '../core.js';
import { operandFormatOf } from '../global-memory.js';
import type { Origin } from '../history.js';
import { Accumulator, BufferStage } from '../local-memory.js';
import { NEVER } from '../time.js';
import type { MmaRecord } from './code.js';

/** A store that has not landed. */
export interface Landing {
  readonly source: BufferStage | Accumulator;
  readonly to: Origin;
  readonly how: LandingKind;
}

/** What a store does to what is there; of the parts of a tile that are added up, the first is written. */
export type LandingKind = 'written' | 'first' | 'added' | 'larger';

export class Contents {
  /** Numbered as in `Code`. */
  readonly stages: readonly BufferStage[];
  readonly accumulators: readonly Accumulator[];
  /** Stores in the ring of the copy engine, by their place. */
  readonly landings: Landing[] = [];
  /** Cycle in which a unit starts what it cannot carry out. */
  failsAt = NEVER;
  #failure: unknown;

  constructor(private readonly device: Device) {
    const { buffers, accumulators } = device.program;
    this.stages = buffers.flatMap((buffer) =>
      Array.from({ length: buffer.stages }, () => new BufferStage(buffer, operandFormatOf(buffer.format)!)),
    );
    this.accumulators = accumulators.flatMap((accumulator) =>
      Array.from({ length: accumulator.stages }, () => new Accumulator(accumulator)),
    );
  }

  load(stage: number, from: Origin): void {
    const tensor = this.device.tensors[from.tensor]!;
    if (tensor.kind === 'input') this.device.values.load(this.stages[stage]!, from, tensor);
  }

  multiply(
    { semantic }: MmaRecord,
    places: { readonly accumulator: number; readonly a: number; readonly b: number },
    { slice, fresh }: Pick<MmaOperation, 'slice' | 'fresh'>,
  ): void {
    const operands = { a: this.stages[places.a]!, slice, b: this.stages[places.b]! };
    this.device.values.multiply(this.accumulators[places.accumulator]!, operands, semantic, fresh);
  }

  /** An operation of the vector unit, which starts it at that cycle. */
  apply(
    accumulator: number,
    other: number | undefined,
    action: VectorOperation['action'],
    startAt: number,
  ): void {
    const second = other === undefined ? undefined : this.accumulators[other]!;
    this.#try(startAt, () => this.device.values.apply(this.accumulators[accumulator]!, second, action));
  }

  /** An operation of the quantise unit, which starts it at that cycle. */
  convert(
    destination: number,
    source: BufferStage | Accumulator,
    action: QuantizeOperation['action'],
    startAt: number,
  ): void {
    this.#try(startAt, () => this.device.values.convert(this.stages[destination]!, source, action));
  }

  landing(memory: 'accumulator' | 'buffer', number: number, to: Origin, how: LandingKind): Landing {
    return { source: (memory === 'buffer' ? this.stages : this.accumulators)[number]!, to, how };
  }

  land({ source, to, how }: Landing): void {
    const target = this.device.tensors[to.tensor]!;
    if (target.kind !== 'output') return;
    const { values } = this.device;
    // Only accumulators are added up, and only buffers have maxima.
    if (how === 'written') values.store(source, to, target);
    else if (how === 'larger') values.keepLarger(source as BufferStage, to, target);
    else values.add(source as Accumulator, to, target, how === 'first');
  }

  /** A unit starts something: the time has come to say that it cannot be done. */
  started(cycle: number): void {
    if (this.failsAt <= cycle) throw this.#failure;
  }

  #try(startAt: number, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (startAt >= this.failsAt) return;
      this.failsAt = startAt;
      this.#failure = error;
    }
  }
}
