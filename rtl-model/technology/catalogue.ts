/** The technologies that come with the project, by name. */
import { ConfigurationError, suggest } from '../../src/numerics/index.js';
import { technologyFromOwnJson } from './json.js';
import { ASAP7 } from './tables/asap7.js';
import { GT2N } from './tables/gt2n.js';
import { IHP } from './tables/ihp.js';
import { OSU018 } from './tables/osu018.js';
import { SKY130HD } from './tables/sky130hd.js';
import type { Technology } from './technology.js';
import { UNIT } from './unit.js';

const TABLES: Readonly<Record<string, string>> = {
  asap7: ASAP7,
  gt2n: GT2N,
  ihp: IHP,
  osu018: OSU018,
  sky130hd: SKY130HD,
};

export const TECHNOLOGY_NAMES: readonly string[] = [...Object.keys(TABLES), UNIT.name];

const read = new Map<string, Technology>([[UNIT.name, UNIT]]);

/** The technology of a name. Throws `ConfigurationError` with the nearest one if there is none. */
export function technologyByName(name: string): Technology {
  const known = read.get(name);
  if (known !== undefined) return known;
  const text = Object.hasOwn(TABLES, name) ? TABLES[name] : undefined;
  if (text === undefined) {
    throw new ConfigurationError(`there is no technology "${name}"`, suggest(name, TECHNOLOGY_NAMES));
  }
  const technology = technologyFromOwnJson(text);
  read.set(name, technology);
  return technology;
}
