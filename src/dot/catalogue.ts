/** The catalogue of dot-product semantics. To add one: a record in `semantics/`, and a witness for it in the tests. */
import { ConfigurationError, suggest } from '../numerics/index.js';
import type { DotSemantic, FusedAccumulation } from './semantic.js';
import { HOPPER_SEMANTICS } from './semantics/hopper.js';
import { MODELLED_SEMANTICS } from './semantics/modelled.js';
import { MMA_SIM } from './semantics/parts.js';
import { PROJECT_SEMANTICS } from './semantics/project.js';

/**
 * The same semantic as MMA-Sim computes it where that is known to differ from silicon: a zero operand has exponent
 * −126 instead of being left out, and emax is never below −126. Named `<semantic>/mma-sim`.
 */
export function asMmaSim(base: DotSemantic): DotSemantic {
  if (base.accumulation.kind !== 'fused') return base;
  const accumulation: FusedAccumulation = {
    ...base.accumulation,
    exponentFloor: -126,
    zeroTerms: 'operand-floor',
  };
  return {
    ...base,
    name: `${base.name}/mma-sim`,
    summary: `${base.summary}; zeros and floor as in MMA-Sim`,
    source: MMA_SIM,
    evidence: 'model',
    accumulation,
  };
}

const BASE = [...PROJECT_SEMANTICS, ...HOPPER_SEMANTICS, ...MODELLED_SEMANTICS];
const MMA_SIM_COVERED = [
  'blackwell-mxf4nvf4',
  'blackwell-mxf8f6f4',
  'blackwell-f8f6f4',
  'blackwell-f8f6f4-f16',
  'hopper-wgmma-fp8',
  'hopper-wgmma-fp8-f16',
  'ada-mma-fp8',
];

/** Every semantic by name. */
export const DOT_SEMANTICS: ReadonlyMap<string, DotSemantic> = new Map(
  [...BASE, ...BASE.filter((s) => MMA_SIM_COVERED.includes(s.name)).map(asMmaSim)].map((s) => [s.name, s]),
);

/** What a tool uses when none is named. */
export const DEFAULT_SEMANTIC = 'blackwell-mxf4nvf4';

/** The semantic called `name`; a `ConfigurationError` with the nearest name if there is none. */
export function semanticOf(name: string): DotSemantic {
  const found = DOT_SEMANTICS.get(name);
  if (found === undefined) {
    throw new ConfigurationError(`unknown dot semantic "${name}"`, suggest(name, DOT_SEMANTICS.keys()));
  }
  return found;
}
