/** The families of block formats, told apart by their records, and which rules each knows. */
import { ConfigurationError, suggest } from '../../numerics/index.js';
import type { BlockFormat } from '../block.js';
import { widthOf } from '../element.js';
import { BASE_POLICY, type Policy, parsePolicy } from '../policy.js';

/**
 * - `two-level`: fractional block scales and one FP32 factor of the tensor (NVFP4, IF4)
 * - `microscaling`: block scales that are powers of two (MXFP4)
 * - `hierarchical`: micro-exponents inside the block (HiF4)
 * - `unscaled`: no block scales; a factor for each row or for the tensor
 */
export type Family = 'two-level' | 'microscaling' | 'hierarchical' | 'unscaled';

export function familyOf(format: BlockFormat): Family {
  if (format.microGroups !== undefined) return 'hierarchical';
  if (widthOf(format.scale) === 0) return 'unscaled';
  return format.scale.fractionBits === 0 ? 'microscaling' : 'two-level';
}

/** The rules of a family, by name. */
export const RULES: Readonly<Record<Family, readonly Policy['rule'][]>> = {
  'two-level': ['static_6', 'static_4', 'mse', 'mae', 'abs_max', 'ms-eden'],
  microscaling: ['static_6', 'static_4', 'floor', 'ceil', 'even', 'rceil', 'quest', 'qutlass'],
  hierarchical: ['hif4'],
  unscaled: ['absmax'],
};

/** The policy of a format where the user asks for none. */
export function defaultPolicy(format: BlockFormat): Policy {
  return parsePolicy(format.defaultPolicy ?? '', BASE_POLICY);
}

/** Throws `ConfigurationError` if the rule belongs to other formats. */
export function checkRule(format: BlockFormat, policy: Policy): void {
  const known = RULES[familyOf(format)];
  if (known.includes(policy.rule)) return;
  throw new ConfigurationError(
    `policy: the rule ${policy.rule} does not apply to ${format.name}`,
    suggest(policy.rule, known),
  );
}
