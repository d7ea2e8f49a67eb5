/**
 * Sums of products: an irredundant one of a truth table, and its factored form.
 *
 * A cube is a set of literals, bit 2 × variable for a variable and bit 2 × variable + 1 for its inverse; the empty cube
 * is 1. Up to twelve variables.
 * Sources: S. Minato, "Fast generation of irredundant sum-of-products forms from binary decision diagrams", SASIMI 1992;
 * R. Brayton, "Factoring logic functions", IBM J. Res. Dev. 31 (1987), quick factoring.
 */
import type { Literal } from './aig.js';
import type { RecipeBuilder } from './recipe.js';
import { cofactor, isOnes, isZero, type Table, VARIABLES, zeroTable } from './tables.js';

export type Cube = number;

/** More cubes than this are not worth factoring. */
const MAX_CUBES = 60;

/** An irredundant sum of products of a table over `variables` variables; undefined if it is too large. */
export function irredundantCubes(table: Table, variables: number): Cube[] | undefined {
  const cubes: Cube[] = [];
  const cover = expand(table, table, variables, cubes);
  return cover === undefined ? undefined : cubes;
}

/**
 * Adds cubes that cover `lower` and stay within `upper`, tables of so many variables, and gives the table that they
 * cover. Halves of a table are its cofactors.
 */
function expand(lower: Table, upper: Table, variables: number, cubes: Cube[]): Table | undefined {
  if (variables <= 5) {
    const cover = expandWord(lower[0]!, upper[0]!, variables, cubes);
    return cover === undefined ? undefined : Int32Array.of(cover);
  }
  if (isZero(lower)) return zeroTable(lower.length);
  if (isOnes(upper)) {
    cubes.push(0);
    return upper;
  }
  if (cubes.length > MAX_CUBES) return undefined;
  const variable = variables - 1;
  const half = lower.length / 2;
  const [lower0, lower1] = [lower.subarray(0, half), lower.subarray(half)];
  const [upper0, upper1] = [upper.subarray(0, half), upper.subarray(half)];
  const from0 = cubes.length;
  const cover0 = expand(without(lower0, upper1), upper0, variable, cubes);
  if (cover0 === undefined) return undefined;
  addLiteral(cubes, from0, variable, 1);
  const from1 = cubes.length;
  const cover1 = expand(without(lower1, upper0), upper1, variable, cubes);
  if (cover1 === undefined) return undefined;
  addLiteral(cubes, from1, variable, 0);
  const rest = lower0.map((word, i) => (word & ~cover0[i]!) | (lower1[i]! & ~cover1[i]!));
  const both = expand(
    rest,
    upper0.map((word, i) => word & upper1[i]!),
    variable,
    cubes,
  );
  if (both === undefined) return undefined;
  const cover = zeroTable(lower.length);
  for (let i = 0; i < half; i++) {
    cover[i] = cover0[i]! | both[i]!;
    cover[half + i] = cover1[i]! | both[i]!;
  }
  return cover;
}

/** The same for up to five variables, whose tables are one word. */
function expandWord(lower: number, upper: number, variables: number, cubes: Cube[]): number | undefined {
  if (lower === 0) return 0;
  if (upper === -1) {
    cubes.push(0);
    return upper;
  }
  if (cubes.length > MAX_CUBES) return undefined;
  const variable = variables - 1;
  const [lower0, lower1] = [cofactor(lower, variable, 0), cofactor(lower, variable, 1)];
  const [upper0, upper1] = [cofactor(upper, variable, 0), cofactor(upper, variable, 1)];
  const from0 = cubes.length;
  const cover0 = expandWord(lower0 & ~upper1, upper0, variable, cubes);
  if (cover0 === undefined) return undefined;
  addLiteral(cubes, from0, variable, 1);
  const from1 = cubes.length;
  const cover1 = expandWord(lower1 & ~upper0, upper1, variable, cubes);
  if (cover1 === undefined) return undefined;
  addLiteral(cubes, from1, variable, 0);
  const rest = (lower0 & ~cover0) | (lower1 & ~cover1);
  const both = expandWord(rest, upper0 & upper1, variable, cubes);
  const ones = VARIABLES[variable]!;
  return both === undefined ? undefined : both | (cover0 & ~ones) | (cover1 & ones);
}

const without = (table: Table, other: Table) => table.map((word, i) => word & ~other[i]!);

/** Adds the literal of a variable, or of its inverse for polarity 1, to the cubes from an index on. */
function addLiteral(cubes: Cube[], from: number, variable: number, polarity: number): void {
  for (let i = from; i < cubes.length; i++) cubes[i]! |= 1 << (2 * variable + polarity);
}

/** The sum of products as ANDs over the leaves of a recipe, common factors taken out. */
export function factor(builder: RecipeBuilder, cubes: readonly Cube[]): Literal {
  if (cubes.length === 0) return 0;
  if (cubes.length === 1) return product(builder, cubes[0]!);
  const common = commonCube(cubes);
  if (common !== 0) return builder.and(product(builder, common), factor(builder, withoutCube(cubes, common)));
  const divisor = quickDivisor(cubes);
  if (divisor === undefined) return sum(builder, cubes);
  const [quotient, rest] = divide(cubes, divisor);
  if (quotient.length === 1) return byLiteral(builder, cubes, quotient[0]!);
  const free = withoutCube(quotient, commonCube(quotient));
  const [dividend, remainder] = divide(cubes, free);
  const shared = commonCube(dividend);
  if (shared !== 0) return byLiteral(builder, cubes, shared);
  const factored = builder.and(factor(builder, free), factor(builder, dividend));
  return builder.or(factored, factor(builder, remainder.length < cubes.length ? remainder : rest));
}

/** Factors by the literal of a cube that most cubes have. */
function byLiteral(builder: RecipeBuilder, cubes: readonly Cube[], among: Cube): Literal {
  const [best] = mostFrequent(cubes, among);
  const [quotient, rest] = divide(cubes, [best]);
  const times = builder.and(product(builder, best), factor(builder, quotient));
  return builder.or(times, factor(builder, rest));
}

/** A kernel of the lowest level: cubes with a common literal divided by it, until no literal is common to two. */
function quickDivisor(cubes: readonly Cube[]): readonly Cube[] | undefined {
  const [literal, count] = mostFrequent(cubes, -1);
  if (count < 2) return undefined;
  let kernel: readonly Cube[] = cubes;
  for (;;) {
    const [next, times] = mostFrequent(kernel, -1);
    if (times < 2) return kernel;
    const quotient = kernel.filter((cube) => (cube & next) !== 0).map((cube) => cube & ~next);
    kernel = withoutCube(quotient, commonCube(quotient));
    if (literal === next && kernel.length === cubes.length) return undefined;
  }
}

/** The literal of a mask that most cubes have, and how many have it. */
function mostFrequent(cubes: readonly Cube[], mask: Cube): [literal: Cube, count: number] {
  let [best, most] = [0, 0];
  for (let bit = 1; bit !== 1 << 24; bit <<= 1) {
    if ((mask & bit) === 0) continue;
    let count = 0;
    for (const cube of cubes) if ((cube & bit) !== 0) count++;
    if (count > most) [best, most] = [bit, count];
  }
  return [best, most];
}

/** Quotient and remainder of the weak division of cubes by cubes. */
function divide(cubes: readonly Cube[], divisor: readonly Cube[]): [quotient: Cube[], rest: Cube[]] {
  let quotient: Cube[] | undefined;
  for (const by of divisor) {
    const found = cubes.filter((cube) => (cube & by) === by).map((cube) => cube & ~by);
    quotient = quotient === undefined ? found : quotient.filter((cube) => found.includes(cube));
  }
  const products = new Set(quotient!.flatMap((cube) => divisor.map((by) => cube | by)));
  return [quotient!, cubes.filter((cube) => !products.has(cube))];
}

function commonCube(cubes: readonly Cube[]): Cube {
  return cubes.reduce((common, cube) => common & cube, -1 >>> 8);
}

function withoutCube(cubes: readonly Cube[], common: Cube): Cube[] {
  return cubes.map((cube) => cube & ~common);
}

function product(builder: RecipeBuilder, cube: Cube): Literal {
  const literals: Literal[] = [];
  for (let bit = 0; bit < 24; bit++)
    if (((cube >> bit) & 1) === 1) literals.push(builder.leaf(bit >> 1) ^ (bit & 1));
  return balanced(literals, (a, b) => builder.and(a, b)) ?? 1;
}

function sum(builder: RecipeBuilder, cubes: readonly Cube[]): Literal {
  return (
    balanced(
      cubes.map((cube) => product(builder, cube)),
      (a, b) => builder.or(a, b),
    ) ?? 0
  );
}

function balanced(
  literals: readonly Literal[],
  join: (a: Literal, b: Literal) => Literal,
): Literal | undefined {
  const row = [...literals];
  while (row.length > 1) row.push(join(row.shift()!, row.shift()!));
  return row[0];
}
