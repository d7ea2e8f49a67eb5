/**
 * And-inverter graphs: the form in which logic is cleaned up before it is mapped to cells.
 *
 * A literal is 2 × node + 1 if inverted. Node 0 is the constant 0 (literal 0; literal 1 is the constant 1). Every other
 * node is a source or the AND of two literals of smaller nodes. Equal ANDs are made once, and what two levels of
 * logic show to be simpler is made simpler.
 * Source of the two-level rules: R. Brummayer, A. Biere, "Local Two-Level And-Inverter Graph Minimization without
 * Blowup", MEMICS 2006 (the asymmetric and symmetric rules that never add a node).
 */

export type Literal = number;

export const FALSE: Literal = 0;
export const TRUE: Literal = 1;

const SOURCE = -1;
const NONE = -1;
const FIRST_CAPACITY = 2 ** 12;

export class Aig {
  /** Nodes made; the arrays below may be longer. */
  count = 0;
  /** Operands of an AND, the smaller literal first; −1 for sources and the constant. */
  left: Int32Array;
  right: Int32Array;
  /** ANDs between a node and the sources. */
  level: Int32Array;
  /** The instance that a node belongs to: the scope that was set when it was made. */
  scopes: Int32Array;
  scope = 0;
  #table: Int32Array;
  /** Slots of the table that are taken. */
  #taken = 0;

  /** @param expected about how many nodes will be made: no limit, but room is made for them at once */
  constructor(expected = FIRST_CAPACITY) {
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(expected, FIRST_CAPACITY)));
    const column = () => new Int32Array(capacity);
    [this.left, this.right, this.level, this.scopes] = [column(), column(), column(), column()];
    this.#table = new Int32Array(4 * capacity).fill(NONE);
    this.#push(SOURCE, SOURCE, 0);
  }

  /** The graph whose nodes have these operands and scopes, operands before their readers: the same numbers, no rule applied. */
  static of(left: Int32Array, right: Int32Array, scopes: Int32Array): Aig {
    const aig = new Aig(left.length);
    for (let node = 1; node < left.length; node++) {
      aig.scope = scopes[node]!;
      const [a, b] = [left[node]!, right[node]!];
      if (a === SOURCE) aig.source();
      else aig.#make(a, b, aig.#slot(a, b));
    }
    return aig;
  }

  /** A new source; its literal. */
  source(): Literal {
    return 2 * this.#push(SOURCE, SOURCE, 0);
  }

  isAnd(node: number): boolean {
    return this.left[node] !== SOURCE;
  }

  /** Number of ANDs, used or not. */
  andCount(): number {
    let ands = 0;
    for (let node = 0; node < this.count; node++) if (this.isAnd(node)) ands++;
    return ands;
  }

  and(a: Literal, b: Literal): Literal {
    if (a > b) return this.and(b, a);
    if (a === FALSE || (a ^ 1) === b) return FALSE;
    if (a === TRUE || a === b) return b;
    const simpler = this.#oneSided(b, a) ?? this.#oneSided(a, b) ?? this.#twoSided(a, b);
    return simpler ?? this.#share(a, b);
  }

  or(a: Literal, b: Literal): Literal {
    return this.and(a ^ 1, b ^ 1) ^ 1;
  }

  /** Made from the AND of both operands, which an adder's carry shares. */
  xor(a: Literal, b: Literal): Literal {
    return this.and(this.and(a, b) ^ 1, this.or(a, b));
  }

  /** `whenOne` if select is 1, else `whenZero`. */
  mux(select: Literal, whenOne: Literal, whenZero: Literal): Literal {
    return this.or(this.and(select, whenOne), this.and(select ^ 1, whenZero));
  }

  /** The literal of an AND that exists already; undefined if it would be new. Never simplifies. */
  find(a: Literal, b: Literal): Literal | undefined {
    const node = this.#table[this.#slot(Math.min(a, b), Math.max(a, b))]!;
    return node === NONE ? undefined : 2 * node;
  }

  /** Lets an AND read other operands of the same values. It is found by those from now on, in place of any other. */
  rewire(node: number, a: Literal, b: Literal): void {
    // Its old slot stays taken by a node that does not match it any more.
    const slot = this.#slot(Math.min(a, b), Math.max(a, b));
    this.left[node] = Math.min(a, b);
    this.right[node] = Math.max(a, b);
    if (this.#table[slot] === NONE) this.#enter(slot, node);
    else this.#table[slot] = node;
  }

  /** x ∧ a where x is an AND or the inverse of one; undefined if nothing gets simpler. */
  #oneSided(x: Literal, a: Literal): Literal | undefined {
    const node = x >> 1;
    if (!this.isAnd(node)) return undefined;
    const [l, r] = [this.left[node]!, this.right[node]!];
    if ((x & 1) === 0) {
      if (l === (a ^ 1) || r === (a ^ 1)) return FALSE; // contradiction
      return l === a || r === a ? x : undefined; // idempotence
    }
    if (l === (a ^ 1) || r === (a ^ 1)) return a; // subsumption
    if (l === a) return this.and(a, r ^ 1); // substitution
    return r === a ? this.and(a, l ^ 1) : undefined;
  }

  /** a ∧ b where both are ANDs or inverses of ANDs. */
  #twoSided(a: Literal, b: Literal): Literal | undefined {
    const [m, n] = [a >> 1, b >> 1];
    if (!this.isAnd(m) || !this.isAnd(n)) return undefined;
    if ((a & 1) === 0 && (b & 1) === 0) return this.#clash(m, n) ? FALSE : undefined;
    if ((a & 1) === 1 && (b & 1) === 1) return this.#resolve(m, n);
    const [plain, inverted] = (a & 1) === 0 ? [m, n] : [n, m];
    // ¬(x ∧ y) ∧ (p ∧ q): true already when x or y contradicts p or q.
    return this.#clash(plain, inverted) ? 2 * plain : undefined;
  }

  /** An operand of one node is the inverse of an operand of the other. */
  #clash(m: number, n: number): boolean {
    const [a, b, c, d] = [this.left[m]! ^ 1, this.right[m]! ^ 1, this.left[n]!, this.right[n]!];
    return a === c || a === d || b === c || b === d;
  }

  /** ¬(x ∧ y) ∧ ¬(x ∧ ¬y) = ¬x. */
  #resolve(m: number, n: number): Literal | undefined {
    const [a, b, c, d] = [this.left[m]!, this.right[m]!, this.left[n]!, this.right[n]!];
    if ((a === c && b === (d ^ 1)) || (a === d && b === (c ^ 1))) return a ^ 1;
    return (b === d && a === (c ^ 1)) || (b === c && a === (d ^ 1)) ? b ^ 1 : undefined;
  }

  #share(a: Literal, b: Literal): Literal {
    const slot = this.#slot(a, b);
    const known = this.#table[slot]!;
    return 2 * (known === NONE ? this.#make(a, b, slot) : known);
  }

  /** A new AND, entered at its slot. */
  #make(a: Literal, b: Literal, slot: number): number {
    const node = this.#push(a, b, 1 + Math.max(this.level[a >> 1]!, this.level[b >> 1]!));
    this.#enter(slot, node);
    return node;
  }

  /** Puts a node at a free slot of the table, which grows once it is half full. */
  #enter(slot: number, node: number): void {
    this.#table[slot] = node;
    if (2 * ++this.#taken <= this.#table.length) return;
    this.#taken = 0;
    this.#table = new Int32Array(2 * this.#table.length).fill(NONE);
    for (let other = 0; other < this.count; other++) {
      if (!this.isAnd(other)) continue;
      const place = this.#slot(this.left[other]!, this.right[other]!);
      if (this.#table[place] === NONE) this.#taken++;
      this.#table[place] = other;
    }
  }

  #slot(a: Literal, b: Literal): number {
    const mask = this.#table.length - 1;
    let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77);
    hash ^= hash >>> 15;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const node = this.#table[slot]!;
      if (node === NONE || (this.left[node] === a && this.right[node] === b)) return slot;
    }
  }

  #push(left: number, right: number, level: number): number {
    if (this.count === this.left.length) this.#grow();
    const node = this.count++;
    this.left[node] = left;
    this.right[node] = right;
    this.level[node] = level;
    this.scopes[node] = this.scope;
    return node;
  }

  #grow(): void {
    const wider = (old: Int32Array) => {
      const array = new Int32Array(2 * old.length);
      array.set(old);
      return array;
    };
    [this.left, this.right] = [wider(this.left), wider(this.right)];
    [this.level, this.scopes] = [wider(this.level), wider(this.scopes)];
  }
}
