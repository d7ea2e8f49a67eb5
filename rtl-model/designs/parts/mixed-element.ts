/**
 * The magnitude of an element that is E2M1 or two's complement INT4, by the block's type: what IF4 decodes most often.
 *
 * Both kinds leave their low code bits as they are, but for a few cases: a large float moves up, a negative integer is
 * inverted above its lowest one. So the bits that differ are chosen between the two kinds, not the magnitudes.
 *
 *   code c2 c1 c0      0 1 2 3 | 4   5   6    7          code with sign  −1 … −7   −8
 *   E2M1 (half units)  0 1 2 3 | 4   6   8    12         INT4             1 …  7    8
 *
 * Not modelled: other pairs of formats; see `decodeElement`.
 */
import { type BlockFormat, E2M1, INT4 } from '../../../src/formats/index.js';
import { fromBits, type Word } from '../../hdl/index.js';

/** Whether the choices of a format are E2M1, then INT4. */
export function isE2m1OrInt4({ choices }: Pick<BlockFormat, 'choices'>): boolean {
  const [first, second] = choices;
  return first.element === E2M1 && second?.element === INT4;
}

/** Sign and 4-bit magnitude of a code: half units of E2M1, or units of INT4 where `isInteger` is 1. */
export function decodeE2m1OrInt4(code: Word, isInteger: Word): { sign: Word; magnitude: Word } {
  const [c0, c1, c2, sign] = code.bitList() as [Word, Word, Word, Word];
  const lowOne = c0.or(c1);
  const flips1 = isInteger.choose(sign.and(c0), c2.and(lowOne));
  const flips2 = isInteger.choose(sign.and(lowOne), c2.and(c1).and(c0.not()));
  const lowest = c0.and(isInteger.or(c2.not()));
  const highest = isInteger.choose(sign.and(lowOne.or(c2).not()), c2.and(c1));
  return { sign, magnitude: fromBits([lowest, c1.xor(flips1), c2.xor(flips2), highest]) };
}
