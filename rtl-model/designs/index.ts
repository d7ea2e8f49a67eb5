/**
 * The MAC designs, one file each, and how they are driven. To add one: a file, and its row in `GENERATORS`.
 */
import { ConfigurationError, suggest } from '../../src/numerics/index.js';
import { bf16Fused25 } from './bf16-fused25.js';
import {
  configurationText,
  type Design,
  type DesignGenerator,
  type DesignOptions,
  type MacDesign,
} from './design.js';
import { fp8Fused13 } from './fp8-fused13.js';
import { hadamard16 } from './hadamard16.js';
import { hif4Exact } from './hif4-exact.js';
import { if4Exact49 } from './if4-exact49.js';
import { if4Fp3249 } from './if4-fp32-49.js';
import { if4Fp32Correct } from './if4-fp32-correct.js';
import { if4Lanes } from './if4-lanes.js';
import { if4ThreeAcc } from './if4-three-acc.js';
import { int8Exact } from './int8-exact.js';
import { mixfp4Exact } from './mixfp4-exact.js';
import { mxfp4Exact } from './mxfp4-exact.js';
import { mxfp4Fused35 } from './mxfp4-fused35.js';
import { nvfp4Exact } from './nvfp4-exact.js';
import { nvfp4Fp32 } from './nvfp4-fp32.js';
import { nvfp4Fused35 } from './nvfp4-fused35.js';
import { nvfp4Lanes } from './nvfp4-lanes.js';
import { nvint4Exact } from './nvint4-exact.js';
import { quantFourOverSix } from './quant-four-over-six.js';
import { quantIf4 } from './quant-if4.js';
import { quantNvfp4 } from './quant-nvfp4.js';

export * from './decode.js';
export * from './design.js';
export * from './drive.js';
export * from './expected.js';
export * from './latency.js';
export { boundaryCase } from './level-one/boundary-blocks.js';
export { beforeGain, longCarries, singleBits } from './level-one/combinations.js';
export { CORNERS } from './level-one/corners.js';
export * from './level-one/segments.js';
export * from './level-one/units.js';
export { laneMultiplier, productTree, sideDecoder } from './parts/block-dot.js';
export { factorPlan } from './parts/block-factor.js';
export { createFused } from './parts/fused-design.js';
export { elementProduct, scaleProduct } from './parts/lanes.js';
export { laneOf, lanesLane, type MacLane, type OneLane, oneLane } from './parts/one-lane.js';
export { type LaneOperand, type SideShape, sideShape } from './parts/operand.js';
export { integerTable, recodingOf } from './recode.js';
export * from './sheet.js';
export * from './stimulus.js';

const GENERATORS: readonly DesignGenerator[] = [
  nvfp4Lanes,
  if4Lanes,
  nvfp4Exact,
  if4Exact49,
  if4ThreeAcc,
  nvfp4Fp32,
  if4Fp3249,
  if4Fp32Correct,
  nvfp4Fused35,
  mxfp4Fused35,
  mxfp4Exact,
  nvint4Exact,
  mixfp4Exact,
  hif4Exact,
  fp8Fused13,
  int8Exact,
  bf16Fused25,
  quantNvfp4,
  quantFourOverSix,
  quantIf4,
  hadamard16,
];

/** Every design by name. */
export const DESIGNS: ReadonlyMap<string, DesignGenerator> = new Map(GENERATORS.map((g) => [g.name, g]));

/** What a generator sees of options that a design does not take. */
const UNUSED: Required<DesignOptions> = {
  lanes: 16,
  readout: 'register',
  predecode: false,
  pipeline: true,
  floats: 'ieee',
};

/** The row of the registry. Throws `ConfigurationError` for an unknown name. */
export function generatorNamed(name: string): DesignGenerator {
  const generator = DESIGNS.get(name);
  if (generator === undefined) {
    throw new ConfigurationError(`unknown design "${name}"`, suggest(name, DESIGNS.keys()));
  }
  return generator;
}

/**
 * The design called `name`. Throws `ConfigurationError` for an unknown name, an option that the design does not take,
 * or lanes that do not fit its blocks.
 */
export function createDesign(name: string, options: DesignOptions = {}): Design {
  const generator = generatorNamed(name);
  const refused = Object.keys(options).find((key) => !(key in generator.defaults));
  if (refused !== undefined) {
    const taken = Object.keys(generator.defaults).join(', ');
    throw new ConfigurationError(
      `design "${name}" has no option "${refused}"`,
      `it takes: ${taken || 'none'}`,
    );
  }
  for (const [key, value] of Object.entries(options)) checkOption(name, key as keyof DesignOptions, value);
  const taken = { ...generator.defaults, ...options };
  const design = generator.create({ ...UNUSED, ...taken });
  // Only what the design takes, so that its configuration makes it again.
  return { ...design, options: taken, configuration: configurationText(name, taken) };
}

/** Options that are chosen by a word. */
const OPTION_WORDS: Partial<Record<keyof DesignOptions, readonly string[]>> = {
  readout: ['register', 'fp32'],
  floats: ['ieee', 'finite'],
};

function checkOption(name: string, key: keyof DesignOptions, value: unknown): void {
  const words: readonly unknown[] | undefined = OPTION_WORDS[key];
  if (words === undefined ? typeof value === typeof UNUSED[key] : words.includes(value)) return;
  throw new ConfigurationError(`${name}: "${value}" is no value for the option ${key}`);
}

/** The MAC called `name`. Throws `ConfigurationError` if it is a unit of another kind. */
export function createMac(name: string, options: DesignOptions = {}): MacDesign {
  const design = createDesign(name, options);
  if (design.kind !== 'mac') throw new ConfigurationError(`"${name}" is a ${design.kind}, not a MAC`);
  return design;
}
