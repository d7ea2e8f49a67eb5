/** What vectors can be made for, by name: designs; number formats; dot semantics. */
import { createDesign, DESIGNS, type DesignOptions } from '../../../rtl-model/designs/index.js';
import { ConfigurationError, suggest } from '../../numerics/index.js';
import type { MacEngineName } from '../mac/engine.js';
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
