/** Parts of a gate builder's graph: the cone behind nodes, where it is narrowest, and a copy of it on its own. */
import { GATES, type GateBuilder, type GateNetlist } from '../hdl/index.js';
import { FlowNetwork } from './flow-network.js';

type Nodes = readonly number[];

const isSource = (gates: GateBuilder, node: number) =>
  node > gates.one && gates.kinds[node]! < GATES.not.code;

/** All nodes that some nodes depend on, themselves among them, but for constants; in rising order. */
export function coneOf(gates: GateBuilder, roots: Nodes): number[] {
  const seen = new Set<number>();
  const stack = [...roots];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node <= gates.one || seen.has(node)) continue;
    seen.add(node);
    stack.push(...gates.operands(node));
  }
  return [...seen].sort((a, b) => a - b);
}

/** The sources that some nodes depend on, in rising order. */
export function sourcesOf(gates: GateBuilder, roots: Nodes): number[] {
  return coneOf(gates, roots).filter((node) => isSource(gates, node));
}

/** The nodes behind a root that depend on nothing but some sources, and that others read (or the root itself). */
export function madeFrom(gates: GateBuilder, root: number, sources: Nodes): number[] {
  const made = new Set([gates.zero, gates.one, ...sources]);
  const read = new Set<number>();
  for (const node of coneOf(gates, [root])) {
    const operands = gates.operands(node);
    if (operands.length > 0 && operands.every((operand) => made.has(operand))) made.add(node);
    else for (const operand of operands) if (made.has(operand)) read.add(operand);
  }
  return [...(made.has(root) ? [root] : read)].filter((node) => node > gates.one);
}

/**
 * The fewest nodes that decide some others, in rising order; of several such sets the one nearest to those. Undefined
 * if more than `limit` are needed. (As many as there are separate ways from sources: a maximum flow.)
 */
export function narrowestCut(gates: GateBuilder, roots: Nodes, limit: number): number[] | undefined {
  const cone = coneOf(gates, roots);
  const place = new Map(cone.map((node, i) => [node, i]));
  // A node lets one way through, from its near to its far side.
  const near = (node: number) => 2 * place.get(node)! + 2;
  const far = (node: number) => near(node) + 1;
  const network = new FlowNetwork(2 * cone.length + 2, 0, 1);
  for (const node of cone) {
    network.connect(near(node), far(node), 1);
    if (isSource(gates, node)) network.connect(network.source, near(node), Infinity);
    for (const read of gates.operands(node))
      if (place.has(read)) network.connect(far(read), near(node), Infinity);
  }
  for (const root of new Set(roots)) if (place.has(root)) network.connect(far(root), network.sink, Infinity);
  for (let ways = 0; network.augment(); ways++) if (ways === limit) return undefined;
  const open = network.reachingSink();
  return cone.filter((node) => open[far(node)] === 1 && open[near(node)] === 0);
}

/** Copies gates from one builder into another, beginning at nodes that it is told the copies of. */
export class ConeCopy {
  readonly #from: GateBuilder;
  readonly #into: GateBuilder;
  readonly #copies: Map<number, number>;

  /** @param known copies of nodes: inputs, or constants that the nodes are taken to be */
  constructor(from: GateBuilder, into: GateBuilder, known: Iterable<readonly [node: number, copy: number]>) {
    this.#from = from;
    this.#into = into;
    this.#copies = new Map([[from.zero, into.zero], [from.one, into.one], ...known]);
  }

  /** The copy of a node. Throws `RangeError` if it reads a source whose copy is not known. */
  of(root: number): number {
    const stack = [root];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      if (this.#copies.has(node)) {
        stack.pop();
        continue;
      }
      if (isSource(this.#from, node)) throw new RangeError(`node ${node} is a source without a copy`);
      const operands = this.#from.operands(node);
      const open = operands.filter((operand) => !this.#copies.has(operand));
      if (open.length > 0) stack.push(...open);
      else {
        const made = operands.map((operand) => this.#copies.get(operand)!);
        this.#copies.set(node, this.#into.gate(this.#from.kinds[node]!, made));
      }
    }
    return this.#copies.get(root)!;
  }
}

/** A builder's gates without registers as a netlist, with nodes as ports. */
export function combinational(
  { count, kinds, a, b, c, scopes }: GateBuilder,
  inputs: Readonly<Record<string, Nodes>>,
  outputs: Readonly<Record<string, Nodes>>,
): GateNetlist {
  const cut = (array: Int32Array) => array.slice(0, count);
  const ports = (named: Readonly<Record<string, Nodes>>) =>
    Object.entries(named).map(([name, bits]) => ({ name, bits: Int32Array.from(bits) }));
  return {
    name: 'combinational',
    kinds: kinds.slice(0, count),
    a: cut(a),
    b: cut(b),
    c: cut(c),
    scopes: cut(scopes),
    inputs: ports(inputs),
    outputs: ports(outputs),
    registers: [],
    probes: [],
    hierarchy: [{ path: '', module: 'combinational', parent: -1 }],
  };
}

/** As many new sources as there are nodes. */
export function sourcesLike(gates: GateBuilder, nodes: Nodes): number[] {
  return nodes.map(() => gates.source('input'));
}

/** Nodes, each with its copy. */
export function paired(nodes: Nodes, copies: Nodes): (readonly [node: number, copy: number])[] {
  return nodes.map((node, i) => [node, copies[i]!]);
}

/** The node that is 1 where two words differ. */
export function anyDiffers(gates: GateBuilder, one: Nodes, other: Nodes): number {
  return one.map((node, i) => gates.xor(node, other[i]!)).reduce((a, b) => gates.or(a, b), gates.zero);
}
