/** The functional coverage model of a unit that works by dot products: its points, as records. */
import type { DotUnit } from '../../../rtl-model/designs/index.js';
import { slicesOfBlock } from '../mac/draw.js';
import { addendPoints, elementPairs, lanesUsed, reservedCodes, scalePoints } from './operand-points.js';
import type { CoveragePoint } from './point.js';
import { accumulatorPoints, cancellation, exponentDistance, isEach, roundingPoints } from './sum-points.js';

/** All points of a unit. `longest` is the longest dot product in blocks that the vectors use. */
export function coverageModel(unit: DotUnit, longest: number): CoveragePoint[] {
  return [
    elementPairs(unit),
    lanesUsed(unit),
    ...scalePoints(unit),
    exponentDistance(unit),
    cancellation(unit),
    reservedCodes(unit),
    ...accumulatorPoints(unit, longest),
    ...roundingPoints(unit),
    ...addendPoints(unit),
    segmentLength(unit),
  ];
}

/** Lengths of dot products in slices, by the longest of each class. */
const LENGTH_CLASSES = [
  ['1', 1],
  ['2', 2],
  ['3 to 7', 7],
  ['8 or more', Number.POSITIVE_INFINITY],
] as const;

function segmentLength(unit: DotUnit): CoveragePoint {
  const least = slicesOfBlock(unit);
  const unreachable = (longest: number): string | undefined => {
    if (isEach(unit) && longest > 1) return 'every slice is a dot product of its own';
    return longest < least ? `dot products are of whole blocks, which take ${least} slices` : undefined;
  };
  return {
    name: 'segment-length',
    summary: 'slices of a dot product',
    bins: LENGTH_CLASSES.map(([name, longest]) => {
      const why = unreachable(longest);
      return why === undefined ? { name } : { name, unreachable: why };
    }),
    hit: ({ segment: { slices } }) => [LENGTH_CLASSES.find(([, longest]) => slices.length <= longest)![0]],
  };
}
