/** Ranges that coverage counts in. */
import type { DyadicValue } from '../../../numerics/index.js';

interface Range {
  readonly name: string;
  /** Smallest magnitude in the range. */
  readonly least: number;
}

const SIZES = [0, 1, 2, 4, 8, 16, 24, 32] as const;

/** Distances in binades on both sides of zero. */
export const DISTANCES: readonly Range[] = [
  { name: '0', least: 0 },
  ...SIZES.slice(1).flatMap((least, i) => {
    const next = SIZES[i + 2];
    const text = next === undefined ? `${least} or more` : `${least} to ${next - 1}`;
    return [
      { name: `+${text}`, least },
      { name: `−${text}`, least },
    ];
  }),
];

export function distanceName(distance: number): string {
  if (distance === 0) return '0';
  const size = Math.abs(distance);
  const at = SIZES.findLastIndex((least) => least <= size);
  const next = SIZES[at + 1];
  return `${distance > 0 ? '+' : '−'}${next === undefined ? `${SIZES[at]} or more` : `${SIZES[at]} to ${next - 1}`}`;
}

/** Binades lost by cancellation. */
export const LOSSES: readonly Range[] = [
  { name: '1 to 3 binades', least: 1 },
  { name: '4 to 7 binades', least: 4 },
  { name: '8 binades or more', least: 8 },
];

/** Undefined when nothing is lost. */
export function lossName(binades: number): string | undefined {
  return LOSSES.findLast(({ least }) => least <= binades)?.name;
}

export function signName({ significand }: DyadicValue): string {
  return significand === 0n ? 'zero' : significand < 0n ? 'minus' : 'plus';
}
