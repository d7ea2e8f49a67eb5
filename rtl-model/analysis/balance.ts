/**
 * Chains of ANDs rebuilt as trees that join early signals first: the fewest levels for the same number of nodes.
 * A chain ends where a node is inverted or read more than once.
 */
import type { Aig, Literal } from './aig.js';
import { fanOuts, type Logic, neededNodes, rebuild } from './logic.js';

/** The same logic with every chain of ANDs balanced by arrival level. */
export function balance(logic: Logic): Logic {
  const { aig } = logic;
  const readers = fanOuts(logic);
  const inner = innerNodes(logic, readers);
  const needed = neededNodes(logic).map((wanted, node) => (inner[node] === 1 ? 0 : wanted));
  return rebuild(
    logic,
    (target, node, literalOf) => andAll(target, operandsOf(aig, node, inner).map(literalOf)),
    needed,
  );
}

/** 1 for nodes that only one AND reads, without inversion: parts of a larger AND. */
function innerNodes(logic: Logic, readers: Int32Array): Uint8Array {
  const { aig } = logic;
  const inner = new Uint8Array(aig.count);
  const absorb = (literal: Literal) => {
    const node = literal >> 1;
    if ((literal & 1) === 0 && readers[node] === 1 && aig.isAnd(node)) inner[node] = 1;
  };
  neededNodes(logic).forEach((wanted, node) => {
    if (wanted === 0 || !aig.isAnd(node)) return;
    absorb(aig.left[node]!);
    absorb(aig.right[node]!);
  });
  return inner;
}

function operandsOf(aig: Aig, root: number, inner: Uint8Array): Literal[] {
  const operands: Literal[] = [];
  const stack = [aig.right[root]!, aig.left[root]!];
  while (stack.length > 0) {
    const literal = stack.pop()!;
    const node = literal >> 1;
    if ((literal & 1) === 0 && inner[node] === 1) stack.push(aig.right[node]!, aig.left[node]!);
    else operands.push(literal);
  }
  return operands;
}

/** The AND of all literals, always joining the two lowest levels. */
function andAll(aig: Aig, literals: readonly Literal[]): Literal {
  const level = (literal: Literal) => aig.level[literal >> 1]!;
  const queue = [...literals].sort((a, b) => level(b) - level(a) || b - a);
  while (queue.length > 1) {
    const joined = aig.and(queue.pop()!, queue.pop()!);
    let at = queue.length;
    while (at > 0 && level(queue[at - 1]!) < level(joined)) at--;
    queue.splice(at, 0, joined);
  }
  return queue[0]!;
}
