/** The entry to every quantiser: from a matrix of real numbers to codes and scales. */
import type { BlockFormat } from '../block.js';
import type { Matrix, QuantizedMatrix } from '../matrix.js';
import { type Policy, parsePolicy } from '../policy.js';
import { checkRule, defaultPolicy, type Family, familyOf } from './family.js';
import { quantizeHierarchical } from './hierarchical.js';
import { checkInput, padColumns } from './input.js';
import { quantizeMicroscaling } from './microscaling.js';
import { quantizeMsEden } from './ms-eden.js';
import type { QuantizeOptions } from './options.js';
import { splitOutliers } from './outliers.js';
import { hadamard, transpose } from './transforms.js';
import { quantizeTwoLevel } from './two-level.js';
import { quantizeUnscaled } from './unscaled.js';

type Quantizer = (
  format: BlockFormat,
  matrix: Matrix,
  policy: Policy,
  options: QuantizeOptions,
) => QuantizedMatrix;

const QUANTIZERS: Readonly<Record<Family, Quantizer>> = {
  'two-level': (format, matrix, policy, options) =>
    (policy.rule === 'ms-eden' ? quantizeMsEden : quantizeTwoLevel)(format, matrix, policy, options),
  microscaling: quantizeMicroscaling,
  hierarchical: quantizeHierarchical,
  unscaled: quantizeUnscaled,
};

/**
 * The matrix in a block format. Blocks run along the columns of the matrix, or of its transpose if the policy says
 * so; the result then has the transposed shape.
 *
 * @param policy a policy, or a text that changes the format's default (`mse`, `rule=mse,padding=zeros`).
 * @throws ConfigurationError on an empty matrix, on values that are not finite and on a K that is not a multiple
 *   of the block, unless the policy says what to do with them; on a policy that does not fit the format.
 */
export function quantize(
  format: BlockFormat,
  matrix: Matrix,
  policy: Policy | string = '',
  options: QuantizeOptions = {},
): QuantizedMatrix {
  const chosen = resolvePolicy(format, policy);
  const { matrix: input, residual } = splitOutliers(quantizerInput(format, matrix, chosen), chosen);
  const result = QUANTIZERS[familyOf(format)](format, input, chosen, options);
  return residual === undefined ? result : { ...result, residual };
}

/** The policy that a text means for a format. Throws `ConfigurationError` if it does not apply. */
export function resolvePolicy(format: BlockFormat, policy: Policy | string): Policy {
  const chosen = typeof policy === 'string' ? parsePolicy(policy, defaultPolicy(format)) : policy;
  checkRule(format, chosen);
  return chosen;
}

/** What the quantiser sees: the matrix checked, transposed, padded and transformed as the policy says. */
export function quantizerInput(format: BlockFormat, matrix: Matrix, policy: Policy): Matrix {
  checkInput(matrix, policy);
  const turned = policy.transpose === 'yes' ? transpose(matrix) : matrix;
  const size = policy.hadamard === 'none' ? 1 : Number(policy.hadamard);
  const padded = padColumns(turned, format.blockSize, policy, `the block of ${format.name}`);
  if (size === 1) return padded;
  return hadamard(padColumns(padded, size, policy, 'the Hadamard transform'), size, Number(policy.seed));
}
