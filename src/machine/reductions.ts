/**
 * Whose turn it is when the parts of a tile are added up in global memory. The order is fixed, so that the sum does not
 * depend on who is early, and it is one in which nobody waits for what comes behind him:
 *
 * - split-k: part 0 first. Cores take items in rising order, so that the first item that is not done never waits.
 * - stream-k: the last part first. A core begins with the end of a tile that it shares with its predecessor, and ends with
 *   the beginning of one: that waits for what its successors did first.
 */
import { Fault } from './trap.js';

/** Which part of its tile a stream works on. */
export interface Part {
  readonly index: number;
  readonly count: number;
}

interface Sum {
  readonly parts: number;
  readonly shape: string;
  /** Additions that were handed over, and those that have landed. */
  begun: number;
  landed: number;
}

export class Reductions {
  readonly #sums = new Map<string, Sum>();

  /** @param falling whether the last part comes first. */
  constructor(private readonly falling: boolean) {}

  /** Whether a part is the one that is written, to which the others are added. */
  isFirst(part: Part): boolean {
    return this.#turnOf(part) === 0;
  }

  /** Whether the next part of the tile named `tile` is this one. Throws `Fault` if it has been, or has another shape. */
  isTurn(tile: string, { index, count }: Part, shape: string): boolean {
    if (count === 0) {
      throw new Fault(
        'reduction-misuse',
        'the stream has no tile whose parts could be added',
        'tile.next first',
      );
    }
    const sum = this.#sums.get(tile) ?? { parts: count, shape, begun: 0, landed: 0 };
    if (sum.shape !== shape) {
      throw new Fault('shape-mismatch', `a part of ${shape} is added to the tile ${tile} of ${sum.shape}`);
    }
    const turn = this.#turnOf({ index, count });
    if (sum.parts !== count || sum.begun > turn) {
      throw new Fault(
        'reduction-misuse',
        `part ${index} of ${count} of the tile ${tile} has been added already`,
        'one st.add to a place for each work item',
      );
    }
    return sum.landed === turn;
  }

  begin(tile: string, { count }: Part, shape: string): void {
    const sum = this.#sums.get(tile);
    if (sum === undefined) this.#sums.set(tile, { parts: count, shape, begun: 1, landed: 0 });
    else sum.begun++;
  }

  land(tile: string): void {
    this.#sums.get(tile)!.landed++;
  }

  #turnOf({ index, count }: Part): number {
    return this.falling ? count - 1 - index : index;
  }

  /** Tiles that lack parts, with the parts. */
  incomplete(): string[] {
    return [...this.#sums]
      .filter(([, { parts, landed }]) => landed < parts)
      .map(([tile, { parts, landed }]) => `${tile} has ${landed} of its ${parts} parts`);
  }
}
