/**
 * The combinational logic of a gate netlist as an and-inverter graph with named ends, and graphs rebuilt from graphs.
 *
 * Sources are the bits of inputs and registers, sinks the bits of outputs and what registers load. A register with an
 * enable loads through a multiplexer from its own output, as synthesis builds it for cells without an enable.
 */
import { GATES, type GateNetlist } from '../hdl/index.js';
import { Aig, FALSE, type Literal, TRUE } from './aig.js';

/** One bit of a register. */
export interface FlipFlop {
  /** Index into the netlist's registers. */
  readonly register: number;
  readonly bit: number;
  /** What it loads at the next edge. */
  readonly next: Literal;
}

/** Logic between sources and sinks. */
export interface Logic {
  readonly gates: GateNetlist;
  readonly aig: Aig;
  /** Literals of input bits in the order of the netlist's ports, then of the flip-flops in the order of `flipFlops`. */
  readonly sources: readonly Literal[];
  /** Literals of output bits in the order of the netlist's ports. */
  readonly outputs: readonly Literal[];
  readonly flipFlops: readonly FlipFlop[];
  /** For each node of the gate netlist the literal of its value, or −1 if the graph no longer holds it. */
  readonly literals: Int32Array;
  /**
   * Cones that are made alike: by kind and cone, its nodes, those at one place corresponding to each other; −1 for nodes
   * that the graph no longer holds. Only `withReuse` tells of them.
   */
  readonly alike?: readonly (readonly Int32Array[])[];
}

/** A gate as ANDs over literals. */
type Builder = (aig: Aig, a: Literal, b: Literal, c: Literal) => Literal;

const BUILDERS: Readonly<Record<number, Builder>> = {
  [GATES.zero.code]: () => FALSE,
  [GATES.one.code]: () => TRUE,
  [GATES.input.code]: (aig) => aig.source(),
  [GATES.register.code]: (aig) => aig.source(),
  [GATES.not.code]: (_, a) => a ^ 1,
  [GATES.and.code]: (aig, a, b) => aig.and(a, b),
  [GATES.or.code]: (aig, a, b) => aig.or(a, b),
  [GATES.xor.code]: (aig, a, b) => aig.xor(a, b),
  [GATES.mux.code]: (aig, a, b, c) => aig.mux(a, b, c),
};

/** The logic of a gate netlist. */
export function logicOf(gates: GateNetlist): Logic {
  const aig = new Aig();
  const literals = new Int32Array(gates.kinds.length);
  const sameAs = equalRegisterBits(gates);
  for (let node = 0; node < literals.length; node++) {
    if (sameAs.has(node)) {
      literals[node] = literals[sameAs.get(node)!]!;
      continue;
    }
    aig.scope = gates.scopes[node]!;
    const operand = (array: Int32Array) => literals[array[node]!]!;
    literals[node] = BUILDERS[gates.kinds[node]!]!(aig, operand(gates.a), operand(gates.b), operand(gates.c));
  }
  const flipFlops = flipFlopsOf(gates, aig, literals, sameAs);
  const bits = (ports: GateNetlist['inputs']) => ports.flatMap((port) => [...port.bits]);
  const registered = flipFlops.map(({ register, bit }) => gates.registers[register]!.output[bit]!);
  return {
    gates,
    aig,
    sources: [...bits(gates.inputs), ...registered].map((node) => literals[node]!),
    outputs: bits(gates.outputs).map((node) => literals[node]!),
    flipFlops,
    literals,
  };
}

/** By register bit that loads the same as an earlier one under the same conditions: that one. Synthesis makes it once. */
function equalRegisterBits({ registers }: GateNetlist): Map<number, number> {
  const first = new Map<string, number>();
  const sameAs = new Map<number, number>();
  for (const { output, next, enable, reset, clock } of registers) {
    output.forEach((node, bit) => {
      if (node <= 1) return;
      const key = [next[bit], enable, (reset >> BigInt(bit)) & 1n, clock].join();
      const earlier = first.get(key);
      if (earlier === undefined) first.set(key, node);
      else sameAs.set(node, earlier);
    });
  }
  return sameAs;
}

/** The register bits that are flip-flops: neither constant nor unread nor equal to another one. */
function flipFlopsOf(
  gates: GateNetlist,
  aig: Aig,
  literals: Int32Array,
  sameAs: ReadonlyMap<number, number>,
): FlipFlop[] {
  return gates.registers.flatMap(({ output, next, enable, scope }, register) => {
    aig.scope = scope;
    return [...output].flatMap((node, bit) => {
      if (node <= 1 || sameAs.has(node)) return [];
      const loaded = literals[next[bit]!]!;
      const held = literals[node]!;
      return [{ register, bit, next: enable < 0 ? loaded : aig.mux(literals[enable]!, loaded, held) }];
    });
  });
}

/** Makes the literals of a node's value in a new graph, given those of its operands. */
export type Remake = (target: Aig, node: number, literalOf: (literal: Literal) => Literal) => Literal;

/**
 * The logic rebuilt node by node into a new graph by `remake`; only nodes that a sink needs are visited, operands
 * first. Literals that no sink needs are −1 afterwards.
 */
export function rebuild(logic: Logic, remake: Remake, needed = neededNodes(logic)): Logic {
  const target = new Aig();
  const made = new Int32Array(logic.aig.count).fill(-1);
  made[0] = FALSE;
  const literalOf = (literal: Literal) => made[literal >> 1]! ^ (literal & 1);
  for (const source of logic.sources) {
    target.scope = logic.aig.scopes[source >> 1]!;
    made[source >> 1] = target.source();
  }
  for (let node = 1; node < logic.aig.count; node++) {
    if (needed[node] === 0 || !logic.aig.isAnd(node)) continue;
    target.scope = logic.aig.scopes[node]!;
    made[node] = remake(target, node, literalOf);
  }
  return {
    gates: logic.gates,
    aig: target,
    sources: logic.sources.map(literalOf),
    outputs: logic.outputs.map(literalOf),
    flipFlops: logic.flipFlops.map((flipFlop) => ({ ...flipFlop, next: literalOf(flipFlop.next) })),
    literals: logic.literals.map((literal) =>
      literal < 0 || made[literal >> 1]! < 0 ? -1 : literalOf(literal),
    ),
  };
}

/**
 * The same logic with the nodes that sinks need, in the order in which a walk from the first sink on meets them.
 * `presentOf` gives the literal that stands for another one now; undefined if that leads to a loop.
 */
export function depthFirst(
  logic: Logic,
  presentOf: (literal: Literal) => Literal = (literal) => literal,
): Logic | undefined {
  const { aig, sources } = logic;
  const order = depthFirstOrder(logic, presentOf);
  if (order === undefined) return undefined;
  const target = new Aig();
  const made = new Int32Array(aig.count).fill(-1);
  made[0] = FALSE;
  const at = (literal: Literal) => {
    const present = presentOf(literal);
    return made[present >> 1]! < 0 ? -1 : made[present >> 1]! ^ (present & 1);
  };
  for (const source of sources) {
    target.scope = aig.scopes[source >> 1]!;
    made[source >> 1] = target.source();
  }
  for (const node of order) {
    target.scope = aig.scopes[node]!;
    made[node] = target.and(at(aig.left[node]!), at(aig.right[node]!));
  }
  return {
    gates: logic.gates,
    aig: target,
    sources: sources.map(at),
    outputs: logic.outputs.map(at),
    flipFlops: logic.flipFlops.map((flipFlop) => ({ ...flipFlop, next: at(flipFlop.next) })),
    literals: logic.literals.map((literal) => (literal < 0 ? -1 : at(literal))),
    ...(logic.alike && {
      alike: logic.alike.map((cones) => cones.map((nodes) => nodes.map((node) => at(2 * node) >> 1))),
    }),
  };
}

/** The ANDs that sinks need, operands first; undefined if they form a loop. */
function depthFirstOrder(
  { aig, outputs, flipFlops }: Logic,
  presentOf: (literal: Literal) => Literal,
): Int32Array | undefined {
  const { left, right } = aig;
  const state = new Uint8Array(aig.count); // 0 new, 1 open, 2 done
  const order = new Int32Array(aig.count);
  const sinks = [...outputs, ...flipFlops.map(({ next }) => next)];
  // An AND pushes two operands at most, once.
  const stack = new Int32Array(sinks.length + 2 * aig.count);
  let [height, ordered] = [0, 0];
  for (const literal of sinks.reverse()) stack[height++] = presentOf(literal) >> 1;
  while (height > 0) {
    const node = stack[height - 1]!;
    if (state[node] === 0 && aig.isAnd(node)) {
      state[node] = 1;
      const [first, second] = [presentOf(left[node]!) >> 1, presentOf(right[node]!) >> 1];
      if (state[first] === 1 || state[second] === 1) return undefined;
      if (state[second] === 0) stack[height++] = second;
      if (state[first] === 0) stack[height++] = first;
      continue;
    }
    height--;
    if (state[node] === 1) {
      state[node] = 2;
      order[ordered++] = node;
    }
  }
  return order.subarray(0, ordered);
}

/** 1 for every node that a sink reads through ANDs. */
export function neededNodes({ aig, outputs, flipFlops }: Logic): Uint8Array {
  const needed = new Uint8Array(aig.count);
  for (const literal of [...outputs, ...flipFlops.map(({ next }) => next)]) needed[literal >> 1] = 1;
  for (let node = aig.count - 1; node > 0; node--) {
    if (needed[node] === 0 || !aig.isAnd(node)) continue;
    needed[aig.left[node]! >> 1] = 1;
    needed[aig.right[node]! >> 1] = 1;
  }
  return needed;
}

/** How many ANDs and sinks read each node that a sink needs. */
export function fanOuts(logic: Logic, needed = neededNodes(logic)): Int32Array {
  const { aig, outputs, flipFlops } = logic;
  const count = new Int32Array(aig.count);
  for (const literal of [...outputs, ...flipFlops.map(({ next }) => next)]) count[literal >> 1]!++;
  for (let node = 1; node < aig.count; node++) {
    if (needed[node] === 0 || !aig.isAnd(node)) continue;
    count[aig.left[node]! >> 1]!++;
    count[aig.right[node]! >> 1]!++;
  }
  return count;
}

/** Number of ANDs that sinks need. */
export function usedAndCount(logic: Logic): number {
  const needed = neededNodes(logic);
  let ands = 0;
  needed.forEach((wanted, node) => {
    if (wanted === 1 && logic.aig.isAnd(node)) ands++;
  });
  return ands;
}
