/**
 * How far estimates are from synthesis, by technology: factors fitted over a set of circuits, and the errors that are
 * left for circuits that were not in the fit (each judged by factors fitted without it). The figures are in
 * `calibration-table.ts`, which bench/estimates/calibrate.ts generates.
 */
import { CALIBRATION_ROWS } from './calibration-table.js';

export interface Calibration {
  /** Synthesised area over modelled area, and the same for the period. */
  readonly areaFactor: number;
  readonly delayFactor: number;
  /** Relative errors after the factors, leave-one-out; undefined for technologies that were never compared. */
  readonly errors: CalibrationErrors | undefined;
}

export interface CalibrationErrors {
  readonly circuits: number;
  readonly area: ErrorSummary;
  /** Of the period. */
  readonly delay: ErrorSummary;
  /** Of the delays of single stages. */
  readonly stages: ErrorSummary;
  /** Of the ratio of two designs, over all pairs; factors do not matter to it. */
  readonly ratios: { readonly area: ErrorSummary; readonly delay: ErrorSummary };
}

export interface ErrorSummary {
  readonly meanAbsolute: number;
  readonly worst: number;
}

/** For technologies that were never compared with synthesis: the model as it is. */
export const UNCALIBRATED: Calibration = { areaFactor: 1, delayFactor: 1, errors: undefined };

/** Mean absolute and worst error. */
type Errors = readonly [meanAbsolute: number, worst: number];

/** Factors of area and delay, circuits, then the errors of area, delay and stages, of ratios of area and of delay. */
export type CalibrationRow = readonly [
  areaFactor: number,
  delayFactor: number,
  circuits: number,
  area: Errors,
  delay: Errors,
  stages: Errors,
  areaRatio: Errors,
  delayRatio: Errors,
];

/** The calibration of a technology of the project; the uncalibrated model for all others. */
export function calibrationOf(technologyName: string): Calibration {
  if (!Object.hasOwn(CALIBRATION_ROWS, technologyName)) return UNCALIBRATED;
  const [areaFactor, delayFactor, circuits, area, delay, stages, areaRatio, delayRatio] =
    CALIBRATION_ROWS[technologyName]!;
  return {
    areaFactor,
    delayFactor,
    errors: {
      circuits,
      area: summaryOf(area),
      delay: summaryOf(delay),
      stages: summaryOf(stages),
      ratios: { area: summaryOf(areaRatio), delay: summaryOf(delayRatio) },
    },
  };
}

function summaryOf([meanAbsolute, worst]: Errors): ErrorSummary {
  return { meanAbsolute, worst };
}
