/** Whether two literals of a graph are equal, by trying every value of the few sources below them. */
import { VARIABLES } from '../technology/index.js';
import type { Aig, Literal } from './aig.js';

/** Values of sources (nodes) on which two literals differ. */
export type Difference = ReadonlyMap<number, 0 | 1>;

/** The literals' first difference, `equal`, or undefined if they depend on more than `mostSources` sources. */
export function compareExhaustively(
  aig: Aig,
  a: Literal,
  b: Literal,
  mostSources: number,
): Difference | 'equal' | undefined {
  const cone = coneBelow(aig, [a >> 1, b >> 1], mostSources);
  if (cone === undefined) return undefined;
  const { sources, ands } = cone;
  // Places in `values`: the constant, sources, ANDs.
  const placeOf = new Map([0, ...sources, ...ands].map((node, place) => [node, place]));
  const at = (literal: Literal) => 2 * placeOf.get(literal >> 1)! + (literal & 1);
  const operands = Int32Array.from(ands.flatMap((node) => [at(aig.left[node]!), at(aig.right[node]!)]));
  const values = new Int32Array(placeOf.size);
  const read = (literal: number) => values[literal >> 1]! ^ -(literal & 1);
  const [first, second] = [at(a), at(b)];
  const words = 2 ** Math.max(0, sources.length - VARIABLES.length);
  for (let word = 0; word < words; word++) {
    sources.forEach((_, i) => {
      values[1 + i] = VARIABLES[i] ?? -((word >> (i - VARIABLES.length)) & 1);
    });
    for (let and = 0, place = 1 + sources.length; place < values.length; place++, and += 2) {
      values[place] = read(operands[and]!) & read(operands[and + 1]!);
    }
    const different = read(first) ^ read(second);
    if (different === 0) continue;
    const pattern = 31 - Math.clz32(different);
    return new Map(sources.map((node, i) => [node, ((values[1 + i]! >>> pattern) & 1) as 0 | 1]));
  }
  return 'equal';
}

/** The sources and ANDs below some nodes, operands first; undefined beyond so many sources. */
function coneBelow(
  aig: Aig,
  roots: readonly number[],
  mostSources: number,
): { sources: number[]; ands: number[] } | undefined {
  const seen = new Set([0]);
  const [sources, ands]: [number[], number[]] = [[], []];
  const stack = [...roots];
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (node < 0) ands.push(-node);
    else if (!seen.has(node)) {
      seen.add(node);
      if (aig.isAnd(node)) stack.push(-node, aig.left[node]! >> 1, aig.right[node]! >> 1);
      else if (sources.push(node) > mostSources) return undefined;
    }
  }
  return { sources, ands };
}
