/** Exact designs differ in format and semantic only: this makes one from the other. */

import { semanticOf } from '../../../src/dot/index.js';
import type { BlockFormat } from '../../../src/formats/index.js';
import { Rational } from '../../../src/numerics/index.js';
import {
  type DesignDescription,
  type DesignGenerator,
  type DesignOptions,
  type MacDesign,
  macDesign,
} from '../design.js';
import { blockConfiguration, blockProtocol, EXACT_DEFAULTS, fp32Port, moduleName } from './block-design.js';
import { accumulatorUnit, exactMac } from './exact.js';

export interface ExactDesign extends DesignDescription {
  readonly format: BlockFormat;
  readonly semantic: string;
  /** Bits of the accumulator. */
  readonly accumulatorWidth: number;
  /** See `MacDesign.operandsFor`. */
  readonly operandsFor?: 'integers';
}

/** The registry row of an exact design. */
export function exactDesign(design: ExactDesign): DesignGenerator {
  const { name, summary, models, notModelled } = design;
  return {
    name,
    summary,
    models,
    notModelled,
    defaults: EXACT_DEFAULTS,
    create: (options) => build(design, options),
  };
}

function build(design: ExactDesign, options: Required<DesignOptions>): MacDesign {
  const { name, summary, format, semantic, accumulatorWidth } = design;
  const configuration = blockConfiguration(name, format, 'on-product', options);
  const { readout } = options;
  const module = exactMac({
    ...configuration,
    moduleName: moduleName(name, options),
    summary,
    accumulatorWidth,
    readout,
  });
  const unitExponent = accumulatorUnit(configuration);
  const register = { port: 'acc', width: accumulatorWidth, kind: 'fixed-point', unitExponent } as const;
  const [result, nan] = readout === 'register' ? [register, 'nan'] : [fp32Port('result'), undefined];
  const denominator = BigInt(configuration.a.denominator * configuration.w.denominator);
  const resultFactor = Rational.rational(1n, denominator);
  const protocol = blockProtocol(configuration, [result], nan);
  const { lanes } = options;
  const reading = design.operandsFor === undefined ? {} : { operandsFor: design.operandsFor };
  const formats = { a: format, w: format, semantic: semanticOf(semantic), resultFactor, ...reading };
  return macDesign({ name, summary, ...formats, lanes, module, protocol }, options);
}
