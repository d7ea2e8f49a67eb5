/**
 * The estimate of a design as people ask for it: area, by module, stages with their longest paths, period, cycles,
 * energy, leakage, and how far each may be off. Plain values, for tables and JSON.
 */
import { ConfigurationError } from '../../src/numerics/index.js';
import type { Design } from '../designs/index.js';
import type { Technology } from '../technology/index.js';
import type { CalibrationErrors } from './calibration.js';
import { type DesignEnergy, designEnergy } from './design-energy.js';
import { cleanUp, type Estimate, estimatedGates, estimateLogic } from './estimate.js';
import type { OperandMatrices } from './operand-streams.js';
import { type PathSection, pathSections } from './path-sections.js';
import { type Pipeline, type PipelineGoal, pipeline } from './pipeline.js';

export interface DesignEstimateOptions {
  /** Cut the datapath anew instead of keeping the design's own registers. */
  readonly pipeline?: PipelineGoal;
  /** Operands for the energy of a MAC; no energy without. */
  readonly operands?: OperandMatrices;
}

/** The own cells of all instances of one module. */
export interface ModuleArea {
  readonly module: string;
  readonly instances: number;
  readonly areaUm2: number;
  readonly nand2e: number;
  /** Part of the whole, 0 to 1. */
  readonly share: number;
  readonly flipFlops: number;
}

export interface StageEstimate {
  /** Undefined for what lies behind the last registers. */
  readonly stage: string | undefined;
  readonly delayPs: number;
  /** Where the longest path ends. */
  readonly endpoint: string;
  readonly path: readonly PathSection[];
}

export interface DesignEstimate {
  readonly design: string;
  readonly configuration: string;
  readonly technology: Pick<Technology, 'name' | 'title' | 'source' | 'licence' | 'date' | 'units'>;
  readonly areaUm2: number;
  readonly nand2e: number;
  readonly leakageNw: number;
  readonly cells: number;
  readonly flipFlops: number;
  readonly modules: readonly ModuleArea[];
  readonly periodPs: number;
  readonly latencyCycles: number;
  /** Shortest period that the loops through registers allow. */
  readonly loopPeriodPs: number | undefined;
  readonly stages: readonly StageEstimate[];
  readonly energy: DesignEnergy | undefined;
  /** Set when the datapath was cut anew. */
  readonly pipeline: Omit<Pipeline, 'stageOfCell'> | undefined;
  /** Relative errors to expect, from the calibration; undefined for technologies that were never compared. */
  readonly errors: CalibrationErrors | undefined;
}

/** The estimate of a design in a technology. */
export function estimateDesign(
  design: Design,
  technology: Technology,
  options: DesignEstimateOptions = {},
): DesignEstimate {
  const estimate = estimateLogic(cleanUp(estimatedGates(design.netlist)), technology);
  return describeEstimate(design, estimate, options);
}

/** The same from an estimate that was already made of the design's gates. */
export function describeEstimate(
  design: Design,
  estimate: Estimate,
  { pipeline: goal, operands }: DesignEstimateOptions = {},
): DesignEstimate {
  const { technology, area, calibration, timing } = estimate;
  const { name, title, source, licence, date, units } = technology;
  const cut = goal === undefined ? undefined : pipeline(timing, goal, calibration.delayFactor);
  const energy =
    operands === undefined || design.kind !== 'mac'
      ? undefined
      : designEnergy(design, estimate.netlist, operands);
  if (energy !== undefined && energy.mismatches > 0) {
    throw new ConfigurationError(
      `${design.configuration} in ${technology.name}: ${energy.mismatches} of ${energy.results} results on ${energy.operands} differ from the oracle`,
    );
  }
  return {
    design: design.name,
    configuration: design.configuration,
    technology: { name, title, source, licence, date, units },
    areaUm2: area.areaUm2,
    nand2e: area.areaUm2 / technology.nand2AreaUm2,
    leakageNw: area.leakageNw,
    cells: area.cells,
    flipFlops: area.flipFlops,
    modules: modulesOf(estimate),
    periodPs: estimate.periodPs,
    latencyCycles: design.latencyCycles,
    loopPeriodPs: cut?.loopPeriodPs,
    stages: estimate.stages.map(({ stage, delayPs, path }) => ({
      stage,
      delayPs,
      endpoint: path.endpoint,
      path: pathSections(path, estimate.netlist),
    })),
    energy,
    pipeline: cut === undefined ? undefined : withoutStages(cut, calibration.areaFactor),
    errors: calibration.errors,
  };
}

function withoutStages(cut: Pipeline, areaFactor: number): Omit<Pipeline, 'stageOfCell'> {
  const { stageOfCell: _, ...rest } = cut;
  return { ...rest, areaUm2: cut.areaUm2 * areaFactor };
}

function modulesOf({ instances, technology, area }: Estimate): ModuleArea[] {
  const byModule = new Map<string, { instances: number; areaUm2: number; flipFlops: number }>();
  for (const { module, own } of instances) {
    const sums = byModule.get(module) ?? { instances: 0, areaUm2: 0, flipFlops: 0 };
    sums.instances++;
    sums.areaUm2 += own.areaUm2;
    sums.flipFlops += own.flipFlops;
    byModule.set(module, sums);
  }
  return [...byModule]
    .map(([module, sums]) => ({
      module,
      ...sums,
      nand2e: sums.areaUm2 / technology.nand2AreaUm2,
      share: area.areaUm2 === 0 ? 0 : sums.areaUm2 / area.areaUm2,
    }))
    .filter(({ areaUm2 }) => areaUm2 > 0)
    .sort((a, b) => b.areaUm2 - a.areaUm2);
}
