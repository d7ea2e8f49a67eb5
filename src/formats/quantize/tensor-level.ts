/** The second level of two-level scaling: what the maximum of the tensor makes of block scales and elements. */
import type { BlockFormat } from '../block.js';
import { codecOf } from '../codec.js';
import type { TensorFactor } from '../matrix.js';
import type { Policy } from '../policy.js';
import { headroomOf } from './headroom.js';

const f = Math.fround;
const FLOAT_MAX = f(3.4028234663852886e38);

export interface TensorLevel {
  readonly factor: TensorFactor;
  /** amax / divisor, a float32: what decoded elements times block scales are multiplied by. */
  readonly tensorScale: number;
  /** divisor / amax, a float32: the inverse, rounded on its own. */
  readonly encode: number;
  /** What the block scale is before it is rounded to its format, from the block maximum. */
  blockScale(blockMaximum: number): number;
  /** What elements are multiplied by, from the decoded block scale (not 0). */
  inverse(blockScale: number): number;
}

/** The level of a tensor whose largest magnitude is amax, for a rule with that many candidates. */
export function tensorLevel(
  format: BlockFormat,
  policy: Policy,
  amax: number,
  candidates: number,
): TensorLevel {
  const { numerator, denominator } = headroomOf(policy);
  const headroom = numerator / denominator;
  const element = policy.rule === 'static_4' ? 4 : codecOf(format.choices[0].element).maxValue;
  const target = f(element * headroom);
  const factor =
    policy.levels === 'one'
      ? { amax: 1, divisor: 1 }
      : { amax, divisor: f(element * scaleMaximum(format, policy, candidates) * headroom) };
  return policy['scale-with'] === 'product'
    ? productLevel(factor, target, policy, candidates)
    : quotientLevel(factor, target);
}

function scaleMaximum(format: BlockFormat, policy: Policy, candidates: number): number {
  if (policy['scale-max'] !== 'auto') return Number(policy['scale-max']);
  const fourOverSix = candidates > 1 && format.choices.length === 1;
  return fourOverSix ? 256 : codecOf(format.scale).maxValue;
}

/** fouroversix and TransformerEngine: everything is multiplied by the encode scale divisor / amax. */
function productLevel(factor: TensorFactor, target: number, policy: Policy, candidates: number): TensorLevel {
  const ratio = factor.amax === 0 ? 0 : f(factor.divisor / factor.amax);
  const encode = policy['scale-overflow'] === 'clamp' ? Math.min(ratio, FLOAT_MAX) : ratio;
  const decode = f(1 / encode);
  const tensorFirst = policy['scale-order'] === 'tensor-first' && candidates === 1;
  const multiplier = f(encode * f(1 / target));
  return {
    factor,
    tensorScale: f(factor.amax / factor.divisor),
    encode,
    blockScale: tensorFirst
      ? (maximum) => f(maximum * multiplier)
      : (maximum) => f(f(maximum / target) * encode),
    inverse: (scale) => f(1 / f(decode * scale)),
  };
}

/** torchao: block scales are divided by the tensor scale amax / divisor. */
function quotientLevel(factor: TensorFactor, target: number): TensorLevel {
  const tensorScale = f(factor.amax / factor.divisor);
  const encode = f(1 / tensorScale);
  return {
    factor,
    tensorScale,
    encode,
    blockScale: (maximum) => f(f(maximum / target) / tensorScale),
    inverse: (scale) => f(encode / scale),
  };
}
