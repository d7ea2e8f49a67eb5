/** A hash table from a gate (kind and operands) to its node, for sharing equal gates. Open addressing, typed arrays. */

const EMPTY = -1;

export class GateTable {
  #mask = 2 ** 15 - 1;
  #count = 0;
  /** Four numbers an entry: kind, a, b, c. */
  #keys = new Int32Array(4 * (this.#mask + 1));
  #nodes = new Int32Array(this.#mask + 1).fill(EMPTY);

  /** The node of a gate; `make` is called, and its result remembered, when there is none yet. */
  get(kind: number, a: number, b: number, c: number, make: () => number): number {
    if (2 * this.#count > this.#mask) this.#grow();
    const at = this.#find(kind, a, b, c);
    const known = this.#nodes[at]!;
    if (known !== EMPTY) return known;
    const node = make();
    this.#insert(at, kind, a, b, c, node);
    return node;
  }

  #insert(at: number, kind: number, a: number, b: number, c: number, node: number): void {
    this.#keys[4 * at] = kind;
    this.#keys[4 * at + 1] = a;
    this.#keys[4 * at + 2] = b;
    this.#keys[4 * at + 3] = c;
    this.#nodes[at] = node;
    this.#count++;
  }

  /** The entry that holds the key, or the empty one where it belongs. */
  #find(kind: number, a: number, b: number, c: number): number {
    const keys = this.#keys;
    let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77) ^ Math.imul(c, 0xc2b2ae3d) ^ kind;
    hash ^= hash >>> 15;
    let at = hash & this.#mask;
    while (
      this.#nodes[at] !== EMPTY &&
      (keys[4 * at] !== kind || keys[4 * at + 1] !== a || keys[4 * at + 2] !== b || keys[4 * at + 3] !== c)
    ) {
      at = (at + 1) & this.#mask;
    }
    return at;
  }

  #grow(): void {
    const [keys, nodes] = [this.#keys, this.#nodes];
    this.#mask = 2 * this.#mask + 1;
    this.#count = 0;
    this.#keys = new Int32Array(4 * (this.#mask + 1));
    this.#nodes = new Int32Array(this.#mask + 1).fill(EMPTY);
    nodes.forEach((node, i) => {
      if (node === EMPTY) return;
      const [kind, a, b, c] = [keys[4 * i]!, keys[4 * i + 1]!, keys[4 * i + 2]!, keys[4 * i + 3]!];
      this.#insert(this.#find(kind, a, b, c), kind, a, b, c, node);
    });
  }
}
