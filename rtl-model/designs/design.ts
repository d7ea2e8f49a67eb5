/**
 * What a MAC design is: a module, the formats and the dot semantic it implements, and how its ports are used, as data.
 * Simulation, vectors, benches, SystemVerilog and estimates all read this value.
 */
import type { DotSemantic, OperandFormat } from '../../src/dot/index.js';
import { ConfigurationError, type RationalValue } from '../../src/numerics/index.js';
import { flatten, type Module, type Netlist } from '../hdl/index.js';
import type { Segment } from './drive.js';
import { registerDepth } from './latency.js';

/** Ports of one operand. Element 0 of a slice, block 0 and group 0 sit in the lowest bits. */
export interface OperandPorts {
  /** Element codes, `lanes` × `codeWidth` bits. */
  readonly codes: string;
  readonly codeWidth: number;
  /** Scale codes, `blocks` × `scaleWidth` bits, or undefined for elements without block scales. */
  readonly scales: string | undefined;
  readonly scaleWidth: number;
  /** Blocks whose scales are taken at one edge (1 when a block takes several edges). */
  readonly blocks: number;
  /** Micro-exponent bits, level by level, `microWidth` bits in total; undefined without them. */
  readonly micro: string | undefined;
  readonly microWidth: number;
}

/** What a result port carries. */
export interface ResultPort {
  readonly port: string;
  readonly width: number;
  /**
   * - `bits`: the code of the semantic's result format;
   * - `fixed-point`: two's complement, value = port × 2^unitExponent × factor (see `resultFactor`).
   */
  readonly kind: 'bits' | 'fixed-point';
  readonly unitExponent: number;
}

/**
 * How a MAC is driven. At each clock edge where `enable` is 1 it takes one slice of `lanes` element pairs; other edges
 * are bubbles. A segment is the slices of one dot product.
 */
export interface MacProtocol {
  readonly enable: string;
  /**
   * - `last`: `first` marks the first slice of a segment, `last` the last one; `done` is 1 while the result shows.
   * - `next-first`: `first` marks the first slice; the result shows when the next segment has begun. A flush slice
   *   (zeros, `first` = 1) brings out the last result.
   * - `each`: every slice is a whole dot product with its addend.
   */
  readonly segmentEnd: 'last' | 'next-first' | 'each';
  readonly first: string | undefined;
  readonly last: string | undefined;
  readonly a: OperandPorts;
  readonly w: OperandPorts;
  /** Port of the addend C, taken with the first slice; undefined where C is zero. */
  readonly addend: string | undefined;
  readonly done: string;
  readonly results: readonly [ResultPort, ...ResultPort[]];
  /** One-bit port that is 1 with `done` when the result is NaN, for results that cannot say so themselves. */
  readonly nan: string | undefined;
  /** Least number of edges from the first slice of a segment to that of the next. */
  readonly segmentInterval: number;
}

/** What every design has. */
interface DesignBase {
  readonly name: string;
  readonly summary: string;
  /** The configuration as text: what `createDesign` needs to make it again. */
  readonly configuration: string;
  /** The same as data: every option it takes. */
  readonly options: DesignOptions;
  readonly lanes: number;
  readonly module: Module;
  readonly netlist: Netlist;
  /**
   * Registers between the edge that takes the last input of a result and the edge at which the result is read: the
   * register depth of the path that carries `done`. Derived from the netlist.
   */
  readonly latencyCycles: number;
}

/** A multiply-accumulate unit. */
export interface MacDesign extends DesignBase {
  readonly kind: 'mac';
  /** Formats of the codes on the ports. */
  readonly a: OperandFormat;
  readonly w: OperandFormat;
  readonly semantic: DotSemantic;
  /** dot product = result × this; 1/49 on the IF4 grid. */
  readonly resultFactor: RationalValue;
  readonly protocol: MacProtocol;
  /**
   * How the oracle of the semantic reads the operands: as they are (default), or as `integers` with gains and
   * micro-exponents multiplied out, for semantics that do not know them.
   */
  readonly operandsFor?: 'integers';
  /** Results by other means than the oracle of one semantic; absent for nearly all. */
  readonly expectation?: (segment: Segment) => readonly (bigint | null)[];
}

/** A port of a unit, and what it carries. */
export interface UnitPort {
  readonly port: string;
  /** In bits. */
  readonly width: number;
  readonly meaning: string;
  /** Name of the number format whose codes stand side by side on it, if they are numbers: `bf16`. */
  readonly format?: string;
}

/** What a dot product needs of a MAC to be drawn, driven and computed without hardware. */
export type DotUnit = Pick<
  MacDesign,
  | 'name'
  | 'summary'
  | 'lanes'
  | 'a'
  | 'w'
  | 'semantic'
  | 'resultFactor'
  | 'protocol'
  | 'operandsFor'
  | 'expectation'
>;

/** How a quantise unit or a transform is driven: one block of real numbers in, codes and a scale out. */
export interface UnitProtocol {
  readonly enable: string;
  readonly done: string;
  /** Least number of edges between two blocks. */
  readonly interval: number;
  readonly inputs: readonly UnitPort[];
  readonly outputs: readonly UnitPort[];
}

/** A unit beside the MAC: quantisers and transforms. */
export interface UnitDesign extends DesignBase {
  readonly kind: 'quantizer' | 'transform';
  /** Block format that it writes; undefined for transforms. */
  readonly format: OperandFormat | undefined;
  /** The quantiser policy that it implements, as text. */
  readonly policy: string;
  readonly protocol: UnitProtocol;
}

export type Design = MacDesign | UnitDesign;

/** What a user may choose of a design. A design refuses what it does not offer. */
export interface DesignOptions {
  /** Element pairs taken at one edge; each design has its own default, mostly 16. */
  readonly lanes?: number;
  /**
   * Exact designs: `register` brings out the wide register, `fp32` adds two stages that normalise and round it.
   */
  readonly readout?: 'register' | 'fp32';
  /** Exact designs: operands are decoded in a stage of their own, as at the load of a stationary operand. */
  readonly predecode?: boolean;
  /** Exact designs: `false` leaves out the registers between the stages before the accumulator. */
  readonly pipeline?: boolean;
  /**
   * Lane designs: `ieee` has FP32 operations with NaN and infinities, `finite` without. No input of these designs leads
   * to either, so the results are the same.
   */
  readonly floats?: 'ieee' | 'finite';
}

/** What a design is, in words, whatever its options. */
export interface DesignDescription {
  readonly name: string;
  readonly summary: string;
  /** The behaviour that it reproduces, and how closely. */
  readonly models: string;
  /** What a user might expect of it and does not get. */
  readonly notModelled: string;
}

/** A design that can be made: one row of the registry. */
export interface DesignGenerator extends DesignDescription {
  /** Options it takes, with their defaults. */
  readonly defaults: DesignOptions;
  create(options: Required<DesignOptions>): Design;
}

/** A MAC without what is derived from its module. */
export type MacSketch = Omit<MacDesign, 'kind' | 'netlist' | 'latencyCycles' | 'configuration' | 'options'>;

/** A MAC design with its netlist and latency. */
export function macDesign(sketch: MacSketch, options: DesignOptions): MacDesign {
  const netlist = flatten(sketch.module);
  const { protocol } = sketch;
  const from = protocol.last ?? protocol.first ?? protocol.enable;
  const latencyCycles = registerDepth(netlist, from, protocol.done);
  const configuration = configurationText(sketch.name, options);
  return { kind: 'mac', ...sketch, configuration, options, netlist, latencyCycles };
}

/** A unit without what is derived from its module. */
export type UnitSketch = Omit<UnitDesign, 'netlist' | 'latencyCycles' | 'configuration' | 'options'>;

/** A unit design with its netlist and latency. */
export function unitDesign(sketch: UnitSketch, options: DesignOptions): UnitDesign {
  const netlist = flatten(sketch.module);
  const latencyCycles = registerDepth(netlist, sketch.protocol.enable, sketch.protocol.done);
  const configuration = configurationText(sketch.name, options);
  return { ...sketch, configuration, options, netlist, latencyCycles };
}

/** `nvfp4-exact lanes=16 readout=register`: the design with every option it takes. */
export function configurationText(name: string, options: DesignOptions): string {
  return [name, ...Object.entries(options).map(([key, value]) => `${key}=${value}`)].join(' ');
}

/** Throws `ConfigurationError` unless lanes divide the block or are whole blocks, and are a power of two. */
export function checkLanes(name: string, lanes: number, blockSize: number, least = 1): void {
  const fits = lanes % blockSize === 0 || blockSize % lanes === 0;
  if (Number.isInteger(lanes) && lanes >= least && lanes <= 256 && fits) return;
  throw new ConfigurationError(
    `${name}: ${lanes} lanes do not fit blocks of ${blockSize}`,
    `expected ${least} to 256 lanes that divide a block, or whole blocks`,
  );
}
