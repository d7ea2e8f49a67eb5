/**
 * Synthesis of the pairs that `if4-claim` compares: five libraries, several perturbed runs, kept in
 * `reports/if4-synthesis.json` by a hash of the Verilog, so that only what changed is synthesised again.
 */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Design } from '../../rtl-model/designs/index.js';
import { CLOCK } from '../../rtl-model/hdl/index.js';
import {
  findSynthesisTools,
  spreadOf,
  synthesiseForAll,
  synthesisLibrary,
} from '../../rtl-model/synthesis/index.js';
import { emitModules } from '../../rtl-model/systemverilog/index.js';
import { ROOT, writeReport } from './write-report.js';

/** One design in one technology. */
export interface SynthesisedDesign {
  readonly configuration: string;
  readonly technology: string;
  /** Of the emitted SystemVerilog. */
  readonly hash: string;
  readonly tools: string;
  /** One number a perturbed run. */
  readonly areaUm2: readonly number[];
  readonly periodPs: readonly number[];
}

const FILE = 'if4-synthesis.json';
const SHARED = join(ROOT, '..', 'shared', 'liberty');
export const LIBERTY: Readonly<Record<string, string>> = {
  asap7: join(SHARED, 'asap7.lib.gz'),
  gt2n: join(SHARED, 'gt2n.lib.gz'),
  ihp: join(SHARED, 'ihp.lib.gz'),
  osu018: '/usr/share/qflow/tech/osu018/osu018_stdcells.lib',
  sky130hd: join(SHARED, 'sky130hd.lib.gz'),
};

function kept(): SynthesisedDesign[] {
  const file = join(ROOT, 'reports', FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SynthesisedDesign[]) : [];
}

const verilogOf = ({ module }: Design) =>
  emitModules(module)
    .map(({ text }) => text)
    .join('\n');
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** What is known of a design as it is now. */
export function synthesisOf(design: Design): SynthesisedDesign[] {
  const hash = hashOf(verilogOf(design));
  return kept().filter((row) => row.hash === hash);
}

/** Synthesises designs on the technologies that are missing, and keeps the results. */
export async function synthesiseMissing(designs: readonly Design[], runs: number): Promise<void> {
  const tools = findSynthesisTools();
  if (tools.staVersion === undefined) throw new Error('periods need OpenSTA: apt-get install opensta');
  for (const design of designs) {
    const known = new Set(synthesisOf(design).map(({ technology }) => technology));
    const missing = Object.keys(LIBERTY).filter((technology) => !known.has(technology));
    if (missing.length === 0) continue;
    const verilog = verilogOf(design);
    const libraries = missing.map((technology) => synthesisLibrary(LIBERTY[technology]!));
    const input = { verilog, top: design.module.name, ...CLOCK };
    const results = await synthesiseForAll(input, libraries, tools, { runs });
    const rows = missing.map((technology, i): SynthesisedDesign => {
      const done = results[i]!.runs;
      return {
        configuration: design.configuration,
        technology,
        hash: hashOf(verilog),
        tools: `yosys ${tools.yosysVersion}, OpenSTA ${tools.staVersion}`,
        areaUm2: done.map(({ areaUm2 }) => areaUm2),
        periodPs: done.map(({ periodPs }) => Number(periodPs.toFixed(1))),
      };
    });
    const others = kept().filter(
      (row) => row.configuration !== design.configuration || !missing.includes(row.technology),
    );
    const all = [...others, ...rows].sort(byName);
    writeReport(FILE, `[\n${all.map((row) => JSON.stringify(row)).join(',\n')}\n]`);
  }
}

const byName = (x: SynthesisedDesign, y: SynthesisedDesign) =>
  `${x.configuration} ${x.technology}`.localeCompare(`${y.configuration} ${y.technology}`);

/** Medians over the runs. */
export function mediansOf({ areaUm2, periodPs }: Pick<SynthesisedDesign, 'areaUm2' | 'periodPs'>) {
  return { areaUm2: spreadOf(areaUm2).median, periodPs: spreadOf(periodPs).median };
}
