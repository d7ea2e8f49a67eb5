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
}

export interface ErrorSummary {
  readonly meanAbsolute: number;
  readonly worst: number;
}

/** For technologies that were never compared with synthesis: the model as it is. */
export const UNCALIBRATED: Calibration = { areaFactor: 1, delayFactor: 1, errors: undefined };

/** Factors of area and delay, circuits, then mean absolute and worst error of area, delay and stages. */
export type CalibrationRow = readonly [
  areaFactor: number,
  delayFactor: number,
  circuits: number,
  ...errors: readonly [number, number, number, number, number, number],
];

/** The calibration of a technology of the project; the uncalibrated model for all others. */
export function calibrationOf(technologyName: string): Calibration {
  if (!Object.hasOwn(CALIBRATION_ROWS, technologyName)) return UNCALIBRATED;
  const [areaFactor, delayFactor, circuits, ...errors] = CALIBRATION_ROWS[technologyName]!;
  const [area, delay, stages] = ([0, 2, 4] as const).map(
    (at): ErrorSummary => ({ meanAbsolute: errors[at], worst: errors[(at + 1) as 1 | 3 | 5] }),
  );
  return { areaFactor, delayFactor, errors: { circuits, area: area!, delay: delay!, stages: stages! } };
}
