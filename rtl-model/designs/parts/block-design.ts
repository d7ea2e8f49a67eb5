/** From a block format and options to the values that all block MACs share: shapes, ports, protocol. */
import type { BlockFormat } from '../../../src/formats/index.js';
import {
  checkLanes,
  type DesignOptions,
  type MacProtocol,
  type OperandPorts,
  type ResultPort,
} from '../design.js';
import { microBits } from './block-dot.js';
import { factorPlan } from './block-factor.js';
import { type BlockConfiguration, groupsOf } from './exact.js';
import { type GainPlace, type SideShape, sideShape } from './operand.js';

/** The options of exact designs with their defaults. */
export const EXACT_DEFAULTS = { lanes: 16, readout: 'register', predecode: false, pipeline: true } as const;
/** The options of MACs that round while they accumulate. */
export const FLOAT_DEFAULTS = { lanes: 16, predecode: false } as const;

/** A configuration with the same format on both sides. */
export function blockConfiguration(
  name: string,
  format: BlockFormat,
  gains: GainPlace,
  options: Pick<Required<DesignOptions>, 'lanes' | 'predecode' | 'pipeline'>,
): BlockConfiguration {
  checkLanes(name, options.lanes, format.blockSize, Math.max(1, ...(format.microGroups ?? [])));
  const plan = gains === 'on-product' ? factorPlan(format) : undefined;
  const shape = sideShape(format, gains === 'on-product' && plan === undefined ? 'on-grid' : gains);
  const { lanes, predecode, pipeline } = options;
  return { a: shape, w: shape, lanes, predecode, pipeline, plan, selectors: plan !== undefined };
}

/** `nvfp4_exact_16`, with a suffix for what is not the default. */
export function moduleName(name: string, options: DesignOptions): string {
  const parts = [name.replaceAll('-', '_'), String(options.lanes)];
  if (options.readout === 'fp32') parts.push('fp32');
  if (options.predecode === true) parts.push('predecoded');
  if (options.pipeline === false) parts.push('unpipelined');
  if (options.floats === 'finite') parts.push('finite');
  return parts.join('_');
}

/** The protocol of a block MAC with `first` and `last`. */
export function blockProtocol(
  { a, w, lanes }: BlockConfiguration,
  results: MacProtocol['results'],
  nan: string | undefined,
): MacProtocol {
  const blockSize = Math.min(a.format.blockSize, w.format.blockSize);
  return {
    enable: 'en',
    segmentEnd: 'last',
    first: 'first',
    last: 'last',
    a: operandPorts('a', a, lanes, blockSize),
    w: operandPorts('w', w, lanes, blockSize),
    addend: undefined,
    done: 'done',
    results,
    nan,
    segmentInterval: 1,
  };
}

function operandPorts(name: string, shape: SideShape, lanes: number, blockSize: number): OperandPorts {
  const microWidth = microBits(shape, lanes);
  return {
    codes: `${name}_in`,
    codeWidth: shape.codeWidth,
    scales: `${name}_sf`,
    scaleWidth: shape.scaleWidth,
    blocks: groupsOf(lanes, blockSize).groups,
    micro: microWidth === 0 ? undefined : `${name}_micro`,
    microWidth,
  };
}

/** An FP32 result on a port. */
export function fp32Port(port: string): ResultPort {
  return { port, width: 32, kind: 'bits', unitExponent: 0 };
}
