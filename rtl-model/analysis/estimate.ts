/**
 * From a gate netlist to its estimate in a technology: clean-up, mapping, buffers, sizes, timing, area.
 *
 * What is modelled is logic synthesis without placement: no wires, an ideal clock, one corner. The clean-up follows the
 * order of common area-driven scripts, so that carry networks are reshaped the way those reshape them.
 */
import { bitBlast, type GateNetlist, type Netlist } from '../hdl/index.js';
import type { Technology } from '../technology/index.js';
import { type AreaFigures, areaByInstance, type InstanceArea } from './area.js';
import { balance } from './balance.js';
import { type Calibration, calibrationOf } from './calibration.js';
import { type Logic, logicOf } from './logic.js';
import { type MappedNetlist, mapToTechnology } from './mapped.js';
import { withPlainOperators } from './operators.js';
import { type StageTiming, stageTimings } from './paths.js';
import { refactor } from './refactor.js';
import { withReuse } from './reuse.js';
import { rewrite } from './rewrite.js';
import { insertBuffers, sizeCells } from './sizing.js';
import { sweep } from './sweep.js';
import { analyseTiming, type Timing } from './timing.js';

export interface Estimate {
  readonly technology: Technology;
  readonly calibration: Calibration;
  readonly netlist: MappedNetlist;
  /** As the model gives it, before calibration. */
  readonly timing: Timing;
  /** Areas, calibrated. */
  readonly area: AreaFigures;
  /** By instance, the design itself first; calibrated. */
  readonly instances: readonly InstanceArea[];
  /** Shortest clock period, calibrated. */
  readonly periodPs: number;
  /** Longest first; delays calibrated, the steps of their paths as well. */
  readonly stages: readonly StageTiming[];
}

/**
 * The gates of a netlist as synthesis starts from them: an adder that asks for no architecture is a plain `+`, of which
 * its tools make a Brent-Kung network; one with a carry in is a sum of three words, and ¬(a < b) is b ≤ a.
 */
export function estimatedGates(netlist: Netlist): GateNetlist {
  return bitBlast(withPlainOperators(netlist), { adder: 'brent-kung' });
}

type Pass = (logic: Logic) => Logic;

const rewriteFreely: Pass = (logic) => rewrite(logic, { zeroGain: true });
const refactorFreely: Pass = (logic) => refactor(logic, { zeroGain: true });

/**
 * Equal nodes merged, then cones rewritten and refactored, at last also where that saves nothing at once, in the order
 * of the reference flow's area-driven script (`dc2` of abc). It makes long carry chains of fast carry networks. How near
 * to that script's graphs it comes: decision 31.
 */
const CLEAN_UP: readonly Pass[] = [
  sweep,
  rewrite,
  refactor,
  balance,
  rewrite,
  rewriteFreely,
  refactorFreely,
  rewriteFreely,
];

/** The logic of a netlist after clean-up. Independent of the technology: worth keeping for several estimates. */
export function cleanUp(gates: GateNetlist): Logic {
  return withReuse(logicOf(gates), (logic) => CLEAN_UP.reduce((before, pass) => pass(before), logic));
}

/** The mapped, buffered and sized netlist of a logic. */
export function implement(logic: Logic, technology: Technology): MappedNetlist {
  return sizeCells(insertBuffers(mapToTechnology(logic, technology)));
}

/** The estimate of a logic that `cleanUp` gave. */
export function estimateLogic(
  logic: Logic,
  technology: Technology,
  calibration: Calibration = calibrationOf(technology.name),
): Estimate {
  const netlist = implement(logic, technology);
  const timing = analyseTiming(netlist);
  const { areaFactor, delayFactor } = calibration;
  const instances = areaByInstance(netlist).map((instance) => scaleInstance(instance, areaFactor));
  return {
    technology,
    calibration,
    netlist,
    timing,
    area: instances[0]!.total,
    instances,
    periodPs: timing.periodPs * delayFactor,
    stages: stageTimings(timing).map((stage) => scaleStage(stage, delayFactor)),
  };
}

/** The estimate of a gate netlist in a technology. */
export function estimate(gates: GateNetlist, technology: Technology): Estimate {
  return estimateLogic(cleanUp(gates), technology);
}

function scaleInstance({ own, total, ...name }: InstanceArea, factor: number): InstanceArea {
  const scale = (figures: AreaFigures) => ({ ...figures, areaUm2: figures.areaUm2 * factor });
  return { ...name, own: scale(own), total: scale(total) };
}

function scaleStage({ stage, delayPs, path }: StageTiming, factor: number): StageTiming {
  const steps = path.steps.map((step) => ({
    ...step,
    delayPs: step.delayPs * factor,
    arrivalPs: step.arrivalPs * factor,
  }));
  return { stage, delayPs: delayPs * factor, path: { ...path, steps, delayPs: path.delayPs * factor } };
}
