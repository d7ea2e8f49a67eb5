/**
 * A word: the value on a net while a module is being written. Operators make cells; each states its widths.
 *
 * Words are unsigned bit vectors. Operators that read a sign have `Signed` or `Arithmetic` in their name. Nothing is
 * widened or cut silently: extend or truncate first. An operand may be written as a number or a bigint, which means a
 * constant of this word's width (negative ones in two's complement).
 */
import type { CellKind, CellParameters } from './cell-kinds.js';
import type { AdderArchitecture } from './circuits.js';

/** A word, or a constant of the other operand's width. */
export type Operand = Word | number | bigint;

/** What a word needs from the module that it belongs to. */
export interface WordContext {
  /** The output of a new cell (or of an equal, simpler one). */
  cell(kind: CellKind, inputs: readonly Word[], width: number, parameters?: CellParameters): Word;
  constant(width: number, value: number | bigint): Word;
  /** The same value on a net that carries the name. */
  named(word: Word, name: string): Word;
}

export class Word {
  readonly context: WordContext;
  /** Net in the module. */
  readonly net: number;
  /** In bits, at least 1. */
  readonly width: number;

  constructor(context: WordContext, net: number, width: number) {
    this.context = context;
    this.net = net;
    this.width = width;
  }

  // ---- bitwise, equal widths ------------------------------------------------------------------------------------
  not(): Word {
    return this.#cell('not', [this]);
  }
  and(other: Operand): Word {
    return this.#cell('and', [this, this.#word(other)]);
  }
  or(other: Operand): Word {
    return this.#cell('or', [this, this.#word(other)]);
  }
  xor(other: Operand): Word {
    return this.#cell('xor', [this, this.#word(other)]);
  }

  // ---- arithmetic -----------------------------------------------------------------------------------------------
  /** a + b + carryIn modulo 2^width; equal widths. */
  plus(other: Operand, options: { carryIn?: Word; adder?: AdderArchitecture } = {}): Word {
    const carry = options.carryIn === undefined ? [] : [options.carryIn];
    return this.#cell('add', [this, this.#word(other), ...carry], this.width, adderOf(options));
  }
  /** a − b modulo 2^width; equal widths. */
  minus(other: Operand, options: { adder?: AdderArchitecture } = {}): Word {
    return this.#cell('subtract', [this, this.#word(other)], this.width, adderOf(options));
  }
  /** −a modulo 2^width. */
  negate(): Word {
    return this.context.constant(this.width, 0).minus(this);
  }
  /** Unsigned product, width of a + width of b. */
  times(other: Word, options: { adder?: AdderArchitecture } = {}): Word {
    return this.#cell('multiply', [this, other], this.width + other.width, adderOf(options));
  }

  // ---- shifts: a constant amount is wiring, a word amount is a shifter; the width stays --------------------------
  shiftLeft(amount: Word | number): Word {
    if (typeof amount !== 'number') return this.#cell('shiftLeft', [this, amount]);
    if (amount === 0) return this;
    return amount >= this.width
      ? this.context.constant(this.width, 0)
      : concat(this.truncate(this.width - amount), this.context.constant(amount, 0));
  }
  shiftRight(amount: Word | number): Word {
    if (typeof amount !== 'number') return this.#cell('shiftRight', [this, amount]);
    return amount >= this.width
      ? this.context.constant(this.width, 0)
      : this.slice(amount, this.width - amount).zeroExtend(this.width);
  }
  shiftRightArithmetic(amount: Word | number): Word {
    if (typeof amount !== 'number') return this.#cell('shiftRightArithmetic', [this, amount]);
    const kept = Math.min(amount, this.width - 1);
    return this.slice(kept, this.width - kept).signExtend(this.width);
  }

  // ---- comparisons, one bit -------------------------------------------------------------------------------------
  equals(other: Operand): Word {
    return this.#cell('equal', [this, this.#word(other)], 1);
  }
  lessThan(other: Operand): Word {
    return this.#cell('lessThan', [this, this.#word(other)], 1);
  }
  lessThanSigned(other: Operand): Word {
    return this.#cell('lessThanSigned', [this, this.#word(other)], 1);
  }
  /** Every bit is 1. */
  allOnes(): Word {
    return this.#cell('reduceAnd', [this], 1);
  }
  /** Some bit is 1. */
  anyOne(): Word {
    return this.#cell('reduceOr', [this], 1);
  }
  /** No bit is 1. */
  isZero(): Word {
    return this.anyOne().not();
  }
  /** 1 when the number of ones is odd. */
  parity(): Word {
    return this.#cell('reduceXor', [this], 1);
  }

  // ---- selection and wiring -------------------------------------------------------------------------------------
  /** For a one-bit word: `whenOne` if it is 1, else `whenZero`. At least one of them is a word. */
  choose(whenOne: Operand, whenZero: Operand): Word {
    const like = whenOne instanceof Word ? whenOne : whenZero instanceof Word ? whenZero : this;
    const [one, zero] = [like.#word(whenOne), like.#word(whenZero)];
    return this.context.cell('mux', [this, one, zero], like.width);
  }
  /** Bit `position`; 0 is the least significant, −1 the most significant. */
  bit(position: number): Word {
    return this.slice(position < 0 ? this.width + position : position, 1);
  }
  /** All bits as one-bit words, least significant first. */
  bitList(): Word[] {
    return Array.from({ length: this.width }, (_, i) => this.bit(i));
  }
  /** `width` bits from position `low` up. */
  slice(low: number, width: number): Word {
    return this.#cell('slice', [this], width, { low });
  }
  /** The low `width` bits. */
  truncate(width: number): Word {
    return this.slice(0, width);
  }
  zeroExtend(width: number): Word {
    return this.#cell('zeroExtend', [this], width);
  }
  signExtend(width: number): Word {
    return this.#cell('signExtend', [this], width);
  }
  /** This word `count` times side by side. */
  repeat(count: number): Word {
    return concat(...Array.from({ length: count }, () => this));
  }
  /** The same value under a name, which appears in SystemVerilog, in waveforms and as a probe. */
  named(name: string): Word {
    return this.context.named(this, name);
  }

  #cell(kind: CellKind, inputs: readonly Word[], width = this.width, parameters: CellParameters = {}): Word {
    return this.context.cell(kind, inputs, width, parameters);
  }

  #word(operand: Operand): Word {
    return operand instanceof Word ? operand : this.context.constant(this.width, operand);
  }
}

/** Words side by side, the first one most significant. */
export function concat(...words: readonly [Word, ...Word[]] | readonly Word[]): Word {
  const [first] = words;
  if (first === undefined) throw new RangeError('concat needs at least one word');
  const width = words.reduce((sum, word) => sum + word.width, 0);
  return first.context.cell('concat', words, width);
}

/** One-bit words as one word; the first one is bit 0. */
export function fromBits(bits: readonly Word[]): Word {
  return concat(...[...bits].reverse());
}

function adderOf(options: { adder?: AdderArchitecture }): CellParameters {
  return options.adder === undefined ? {} : { adder: options.adder };
}
