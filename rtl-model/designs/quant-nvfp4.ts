/**
 * NVFP4 quantise unit: 16 BF16 elements in, 16 E2M1 codes and a UE4M3 scale out, a block an edge.
 *
 *   s1_maximum   largest magnitude of the block
 *   s2_map       h = (maximum / 6) · enc
 *   s3_scale     UE4M3 code of h; dec · scale
 *   s4_inverse   1 / (dec · scale)
 *   s5_encode    16 × (x · inverse → E2M1)
 *
 * enc = 2688 / amax and dec = 1 / enc belong to the tensor and come from outside, both as FP32 (enc at most the largest
 * float). Every step is one FP32 operation rounded to nearest even. s2 and s3 hold two of them each: their period is
 * long, as nobody asks a quantiser for that of a MAC.
 */
import { FP32, NVFP4, UE4M3, widthOf } from '../../src/formats/index.js';
import { CLOCK, defineModule, type Module, type Word } from '../hdl/index.js';
import { type DesignGenerator, unitDesign } from './design.js';
import { join, split } from './parts/operand.js';
import { Stage } from './parts/pipeline.js';
import {
  blockMaximum,
  countsAsNegative,
  elementEncoder,
  fromInput,
  INPUT_WIDTH,
  inverseScale,
  mappedScale,
  scaleEncoder,
  targetOf,
  times,
} from './parts/quantize.js';

const summary = 'NVFP4 quantiser: block maximum, UE4M3 scale, E2M1 codes, in the order of the FP32 reference';
const BLOCK = NVFP4.blockSize;

function quantizer(): Module {
  return defineModule({
    name: 'quant_nvfp4_16',
    summary,
    clock: CLOCK,
    inputs: { en: 1, x: BLOCK * INPUT_WIDTH, enc: 32, dec: 32 },
    body: (m, { en, x, enc, dec }): Record<string, Word> => {
      const names = ['s1_maximum', 's2_map', 's3_scale', 's4_inverse', 's5_encode'];
      const stages = names.map((name) => new Stage(m, name)) as [Stage, Stage, Stage, Stage, Stage];
      const [s1, s2, s3, s4, s5] = stages;
      const maximum = s1.word('maximum', blockMaximum(split(x, INPUT_WIDTH)), FP32.name);
      const mapped = s2.word(
        'mapped',
        mappedScale(m, maximum, s1.word('enc', enc, FP32.name), targetOf(NVFP4)),
        FP32.name,
      );
      const scale = s3.word('scale', m.instance('encode_scale', scaleEncoder(), { x: mapped }).code);
      const carried = (word: Word, name: string, through: readonly Stage[]) =>
        through.reduce((value, stage) => stage.word(name, value), word);
      const inverse = m.instance('invert', inverseScale(), {
        scale,
        dec: carried(dec, 'dec', [s1, s2, s3]),
      });
      const held = s4.word('inverse', inverse.inverse, FP32.name);
      const inputs = split(carried(x, 'x', [s1, s2, s3, s4]), INPUT_WIDTH);
      const codes = inputs.map((value, i) => {
        const y = times(m, `scale${i}`, fromInput(value), held);
        const negative = countsAsNegative(value, held);
        return m.instance(`encode${i}`, elementEncoder(NVFP4.choices[0].element), { y, negative }).code;
      });
      return {
        codes: s5.word('codes', join(codes)),
        scale_code: s5.word('scale', s4.word('scale', scale)),
        done: carried(en, 'valid', stages),
      };
    },
  });
}

export const quantNvfp4: DesignGenerator = {
  name: 'quant-nvfp4',
  summary,
  models: 'the policy static_6 with its defaults (two levels, zero scales make zeros, −0 inputs become 0)',
  notModelled: 'NaN and infinities, stochastic rounding, 2D scaling',
  defaults: {},
  create: () =>
    unitDesign(
      {
        kind: 'quantizer',
        name: 'quant-nvfp4',
        summary,
        format: NVFP4,
        policy: 'rule=static_6',
        lanes: BLOCK,
        module: quantizer(),
        protocol: {
          enable: 'en',
          done: 'done',
          interval: 1,
          inputs: [
            {
              port: 'x',
              width: BLOCK * INPUT_WIDTH,
              meaning: '16 BF16 elements, element 0 lowest',
              format: 'bf16',
            },
            {
              port: 'enc',
              width: 32,
              meaning: 'FP32 encode scale of the tensor, 2688 / amax',
              format: 'fp32',
            },
            { port: 'dec', width: 32, meaning: 'FP32 1 / enc', format: 'fp32' },
          ],
          outputs: [
            { port: 'codes', width: BLOCK * 4, meaning: '16 E2M1 codes, element 0 lowest' },
            { port: 'scale_code', width: widthOf(UE4M3), meaning: 'UE4M3 code' },
          ],
        },
      },
      {},
    ),
};
