/** Benches: programs of other tools that play a folder of vectors into a device and compare its results. */
import { ConfigurationError } from '../../numerics/index.js';
import type { Manifest } from '../manifest.js';
import { adapterName, adapterText } from './adapter.js';
import { cocotbTest } from './cocotb.js';
import { makefileText, readmeText, TARGETS } from './makefile.js';
import { modelFiles } from './model/c-model.js';
import { checkerName, checkerText } from './model/checker.js';
import { modelledUnit } from './model/modelled.js';
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

const systemVerilog = (plan: BenchPlan) => ({ file: `${plan.id}_bench.sv`, text: benchText(plan) });

/** The files of each kind of bench; none where a unit cannot have it. */
const KINDS = {
  sv: (plan) => [systemVerilog(plan)],
  verilator: (plan) => [{ file: `${plan.id}_main.cpp`, text: verilatorMain(plan) }],
  cocotb: (plan) => [{ file: `test_${plan.id}.py`, text: cocotbTest(plan) }],
  dpi: (plan, manifest) => {
    const modelled = modelledUnit(manifest, plan.unit);
    if (modelled === undefined) return [];
    return [
      ...modelFiles(plan, modelled),
      { file: `${checkerName(plan)}.sv`, text: checkerText(plan) },
      systemVerilog(plan),
    ];
  },
} as const satisfies Record<keyof typeof TARGETS, (plan: BenchPlan, manifest: Manifest) => BenchFile[]>;

export type BenchKind = keyof typeof KINDS;
export const BENCH_KINDS = Object.keys(KINDS) as readonly BenchKind[];

/**
 * The files of the benches, with a Makefile and a README. Throws `ConfigurationError` for a kind that was asked for
 * and that no unit has.
 *
 * @param asked kinds of bench; where absent, all that there are
 * @param vectors path of the folder of the manifest, from where the benches will be
 */
export function benchFiles(
  manifest: Manifest,
  plans: readonly BenchPlan[],
  asked: readonly BenchKind[] | undefined,
  vectors: string,
): BenchFile[] {
  const made = (asked ?? BENCH_KINDS).flatMap((kind) =>
    plans.map((plan) => ({ kind, plan, files: KINDS[kind](plan, manifest) })),
  );
  const present = made.filter(({ files }) => files.length > 0);
  const missing = asked?.find((kind) => !present.some((one) => one.kind === kind));
  if (missing !== undefined) {
    const units = plans.map(({ unit }) => unit.unit).join(', ');
    throw new ConfigurationError(
      `there is no ${missing} bench for ${units}`,
      'C models are of dot products and decoders',
    );
  }
  const kinds = [...new Set(present.map(({ kind }) => kind))];
  const runs = kinds.flatMap((kind) => {
    const having = present.filter((one) => one.kind === kind).map(({ plan }) => plan);
    return TARGETS[kind].map((target) => ({ ...target, plans: having }));
  });
  const files = [
    ...plans.map((plan) => ({ file: `${adapterName(plan)}.sv`, text: adapterText(plan) })),
    ...present.flatMap((one) => one.files),
    { file: 'Makefile', text: makefileText(manifest, plans, runs, vectors) },
    { file: 'README.md', text: readmeText(manifest, plans, runs) },
  ];
  return [...new Map(files.map((one) => [one.file, one])).values()];
}
