/**
 * `reports/random-blocks.{md,json}`: every MAC design on a million constrained-random slices, in the compiled
 * simulator, each result compared with the oracle.
 *
 *   node dist/bench/rtl/random-blocks.js [SLICES [DESIGN …]]
 *
 * The report joins runs: designs that are not named keep their rows as long as their netlist is the same. A slice is
 * what a design takes at one edge: a block for NVFP4 and IF4 with 16 lanes, a whole step for fused units.
 */
import { createDesign, DESIGNS } from '../../rtl-model/designs/index.js';
import { bitBlast, gateCount } from '../../rtl-model/hdl/index.js';
import { netlistHash, simulateDesign } from '../../rtl-model/proof/index.js';
import { type KeptRow, keptRows } from '../reports/kept-rows.js';
import { writeReport } from '../reports/write-report.js';

const SEED = 20_26;

interface Row extends KeptRow {
  readonly design: string;
  readonly semantic: string;
  readonly seed: number;
  readonly gates: number;
  readonly slices: number;
  readonly segments: number;
  readonly mismatches: number;
  readonly seconds: number;
}

function runDesign(name: string, slices: number): Row | undefined {
  const design = createDesign(name);
  if (design.kind !== 'mac') return undefined;
  const start = process.cpuUsage().user;
  const report = simulateDesign(design, { vectors: slices, seed: SEED });
  if (report.first !== undefined) console.log(report.first);
  return {
    name,
    design: design.configuration,
    hash: netlistHash(design.netlist),
    semantic: design.semantic.name,
    seed: SEED,
    gates: gateCount(bitBlast(design.netlist)),
    slices: report.vectors,
    segments: report.results,
    mismatches: report.mismatches,
    seconds: (process.cpuUsage().user - start) / 1e6,
  };
}

function table(rows: readonly Row[]): string {
  const line = (r: Row) =>
    `| ${r.design} | ${r.semantic} | ${r.slices} | ${r.segments} | ${r.mismatches} | ${r.seconds.toFixed(1)} |`;
  return [
    '# Random blocks: every MAC against the oracle',
    '',
    `Constrained-random stimulus (classes of \`rtl-model/designs/stimulus.ts\`), seed ${SEED}; odd lanes with bubbles,`,
    'even lanes back to back. Seconds are processor time, the oracle included.',
    '',
    '| design | semantic | slices | results compared | mismatches | s |',
    '|---|---|---|---|---|---|',
    ...rows.map(line),
  ].join('\n');
}

function main(): void {
  const [count = '1000000', ...chosen] = process.argv.slice(2);
  const names = [...DESIGNS.keys()];
  const rows = keptRows<Row>('random-blocks.json');
  for (const name of chosen.length > 0 ? chosen : names) {
    const row = runDesign(name, Number(count));
    if (row === undefined) continue;
    rows.set(name, row);
    console.log(JSON.stringify(row));
    if (row.mismatches > 0) process.exitCode = 1;
  }
  const ordered = names.flatMap((name) => rows.get(name) ?? []);
  writeReport('random-blocks.md', table(ordered));
  writeReport('random-blocks.json', JSON.stringify(ordered, null, 2));
}

main();
