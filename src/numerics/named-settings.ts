/** `NAME:setting=value,…`: how users write something together with its settings. */
import { ConfigurationError } from './errors.js';

/** `NAME=VALUE` as a user gives them. */
export type Settings = Readonly<Record<string, number | string | boolean>>;

export interface NamedSettings {
  readonly name: string;
  readonly settings: Settings;
}

/** `NAME` or `NAME:setting=value,setting=value`. Throws `ConfigurationError` for what is no NAME=VALUE. */
export function parseNamedSettings(text: string): NamedSettings {
  const [name, rest = ''] = text.split(/:(.*)/s);
  const entries = rest
    .split(',')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const match = /^([A-Za-z]\w*)=(.+)$/.exec(pair);
      if (match !== null) return [match[1]!, settingOf(match[2]!)] as const;
      throw new ConfigurationError(
        `"${pair}" in ${text} is no setting`,
        'expected NAME=VALUE, for example lanes=8',
      );
    });
  return { name: name!, settings: Object.fromEntries(entries) };
}

function settingOf(text: string): number | string | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d+$/.test(text) ? Number(text) : text;
}
