/** Designs with one FP32 addition a block differ in format, grid and correction only: this makes one from those. */
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
import { blockConfiguration, blockProtocol, FLOAT_DEFAULTS, fp32Port, moduleName } from './block-design.js';
import { checkWholeBlocks, floatMac } from './float.js';

export interface FloatDesign extends DesignDescription {
  readonly format: BlockFormat;
  readonly semantic: string;
  /** Where the gains of the format's choices go. */
  readonly gains: 'grid' | 'fp32-correction' | 'none';
}

/** The registry row of a design with an FP32 accumulator. */
export function floatDesign(design: FloatDesign): DesignGenerator {
  const { name, summary, models, notModelled } = design;
  return {
    name,
    summary,
    models,
    notModelled,
    defaults: FLOAT_DEFAULTS,
    create: (options) => build(design, options),
  };
}

function build(design: FloatDesign, options: Required<DesignOptions>): MacDesign {
  const { name, summary, format, semantic, gains } = design;
  const { lanes, predecode } = options;
  checkWholeBlocks(name, lanes, format.blockSize);
  const onGrid = gains === 'grid';
  const configuration = blockConfiguration(name, format, onGrid ? 'on-grid' : 'left-out', options);
  const module = floatMac({
    ...configuration,
    moduleName: moduleName(name, { lanes, predecode }),
    summary,
    correction: gains === 'fp32-correction' ? 'fp32' : 'none',
  });
  const denominator = BigInt(configuration.a.denominator * configuration.w.denominator);
  const resultFactor = Rational.rational(1n, denominator);
  const formats = { a: format, w: format, semantic: semanticOf(semantic), resultFactor };
  const reading = onGrid ? ({ operandsFor: 'integers' } as const) : {};
  const protocol = blockProtocol(configuration, [fp32Port('acc')], undefined);
  return macDesign({ name, summary, ...formats, ...reading, lanes, module, protocol }, { lanes, predecode });
}
