/**
 * The stores of a core that wait for their turn to be added up in global memory, in the timestamp engine. Whose turn it is
 * only `Reductions` knows; here is who asks, and who has to ask again because another core has begun or has landed.
 */
import { checkPart } from '../checks.js';
import type { StoreRecord } from './code.js';
import type { LandingKind } from './contents.js';
import type { CoreRunner } from './runner.js';
import { Outcome } from './state.js';

/** A part that asks, or that is on its way. */
interface Addition {
  readonly tile: string;
  readonly shape: string;
  readonly part: { readonly index: number; readonly count: number };
}

export class Additions {
  /** The part that asked last. */
  #asked: Addition | undefined;
  /** Parts in the ring of the copy engine, by their place. */
  readonly #moving: (Addition | undefined)[] = [];

  constructor(private readonly runner: CoreRunner) {}

  /** Whether the parts before the one that a stream stores have landed. Throws `Fault` if it may not be added at all. */
  isTurn(record: StoreRecord, w: number, row: number, col: number): boolean {
    const { state, shared } = this.runner;
    const { program, reductions, tensors } = shared.device;
    const slot = (number: number): number => state.registers[w * shared.code.slots + number]!;
    const part = { index: slot(record.part!.index), count: slot(record.part!.count) };
    const { rows, cols } = program.accumulators[record.source.id]!;
    const tensor = tensors[record.tensor]!;
    const tile = `${tensor.declaration.name}[${row}, ${col}]`;
    this.#asked = { tile, shape: `${rows}x${cols}`, part };
    // The record says that it is an output.
    if (tensor.kind === 'output') checkPart(part, tensor);
    return reductions.isTurn(tile, part, this.#asked.shape);
  }

  /** What becomes of the part that asked last. */
  how(): LandingKind {
    return this.runner.shared.device.reductions.isFirst(this.#asked!.part) ? 'first' : 'added';
  }

  /** The part that asked last goes on its way. */
  begin(place: number, cycle: number): void {
    const { shared, state } = this.runner;
    const { tile, part, shape } = this.#asked!;
    this.#moving[place] = this.#asked;
    shared.device.reductions.begin(tile, part, shape);
    shared.onTurn(state.index, cycle, false);
  }

  /** A copy is done, perhaps a part. */
  landed(place: number, cycle: number): void {
    const addition = this.#moving[place];
    if (addition === undefined) return;
    this.#moving[place] = undefined;
    const { shared, state } = this.runner;
    shared.device.reductions.land(addition.tile);
    shared.onTurn(state.index, cycle, true);
    this.runner.wake(Outcome.turn, cycle);
  }
}
