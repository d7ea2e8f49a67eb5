/** Measured cycles of tile programs against a machine model. */
export { type Comparison, Predictor } from './predict.js';
export { readTileRows, type TileRow } from './rows.js';
export { type ErrorSummary, mean, summariseByClass, summariseByMeasure } from './summary.js';
export { median } from './tile-programs.js';
