/** A hash table from a gate (kind and operands) to its node, for sharing equal gates. Open addressing, typed arrays. */

const EMPTY = -1;

/** Kind and operands of every node. */
interface Nodes {
  readonly kinds: Uint8Array;
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly c: Int32Array;
}

export class GateTable {
  readonly #gates: Nodes;
  /** Number of entries, a power of two, less one. */
  #mask: number;
  #count = 0;
  #nodes: Int32Array;
  /** Entry at which the last search ended. */
  #at = 0;

  /** @param gates where kinds and operands are read; @param expected about how many nodes there will be */
  constructor(gates: Nodes, expected: number) {
    this.#gates = gates;
    this.#mask = 2 ** Math.ceil(Math.log2(1.5 * expected)) - 1;
    this.#nodes = new Int32Array(this.#mask + 1).fill(EMPTY);
  }

  /** A table with the same entries, for a copy of the nodes. */
  copy(gates: Nodes): GateTable {
    const made = new GateTable(gates, 1);
    [made.#mask, made.#count, made.#nodes] = [this.#mask, this.#count, this.#nodes.slice()];
    return made;
  }

  /** The node of a gate; −1 if there is none yet. */
  find(kind: number, a: number, b: number, c: number): number {
    const { kinds, a: as, b: bs, c: cs } = this.#gates;
    const [nodes, mask] = [this.#nodes, this.#mask];
    let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77) ^ Math.imul(c, 0xc2b2ae3d) ^ kind;
    hash ^= hash >>> 15;
    let at = hash & mask;
    for (let node = nodes[at]!; node !== EMPTY; node = nodes[at]!) {
      if (as[node] === a && bs[node] === b && kinds[node] === kind && cs[node] === c) break;
      at = (at + 1) & mask;
    }
    this.#at = at;
    return nodes[at]!;
  }

  /** Remembers a node for the gate that was just looked for in vain. */
  add(node: number): void {
    this.#nodes[this.#at] = node;
    this.#count++;
    if (3 * this.#count > 2 * this.#mask) this.#grow();
  }

  #grow(): void {
    const { kinds, a, b, c } = this.#gates;
    const before = this.#nodes;
    this.#mask = 2 * this.#mask + 1;
    this.#nodes = new Int32Array(this.#mask + 1).fill(EMPTY);
    for (const node of before) {
      if (node === EMPTY) continue;
      this.find(kinds[node]!, a[node]!, b[node]!, c[node]!);
      this.#nodes[this.#at] = node;
    }
  }
}
