/**
 * The policies of the field's codebases, for each family of formats they quantise: `--like transformer-engine`.
 *
 * A preset is a change of a format's default policy. It says nothing of the rule where a codebase has several;
 * where it has one or a default, the preset names it.
 */
import { ConfigurationError, suggest } from '../numerics/index.js';
import type { BlockFormat } from './block.js';
import { type Policy, parsePolicy } from './policy.js';
import { defaultPolicy, type Family, familyOf } from './quantize/family.js';

export interface PolicyPreset {
  readonly name: string;
  /** Repository at commit, or paper. */
  readonly source: string;
  /** What differs from the defaults, for each family of formats the codebase has. */
  readonly changes: Readonly<Partial<Record<Family, string>>>;
}

const PRESETS: readonly PolicyPreset[] = [
  {
    name: 'fouroversix',
    source: 'fouroversix dadfad6, PyTorch back end',
    changes: {
      'two-level': 'scale-overflow=infinity,sum-order=eight-lanes',
      microscaling: 'rule=static_6',
    },
  },
  {
    name: 'fouroversix-triton',
    source: 'fouroversix dadfad6, Triton back end in the interpreter',
    changes: {
      'two-level': 'scale-overflow=infinity,sum-order=pairwise,subnormal-carry=clamp',
      microscaling: 'rule=static_6',
    },
  },
  {
    name: 'transformer-engine',
    source: 'TransformerEngine d0067d0, reference_nvfp4.py',
    changes: { 'two-level': 'scale-order=tensor-first,zero-scale=largest-float,scale-overflow=clamp' },
  },
  {
    name: 'transformer-engine-fast-math',
    source: 'TransformerEngine d0067d0, reference_nvfp4.py with fast math',
    changes: {
      'two-level':
        'scale-order=tensor-first,zero-scale=largest-float,scale-overflow=clamp,error-domain=scaled',
    },
  },
  {
    name: 'torchao',
    source: 'torchao 36027d8, prototype/mx_formats',
    changes: {
      'two-level':
        'scale-with=quotient,min-scale=2^-6,negative-zero=keep,scale-overflow=infinity,nan-elements=bit-arithmetic',
      microscaling: 'rule=floor,negative-zero=keep',
    },
  },
  {
    name: 'microxcaling',
    source: 'microxcaling 7bc4195, mx/mx_ops.py',
    changes: { microscaling: 'rule=floor,rounding=nearest-away-fp32' },
  },
  {
    name: 'hifloat4',
    source: 'HiFloat4 6d937b6',
    changes: { hierarchical: 'rule=hif4' },
  },
  {
    name: 'quartet',
    source: 'Quartet 00ccd38, arXiv 2505.14669, forward pass',
    changes: { microscaling: 'rule=quest,hadamard=32,rounding=nearest-down' },
  },
  {
    name: 'quartet-backward',
    source: 'Quartet 00ccd38, arXiv 2505.14669, backward pass',
    changes: { microscaling: 'rule=floor,hadamard=32,rounding=stochastic,headroom=3/4' },
  },
  {
    name: 'quartet-2',
    source: 'Quartet-II 8776a90, forward pass: RN without a transform',
    changes: { 'two-level': 'rule=static_6,rounding=nearest-away' },
  },
  {
    name: 'quartet-2-backward',
    source: 'Quartet-II 8776a90, backward pass: MS-EDEN',
    changes: { 'two-level': 'rule=ms-eden,hadamard=128,rounding=nearest-away,headroom=1600/1581' },
  },
  {
    name: 'tetrajet',
    source: 'TetraJet bbe9bd6: ceil(log2(amax/6)), stochastic rounding',
    changes: { microscaling: 'rule=rceil,rounding=stochastic' },
  },
  {
    name: 'qutlass',
    source: 'qutlass e74319e, FP-Quant d2e3092',
    changes: { microscaling: 'rule=qutlass', 'two-level': 'scale-order=tensor-first' },
  },
  {
    name: 'fp4-training',
    source: 'arXiv 2501.17116: vector-wise E2M1, ties upward, outliers clamped at the 0.99 quantile',
    changes: {
      unscaled: 'rounding=nearest-positive,row-arithmetic=bf16,outlier-quantile=0.99',
    },
  },
  {
    name: 'quik',
    source: 'QUIK, arXiv 2310.09259: INT4 rows with 256 outlier columns',
    changes: { unscaled: 'rounding=nearest-even,row-arithmetic=fp32,outlier-columns=256' },
  },
  {
    name: 'fp4-all-the-way',
    source: 'FP4 All the Way: NVFP4, stochastic rounding in the backward pass',
    changes: { 'two-level': 'rounding=stochastic' },
  },
  {
    name: 'published-rtl',
    source: 'fouroversix dadfad6, if4_mac: element code 8 is illegal',
    changes: { 'two-level': 'negative-zero=never' },
  },
];

/** Every preset by name. */
export const POLICY_PRESETS: ReadonlyMap<string, PolicyPreset> = new Map(
  PRESETS.map((preset) => [preset.name, preset]),
);

/**
 * The policy that a codebase follows for a format.
 *
 * @throws ConfigurationError if the codebase is unknown or does not quantise to such formats.
 */
export function policyLike(name: string, format: BlockFormat): Policy {
  const preset = POLICY_PRESETS.get(name);
  if (preset === undefined) {
    throw new ConfigurationError(`no policy is like "${name}"`, suggest(name, POLICY_PRESETS.keys()));
  }
  const change = preset.changes[familyOf(format)];
  if (change !== undefined) return parsePolicy(change, defaultPolicy(format));
  const able = PRESETS.filter(({ changes }) => changes[familyOf(format)] !== undefined);
  throw new ConfigurationError(
    `${name} does not quantise to formats like ${format.name} (${familyOf(format)})`,
    `for ${format.name}: ${able.map((other) => other.name).join(', ')}`,
  );
}
