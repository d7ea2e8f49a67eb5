/**
 * What all cores share: L2's bandwidth, which data it holds, and the DRAM behind it.
 *
 * Bandwidth is handed out in the order of the requests: each takes its bytes' time of a server that serves nobody
 * else meanwhile. Data are kept in granules of the requested tiles; when they exceed L2, a granule that a seeded
 * sequence picks makes room. A granule that is on its way from DRAM serves later requests too. Not modelled: sets and
 * ways, writes that allocate.
 */
import type { MemoryFigures } from '../model.js';
import { duration, Rate } from '../time.js';

/** What a request finds. */
export interface Access {
  /** Cycles beyond those of a hit until the data are there. */
  readonly delayCycles: number;
  /** Share of the bandwidth that each byte costs. */
  readonly cost: number;
}

interface Line {
  readonly key: number;
  readonly bytes: number;
  readonly availableAt: number;
  lastCore: number;
}

/** Between the granule numbers of two tensors; no tensor has more elements. */
const TENSOR_STRIDE = 2 ** 44;

/** Number of a granule: of a tensor, a tile's first element, and the share of the tile in front of the granule. */
export function granuleKey(tensor: number, element: number, share: number): number {
  return tensor * TENSOR_STRIDE + element + share;
}

/** A full-period linear congruential sequence of 32 bits. */
const LCG = { multiplier: 1_664_525, increment: 1_013_904_223 };

const HIT: Access = { delayCycles: 0, cost: 1 };

export class L2 {
  /** When the bandwidth that was handed out is used up. */
  freeAt = 0;
  /** Bytes that came from DRAM. */
  dramBytes = 0;
  #dramFreeAt = 0;
  #held = 0;
  readonly #lines = new Map<number, Line>();
  /** The same lines in no particular order. */
  readonly #order: Line[] = [];
  #random = 1;

  readonly #rate: Rate;

  constructor(
    bytesPerCycle: number,
    private readonly memory: MemoryFigures | undefined,
    /** Whether what was never asked for is there already, as after an earlier run on the same data. */
    private readonly warm: boolean,
  ) {
    this.#rate = new Rate(bytesPerCycle);
  }

  /** Takes the time of so many bytes from `start` on; returns when they are through. */
  reserve(start: number, bytes: number): number {
    this.freeAt = Math.max(this.freeAt, start) + this.#rate.cyclesFor(bytes);
    return this.freeAt;
  }

  /** Whether every look-up of the only core finds the same: what is not here is as good as here. */
  get indifferent(): boolean {
    return this.memory === undefined || this.warm;
  }

  /** Looks a granule up, and brings it in from DRAM if it is not there. */
  access(key: number, bytes: number, core: number, cycle: number): Access {
    if (this.memory === undefined) return HIT;
    const line = this.#lines.get(key);
    if (line === undefined) return { delayCycles: this.#fetch(key, bytes, core, cycle), cost: 1 };
    const cost = line.lastCore === core ? 1 : this.memory.sharedCost.value;
    line.lastCore = core;
    return { delayCycles: Math.max(0, line.availableAt - cycle), cost };
  }

  #fetch(key: number, bytes: number, core: number, cycle: number): number {
    const { l2Bytes, dramBytesPerCycle, dramLatencyCycles } = this.memory!;
    let availableAt = cycle;
    if (!this.warm) {
      this.dramBytes += bytes;
      this.#dramFreeAt = Math.max(this.#dramFreeAt, cycle) + duration(bytes / dramBytesPerCycle.value);
      availableAt = this.#dramFreeAt + dramLatencyCycles.value;
    }
    this.#held += bytes;
    while (this.#held > l2Bytes.value && this.#order.length > 0) this.#evict();
    const line = { key, bytes, availableAt, lastCore: core };
    this.#lines.set(key, line);
    this.#order.push(line);
    return availableAt - cycle;
  }

  #evict(): void {
    this.#random = (Math.imul(this.#random, LCG.multiplier) + LCG.increment) >>> 0;
    const index = Math.floor((this.#random / 2 ** 32) * this.#order.length);
    const line = this.#order[index]!;
    this.#order[index] = this.#order.at(-1)!;
    this.#order.pop();
    this.#lines.delete(line.key);
    this.#held -= line.bytes;
  }
}
