/**
 * How much more one design costs than another depends on what the cost is divided by. Three denominators, from the
 * smallest to the largest:
 *
 * - `lanes and tree`: the modules below the top: decoders, multipliers, sum tree (in lane designs also their adders);
 * - `block MAC`: the whole design, registers and accumulator included;
 * - `tensor core`: the block MAC with its share of the buffers of a streaming multiprocessor.
 *
 * Assumptions of the last: 228 KB of shared memory and 256 KB of tensor memory for 512 block MACs of 16 elements, which
 * is 8192 FP4 multiply-accumulates a cycle (public figures of Blackwell: SemiAnalysis, "Dissecting Nvidia Blackwell",
 * 2026-03-31; CUDA C++ programming guide, tensor memory). A bit of memory with its share of the periphery counts half a
 * NAND2: 0.044 µm² in ASAP7, where published high-density bit cells of 7 nm have 0.027 µm². Registers, schedulers and
 * wires count nothing, so a real core dilutes more.
 */
import type { MacComparison, MacFigures } from './mac-comparison.js';

export const BUFFER_BITS_PER_ELEMENT = ((228 + 256) * 1024 * 8) / 8192;
export const NAND2_PER_BUFFER_BIT = 0.5;

export const DENOMINATORS = ['lanes and tree', 'block MAC', 'tensor core'] as const;
export type Denominator = (typeof DENOMINATORS)[number];

/** NAND2 equivalents of a design under a denominator. */
export function sizeUnder(denominator: Denominator, { estimate, lanes }: MacFigures): number {
  const [top] = estimate.modules
    .filter(({ instances }) => instances === 1)
    .filter(isTop(estimate.configuration));
  const sizes: Record<Denominator, number> = {
    'lanes and tree': estimate.nand2e - (top?.nand2e ?? 0),
    'block MAC': estimate.nand2e,
    'tensor core': estimate.nand2e + lanes * BUFFER_BITS_PER_ELEMENT * NAND2_PER_BUFFER_BIT,
  };
  return sizes[denominator];
}

/** The design's own module is called like the design. */
const isTop = (configuration: string) => {
  const [name = ''] = configuration.split(' ');
  return ({ module }: { readonly module: string }) => module.startsWith(`${name.replaceAll('-', '_')}_`);
};

/** One design against another in one technology. Ratios of size, period and energy a MAC; 1 is equal. */
export interface Overhead {
  readonly technology: string;
  readonly design: string;
  readonly over: string;
  readonly size: Readonly<Record<Denominator, number>>;
  readonly period: number;
  readonly energy: number;
}

/** Every design against the baseline, technology by technology. Sizes are those of one element. */
export function overheadsOver(comparison: MacComparison, baseline: string): Overhead[] {
  return comparison.technologies.flatMap((technology) => {
    const rows = comparison.rows.filter((row) => row.technology === technology);
    const base = rows.find(({ design }) => design === baseline);
    if (base === undefined) return [];
    const size = (row: MacFigures, by: Denominator) => sizeUnder(by, row) / row.lanes;
    return rows
      .filter((row) => row !== base)
      .map((row): Overhead => {
        const ratio = (by: Denominator) => size(row, by) / size(base, by);
        return {
          technology,
          design: row.design,
          over: baseline,
          size: {
            'lanes and tree': ratio('lanes and tree'),
            'block MAC': ratio('block MAC'),
            'tensor core': ratio('tensor core'),
          },
          period: row.estimate.periodPs / base.estimate.periodPs,
          energy: row.energyPerMacFj / base.energyPerMacFj,
        };
      });
  });
}
