/** Benches: programs of other tools that play a folder of vectors into a device and compare its results. */
import { ConfigurationError } from '../../numerics/index.js';
import type { Manifest } from '../manifest.js';
import { adapterName, adapterText } from './adapter.js';
import { cocotbTest } from './cocotb.js';
import { makefileText, readmeText, TARGETS } from './makefile.js';
import { modelFiles, modelUses } from './model/c-model.js';
import { checkerName, checkerText } from './model/checker.js';
import { modelledUnit } from './model/modelled.js';
import { nativeFile } from './model/native.js';
import type { BenchPlan } from './plan.js';
import { stagesName, stagesText } from './stages.js';
import { streamName, streamText } from './stream.js';
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

/** What has a model beside the device in a simulator. */
const beside = (plan: BenchPlan) => [
  { file: `${checkerName(plan)}.sv`, text: checkerText(plan) },
  systemVerilog(plan),
];

/** The files of each kind of bench; none where a unit cannot have it. */
const KINDS = {
  sv: (plan) => [systemVerilog(plan)],
  verilator: (plan) => [{ file: `${plan.id}_main.cpp`, text: verilatorMain(plan) }],
  stream: (plan) =>
    plan.stream === undefined
      ? []
      : [{ file: `${streamName(plan)}.sv`, text: streamText(plan, plan.stream) }],
  stages: (plan) =>
    plan.stages === undefined
      ? []
      : [{ file: `${stagesName(plan)}.sv`, text: stagesText(plan, plan.stages) }],
  cocotb: (plan) => [{ file: `test_${plan.id}.py`, text: cocotbTest(plan) }],
  dpi: (plan, manifest) => {
    const modelled = modelledUnit(manifest, plan.unit);
    return modelled === undefined ? [] : [...modelFiles(plan, modelled), ...beside(plan)];
  },
  native: (plan, manifest) => {
    const modelled = modelledUnit(manifest, plan.unit);
    const native = modelled === undefined ? undefined : nativeFile(plan, modelled);
    return native === undefined ? [] : [native, ...modelUses(plan), ...beside(plan)];
  },
} as const satisfies Record<keyof typeof TARGETS, (plan: BenchPlan, manifest: Manifest) => BenchFile[]>;

export type BenchKind = keyof typeof KINDS;

/** Why a unit may not have a kind. */
const HINTS: Partial<Record<BenchKind, string>> = {
  stream: 'vectors cycle by cycle are made with --stream',
  stages: 'stage vectors are made with --stages; a port map names the registers of another module',
  dpi: 'C models are of dot products, codecs, quantise units and transforms',
  native:
    'the native library does dot products, and quantise units of blocks of 16; dpi has a C model without it',
};

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
    throw new ConfigurationError(`there is no ${missing} bench for ${units}`, HINTS[missing]);
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
