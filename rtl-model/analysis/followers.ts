/**
 * Cones of a logic that are copies of others and need not be mapped themselves: they follow the copy that comes first.
 */
import type { Literal } from './aig.js';
import type { Logic } from './logic.js';

/** A copy: its nodes, and those of the cone that it follows, place by place. */
export interface Follower {
  readonly nodes: Int32Array;
  readonly leaders: Int32Array;
}

export interface Followers {
  readonly cones: readonly Follower[];
  /** For each node of a copy the one that it follows, which is before it; −1 for all others. */
  readonly leaderOf: Int32Array;
}

/** The copies among the cones that a logic says are alike; those that have not stayed alike are left out. */
export function followersOf(logic: Logic): Followers {
  const leaderOf = new Int32Array(logic.aig.count).fill(-1);
  const leads = new Uint8Array(logic.aig.count);
  const cones = (logic.alike ?? []).flatMap((likes) => {
    const leaders = likes.reduce((first, nodes) => (lastOf(nodes) < lastOf(first) ? nodes : first));
    for (const node of leaders) if (node > 0) leads[node] = 1;
    return likes.flatMap((nodes): Follower[] => {
      if (nodes === leaders || !isCopy(logic, nodes, leaders, leads, leaderOf)) return [];
      nodes.forEach((node, i) => {
        if (node > 0 && node !== leaders[i] && logic.aig.isAnd(node)) leaderOf[node] = leaders[i]!;
      });
      return [{ nodes, leaders }];
    });
  });
  return { cones, leaderOf };
}

function lastOf(nodes: Int32Array): number {
  return nodes.reduce((last, node) => Math.max(last, node));
}

/** Whether nodes are what their leaders are, over operands at the same places, and follow nothing else. */
function isCopy(
  { aig }: Logic,
  nodes: Int32Array,
  leaders: Int32Array,
  leads: Uint8Array,
  leaderOf: Int32Array,
): boolean {
  const leaderIn = new Map<number, number>();
  nodes.forEach((node, i) => {
    if (node >= 0) leaderIn.set(node, leaders[i]!);
  });
  const leader = (literal: Literal) => 2 * (leaderIn.get(literal >> 1) ?? -1) + (literal & 1);
  return nodes.every((node, i) => {
    const led = leaders[i]!;
    if (node < 0 || led < 0) return node === led;
    if (leaderIn.get(node) !== led || aig.isAnd(node) !== aig.isAnd(led)) return false;
    if (node === led || !aig.isAnd(node)) return true;
    if (led > node || leads[node] === 1 || (leaderOf[node] !== -1 && leaderOf[node] !== led)) return false;
    const [a, b] = [leader(aig.left[node]!), leader(aig.right[node]!)];
    const [p, q] = [aig.left[led]!, aig.right[led]!];
    return (a === p && b === q) || (a === q && b === p);
  });
}
