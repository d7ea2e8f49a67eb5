/**
 * Instances of a design whose logic is the same, all the way from their outputs down to inputs and registers: found by
 * walking each one in an order that depends on nothing but its shape and comparing what is met. They may share nodes, for
 * instance those that decode an operand of both.
 */
import type { Literal } from './aig.js';
import { fanOuts, type Logic } from './logic.js';

/** One instance: its cone as a walk from its outputs met it. Position i corresponds to position i of its likes. */
export interface Occurrence {
  /** Index into the hierarchy. */
  readonly scope: number;
  /** Nodes that something outside the instance reads. */
  readonly outputs: readonly number[];
  /** Nodes of the cone, sources included. */
  readonly nodes: readonly number[];
}

/** Instances with the same logic, two or more. */
export type Repeat = readonly Occurrence[];

/** Nodes of a cone below which what is lost at its outputs counts more than the time saved. */
const MIN_NODES = 1000;

/** The largest instances that occur more than once; none lies inside the logic of another one. */
export function findRepeats(logic: Logic): Repeat[] {
  const byShape = new Map<string, Occurrence[]>();
  const hashes = shapeHashes(logic);
  for (const [scope, outputs] of outputsOfInstances(logic)) {
    const { nodes, shape } = walk(logic, outputs, hashes);
    if (nodes.length < MIN_NODES) continue;
    const likes = byShape.get(shape);
    if (likes === undefined) byShape.set(shape, [{ scope, outputs, nodes }]);
    else likes.push({ scope, outputs, nodes });
  }
  const repeats = [...byShape.values()].filter((occurrences) => occurrences.length > 1);
  repeats.sort((a, b) => b[0]!.nodes.length - a[0]!.nodes.length);
  const taken = new Uint8Array(logic.aig.count);
  return repeats.filter((occurrences) => {
    if (occurrences.some(({ outputs }) => outputs.some((node) => taken[node] === 1))) return false;
    for (const { nodes } of occurrences) for (const node of nodes) taken[node] = 1;
    return true;
  });
}

/**
 * By instance, the ANDs inside it that something outside reads, ascending. What only other instances of the same module
 * read is shared with them, and no output.
 */
function outputsOfInstances(logic: Logic): Map<number, number[]> {
  const { aig, gates, outputs, flipFlops } = logic;
  const readers = fanOuts(logic);
  const found = new Map<number, Set<number>>();
  const read = (literal: Literal, by: number) => {
    const node = literal >> 1;
    if (!aig.isAnd(node)) return;
    // Up to the first instance that the reader is in as well.
    for (
      let scope = aig.scopes[node]!;
      scope > 0 && !isWithin(by, scope);
      scope = gates.hierarchy[scope]!.parent
    ) {
      if (isInModule(by, gates.hierarchy[scope]!.module)) continue;
      found.set(scope, (found.get(scope) ?? new Set()).add(node));
    }
  };
  for (let node = 1; node < aig.count; node++) {
    if (readers[node] === 0 || !aig.isAnd(node)) continue;
    read(aig.left[node]!, aig.scopes[node]!);
    read(aig.right[node]!, aig.scopes[node]!);
  }
  for (const literal of outputs) read(literal, 0);
  for (const { next, register } of flipFlops) read(next, gates.registers[register]!.scope);
  return new Map([...found].map(([scope, nodes]) => [scope, [...nodes].sort((a, b) => a - b)]));

  function isWithin(inner: number, outer: number): boolean {
    let scope = inner;
    while (scope > outer) scope = gates.hierarchy[scope]!.parent;
    return scope === outer;
  }

  function isInModule(inner: number, module: string): boolean {
    let scope = inner;
    while (scope > 0 && gates.hierarchy[scope]!.module !== module) scope = gates.hierarchy[scope]!.parent;
    return scope > 0;
  }
}

/** Sources of words up to this width are told apart by width and place; wider words hold several lanes, which are alike. */
const WIDEST_WORD = 32;

/** By node a number that is the same for cones of the same shape, whichever of its operands an AND was given first. */
function shapeHashes({ aig, gates, literals }: Logic): Int32Array {
  const hashes = new Int32Array(aig.count);
  const words = [...gates.inputs.map((port) => port.bits), ...gates.registers.map(({ output }) => output)];
  for (const bits of words) {
    bits.forEach((gate, place) => {
      const literal = literals[gate]!;
      const isTold = literal > 1 && bits.length <= WIDEST_WORD;
      if (isTold) hashes[literal >> 1] = Math.imul((WIDEST_WORD + 1) * bits.length + place, 0x9e3779b1);
    });
  }
  const hashOf = (literal: Literal) => {
    const mixed = Math.imul(hashes[literal >> 1]! ^ -(literal & 1), 0x85ebca6b);
    return Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
  };
  for (let node = 1; node < aig.count; node++) {
    if (!aig.isAnd(node)) continue;
    const [a, b] = [hashOf(aig.left[node]!), hashOf(aig.right[node]!)];
    hashes[node] = Math.imul(a + b, 0x27d4eb2f) ^ a ^ b ^ ((a + b) >>> 13);
  }
  return hashes;
}

/** The cone below some nodes in the order of a walk, and a text that is the same for cones of the same shape. */
function walk(
  { aig }: Logic,
  outputs: readonly number[],
  hashes: Int32Array,
): { nodes: number[]; shape: string } {
  const nodes: number[] = [];
  const place = new Map<number, number>();
  const shape: number[] = [];
  const visit = (node: number): number => {
    const known = place.get(node);
    if (known !== undefined) return known;
    if (!aig.isAnd(node)) shape.push(node === 0 ? -2 : -1);
    else {
      const operands = [aig.left[node]!, aig.right[node]!];
      operands.sort((a, b) => (hashes[a >> 1]! ^ -(a & 1)) - (hashes[b >> 1]! ^ -(b & 1)));
      const [left, right] = operands as [Literal, Literal];
      shape.push(2 * visit(left >> 1) + (left & 1), 2 * visit(right >> 1) + (right & 1));
    }
    place.set(node, nodes.length);
    return nodes.push(node) - 1;
  };
  for (const node of outputs) shape.push(-3 - visit(node));
  return { nodes, shape: shape.join() };
}
