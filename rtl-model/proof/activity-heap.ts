/** Variables by falling activity: a binary heap that knows where each one is. */
export class ActivityHeap {
  readonly #items: number[] = [];
  readonly #position: number[] = [];

  constructor(readonly activity: (variable: number) => number) {}

  insert(variable: number): void {
    if ((this.#position[variable] ?? -1) >= 0) return;
    this.#position[variable] = this.#items.push(variable) - 1;
    this.#up(this.#position[variable]);
  }

  clear(): void {
    for (const variable of this.#items) this.#position[variable] = -1;
    this.#items.length = 0;
  }

  /** The variable of the highest activity, taken out; −1 if there is none. */
  pop(): number {
    const [top] = this.#items;
    if (top === undefined) return -1;
    const last = this.#items.pop()!;
    this.#position[top] = -1;
    if (this.#items.length > 0) {
      this.#put(last, 0);
      this.#down(0);
    }
    return top;
  }

  raised(variable: number): void {
    const at = this.#position[variable]!;
    if (at >= 0) this.#up(at);
  }

  #put(variable: number, at: number): void {
    this.#items[at] = variable;
    this.#position[variable] = at;
  }

  #up(start: number): void {
    let at = start;
    const variable = this.#items[at]!;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.activity(this.#items[parent]!) >= this.activity(variable)) break;
      this.#put(this.#items[parent]!, at);
      at = parent;
    }
    this.#put(variable, at);
  }

  #down(start: number): void {
    let at = start;
    const variable = this.#items[at]!;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#items.length) break;
      const other = child + 1;
      if (
        other < this.#items.length &&
        this.activity(this.#items[other]!) > this.activity(this.#items[child]!)
      ) {
        child = other;
      }
      if (this.activity(this.#items[child]!) <= this.activity(variable)) break;
      this.#put(this.#items[child]!, at);
      at = child;
    }
    this.#put(variable, at);
  }
}
