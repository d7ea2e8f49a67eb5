/**
 * Boolean functions of liberty files as truth tables.
 *
 * Syntax: `!a`, `a'`, `a & b`, `a * b`, `a b`, `a ^ b`, `a + b`, `a | b`, parentheses, 0 and 1; NOT binds strongest,
 * then XOR, AND, OR (Liberty Reference Manual, "function").
 */
import { ConfigurationError } from '../../../src/numerics/index.js';

/** Most inputs of a function that becomes a truth table: 2^5 rows are the bits of one 32-bit number. */
export const MAX_FUNCTION_INPUTS = 5;

/** Truth tables of the inputs themselves: bit i of `VARIABLES[k]` is bit k of i. */
export const VARIABLES: readonly number[] = [0xaaaaaaaa, 0xcccccccc, 0xf0f0f0f0, 0xff00ff00, 0xffff0000].map(
  (table) => table | 0,
);

/** Parentheses and negations inside each other. */
const MAX_NESTING = 64;

/** The names that a function reads, in order of appearance. */
export function functionInputs(text: string): string[] {
  return [...new Set(lex(text).filter((token) => /^[A-Za-z_]/.test(token)))];
}

/**
 * The truth table of a function over the named inputs (at most `MAX_FUNCTION_INPUTS`): bit i is the value when input k
 * is bit k of i; the 32 bits repeat when there are fewer inputs. Throws `ConfigurationError` on what is no function
 * and on names that are not inputs.
 */
export function truthTable(text: string, inputs: readonly string[]): number {
  if (inputs.length > MAX_FUNCTION_INPUTS) {
    throw new RangeError(`a function of ${inputs.length} inputs, more than ${MAX_FUNCTION_INPUTS}`);
  }
  return evaluateFunction(text, new Map(inputs.map((name, i) => [name, VARIABLES[i]!])));
}

/** The value of a function, 32 at once, for values of the names it reads. Throws like `truthTable`. */
export function evaluateFunction(text: string, values: ReadonlyMap<string, number>): number {
  return new FunctionParser(text, values).parse();
}

/** Names may hold a bus index: `A[1]`. */
function lex(text: string): string[] {
  const tokens = text.match(/[A-Za-z_][\w.]*(?:\[\d+\])?|[01]|[!'&*^+|()]|\S/g) ?? [];
  return tokens;
}

class FunctionParser {
  readonly #text: string;
  readonly #tokens: readonly string[];
  readonly #values: ReadonlyMap<string, number>;
  #at = 0;
  #depth = 0;

  constructor(text: string, values: ReadonlyMap<string, number>) {
    this.#text = text;
    this.#tokens = lex(text);
    this.#values = values;
  }

  parse(): number {
    const table = this.#or();
    if (this.#at < this.#tokens.length) throw this.#error(`unexpected "${this.#tokens[this.#at]}"`);
    return table;
  }

  #or(): number {
    let table = this.#and();
    while (this.#take('+', '|')) table |= this.#and();
    return table;
  }

  #and(): number {
    let table = this.#xor();
    while (this.#take('&', '*') || this.#atOperand()) table &= this.#xor();
    return table;
  }

  #xor(): number {
    let table = this.#not();
    while (this.#take('^')) table ^= this.#not();
    return table;
  }

  #not(): number {
    if (++this.#depth > MAX_NESTING) throw this.#error(`nested more than ${MAX_NESTING} deep`);
    let table = this.#take('!') ? ~this.#not() : this.#atom();
    while (this.#take("'")) table = ~table;
    this.#depth--;
    return table;
  }

  #atom(): number {
    if (this.#take('(')) {
      const table = this.#or();
      if (!this.#take(')')) throw this.#error('a parenthesis is not closed');
      return table;
    }
    const token = this.#tokens[this.#at++];
    if (token === '0') return 0;
    if (token === '1') return -1;
    const value = this.#values.get(token ?? '');
    if (value === undefined)
      throw this.#error(token === undefined ? 'it ends early' : `"${token}" is no input`);
    return value;
  }

  #atOperand(): boolean {
    const token = this.#tokens[this.#at];
    return token !== undefined && /^[A-Za-z_01!(]/.test(token);
  }

  #take(...wanted: string[]): boolean {
    const found = wanted.includes(this.#tokens[this.#at] ?? '');
    if (found) this.#at++;
    return found;
  }

  #error(problem: string): ConfigurationError {
    return new ConfigurationError(`function "${this.#text.slice(0, 80)}": ${problem}`);
  }
}
