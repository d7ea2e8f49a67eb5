/**
 * The catalogue of block formats. To add one, add a record here and a witness to the tests.
 */
import { bitsToFloat32 } from '../numerics/index.js';
import { alignedChoice, type BlockFormat, plainChoice } from './block.js';
import type { ElementFormat } from './element.js';
import {
  E1M2,
  E2M0,
  E2M1,
  E2M3,
  E3M2,
  E4M3,
  E5M2,
  E6M2,
  E8M0,
  INT3,
  INT4,
  INT6,
  INT8,
  S1P2,
  UE4M3,
  UNIT,
} from './elements.js';

const NVIDIA = 'NVIDIA, Introducing NVFP4 (2025)';
const OCP_MX = 'OCP Microscaling Formats (MX) Specification v1.0';
const IF_PAPER = 'arXiv 2603.28765; fouroversix, src/fouroversix/quantize';
const MIXFP4_PAPER = 'arXiv 2605.31035 (abstract only)';

type Overrides = Partial<BlockFormat>;

/**
 * Two levels: an FP32 factor of the tensor and an unsigned E4M3 scale for every 16 elements. A second element
 * shares the scale, aligned at the largest value, and is marked by the scale's sign bit.
 */
function twoLevel(
  name: string,
  elements: readonly ElementFormat[],
  source: string,
  overrides: Overrides = {},
) {
  const [first, second] = elements as [ElementFormat, ElementFormat?];
  const pair = second === undefined ? [] : [alignedChoice(second, first)];
  return block(name, [plainChoice(first), ...pair], UE4M3, 16, source, {
    tensorScale: 'fp32',
    ...(second === undefined ? {} : { selector: 'scale-sign-bit', defaultPolicy: 'rule=mse' }),
    ...overrides,
  });
}

/** One level: a power of two for every 32 elements. */
function microscaling(name: string, element: ElementFormat, source = OCP_MX): BlockFormat {
  return block(name, [plainChoice(element)], E8M0, 32, source, { defaultPolicy: 'rule=floor' });
}

/** No block scales: one FP32 factor for the tensor or for each row. */
function unscaled(name: string, element: ElementFormat, source: string, overrides: Overrides): BlockFormat {
  return block(name, [plainChoice(element)], UNIT, 1, source, { defaultPolicy: 'rule=absmax', ...overrides });
}

function block(
  name: string,
  choices: BlockFormat['choices'],
  scale: BlockFormat['scale'],
  blockSize: number,
  source: string,
  overrides: Overrides,
): BlockFormat {
  const base = { kind: 'block', tensorScale: 'none', selector: 'none' } as const;
  return { ...base, name, blockSize, scale, choices, source, ...overrides };
}

export const NVFP4 = twoLevel('nvfp4', [E2M1], NVIDIA);
export const NVINT4 = twoLevel('nvint4', [INT4], IF_PAPER);
export const IF4 = twoLevel('if4', [E2M1, INT4], IF_PAPER);
export const IF3 = twoLevel('if3', [E2M0, INT3], IF_PAPER);
/**
 * Its public back ends write 15/62 as the float32 0x3e77bdf1, two places above the nearest one. They differ from each
 * other in E2M3 (see the policy field subnormal-carry): unsettled.
 */
export const IF6_E2M3 = twoLevel('if6_e2m3', [E2M3, INT6], IF_PAPER, {
  choices: [plainChoice(E2M3), { ...alignedChoice(INT6, E2M3), gainFloat32: bitsToFloat32(0x3e77bdf1) }],
});
export const IF6_E3M2 = twoLevel('if6_e3m2', [E3M2, INT6], IF_PAPER);
export const MIXFP4 = twoLevel('mixfp4', [E2M1, E1M2], MIXFP4_PAPER);
export const MXFP4 = microscaling('mxfp4', E2M1);
/** 64 elements, an E6M2 scale, and micro-exponents of one bit for every 8 and every 4 elements. */
export const HIF4 = block(
  'hif4',
  [plainChoice(S1P2)],
  E6M2,
  64,
  'HiFloat4, hif4_gpu/quant_cy/base/QFuncs/hifx.py',
  {
    microGroups: [8, 4],
    defaultPolicy: 'rule=hif4',
  },
);
/** E2M1 with one scale for each token or output channel. */
export const VECTORWISE_FP4 = unscaled('vectorwise_fp4', E2M1, 'arXiv 2501.17116', {
  tensorScale: 'fp32-per-row',
  defaultPolicy: 'rule=absmax,rounding=nearest-positive,row-arithmetic=bf16',
});
const FP8_LM = 'arXiv 2310.18313 (FP8-LM), MS-AMP';
const ROW_INT = 'QUIK, arXiv 2310.09259';

const ALL: readonly BlockFormat[] = [
  ...[NVFP4, NVINT4, IF4, IF3, IF6_E2M3, IF6_E3M2, MIXFP4],
  twoLevel('nvfp3', [E2M0], IF_PAPER),
  twoLevel('nvint3', [INT3], IF_PAPER),
  twoLevel('nvint6', [INT6], IF_PAPER),
  twoLevel('nvfp6_e2m3', [E2M3], IF_PAPER),
  twoLevel('nvfp6_e3m2', [E3M2], IF_PAPER),
  twoLevel('nvfp4_bs8', [E2M1], IF_PAPER, { blockSize: 8 }),
  twoLevel('if4_bs8', [E2M1, INT4], IF_PAPER, { blockSize: 8 }),
  MXFP4,
  microscaling('mxfp3', E2M0, IF_PAPER),
  microscaling('mxfp6_e2m3', E2M3),
  microscaling('mxfp6_e3m2', E3M2),
  microscaling('mxfp8_e4m3', E4M3),
  microscaling('mxfp8_e5m2', E5M2),
  HIF4,
  VECTORWISE_FP4,
  unscaled('vectorwise_int4', INT4, ROW_INT, { tensorScale: 'fp32-per-row' }),
  unscaled('vectorwise_int8', INT8, 'INT8 baseline: one scale for each token or channel', {
    tensorScale: 'fp32-per-row',
  }),
  unscaled('tensor_e4m3', E4M3, FP8_LM, { tensorScale: 'fp32' }),
  unscaled('tensor_e5m2', E5M2, FP8_LM, { tensorScale: 'fp32' }),
];

/** Every block format by name. */
export const BLOCK_FORMATS: ReadonlyMap<string, BlockFormat> = new Map(
  ALL.map((format) => [format.name, format]),
);
