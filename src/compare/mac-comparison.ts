/**
 * MAC designs side by side: area, delay, cycles, throughput, energy, storage and accuracy of each, by estimate.
 * Plain values; `overheads.ts` and `fronts.ts` look at them, `src/report` draws them.
 */
import {
  cleanUp,
  type DesignEstimate,
  describeEstimate,
  estimatedGates,
  estimateLogic,
  type Logic,
  type OperandMatrices,
} from '../../rtl-model/analysis/index.js';
import type { MacDesign } from '../../rtl-model/designs/index.js';
import type { Netlist } from '../../rtl-model/hdl/index.js';
import type { Technology } from '../../rtl-model/technology/index.js';
import type { OperandFormat } from '../dot/index.js';
import { widthOf } from '../formats/index.js';
import { type MacAccuracy, macAccuracy } from './mac-accuracy.js';

/** Registers at the end of a stage. */
export interface StageWidth {
  readonly stage: string;
  readonly bits: number;
  /** Undefined where no path ends in the stage. */
  readonly delayPs: number | undefined;
}

/** A design in one technology. */
export interface MacFigures {
  /** The name that it is shown under: with its options where they are not the usual ones. */
  readonly design: string;
  readonly summary: string;
  readonly lanes: number;
  readonly format: string;
  readonly semantic: string;
  /** Whether nothing is rounded before the end of K. */
  readonly exact: boolean;
  readonly technology: string;
  readonly estimate: DesignEstimate;
  readonly stages: readonly StageWidth[];
  /** Multiply-accumulates a second and area: 10⁹ / (s · µm²), or the unit technology's own units. */
  readonly throughputPerArea: number;
  readonly energyPerMacFj: number;
  readonly storageBits: { readonly a: number; readonly w: number };
  readonly accuracy: readonly MacAccuracy[];
  /** Mean over the tensor pairs. */
  readonly sqnrDb: number;
}

export interface MacComparison {
  readonly technologies: readonly string[];
  readonly operands: readonly string[];
  readonly rows: readonly MacFigures[];
}

export interface MacComparisonOptions {
  /** Gives the logic of a netlist after clean-up; made anew if not given. */
  readonly logicOf?: (netlist: Netlist) => Logic;
  readonly onProgress?: (text: string) => void;
}

/** Every design, by the name that it is shown under, in every technology. Energy is that of the first pair of tensors. */
export function compareMacs(
  designs: ReadonlyMap<string, MacDesign>,
  technologies: readonly Technology[],
  tensors: readonly OperandMatrices[],
  { logicOf = (netlist) => cleanUp(estimatedGates(netlist)), onProgress }: MacComparisonOptions = {},
): MacComparison {
  const rows = [...designs].flatMap(([name, design]) => {
    onProgress?.(`${name}: accuracy`);
    const accuracy = tensors.map((operands) => macAccuracy(design, operands));
    // The clean-up is the same in every technology.
    const logic = logicOf(design.netlist);
    return technologies.map((technology) => {
      onProgress?.(`${name} in ${technology.name}`);
      return figuresOf(name, design, logic, technology, tensors[0]!, accuracy);
    });
  });
  return {
    technologies: technologies.map(({ name }) => name),
    operands: tensors.map(({ name }) => name),
    rows,
  };
}

function figuresOf(
  name: string,
  design: MacDesign,
  logic: Logic,
  technology: Technology,
  operands: OperandMatrices,
  accuracy: readonly MacAccuracy[],
): MacFigures {
  const estimate = describeEstimate(design, estimateLogic(logic, technology), { operands });
  return {
    design: name,
    summary: design.summary,
    lanes: design.lanes,
    format: formatName(design),
    semantic: design.semantic.name,
    exact: ['exact', 'integer', 'per-choice'].includes(design.semantic.accumulation.kind),
    technology: technology.name,
    estimate,
    stages: stageWidths(design, estimate),
    throughputPerArea: (1000 * design.lanes) / (estimate.periodPs * estimate.areaUm2),
    energyPerMacFj: estimate.energy!.perMacFj,
    storageBits: { a: storageBits(design.a), w: storageBits(design.w) },
    accuracy,
    sqnrDb: accuracy.reduce((sum, { sqnrDb }) => sum + sqnrDb, 0) / accuracy.length,
  };
}

const formatName = ({ a, w }: MacDesign) => (a.name === w.name ? a.name : `${a.name} × ${w.name}`);

/** Bits of memory an element, with its share of the scale (whole bytes, as stored) and of micro-exponents. */
export function storageBits(format: OperandFormat): number {
  if (format.kind !== 'block') return widthOf(format);
  const { choices, scale, selector, blockSize, microGroups = [] } = format;
  const element = Math.max(...choices.map((choice) => widthOf(choice.element)));
  const scaleBits = 8 * Math.ceil((widthOf(scale) + (selector === 'none' ? 0 : 1)) / 8);
  return element + scaleBits / blockSize + microGroups.reduce((bits, size) => bits + 1 / size, 0);
}

function stageWidths({ module }: MacDesign, { stages }: DesignEstimate): StageWidth[] {
  const bits = new Map<string, number>();
  for (const { stage, output } of module.registers) {
    bits.set(stage, (bits.get(stage) ?? 0) + module.nets[output]!.width);
  }
  return [...bits]
    .sort(([x], [y]) => x.localeCompare(y, 'en', { numeric: true }))
    .map(([stage, width]) => ({
      stage,
      bits: width,
      delayPs: stages.find((row) => row.stage === stage)?.delayPs,
    }));
}
