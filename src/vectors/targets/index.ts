/** What vectors can be made for, by name: designs; number formats; dot semantics. */
import { createDesign, DESIGNS, type DesignOptions } from '../../../rtl-model/designs/index.js';
import { ConfigurationError, suggest } from '../../numerics/index.js';
import type { MacEngineName } from '../mac/engine.js';
import type { Manifest } from '../manifest.js';
import type { VectorTarget } from '../unit.js';
import { macUnit } from './mac.js';

export interface TargetOptions {
  /** Options of the design. */
  readonly design: DesignOptions;
  readonly engine: MacEngineName;
}

/** The target called `name`. Throws `ConfigurationError` if there is none. */
export function createTarget(name: string, options: TargetOptions): VectorTarget {
  if (DESIGNS.has(name)) return designTarget(name, options);
  throw new ConfigurationError(`nothing is called "${name}"`, suggest(name, DESIGNS.keys()));
}

function designTarget(name: string, { design: options, engine }: TargetOptions): VectorTarget {
  const design = createDesign(name, options);
  if (design.kind !== 'mac') throw new ConfigurationError(`"${name}" is no MAC`);
  return {
    name,
    kind: 'design',
    configuration: design.configuration,
    units: [macUnit(design, { engine })],
  };
}

/** `lanes=8 readout=fp32` as options of a design. Throws `ConfigurationError` for what is no NAME=VALUE. */
export function parseSettings(settings: readonly string[]): DesignOptions {
  const entries = settings.map((text) => {
    const match = /^([A-Za-z]\w*)=(.+)$/.exec(text);
    if (match === null)
      throw new ConfigurationError(`"${text}" is no option`, 'expected NAME=VALUE, for example lanes=8');
    return [match[1]!, settingOf(match[2]!)] as const;
  });
  return Object.fromEntries(entries);
}

function settingOf(text: string): number | string | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** The target that a manifest's vectors were made for. */
export function targetOfManifest({ target, configuration }: Manifest): VectorTarget {
  const [, ...settings] = configuration.split(' ');
  return createTarget(target, { design: parseSettings(settings), engine: 'oracle' });
}
