/**
 * Things to write at a later cycle, for formats in which time only goes forward: a binary heap by cycle, then by the
 * order of `at`. It holds what is in flight, not the run.
 */
interface Entry {
  readonly cycle: number;
  readonly order: number;
  readonly run: () => void;
}

const isBefore = (a: Entry, b: Entry): boolean =>
  a.cycle < b.cycle || (a.cycle === b.cycle && a.order < b.order);

export class Later {
  readonly #heap: Entry[] = [];
  #order = 0;

  /** Runs something when `advanceTo` gets to the cycle. */
  at(cycle: number, run: () => void): void {
    const entry = { cycle, order: this.#order++, run };
    const heap = this.#heap;
    let place = heap.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (isBefore(heap[parent]!, entry)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = entry;
  }

  /** Runs everything up to and including a cycle, telling each cycle first. */
  advanceTo(cycle: number, onCycle: (cycle: number) => void): void {
    while (this.#heap.length > 0 && this.#heap[0]!.cycle <= cycle) {
      const { cycle: due, run } = this.#pop();
      onCycle(due);
      run();
    }
    if (Number.isFinite(cycle)) onCycle(cycle);
  }

  #pop(): Entry {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(last, heap[child]!)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
    return top;
  }
}
