/**
 * What all cores share: L2's bandwidth, which data it holds, and the DRAM behind it.
 *
 * Bandwidth is handed out in the order of the requests: each takes its bytes' time of a server that serves nobody
 * else meanwhile. Data are kept in granules of the requested tiles, least recently used first out; a granule that is
 * on its way from DRAM serves later requests too. Not modelled: sets and ways, writes that allocate.
 */
import type { MemoryFigures } from '../model.js';

/** What a request finds. */
export interface Access {
  /** Cycles beyond those of a hit until the data are there. */
  readonly delayCycles: number;
  /** Share of the bandwidth that each byte costs. */
  readonly cost: number;
}

interface Line {
  readonly bytes: number;
  readonly availableAt: number;
  lastCore: number;
}

const HIT: Access = { delayCycles: 0, cost: 1 };

export class L2 {
  #freeAt = 0;
  #dramFreeAt = 0;
  #held = 0;
  /** Least recently used first. */
  readonly #lines = new Map<number, Line>();

  constructor(
    private readonly bytesPerCycle: number,
    private readonly memory: MemoryFigures | undefined,
    /** Whether what was never asked for is there already, as after an earlier run on the same data. */
    private readonly warm: boolean,
  ) {}

  /** Takes the time of so many bytes from `start` on; returns when they are through. */
  reserve(start: number, bytes: number): number {
    this.#freeAt = Math.max(this.#freeAt, start) + bytes / this.bytesPerCycle;
    return this.#freeAt;
  }

  /** Looks a granule up, and brings it in from DRAM if it is not there. */
  access(key: number, bytes: number, core: number, cycle: number): Access {
    if (this.memory === undefined) return HIT;
    const line = this.#lines.get(key);
    if (line === undefined) return { delayCycles: this.#fetch(key, bytes, core, cycle), cost: 1 };
    this.#lines.delete(key);
    this.#lines.set(key, line);
    const cost = line.lastCore === core ? 1 : this.memory.sharedCost.value;
    line.lastCore = core;
    return { delayCycles: Math.max(0, line.availableAt - cycle), cost };
  }

  #fetch(key: number, bytes: number, core: number, cycle: number): number {
    const { l2Bytes, dramBytesPerCycle, dramLatencyCycles } = this.memory!;
    let availableAt = cycle;
    if (!this.warm) {
      this.#dramFreeAt = Math.max(this.#dramFreeAt, cycle) + bytes / dramBytesPerCycle.value;
      availableAt = this.#dramFreeAt + dramLatencyCycles.value;
    }
    this.#lines.set(key, { bytes, availableAt, lastCore: core });
    this.#held += bytes;
    for (const [oldest, line] of this.#lines) {
      if (this.#held <= l2Bytes.value) break;
      this.#lines.delete(oldest);
      this.#held -= line.bytes;
    }
    return availableAt - cycle;
  }
}
