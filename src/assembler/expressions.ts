/**
 * Values of constant expressions: integers, exact, with C's operators and precedence. Every result must be a safe
 * integer (|x| < 2^53). `/` rounds towards zero and `%` has the sign of the dividend; `&&`, `||` and `?:` evaluate
 * only the side they need. Bit operations see two's complement of unbounded width.
 */
import type { Expression, NameNode } from './ast.js';
import { type DiagnosticList, quoted, suggestion } from './diagnostics.js';
import { CLASS_NOUNS, isReserved, type ObjectSymbol, type Symbols, withArticle } from './symbols.js';

/** What evaluation reads and where it complains. */
export interface Scope {
  readonly symbols: Symbols;
  readonly diagnostics: DiagnosticList;
}

/** A result, or why there is none. */
type Outcome = bigint | { readonly problem: string; readonly hint?: string };

const truth = (condition: boolean): bigint => (condition ? 1n : 0n);
const SHIFT_LIMIT = 64n;

const shift = (compute: (a: bigint, b: bigint) => bigint) => (a: bigint, b: bigint) =>
  b < 0n || b > SHIFT_LIMIT ? { problem: `shift by ${b}`, hint: 'shift by 0 to 64' } : compute(a, b);

const divide = (compute: (a: bigint, b: bigint) => bigint) => (a: bigint, b: bigint) =>
  b === 0n ? { problem: 'division by zero', hint: 'guard it: b ? a / b : 0' } : compute(a, b);

const BINARY: Readonly<Record<string, (a: bigint, b: bigint) => Outcome>> = {
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '&': (a, b) => a & b,
  '==': (a, b) => truth(a === b),
  '!=': (a, b) => truth(a !== b),
  '<': (a, b) => truth(a < b),
  '<=': (a, b) => truth(a <= b),
  '>': (a, b) => truth(a > b),
  '>=': (a, b) => truth(a >= b),
  '<<': shift((a, b) => a << b),
  '>>': shift((a, b) => a >> b),
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': divide((a, b) => a / b),
  '%': divide((a, b) => a % b),
};

const UNARY: Readonly<Record<string, (a: bigint) => bigint>> = {
  '+': (a) => a,
  '-': (a) => -a,
  '!': (a) => truth(a === 0n),
  '~': (a) => ~a,
};

interface NumberFunction {
  readonly usage: string;
  readonly arity: { readonly min: number; readonly max: number };
  readonly compute: (values: readonly bigint[]) => Outcome;
}

/** Math.min and Math.max do not take integers of this width. */
const ascending = (values: readonly bigint[]): bigint[] => values.toSorted((a, b) => Number(a - b));

/** Functions of numbers. */
const NUMBER_FUNCTIONS: ReadonlyMap<string, NumberFunction> = new Map([
  [
    'ceil',
    {
      usage: 'ceil(a, b), a / b rounded up',
      arity: { min: 2, max: 2 },
      compute: ([a, b]) => ceilingDivision(a!, b!),
    },
  ],
  ['min', { usage: 'min(a, b, …)', arity: { min: 1, max: 64 }, compute: (values) => ascending(values)[0]! }],
  [
    'max',
    { usage: 'max(a, b, …)', arity: { min: 1, max: 64 }, compute: (values) => ascending(values).at(-1)! },
  ],
  ['log2', { usage: 'log2(a)', arity: { min: 1, max: 1 }, compute: ([a]) => exactLog2(a!) }],
]);

/** Functions of a declared object. */
const OBJECT_FUNCTIONS: ReadonlyMap<string, (size: NonNullable<ObjectSymbol['size']>) => number> = new Map([
  ['sizeof', ({ bytes }) => bytes],
  ['rows', ({ rows }) => rows],
  ['cols', ({ cols }) => cols],
]);

/** Names that an expression can call. */
export const FUNCTION_NAMES: readonly string[] = [...NUMBER_FUNCTIONS.keys(), ...OBJECT_FUNCTIONS.keys()];

function ceilingDivision(a: bigint, b: bigint): Outcome {
  if (b <= 0n) return { problem: `ceil divides by ${b}`, hint: 'the divisor must be positive' };
  return a / b + truth(a % b > 0n);
}

function exactLog2(a: bigint): Outcome {
  if (a <= 0n || (a & (a - 1n)) !== 0n)
    return { problem: `log2 of ${a}, which is not a power of two`, hint: 'log2 takes 1, 2, 4, 8, …' };
  return BigInt(a.toString(2).length - 1);
}

/** The value of an expression, or undefined when it has none, which has then been reported. */
export function evaluate(node: Expression, scope: Scope): number | undefined {
  switch (node.kind) {
    case 'number':
      return node.value;
    case 'name':
      return constantOf(node, scope);
    case 'unary': {
      const value = evaluate(node.operand, scope);
      return value === undefined ? undefined : settle(node, UNARY[node.operator]!(BigInt(value)), scope);
    }
    case 'binary':
      return binary(node, scope);
    case 'conditional': {
      const condition = evaluate(node.condition, scope);
      return condition === undefined ? undefined : evaluate(condition !== 0 ? node.yes : node.no, scope);
    }
    case 'call':
      return call(node, scope);
    default:
      return notConstant(node, scope);
  }
}

function binary(node: Extract<Expression, { kind: 'binary' }>, scope: Scope): number | undefined {
  const left = evaluate(node.left, scope);
  if (node.operator === '&&' || node.operator === '||') {
    if (left === undefined) return undefined;
    if ((left !== 0) === (node.operator === '||')) return Number(left !== 0);
    const right = evaluate(node.right, scope);
    return right === undefined ? undefined : Number(right !== 0);
  }
  const right = evaluate(node.right, scope);
  if (left === undefined || right === undefined) return undefined;
  return settle(node, BINARY[node.operator]!(BigInt(left), BigInt(right)), scope);
}

function call(node: Extract<Expression, { kind: 'call' }>, scope: Scope): number | undefined {
  const { name } = node.name;
  const size = OBJECT_FUNCTIONS.get(name);
  if (size !== undefined) return sizeCall(node, size, scope);
  const row = NUMBER_FUNCTIONS.get(name);
  if (row === undefined) {
    return scope.diagnostics.error(node.name.span, `unknown function ${quoted(name)}`, () =>
      suggestion(name, FUNCTION_NAMES),
    );
  }
  const { min, max } = row.arity;
  const count = node.arguments.length;
  if (count < min || count > max) {
    const takes = `${min === max ? min : `${min} to ${max}`} ${max === 1 ? 'argument' : 'arguments'}`;
    return scope.diagnostics.error(node.span, `${name} takes ${takes}, not ${count}`, `write ${row.usage}`);
  }
  const values = node.arguments.map((argument) => evaluate(argument, scope));
  if (values.some((value) => value === undefined)) return undefined;
  return settle(node, row.compute(values.map((value) => BigInt(value!))), scope);
}

/** `sizeof(X)`, `rows(X)` or `cols(X)`. */
function sizeCall(
  node: Extract<Expression, { kind: 'call' }>,
  measure: (size: NonNullable<ObjectSymbol['size']>) => number,
  { symbols, diagnostics }: Scope,
): number | undefined {
  const [argument] = node.arguments;
  if (node.arguments.length !== 1 || argument?.kind !== 'name') {
    const usage = `write ${node.name.name}(X) with a declared tensor, buffer or accumulator`;
    return diagnostics.error(node.span, `${node.name.name} takes the name of one object`, usage);
  }
  const meaning = symbols.get(argument.name);
  if (meaning?.kind === 'object' && meaning.object.size !== undefined) return measure(meaning.object.size);
  if (symbols.isBroken(argument.name)) return undefined;
  const what = meaning === undefined ? 'is not declared' : 'has no size';
  return diagnostics.error(argument.span, `${quoted(argument.name)} ${what}`, () =>
    suggestion(
      argument.name,
      symbols.names('tensor', 'buffer', 'accumulator'),
      'declare it with .tensor, .smem or .acc above',
    ),
  );
}

function constantOf(node: NameNode, { symbols, diagnostics }: Scope): number | undefined {
  const { name, span } = node;
  const meaning = symbols.get(name);
  if (meaning?.kind === 'constant') return meaning.value;
  if (symbols.isBroken(name)) return undefined;
  if (meaning !== undefined) {
    const hint =
      meaning.object.size === undefined ? 'write a constant' : `sizeof(${name}) is its size in bytes`;
    diagnostics.error(
      span,
      `${quoted(name)} is ${withArticle(CLASS_NOUNS[meaning.object.class])}, not a number`,
      hint,
    );
  } else if (isReserved(name)) {
    diagnostics.error(
      span,
      `${quoted(name)} is not a constant`,
      'a register has a value only while the program runs',
    );
  } else {
    diagnostics.error(span, `unknown name ${quoted(name)}`, () =>
      suggestion(name, symbols.names('constant'), 'declare it with .equ or .param above'),
    );
  }
  return undefined;
}

const NOT_CONSTANT: Readonly<Record<'string' | 'local' | 'special' | 'index', string>> = {
  string: 'a string is not a number',
  local: 'a label is not a number',
  special: 'a special register is not a constant',
  index: 'an indexed object is not a number',
};

function notConstant(
  node: Extract<Expression, { kind: keyof typeof NOT_CONSTANT }>,
  { diagnostics }: Scope,
): undefined {
  diagnostics.error(
    node.span,
    NOT_CONSTANT[node.kind],
    'write a number, a constant or an expression of them',
  );
}

/** An outcome as a safe integer, or a complaint at the node. */
function settle(node: Expression, outcome: Outcome, { diagnostics }: Scope): number | undefined {
  if (typeof outcome !== 'bigint') {
    return diagnostics.error(node.span, outcome.problem, outcome.hint);
  }
  const value = Number(outcome);
  if (Number.isSafeInteger(value)) return value;
  return diagnostics.error(node.span, 'the value is too large', 'values must stay within -2^53 and 2^53');
}
