/** The level-1 classes of transforms: blocks whose sums are ties, cancel, or leave the range of normal numbers. */
import { anyElement, type BlockClass, bf16, normals, round, SIZE, sign, times } from './quantizer-case.js';

export const TRANSFORM_CLASSES: Readonly<Record<string, BlockClass<readonly number[]>>> = {
  'transform-normal': {
    summary: 'normal numbers',
    make: (random) => normals(random, 2 ** (random.below(20) - 10)),
  },
  'transform-sparse': {
    summary: 'few numbers of different sizes: sums that round in every way',
    make: (random) => {
      const top = random.below(250) - 124;
      const x = new Array<number>(SIZE).fill(0);
      for (let i = 1 + random.below(6); i > 0; i--) {
        x[random.below(SIZE)] = round(
          sign(random) * (1 + random.below(128) / 128) * 2 ** (top - random.below(30)),
        );
      }
      return x;
    },
  },
  'transform-bits': {
    summary: 'powers of two far apart: ties, alone and with something below',
    make: (random) => {
      const top = random.below(240) - 110;
      const x = new Array<number>(SIZE).fill(0);
      let exponent = top;
      for (let i = 2 + random.below(4); i > 0; i--) {
        x[random.below(SIZE)] = round(sign(random) * (1 + random.below(3)) * 2 ** exponent);
        exponent -= random.below(12);
      }
      return x;
    },
  },
  'transform-cancel': {
    summary: 'pairs of one magnitude with little beside them: sums with many leading zeros',
    make: (random) => {
      const top = random.below(240) - 110;
      const large = round((1 + random.below(128) / 128) * 2 ** top);
      const small = round((1 + random.below(128) / 128) * 2 ** (top - random.below(34)));
      return times(SIZE, () => sign(random) * random.pick([large, large, large, 0, small]));
    },
  },
  'transform-one-output': {
    summary: 'all of one magnitude but for last places: one output large, the others small',
    make: (random) => {
      const row = random.below(SIZE);
      const base = 1 + random.below(120) / 128;
      const size = 2 ** (random.below(250) - 125);
      const parity = (bits: number) => times(4, (k) => (bits >> k) & 1).reduce((a, b) => a ^ b);
      return times(SIZE, (i) => round((parity(row & i) ? -1 : 1) * (base + random.below(3) / 128) * size));
    },
  },
  'transform-any': {
    summary: 'any numbers, subnormal ones and zeros of both signs',
    make: (random) => times(SIZE, () => random.pick([0, -0, anyElement(random)])),
  },
  'transform-edges': {
    summary: 'sums at the largest and below the smallest normal numbers',
    make: (random) => {
      const codes =
        random.below(2) === 0 ? [0x7f7f, 0x7f00, 0x7e80, 0x7e00] : [1, 2, 0x7f, 0x80, 0x81, 0x100, 3];
      return times(SIZE, () => sign(random) * random.pick([0, ...codes.map(bf16.decode)]));
    },
  },
};
