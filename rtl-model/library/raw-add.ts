/**
 * Adding an exact number to a floating-point accumulator with one rounding: the number comes as a raw float (sign,
 * exponent, normalised significand of any width), so that it is not rounded before the addition.
 *
 * Not modelled: infinities and NaN of the accumulator; designs that can meet them carry flags of their own.
 */
import type { FloatFormat } from '../../src/formats/index.js';
import { concat, type Word } from '../hdl/index.js';
import { decodeFloat } from './decoders.js';
import { leadingZeroCount } from './leading-zeros.js';
import { type Packed, packFloat, saturated } from './pack.js';
import { roundOff } from './rounding.js';
import { shiftRightJam } from './shifters.js';

/** (−1)^sign × significand × 2^(exponent − bias − (width − 1)): the top bit is 1, or everything is 0. */
export interface RawFloat {
  readonly sign: Word;
  /** Biased like the accumulator's, unsigned, at least 1; 0 for zero. */
  readonly exponent: Word;
  readonly significand: Word;
}

/** Extra bits below the significand while adding: guard, round, sticky. */
const EXTRA = 3;

/**
 * Normalises an exact sign and magnitude. `exponent` is the biased exponent of the magnitude's top bit: positive for
 * every number that occurs, with the leading zeros taken off.
 */
export function normalizeRaw(sign: Word, exponent: Word, magnitude: Word): RawFloat {
  const { count, isZero } = leadingZeroCount(magnitude);
  const { width } = exponent;
  const amount = count.width > width ? count.truncate(width) : count.zeroExtend(width);
  return {
    sign,
    exponent: isZero.choose(0, exponent.minus(amount)),
    significand: magnitude.shiftLeft(count),
  };
}

/** A raw float with its significand rounded to `bits` bits, nearest even; the significand is at least that wide. */
export function roundRaw(raw: RawFloat, bits: number): RawFloat {
  const { sign, exponent, significand } = raw;
  const rounded = roundOff('nearest-even', sign, significand, significand.width - bits);
  const carry = rounded.bit(-1);
  // A carry leaves zeros behind: the significand becomes 1.0 of the next exponent.
  const top = rounded.bit(bits - 1).or(carry);
  return {
    sign,
    exponent: exponent.plus(0, { carryIn: carry }),
    significand: concat(top, rounded.truncate(bits - 1)),
  };
}

/**
 * RNE(accumulator + addend) as a code of the accumulator's format; subnormals are kept; a zero result is +0. The
 * accumulator is finite. The exponent of the addend has at most the format's width.
 */
export function addRawToFloat(format: FloatFormat, accumulator: Word, addend: RawFloat): Packed {
  const fields = decodeFloat(format, accumulator);
  const width = Math.max(format.fractionBits + 1, addend.significand.width);
  const padded = (word: Word) =>
    word.width === width ? word : concat(word, word.context.constant(width - word.width, 0));
  const ours = {
    sign: fields.sign,
    exponent: fields.exponent,
    significand: padded(fields.significand),
  };
  const theirs = {
    sign: addend.sign,
    exponent: addend.exponent.zeroExtend(format.exponentBits),
    significand: padded(addend.significand),
  };
  const order = ({ exponent, significand }: RawFloat) => concat(exponent, significand);
  const swap = order(ours).lessThan(order(theirs)).named('swap');
  const pick = (part: keyof RawFloat) => [
    swap.choose(theirs[part], ours[part]),
    swap.choose(ours[part], theirs[part]),
  ];
  const [bigSign, smallSign] = pick('sign');
  const [bigExponent, smallExponent] = pick('exponent');
  const [big, small] = pick('significand');
  const zeros = accumulator.context.constant(EXTRA, 0);
  const distance = saturated(bigExponent!.minus(smallExponent!), width + EXTRA).named('distance');
  const aligned = shiftRightJam(concat(small!, zeros), distance).named('aligned');
  const subtracts = bigSign!.xor(smallSign!).named('subtracts');
  const wide = width + EXTRA + 1;
  const operand = aligned.zeroExtend(wide).xor(subtracts.repeat(wide));
  const total = concat(big!, zeros).zeroExtend(wide).plus(operand, { carryIn: subtracts }).named('total');
  // The carry position is one above the hidden bit: its exponent is that of the larger operand plus one.
  const exponent = bigExponent!.zeroExtend(format.exponentBits + 2).plus(1);
  const rule = { format, fractionBits: format.fractionBits, rounding: 'nearest-even' as const };
  return packFloat(rule, bigSign!, exponent, total);
}
