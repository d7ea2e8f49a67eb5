/**
 * The exact accumulator, as two doubles an output. A group sum times its scale product is an integer in units of the
 * last place of everything (elements, scales, gains multiplied out). `spillEvery` of them fit a double; their sum is
 * then split at 2^26 into a high and a low part, which have room for millions of such sums.
 */
import {
  type ExactAccumulation,
  type ExactBound,
  exactBound,
  type FloatResult,
  hasBlockScales,
  infinityOf,
  type OperandFormat,
} from '../../dot/index.js';
import { bitsToFloat32, ConfigurationError, float32Bits } from '../../numerics/index.js';
import { type CodedTile, unitExponentOf } from './coded-tile.js';
import type { Family, FamilySetup, FamilyTile } from './family.js';
import {
  forEachQuad,
  type GroupedQuads,
  type GroupedRows,
  groupedQuads,
  groupedRows,
  packsWell,
  readChoices,
} from './group-sums.js';
import { GROUP, packedSum, unpackSums } from './packed.js';
import { exactTotal, nearestFloat32 } from './quotient.js';
import { addToFloat32 } from './rounding.js';
import { groupsPerRow, type ScaleReading } from './scaled-groups.js';
