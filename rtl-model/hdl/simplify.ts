/**
 * Simplifications at the word level, as a module is written: constants, identities, and wiring of wiring. They keep
 * emitted SystemVerilog free of noise. Folding across modules and inside words happens at the gate level.
 */
import type { CellKind, CellParameters } from './cell-kinds.js';
import { concat, type Word } from './word.js';

/** What is known about the operands of a cell about to be made. */
export interface CellQuery {
  readonly inputs: readonly Word[];
  readonly width: number;
  readonly parameters: CellParameters;
  /** The constant on a word, if it is one. */
  constantOf(word: Word): bigint | undefined;
  /** The cell that drives an unnamed word in this module, if one does. */
  driverOf(word: Word): { kind: CellKind; inputs: readonly Word[]; parameters: CellParameters } | undefined;
}

type Simplification = (query: CellQuery) => Word | undefined;

const ones = (width: number) => (1n << BigInt(width)) - 1n;

/** A constant operand that leaves the other one as it is (`neutral`) or decides the result (`absorbing`). */
function withConstants(neutral: (w: number) => bigint, absorbing?: (w: number) => bigint): Simplification {
  return ({ inputs: [a, b], width, constantOf }) => {
    for (const [constant, other] of [
      [a!, b!],
      [b!, a!],
    ] as const) {
      const value = constantOf(constant);
      if (value === neutral(width)) return other;
      if (value !== undefined && value === absorbing?.(width)) return constant;
    }
    return undefined;
  };
}

const zero = () => 0n;

/** Rules by kind; a kind without one is only folded when all its operands are constants. */
export const SIMPLIFICATIONS: Partial<Record<CellKind, Simplification>> = {
  not: ({ inputs: [a], driverOf }) => {
    const driver = driverOf(a!);
    return driver?.kind === 'not' ? driver.inputs[0] : undefined;
  },
  and: withConstants(ones, zero),
  or: withConstants(zero, ones),
  xor: withConstants(zero),
  add: (query) => {
    const { inputs, parameters, constantOf } = query;
    const [a, b, carry] = inputs;
    if (carry === undefined) return withConstants(zero)(query);
    return constantOf(carry) === 0n ? a!.plus(b!, parameters) : undefined;
  },
  subtract: ({ inputs: [a, b], constantOf }) => (constantOf(b!) === 0n ? a : undefined),
  mux: ({ inputs: [select, one, zeroWord], constantOf }) => {
    const value = constantOf(select!);
    if (value !== undefined) return value === 1n ? one : zeroWord;
    return one!.net === zeroWord!.net ? one : undefined;
  },
  lessThan: ({ inputs: [a, b], constantOf }) => {
    const never = constantOf(b!) === 0n || constantOf(a!) === ones(a!.width);
    return never ? a!.context.constant(1, 0) : undefined;
  },
  reduceAnd: ({ inputs: [a] }) => (a!.width === 1 ? a : undefined),
  reduceOr: ({ inputs: [a] }) => (a!.width === 1 ? a : undefined),
  reduceXor: ({ inputs: [a] }) => (a!.width === 1 ? a : undefined),
  shiftLeft: ({ inputs: [a, amount], constantOf }) => byConstant(constantOf(amount!), (n) => a!.shiftLeft(n)),
  shiftRight: ({ inputs: [a, amount], constantOf }) =>
    byConstant(constantOf(amount!), (n) => a!.shiftRight(n)),
  shiftRightArithmetic: ({ inputs: [a, amount], constantOf }) =>
    byConstant(constantOf(amount!), (n) => a!.shiftRightArithmetic(n)),
  concat: ({ inputs, width, driverOf, constantOf }) => {
    if (inputs.length === 1) return inputs[0];
    if (constantOf(inputs[0]!) === 0n) {
      const rest = inputs.slice(1);
      return concat(...rest).zeroExtend(width);
    }
    const parts = inputs.map((word) => driverOf(word));
    if (!parts.some((part) => part?.kind === 'concat')) return undefined;
    return concat(...inputs.flatMap((word, i) => (parts[i]?.kind === 'concat' ? parts[i].inputs : [word])));
  },
  slice: (query) => sliceOf(query),
  zeroExtend: ({ inputs: [a], width, driverOf }) => {
    if (a!.width === width) return a;
    const driver = driverOf(a!);
    return driver?.kind === 'zeroExtend' ? driver.inputs[0]!.zeroExtend(width) : undefined;
  },
  signExtend: ({ inputs: [a], width, driverOf }) => {
    if (a!.width === width) return a;
    const driver = driverOf(a!);
    return driver?.kind === 'signExtend' ? driver.inputs[0]!.signExtend(width) : undefined;
  },
};

/** Amounts beyond 2^30 shift everything out as well. */
function byConstant(amount: bigint | undefined, shift: (amount: number) => Word): Word | undefined {
  return amount === undefined ? undefined : shift(Number(amount));
}

/** A slice of wiring is a slice of what the wiring joins, when it lies inside one part. */
function sliceOf({ inputs: [a], width, parameters, driverOf }: CellQuery): Word | undefined {
  const low = parameters.low!;
  if (low === 0 && width === a!.width) return a;
  const driver = driverOf(a!);
  if (driver?.kind === 'slice') return driver.inputs[0]!.slice(low + driver.parameters.low!, width);
  const [inner] = driver?.inputs ?? [];
  if (driver?.kind === 'zeroExtend' || driver?.kind === 'signExtend') {
    if (low + width <= inner!.width) return inner!.slice(low, width);
    if (driver.kind === 'zeroExtend') {
      if (low >= inner!.width) return a!.context.constant(width, 0);
      return inner!.slice(low, inner!.width - low).zeroExtend(width);
    }
    return undefined;
  }
  if (driver?.kind !== 'concat') return undefined;
  let position = 0;
  for (const part of [...driver.inputs].reverse()) {
    if (low >= position && low + width <= position + part.width) return part.slice(low - position, width);
    position += part.width;
  }
  return undefined;
}
