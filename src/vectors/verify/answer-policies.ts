/**
 * Mistakes in the answer itself, for any unit: late or early by some vectors, bytes in reverse order, flags left out,
 * the sign of zero, NaN in another pattern. They need no model, only what was expected.
 */

import type { PlacedField } from '../layout.js';
import { CLASSES_OF_FP32 } from './fp32-classes.js';
import type { Policy, Predictor } from './policy.js';

interface AnswerRow {
  readonly name: string;
  readonly says: string;
  /** The answer in place of an expected field; undefined where the policy has no say. */
  change(value: bigint, field: PlacedField): bigint | undefined;
}

const top = ({ width }: PlacedField) => 1n << BigInt(width - 1);
const isFloat = ({ width }: PlacedField) => width === 32;

const ROWS: readonly AnswerRow[] = [
  {
    name: 'bytes-reversed',
    says: 'gives the bytes of the result in reverse order',
    change: (value, { width }) => {
      if (width < 16 || width % 8 !== 0) return width < 16 ? value : undefined;
      const bytes = value
        .toString(16)
        .padStart(width / 4, '0')
        .match(/../g)!;
      return BigInt(`0x${bytes.reverse().join('')}`);
    },
  },
  {
    name: 'result-negated',
    says: 'gives the result with the opposite sign',
    change: (value, field) => {
      if (field.width === 1) return value;
      return isFloat(field) ? value ^ top(field) : BigInt.asUintN(field.width, -value);
    },
  },
  {
    name: 'flag-missing',
    says: 'never raises its NaN flag',
    change: (value, { width }) => (width === 1 ? 0n : value),
  },
  {
    name: 'zero-negative',
    says: 'gives −0 where +0 is right',
    change: (value, field) => (isFloat(field) && value === 0n ? top(field) : value),
  },
  {
    name: 'zero-positive',
    says: 'gives +0 where −0 is right',
    change: (value, field) => (isFloat(field) && value === top(field) ? 0n : value),
  },
  {
    name: 'subnormal-results-flushed',
    says: 'gives zero where the result is subnormal',
    change: (value, field) =>
      isFloat(field) && CLASSES_OF_FP32.isSubnormal(value) ? value & top(field) : value,
  },
  {
    name: 'nan-quiet',
    says: 'gives NaN as 0x7FC00000',
    change: (value, field) => (isFloat(field) && CLASSES_OF_FP32.isNan(value) ? 0x7fc00000n : value),
  },
  {
    name: 'overflow-saturates',
    says: 'gives the largest finite number where the result is infinite',
    change: (value, field) => (isFloat(field) && CLASSES_OF_FP32.isInfinite(value) ? value - 1n : value),
  },
];

/** The policies for the result fields of a unit. */
export function answerPolicies(results: readonly PlacedField[]): Policy[] {
  return ROWS.map(({ name, says, change }) => {
    const predict: Predictor = ({ expected }) => {
      const changed = expected.map((value, i) => change(value, results[i]!));
      return changed.every((value) => value !== undefined) ? (changed as bigint[]) : undefined;
    };
    return { name, says, predictor: () => predict };
  });
}
