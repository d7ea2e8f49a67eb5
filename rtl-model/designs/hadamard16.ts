/**
 * Hadamard unit: y = H16 · diag(s) · x / 4 over 16 BF16 elements, in block floating point.
 *
 *   s1_align      largest exponent of the block; every element moved to it, 24 bits kept below its significand
 *   s2_transform  signs, then four levels of adders and subtractors: 33 + 4 bits, no rounding
 *   s3_round      each sum / 4 to BF16, nearest even
 *
 * Signs s are fixed (fouroversix, src/fouroversix/quantize/rht.py). The result is the exact transform rounded once as
 * long as no non-zero element is smaller than 2^−24 times the largest; bits below that are cut toward zero.
 */
import { BF16, widthOf } from '../../src/formats/index.js';
import { CLOCK, concat, defineModule, type Module, type Word } from '../hdl/index.js';
import {
  decodeFloat,
  hadamard,
  maximumOf,
  negateIf,
  packFloat,
  saturated,
  toSignMagnitude,
} from '../library/index.js';
import { type DesignGenerator, unitDesign } from './design.js';
import { join, split } from './parts/operand.js';
import { Stage } from './parts/pipeline.js';

const summary = 'random Hadamard transform of 16 BF16 elements in block floating point';
const SIGNS = '+++-+------+-+--';
const SIZE = SIGNS.length;
const WIDTH = widthOf(BF16);
/** Bits kept below the last place of the largest element. */
const KEPT_BELOW = 24;
/** Levels of butterflies, and the exponent of the normalisation 1 / √SIZE. */
const LEVELS = Math.log2(SIZE);

function transform(): Module {
  return defineModule({
    name: 'hadamard_16',
    summary,
    clock: CLOCK,
    inputs: { en: 1, x: SIZE * WIDTH },
    body: (m, { en, x }): Record<string, Word> => {
      const stages = ['s1_align', 's2_transform', 's3_round'].map((name) => new Stage(m, name));
      const [s1, s2, s3] = stages as [Stage, Stage, Stage];
      const fields = split(x, WIDTH).map((code) => decodeFloat(BF16, code));
      const largest = maximumOf(fields.map(({ exponent }) => exponent)).named('largest');
      const aligned = fields.map(({ sign, exponent, significand }, i) => {
        const wide = concat(significand, m.constant(KEPT_BELOW, 0));
        const magnitude = wide.shiftRight(saturated(largest.minus(exponent), wide.width));
        const flipped = SIGNS[i] === '-' ? sign.not() : sign;
        return s1.word(`x${i}`, negateIf(flipped, magnitude.zeroExtend(wide.width + 1)));
      });
      const exponent = s2.word('exponent', s1.word('exponent', largest));
      const sums = hadamard(aligned).map((sum, i) => s2.word(`sum${i}`, sum));
      const rounder = sumRounder(sums[0]!.width);
      const codes = sums.map((sum, i) => m.instance(`round${i}`, rounder, { sum, exponent }).code);
      return {
        y: s3.word('y', join(codes)),
        done: stages.reduce((word, stage) => stage.word('valid', word), en),
      };
    },
  });
}

/** sum / √SIZE as BF16; `exponent` is that of the largest element. */
function sumRounder(width: number): Module<'sum' | 'exponent', 'code'> {
  return defineModule({
    name: `hadamard_round_${width}`,
    summary: `a sum of ${width} bits under the block's exponent, as BF16, nearest even`,
    inputs: { sum: width, exponent: BF16.exponentBits },
    body: (_, { sum, exponent }) => {
      const { sign, magnitude } = toSignMagnitude(sum);
      // The significand of the largest element ends KEPT_BELOW bits above the last place.
      const top = magnitude.width - 1 - KEPT_BELOW - BF16.fractionBits - LEVELS / 2;
      const biased = exponent.zeroExtend(BF16.exponentBits + 2).plus(top);
      const rule = { format: BF16, fractionBits: BF16.fractionBits, rounding: 'nearest-even' as const };
      return { code: packFloat(rule, sign, biased, magnitude).code };
    },
  });
}

export const hadamard16: DesignGenerator = {
  name: 'hadamard16',
  summary,
  models: 'the transform that the policy hadamard=16 applies before it quantises',
  notModelled: 'NaN and infinities, −0 results (a zero sum is +0), other sizes',
  defaults: {},
  create: () =>
    unitDesign(
      {
        kind: 'transform',
        name: 'hadamard16',
        summary,
        format: undefined,
        policy: 'hadamard=16',
        lanes: SIZE,
        module: transform(),
        protocol: {
          enable: 'en',
          done: 'done',
          interval: 1,
          inputs: [
            { port: 'x', width: SIZE * WIDTH, meaning: '16 BF16 elements, element 0 lowest', format: 'bf16' },
          ],
          outputs: [
            { port: 'y', width: SIZE * WIDTH, meaning: '16 BF16 elements, element 0 lowest', format: 'bf16' },
          ],
        },
      },
      {},
    ),
};
