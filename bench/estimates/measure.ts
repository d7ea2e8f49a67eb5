/**
 * Synthesises every subject on every technology and keeps the results in `test/data/estimates/`:
 * `node dist/bench/estimates/measure.js [--runs N] [--again] [--technology T,…] [SUBJECT …]`.
 *
 * Subjects with enough runs on record are left alone unless `--again`. Small designs take seconds a run, those of the
 * published kind minutes. Needs `../shared/liberty`, Yosys and OpenSTA.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CLOCK, type GateNetlist } from '../../rtl-model/hdl/index.js';
import {
  findSynthesisTools,
  type SynthesisRun,
  spreadOf,
  synthesiseForAll,
  synthesisLibrary,
} from '../../rtl-model/synthesis/index.js';
import { type RecordedSynthesis, readRecorded, sourceOf, verilogOf, writeRecorded } from './recorded.js';
import { SUBJECTS, type Subject } from './subjects.js';

const SHARED = join('..', 'shared', 'liberty');
const LIBERTY: Readonly<Record<string, string>> = {
  asap7: join(SHARED, 'asap7.lib.gz'),
  gt2n: join(SHARED, 'gt2n.lib.gz'),
  ihp: join(SHARED, 'ihp.lib.gz'),
  osu018: '/usr/share/qflow/tech/osu018/osu018_stdcells.lib',
  sky130hd: join(SHARED, 'sky130hd.lib.gz'),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '5' },
    again: { type: 'boolean', default: false },
    technology: { type: 'string', default: Object.keys(LIBERTY).join(',') },
  },
});
const runs = Number(values.runs);
const tools = findSynthesisTools();
if (tools.staVersion === undefined) throw new Error('measuring needs OpenSTA: apt-get install opensta');
const libraries = new Map(
  values.technology.split(',').map((name) => [name, synthesisLibrary(LIBERTY[name]!)]),
);
const subjects = SUBJECTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
for (const subject of subjects) await measure(subject);

async function measure(subject: Subject): Promise<void> {
  const module = subject.module();
  const verilog = verilogOf(module);
  const source = sourceOf(verilog);
  const technologies = [...libraries.keys()].filter(
    (technology) => values.again || !isKnown(technology, subject, source),
  );
  if (technologies.length === 0) return;
  const input = { verilog, top: module.name, ...CLOCK };
  const wanted = technologies.map((technology) => libraries.get(technology)!);
  const results = await synthesiseForAll(input, wanted, tools, { runs });
  const stageOf = stagesByName(subject.gates());
  technologies.forEach((technology, i) => {
    keep(technology, subject, { source, ...recordOf(subject, results[i]!.runs, stageOf) });
  });
}

function isKnown(technology: string, { name }: Subject, source: string): boolean {
  const known = readRecorded(technology)?.subjects[name];
  return known?.source === source && known.areaUm2.length >= runs;
}

function keep(technology: string, { name }: Subject, record: RecordedSynthesis): void {
  // Read again: another process may have added subjects meanwhile.
  const before = readRecorded(technology)?.subjects ?? {};
  writeRecorded({
    technology,
    tools: { yosys: tools.yosysVersion, sta: tools.staVersion! },
    subjects: { ...before, [name]: record },
  });
  console.log(`${technology} ${name}: ${record.areaUm2.join(' ')} µm², ${record.periodPs.join(' ')} ps`);
}

/** Stages by every name that a register goes by: its own, and those of ports that are it or a part of it. */
function stagesByName({ registers, probes }: GateNetlist): ReadonlyMap<string, string> {
  const byNode = new Map(
    registers.flatMap(({ output, stage }) =>
      [...output].filter((node) => node > 1).map((node): [number, string] => [node, stage]),
    ),
  );
  const names = probes.flatMap(({ name, bits }): [string, string][] => {
    const node = bits.find((bit) => byNode.has(bit));
    return node === undefined ? [] : [[name, byNode.get(node)!]];
  });
  return new Map([...names, ...registers.map(({ name, stage }): [string, string] => [name, stage])]);
}

function recordOf(
  { kind, name }: Subject,
  done: readonly SynthesisRun[],
  stageOf: ReadonlyMap<string, string>,
): Omit<RecordedSynthesis, 'source'> {
  const byStage = done.map(({ registers }) => {
    const stages: Record<string, number> = {};
    for (const [register, period] of Object.entries(registers)) {
      const stage = stageOf.get(register);
      if (stage === undefined)
        throw new Error(`${name}: synthesis has a register ${register}, the design not`);
      stages[stage] = Math.max(stages[stage] ?? 0, period);
    }
    return stages;
  });
  const names = Object.keys(byStage[0]!);
  return {
    kind,
    areaUm2: done.map(({ areaUm2 }) => areaUm2),
    cells: done.map(({ cells }) => cells),
    periodPs: done.map(({ periodPs }) => Number(periodPs.toFixed(1))),
    stagesPs: Object.fromEntries(
      names.map((stage) => [
        stage,
        Number(spreadOf(byStage.map((stages) => stages[stage]!)).median.toFixed(1)),
      ]),
    ),
  };
}
