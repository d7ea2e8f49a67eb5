/** From the suffixes of a `quant` instruction to a format and a policy of the quantisers. */
import type { Quantization } from '../../isa/index.js';
import {
  BLOCK_FORMATS,
  type BlockFormat,
  defaultPolicy,
  ELEMENT_FORMATS,
  type ElementFormat,
  POLICY_PRESETS,
  type Policy,
  parsePolicy,
  policyLike,
  resolvePolicy,
} from '../formats/index.js';
import { ConfigurationError } from '../numerics/index.js';

/** How the unit rounds stochastically, whatever form a preset's codebase has. */
const HARDWARE_ROUNDING = 'stochastic-8-bit';

/** What the unit does to its input: a block format under a policy, or element by element. */
export type QuantizePlan =
  | { readonly kind: 'blocks'; readonly format: BlockFormat; readonly policy: Policy }
  | { readonly kind: 'elements'; readonly format: ElementFormat };

/**
 * The plan of an action. The policy holds its transposition and transform too.
 * @throws ConfigurationError for a policy that does not apply to the format.
 */
export function planQuantize(action: Quantization, seed: number): QuantizePlan {
  const element = ELEMENT_FORMATS.get(action.format);
  if (element !== undefined) {
    refuseSuffixes(action);
    return { kind: 'elements', format: element };
  }
  const format = BLOCK_FORMATS.get(action.format)!;
  const named = policyNamed(format, action.policy);
  const stochastic = action.stochastic || named.rounding.startsWith('stochastic');
  if (stochastic && cutsOutliers(named)) {
    throw new ConfigurationError('outliers are cut from operands that are rounded to nearest');
  }
  if (named.rule === 'ms-eden') refuseOtherGroups(action);
  const changes = [
    `seed=${seed}`,
    `transpose=${action.transposed ? 'yes' : 'no'}`,
    'non-finite=propagate',
    ...(stochastic ? [`rounding=${HARDWARE_ROUNDING}`] : []),
    ...(action.hadamard > 1 ? [`hadamard=${action.hadamard}`] : []),
  ];
  return { kind: 'blocks', format, policy: resolvePolicy(format, parsePolicy(changes.join(','), named)) };
}

function refuseSuffixes({ format, policy, stochastic, hadamard }: Quantization): void {
  if (policy === undefined && !stochastic && hadamard === 1) return;
  throw new ConfigurationError(
    `quant.${format} rounds element by element, and takes no policy, .sr or .rht`,
    'name a block format, or hadamard.N first',
  );
}

/** MS-EDEN corrects scales over the groups of its transform, and has random bits of its own. */
function refuseOtherGroups({ stochastic, hadamard }: Quantization): void {
  if (!stochastic && (hadamard === 1 || hadamard === 128)) return;
  throw new ConfigurationError(
    'MS-EDEN goes with the transform of 128 elements and rounds its scales stochastically as it is',
    'leave out .sr and .rht',
  );
}

function policyNamed(format: BlockFormat, name: string | undefined): Policy {
  if (name === undefined) return defaultPolicy(format);
  if (name === 'one-level') return parsePolicy('levels=one', defaultPolicy(format));
  // QUIK's 256 columns are a sixteenth of the widths it was made for; as many of a slice of 256.
  if (name === 'quik-16') return parsePolicy('outlier-columns=16', policyLike('quik', format));
  if (POLICY_PRESETS.has(name)) return policyLike(name, format);
  return parsePolicy(`rule=${name}`, defaultPolicy(format));
}

/** Elements of the plan's random Hadamard transform; 1 is none. */
export function hadamardOf(plan: QuantizePlan): number {
  if (plan.kind === 'elements' || plan.policy.hadamard === 'none') return 1;
  return Number(plan.policy.hadamard);
}

/** Whether a part of the input is kept out of the codes. */
export function cutsOutliers(policy: Policy): boolean {
  return Number(policy['outlier-quantile']) < 1 || Number(policy['outlier-columns']) > 0;
}

/** Whether elements (or, of MS-EDEN, scales) are rounded by random bits. */
export function isStochastic(policy: Policy): boolean {
  return policy.rounding.startsWith('stochastic') || policy.rule === 'ms-eden';
}
