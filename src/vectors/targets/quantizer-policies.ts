/**
 * What quantise units are known to do instead: another rounding or choice, which the software computes with another
 * policy, and codes or scale bytes in another arrangement.
 */
import type { UnitDesign } from '../../../rtl-model/designs/index.js';
import {
  type BlockFormat,
  type Policy as QuantizerPolicy,
  resolvePolicy,
  SELECTOR_BIT,
} from '../../formats/index.js';
import type { Layout } from '../layout.js';
import type { Policy, Predictor } from '../verify/policy.js';
import { type SoftwareBlock, softwareBlock } from './quantizer-software.js';

const CODE_BITS = 4n;
/** Rules that compare candidates. */
const ADAPTIVE_RULES: readonly QuantizerPolicy['rule'][] = ['mse', 'mae', 'abs_max'];

/** Settings on top of the unit's own policy. */
const SETTINGS: readonly (readonly [name: string, says: string, settings: string])[] = [
  [
    'round-nearest-away',
    'rounds elements to nearest, ties away from zero (half up)',
    'rounding=nearest-away',
  ],
  ['round-nearest-down', 'rounds elements to nearest, ties toward zero', 'rounding=nearest-down'],
  ['round-toward-zero', 'truncates elements', 'rounding=toward-zero'],
  ['negative-zero-never', 'never gives the code of −0', 'negative-zero=never'],
  ['negative-zero-kept', 'keeps the sign of a −0 at its input', 'negative-zero=keep'],
  ['tensor-scale-first', 'multiplies the block maximum by enc / 6 in one step', 'scale-order=tensor-first'],
  ['zero-scale-saturates', 'does not make zeros of a block whose scale is zero', 'zero-scale=largest-float'],
];

/** Settings of units that choose between candidates. */
const CHOICES: typeof SETTINGS = [
  ['first-candidate-always', 'never takes the second candidate', 'rule=static_6'],
  ['absolute-errors', 'chooses by the sum of absolute errors instead of squares', 'rule=mae'],
  ['largest-error', 'chooses by the largest error instead of the sum of squares', 'rule=abs_max'],
  ['sum-in-eight-lanes', 'adds the squared errors in eight lanes, not in order', 'sum-order=eight-lanes'],
  ['sum-pairwise', 'adds the squared errors pairwise, not in order', 'sum-order=pairwise'],
  ['scaled-errors', 'compares errors before the tensor scale is taken out', 'error-domain=scaled'],
];

/** Right blocks in another arrangement. */
const ARRANGEMENTS: readonly (readonly [
  name: string,
  says: string,
  arrange: (block: SoftwareBlock) => SoftwareBlock,
])[] = [
  [
    'code-order-reversed',
    'gives the codes in reverse order (element 0 in the highest bits)',
    ({ codes, scale }) => ({ codes: codes.toReversed(), scale }),
  ],
  [
    'nibble-swap',
    'swaps the two codes of each byte (the other nibble first)',
    ({ codes, scale }) => ({ codes: codes.map((code, i) => codes[i ^ 1] ?? code), scale }),
  ],
  [
    'selector-missing',
    'never sets the bit of the scale byte that marks the element format',
    ({ codes, scale }) => ({ codes, scale: scale & ~SELECTOR_BIT }),
  ],
  [
    'selector-inverted',
    'sets the bit that marks the element format the wrong way round',
    ({ codes, scale }) => ({ codes, scale: scale ^ SELECTOR_BIT }),
  ],
];

/** The policies of a quantise unit; a transform has none. */
export function quantizerPolicies(design: UnitDesign, layout: Layout): Policy[] {
  if (design.kind !== 'quantizer') return [];
  const format = design.format as BlockFormat;
  const { rule } = resolvePolicy(format, design.policy);
  const adaptive = ADAPTIVE_RULES.includes(rule);
  const predictor = (policy: string, arrange: (block: SoftwareBlock) => SoftwareBlock) => (): Predictor => {
    resolvePolicy(format, policy);
    return ({ columns, lines }) => {
      const block = softwareBlock(design, layout, columns, lines.to - 1, policy);
      return block === undefined ? undefined : answerOf(arrange(block));
    };
  };
  // What Four Over Six maps the largest scale to stays, where another rule would not say so.
  const pinned = adaptive && format.choices.length === 1 ? ',scale-max=256' : '';
  const settings = (adaptive ? [...SETTINGS, ...CHOICES] : SETTINGS).map(([name, says, setting]) => {
    const own = setting.startsWith('rule=') ? '' : `${design.policy},`;
    return { name, says, predictor: predictor(`${own}${setting}${pinned}`, (block) => block) };
  });
  const arrangements = ARRANGEMENTS.map(([name, says, arrange]) => ({
    name,
    says,
    predictor: predictor(design.policy, arrange),
  }));
  return [...settings, ...arrangements];
}

/** The result fields: codes side by side, and the scale byte. */
function answerOf({ codes, scale }: SoftwareBlock): bigint[] {
  const packed = codes.reduceRight((word, code) => (word << CODE_BITS) | BigInt(code), 0n);
  return [packed, BigInt(scale)];
}
