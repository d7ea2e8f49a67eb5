/** A cover of a logic: which cell makes which literal. */
import type { Technology } from '../technology/index.js';
import type { CutSet } from './cuts.js';
import type { Logic } from './logic.js';
import type { Match } from './matches.js';

/** How a literal is made. */
export interface Choice {
  /** The match whose leaves are those of `cut`; undefined for an inverter behind the other polarity. */
  readonly match: Match | undefined;
  readonly cut: number;
}

/** A cover: the choices of the literals that are in use. */
export interface Cover {
  readonly logic: Logic;
  readonly technology: Technology;
  /** By literal; undefined for sources, constants and literals not in use. */
  readonly choices: readonly (Choice | undefined)[];
  readonly cuts: CutSet;
  /** Class index of the inverter. */
  readonly inverter: number;
  /** How many cells and sinks read each literal. */
  readonly references: Int32Array;
}
