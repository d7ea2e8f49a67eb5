/** Benches: programs of other tools that play a folder of vectors into a device and compare its results. */
import type { Manifest } from '../manifest.js';
import { adapterName, adapterText } from './adapter.js';
import { cocotbTest } from './cocotb.js';
import { type BenchTarget, makefileText, readmeText, TARGETS } from './makefile.js';
import type { BenchPlan } from './plan.js';
import { benchText } from './system-verilog.js';
import { verilatorMain } from './verilator-main.js';

export { type BenchPlan, planBenches } from './plan.js';
export { type PortMap, parsePortMap } from './port-map.js';
export { checkPorts } from './sources.js';

export interface BenchFile {
  readonly file: string;
  readonly text: string;
}

/** The files of each kind of bench. */
const KINDS = {
  sv: (plan) => [{ file: `${plan.id}_bench.sv`, text: benchText(plan) }],
  verilator: (plan) => [{ file: `${plan.id}_main.cpp`, text: verilatorMain(plan) }],
  cocotb: (plan) => [{ file: `test_${plan.id}.py`, text: cocotbTest(plan) }],
} as const satisfies Record<keyof typeof TARGETS, (plan: BenchPlan) => BenchFile[]>;

export type BenchKind = keyof typeof KINDS;
export const BENCH_KINDS = Object.keys(KINDS) as readonly BenchKind[];

/**
 * The files of the benches, with a Makefile and a README.
 *
 * @param vectors path of the folder of the manifest, from where the benches will be
 */
export function benchFiles(
  manifest: Manifest,
  plans: readonly BenchPlan[],
  kinds: readonly BenchKind[],
  vectors: string,
): BenchFile[] {
  const targets = kinds.flatMap((kind): readonly BenchTarget[] => TARGETS[kind]);
  return [
    ...plans.flatMap((plan) => [
      { file: `${adapterName(plan)}.sv`, text: adapterText(plan) },
      ...kinds.flatMap((kind) => KINDS[kind](plan)),
    ]),
    { file: 'Makefile', text: makefileText(manifest, plans, targets, vectors) },
    { file: 'README.md', text: readmeText(manifest, plans, targets) },
  ];
}
