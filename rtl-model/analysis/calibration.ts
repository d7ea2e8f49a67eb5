/**
 * How far estimates are from synthesis, by technology: factors fitted over a set of circuits, and the errors that are
 * left for circuits that were not in the fit (each judged by factors fitted without it). The figures are in
 * `calibration-table.ts`, which bench/estimates/calibrate.ts generates.
 */
import { CALIBRATIONS } from './calibration-table.js';

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
}

export interface ErrorSummary {
  readonly meanAbsolute: number;
  readonly worst: number;
}

/** For technologies that were never compared with synthesis: the model as it is. */
export const UNCALIBRATED: Calibration = { areaFactor: 1, delayFactor: 1, errors: undefined };

/** The calibration of a technology of the project; the uncalibrated model for all others. */
export function calibrationOf(technologyName: string): Calibration {
  return Object.hasOwn(CALIBRATIONS, technologyName) ? CALIBRATIONS[technologyName]! : UNCALIBRATED;
}
