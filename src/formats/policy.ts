/**
 * Quantisation policies: one value for each field of `POLICY_FIELDS`.
 *
 * The full text of a policy (`policyText`) goes into every output. A user writes only what differs from the
 * format's default: `mse`, `rule=mse,tiling=16x16`, `like=transformer-engine`.
 */
import { ConfigurationError, suggest } from '../numerics/index.js';
import { type ChoiceField, type NumberField, POLICY_FIELDS, type PolicyField } from './policy-fields.js';

type Fields = typeof POLICY_FIELDS;
type ValueOf<F> = F extends { values: infer V } ? `${keyof V & (string | number)}` : string;

export type Policy = { readonly [F in keyof Fields]: ValueOf<Fields[F]> };
export type PolicyChange = Partial<Policy>;

const FIELDS: ReadonlyMap<string, PolicyField> = new Map(Object.entries(POLICY_FIELDS));

/** The policy with every field at its default. */
export const BASE_POLICY = Object.fromEntries(
  [...FIELDS].map(([name, field]) => [name, field.default]),
) as Policy;

/** The full text of a policy: every field, in the order of `POLICY_FIELDS`. `parsePolicy` reads it back. */
export function policyText(policy: Policy): string {
  return [...FIELDS.keys()].map((name) => `${name}=${policy[name as keyof Policy]}`).join(',');
}

/** What `policy` changes of the base policy, as a text; empty for the base policy. For tables and plots. */
export function policySummary(policy: Policy): string {
  const changed = [...FIELDS].filter(([name, field]) => policy[name as keyof Policy] !== field.default);
  return changed.map(([name]) => `${name}=${policy[name as keyof Policy]}`).join(',');
}

/**
 * `base` changed by a text: items separated by commas, each `field=value`, or a value alone where it belongs to one
 * field only (`mse`, `stochastic`).
 *
 * @throws ConfigurationError naming the unknown field or value and the nearest known one.
 */
export function parsePolicy(text: string, base: Policy = BASE_POLICY): Policy {
  const chosen: Record<string, string> = { ...base };
  for (const item of text.split(',').map((part) => part.trim())) {
    if (item === '') continue;
    const at = item.indexOf('=');
    const [name, value] = at < 0 ? bareValue(item) : [item.slice(0, at).trim(), item.slice(at + 1).trim()];
    checkValue(name, value);
    chosen[name] = value;
  }
  return chosen as Policy;
}

function checkValue(name: string, value: string): void {
  const field = FIELDS.get(name);
  if (field === undefined) {
    throw new ConfigurationError(`policy: unknown field "${name}"`, suggest(name, FIELDS.keys()));
  }
  if ('values' in field) checkChoice(name, value, field);
  else checkNumber(name, value, field);
}

function checkChoice(name: string, value: string, field: ChoiceField): void {
  if (Object.hasOwn(field.values, value)) return;
  throw new ConfigurationError(
    `policy: "${value}" is no value of ${name}`,
    suggest(value, Object.keys(field.values)),
  );
}

function checkNumber(name: string, value: string, { minimum, maximum, integer }: NumberField): void {
  const number = value === '' ? Number.NaN : Number(value);
  if (number >= minimum && number <= maximum && (!integer || Number.isInteger(number))) return;
  throw new ConfigurationError(
    `policy: ${name}=${value}: expected ${integer ? 'an integer' : 'a number'} from ${minimum} to ${maximum}`,
  );
}

/** The field that a value alone belongs to. */
function bareValue(value: string): [string, string] {
  const choices = [...FIELDS].flatMap(([name, field]) => ('values' in field ? [[name, field] as const] : []));
  const owners = choices.filter(([, field]) => Object.hasOwn(field.values, value)).map(([name]) => name);
  const owner = owners[0];
  if (owner !== undefined && owners.length === 1) return [owner, value];
  if (owner !== undefined) {
    throw new ConfigurationError(
      `policy: "${value}" is a value of ${owners.join(' and ')}; write field=value`,
    );
  }
  const all = choices.flatMap(([, field]) => Object.keys(field.values));
  throw new ConfigurationError(`policy: unknown value "${value}"`, suggest(value, all));
}
