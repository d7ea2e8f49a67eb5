/** Maximum flow from a source to a sink along directed edges of some capacity, one shortest way after the other. */
export class FlowNetwork {
  readonly source: number;
  readonly sink: number;
  /** Edges in pairs: an edge, and its reverse with what flows through it. */
  readonly #to: number[] = [];
  readonly #left: number[] = [];
  readonly #edges: number[][];

  constructor(vertices: number, source: number, sink: number) {
    this.source = source;
    this.sink = sink;
    this.#edges = Array.from({ length: vertices }, () => []);
  }

  connect(from: number, to: number, capacity: number): void {
    this.#edges[from]!.push(this.#to.length);
    this.#edges[to]!.push(this.#to.length + 1);
    this.#to.push(to, from);
    this.#left.push(capacity, 0);
  }

  /** One unit more, if there is a way for it. */
  augment(): boolean {
    const by = new Map<number, number>([[this.source, -1]]);
    const queue = [this.source];
    for (let at = 0; at < queue.length && !by.has(this.sink); at++) {
      for (const edge of this.#edges[queue[at]!]!) {
        const to = this.#to[edge]!;
        if (this.#left[edge] === 0 || by.has(to)) continue;
        by.set(to, edge);
        queue.push(to);
      }
    }
    if (!by.has(this.sink)) return false;
    for (let vertex = this.sink; vertex !== this.source; ) {
      const edge = by.get(vertex)!;
      this.#left[edge]!--;
      this.#left[edge ^ 1]!++;
      vertex = this.#to[edge ^ 1]!;
    }
    return true;
  }

  /** Vertices from which one more unit could reach the sink: 1, the others 0. */
  reachingSink(): Uint8Array {
    const reaching = new Uint8Array(this.#edges.length);
    reaching[this.sink] = 1;
    const queue = [this.sink];
    for (let at = 0; at < queue.length; at++) {
      for (const edge of this.#edges[queue[at]!]!) {
        const from = this.#to[edge]!;
        if (this.#left[edge ^ 1] === 0 || reaching[from] === 1) continue;
        reaching[from] = 1;
        queue.push(from);
      }
    }
    return reaching;
  }
}
