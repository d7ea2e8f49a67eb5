/**
 * The gate level: a netlist of one-bit nodes in flat arrays, and the builder that folds and shares while it builds.
 *
 * Every constant, repeated or redundant gate is removed as it is made (constant folding, hash consing), so what
 * remains is close to what a synthesis tool keeps after its own constant propagation. Nodes are in topological
 * order: a gate's operands have smaller numbers.
 *
 * Not modelled: technology mapping (complex gates, inverting gates, drive strengths).
 */
import type { BitAlgebra } from './bit-algebra.js';
import type { AdderArchitecture } from './circuits.js';
import { GateTable } from './gate-table.js';

/** What a node of the gate level is. `input` and `register` nodes are sources; `zero` and `one` the constants. */
export type GateKind = 'zero' | 'one' | 'input' | 'register' | 'not' | 'and' | 'or' | 'xor' | 'mux';

export interface GateRow {
  readonly code: number;
  /** Operands read: of a, b, c. */
  readonly operands: 0 | 1 | 2 | 3;
}

/** The kinds of gates. A mux reads a = select, b = when one, c = when zero. */
export const GATES: Record<GateKind, GateRow> = {
  zero: { code: 0, operands: 0 },
  one: { code: 1, operands: 0 },
  input: { code: 2, operands: 0 },
  register: { code: 3, operands: 0 },
  not: { code: 4, operands: 1 },
  and: { code: 5, operands: 2 },
  or: { code: 6, operands: 2 },
  xor: { code: 7, operands: 2 },
  mux: { code: 8, operands: 3 },
};

/** Gate kinds by code. */
export const GATE_KINDS = Object.keys(GATES) as readonly GateKind[];

export interface GatePort {
  readonly name: string;
  /** Node of each bit, least significant first. */
  readonly bits: Int32Array;
}

export interface GateRegister {
  /** Hierarchical name of the register, `lane3.product`. */
  readonly name: string;
  readonly stage: string;
  readonly clock: string;
  /** Index into the netlist's hierarchy. */
  readonly scope: number;
  /** Node of each bit of the output: a constant node if the bit never changes, −1 if nothing reads it. */
  readonly output: Int32Array;
  /** Node that each bit loads; for a bit without a flip-flop (constant or unread) the same as in `output`. */
  readonly next: Int32Array;
  /** Node that must be 1 for the register to load; −1 when it always loads. */
  readonly enable: number;
  readonly reset: bigint;
}

/** A gate-level netlist as a plain value. Node 0 is constant 0, node 1 constant 1. */
export interface GateNetlist {
  readonly name: string;
  /** `GATES[kind].code` of each node. */
  readonly kinds: Uint8Array;
  /** Operands of each node; 0 where a gate has none. */
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly c: Int32Array;
  /** Index into `hierarchy` of the instance that first made each node. */
  readonly scopes: Int32Array;
  readonly inputs: readonly GatePort[];
  readonly outputs: readonly GatePort[];
  readonly registers: readonly GateRegister[];
  /** Every net that the design names, hierarchical; folded bits are constant nodes, removed ones −1. */
  readonly probes: readonly GatePort[];
  readonly hierarchy: readonly Scope[];
}

/** One instance in the hierarchy. Scope 0 is the design itself. */
export interface Scope {
  /** Hierarchical instance name, `lane3.multiplier`; empty for the design itself. */
  readonly path: string;
  /** Name of the module. */
  readonly module: string;
  /** Index of the enclosing scope; −1 for the design itself. */
  readonly parent: number;
}

/** Number of gates: nodes that compute something. */
export function gateCount(gates: GateNetlist): number {
  let count = 0;
  for (const kind of gates.kinds) if (kind >= GATES.not.code) count++;
  return count;
}

/** Number of flip-flops: register bits that neither are constant nor go unread. */
export function flipFlopCount(gates: GateNetlist): number {
  return gates.registers.reduce((sum, { output }) => sum + output.filter((node) => node > 1).length, 0);
}

const NOT = GATES.not.code;
const AND = GATES.and.code;
const OR = GATES.or.code;
const XOR = GATES.xor.code;
const MUX = GATES.mux.code;
const OPERAND_COUNTS = GATE_KINDS.map((kind) => GATES[kind].operands);

/** The value of a gate for 32 lanes at once, one a bit; 0 for sources, whose value is not computed. */
export function evaluateGate(code: number, a: number, b: number, c: number): number {
  switch (code) {
    case NOT:
      return ~a;
    case AND:
      return a & b;
    case OR:
      return a | b;
    case XOR:
      return a ^ b;
    case MUX:
      return (a & b) | (~a & c);
    default:
      return code === GATES.one.code ? -1 : 0;
  }
}

/** Nodes that a new builder has room for at least. */
const LEAST_CAPACITY = 2 ** 14;

/** Makes folded, shared gates. A node is a number; 0 and 1 are the constants. */
export class GateBuilder implements BitAlgebra<number> {
  readonly zero = 0;
  readonly one = 1;
  /** Architecture for adders whose cell does not ask for one. */
  readonly adder: AdderArchitecture;
  /** Scope recorded for new nodes. */
  scope = 0;
  /** Number of nodes made; the arrays below may be longer. */
  count = 0;
  kinds: Uint8Array;
  a: Int32Array;
  b: Int32Array;
  c: Int32Array;
  scopes: Int32Array;
  #shared: GateTable;
  /** The inverse of each node; −1 if it has not been made. */
  #inverse: Int32Array;

  /** @param expected about how many nodes will be made: no limit, but room is made for them at once */
  constructor(adder: AdderArchitecture, expected = LEAST_CAPACITY) {
    this.adder = adder;
    const capacity = Math.max(expected, LEAST_CAPACITY);
    this.kinds = new Uint8Array(capacity);
    this.a = new Int32Array(capacity);
    this.b = new Int32Array(capacity);
    this.c = new Int32Array(capacity);
    this.scopes = new Int32Array(capacity);
    this.#inverse = new Int32Array(capacity);
    this.#shared = new GateTable(this, capacity);
    this.#push(GATES.zero.code, 0, 0, 0);
    this.#push(GATES.one.code, 0, 0, 0);
    this.#inverse[this.zero] = this.one;
    this.#inverse[this.one] = this.zero;
  }

  /** A builder with the same nodes, to make others in. */
  copy(): GateBuilder {
    const made = new GateBuilder(this.adder);
    made.count = this.count;
    made.kinds = this.kinds.slice();
    [made.a, made.b, made.c] = [this.a.slice(), this.b.slice(), this.c.slice()];
    [made.scopes, made.#inverse] = [this.scopes.slice(), this.#inverse.slice()];
    made.#shared = this.#shared.copy(made);
    return made;
  }

  /** A new source node. */
  source(kind: 'input' | 'register'): number {
    return this.#push(GATES[kind].code, 0, 0, 0);
  }

  not(a: number): number {
    const known = this.#inverse[a]!;
    if (known >= 0) return known;
    const node = this.#push(NOT, a, 0, 0);
    this.#inverse[a] = node;
    this.#inverse[node] = a;
    return node;
  }

  and(a: number, b: number): number {
    if (a > b) return this.and(b, a);
    if (a === 0 || this.#inverse[a] === b) return 0;
    if (a === 1 || a === b) return b;
    if (this.#absorbs(AND, a, b)) return b;
    return this.#absorbs(OR, a, b) ? a : this.#share(AND, a, b);
  }

  or(a: number, b: number): number {
    if (a > b) return this.or(b, a);
    if (a === 1 || this.#inverse[a] === b) return 1;
    if (a === 0 || a === b) return b;
    if (this.#absorbs(OR, a, b)) return b;
    return this.#absorbs(AND, a, b) ? a : this.#share(OR, a, b);
  }

  xor(a: number, b: number): number {
    if (a > b) return this.xor(b, a);
    if (a === 0) return b;
    if (a === 1) return this.not(b);
    if (a === b) return 0;
    if (this.#inverse[a] === b) return 1;
    // An inverted operand moves to the output, where it is shared with the plain form.
    if (this.kinds[a] === NOT) return this.not(this.xor(this.a[a]!, b));
    if (this.kinds[b] === NOT) return this.not(this.xor(a, this.a[b]!));
    return this.#share(XOR, a, b);
  }

  mux(select: number, whenOne: number, whenZero: number): number {
    if (select === 1 || whenOne === whenZero) return whenOne;
    if (select === 0) return whenZero;
    if (this.kinds[select] === NOT) return this.mux(this.a[select]!, whenZero, whenOne);
    if (whenOne === 0) return this.and(this.not(select), whenZero);
    if (whenOne === 1 || whenOne === select) return this.or(select, whenZero);
    if (whenZero === 0 || whenZero === select) return this.and(select, whenOne);
    if (whenZero === 1) return this.or(this.not(select), whenOne);
    if (this.#inverse[whenOne] === whenZero) return this.not(this.xor(select, whenOne));
    if (this.#inverse[select] === whenOne) return this.and(whenOne, whenZero);
    if (this.#inverse[select] === whenZero) return this.or(whenZero, whenOne);
    return this.#share(MUX, select, whenOne, whenZero);
  }

  /** What a gate reads; nothing if the node is a source or a constant. */
  operands(node: number): readonly number[] {
    const count = OPERAND_COUNTS[this.kinds[node]!]!;
    return [this.a[node]!, this.b[node]!, this.c[node]!].slice(0, count);
  }

  /** A gate by its code in `GATES`. */
  gate(code: number, [a = 0, b = 0, c = 0]: readonly number[]): number {
    switch (code) {
      case NOT:
        return this.not(a);
      case AND:
        return this.and(a, b);
      case OR:
        return this.or(a, b);
      case XOR:
        return this.xor(a, b);
      default:
        return this.mux(a, b, c);
    }
  }

  /** b = a ∘ x for the same operation ∘: combining with a again changes nothing (or is absorbed). */
  #absorbs(kind: number, a: number, b: number): boolean {
    return this.kinds[b] === kind && (this.a[b] === a || this.b[b] === a);
  }

  #share(kind: number, a: number, b: number, c = 0): number {
    const known = this.#shared.find(kind, a, b, c);
    if (known >= 0) return known;
    const node = this.#push(kind, a, b, c);
    this.#shared.add(node);
    return node;
  }

  #push(kind: number, a: number, b: number, c: number): number {
    const node = this.count++;
    if (node === this.kinds.length) this.#grow();
    this.kinds[node] = kind;
    this.a[node] = a;
    this.b[node] = b;
    this.c[node] = c;
    this.scopes[node] = this.scope;
    this.#inverse[node] = -1;
    return node;
  }

  #grow(): void {
    const wider = (old: Int32Array) => {
      const array = new Int32Array(2 * old.length);
      array.set(old);
      return array;
    };
    const kinds = new Uint8Array(2 * this.kinds.length);
    kinds.set(this.kinds);
    this.kinds = kinds;
    [this.a, this.b, this.c] = [wider(this.a), wider(this.b), wider(this.c)];
    [this.scopes, this.#inverse] = [wider(this.scopes), wider(this.#inverse)];
  }
}
