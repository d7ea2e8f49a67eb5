/**
 * Balancing: trees of ANDs rebuilt so that what arrives late passes few of them. Shared ANDs stay whole.
 * Source of the method: A. Mishchenko, R. Brayton, "Scalable logic synthesis using a simple circuit structure", IWLS
 * 2006 (AND-balancing of and-inverter graphs).
 */
import type { Aig, Literal } from './aig.js';
import { fanOuts, type Logic, neededNodes, rebuild } from './logic.js';

/** The same logic with lower trees of ANDs. */
export function balance(logic: Logic): Logic {
  const { aig } = logic;
  const needed = neededNodes(logic);
  const readers = fanOuts(logic, needed);
  const isRoot = rootsOf(logic, needed, readers);
  return rebuild(
    logic,
    (target, node, literalOf) => combined(target, operandsOf(aig, node, isRoot).map(literalOf)),
    isRoot,
  );
}

/** The ANDs that more than one node reads, that a sink reads, or that are read inverted; sources as needed. */
function rootsOf({ aig, outputs, flipFlops }: Logic, needed: Uint8Array, readers: Int32Array): Uint8Array {
  const isRoot = needed.map((wanted, node) =>
    wanted === 1 && (readers[node]! > 1 || !aig.isAnd(node)) ? 1 : 0,
  );
  for (const literal of [...outputs, ...flipFlops.map(({ next }) => next)]) isRoot[literal >> 1] = 1;
  for (let node = 1; node < aig.count; node++) {
    if (needed[node] === 0 || !aig.isAnd(node)) continue;
    for (const literal of [aig.left[node]!, aig.right[node]!])
      if ((literal & 1) === 1) isRoot[literal >> 1] = 1;
  }
  return isRoot;
}

/** What the tree of ANDs below a root reads. */
function operandsOf(aig: Aig, root: number, isRoot: Uint8Array): Literal[] {
  const operands: Literal[] = [];
  const visit = (literal: Literal): void => {
    const node = literal >> 1;
    if ((literal & 1) === 1 || isRoot[node] === 1 || !aig.isAnd(node)) operands.push(literal);
    else for (const operand of [aig.left[node]!, aig.right[node]!]) visit(operand);
  };
  for (const operand of [aig.left[root]!, aig.right[root]!]) visit(operand);
  return operands;
}

/** The AND of some literals, the earliest first; of equally early ones, a pair that exists already. */
function combined(target: Aig, operands: Literal[]): Literal {
  const level = (literal: Literal) => target.level[literal >> 1]!;
  const open = operands.sort((a, b) => level(b) - level(a));
  while (open.length > 1) {
    const a = open.pop()!;
    const partner = partnerOf(target, a, open, level(open.at(-1)!));
    const [b] = open.splice(partner, 1);
    const both = target.and(a, b!);
    const at = open.findLastIndex((literal) => level(literal) >= level(both));
    open.splice(at + 1, 0, both);
  }
  return open[0]!;
}

function partnerOf(target: Aig, a: Literal, open: readonly Literal[], lowest: number): number {
  for (let i = open.length - 1; i >= 0 && target.level[open[i]! >> 1]! <= lowest; i--)
    if (target.find(a, open[i]!) !== undefined) return i;
  return open.length - 1;
}
