/** The functional coverage model of a unit that works by dot products. */
import type { DotUnit } from '../../../../rtl-model/designs/index.js';
import { slicesOfBlock } from '../../mac/draw.js';
import { type MacVectors, segmentLines } from '../../mac/layout.js';
import { segmentAt } from '../../mac/segments.js';
import { type CoverageModel, coverageModel } from '../model.js';
import { type DotPoint, factsOf } from './facts.js';
import { addendPoints, elementPairs, lanesUsed, reservedCodes, scalePoints } from './operand-points.js';
import { accumulatorPoints, cancellation, exponentDistance, isEach, roundingPoints } from './sum-points.js';

/** Longest dot product, in slices, by which bins are judged reachable. */
export const COVERED_SLICES = 64;

/** The model of a unit by its vectors. */
export function dotCoverage(vectors: MacVectors): CoverageModel {
  const { design } = vectors;
  const read = factsOf(design);
  return coverageModel(design.name, 'dot products', pointsOf(design), function* (columns, count) {
    for (const lines of segmentLines(vectors, columns, count)) yield read(segmentAt(vectors, columns, lines));
  });
}

function pointsOf(unit: DotUnit): DotPoint[] {
  const longest = isEach(unit) ? 1 : COVERED_SLICES;
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

function segmentLength(unit: DotUnit): DotPoint {
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
