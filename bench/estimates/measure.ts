/**
 * Synthesises every subject on every technology and keeps the results in `test/data/estimates/`:
 * `node dist/bench/estimates/measure.js [--runs N] [--again] [--technology T,…] [--limit SECONDS] [SUBJECT …]`.
 *
 * Runs on record count, so only missing ones are done, each kept as soon as it ends; `--again` forgets those on record.
 * Small designs take seconds a run, those of the published kind minutes; a run of Yosys beyond the limit (an hour) is
 * said and skipped. Subjects in the given order. Needs `../shared/liberty`, Yosys and OpenSTA.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CLOCK, type GateNetlist } from '../../rtl-model/hdl/index.js';
import {
  findSynthesisTools,
  type SynthesisRun,
  synthesiseForAll,
  synthesisLibrary,
} from '../../rtl-model/synthesis/index.js';
import { ProgramError } from '../../rtl-model/systemverilog/index.js';
import {
  type RecordedSynthesis,
  readRecorded,
  sourceOf,
  verilogOf,
  withRun,
  writeRecorded,
} from './recorded.js';
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
    limit: { type: 'string', default: '3600' },
  },
});
const tools = findSynthesisTools();
if (tools.staVersion === undefined) throw new Error('measuring needs OpenSTA: apt-get install opensta');
const libraries = new Map(
  values.technology.split(',').map((name) => [name, synthesisLibrary(LIBERTY[name]!)]),
);
const byName = new Map(SUBJECTS.map((subject) => [subject.name, subject]));
for (const name of positionals.length > 0 ? positionals : byName.keys()) {
  const subject = byName.get(name);
  if (subject === undefined) throw new Error(`no subject ${name}`);
  await measure(subject);
}

async function measure(subject: Subject): Promise<void> {
  const module = subject.module();
  const verilog = verilogOf(module);
  const source = sourceOf(verilog);
  const input = { verilog, top: module.name, ...CLOCK };
  const technologies = [...libraries.keys()];
  if (values.again) for (const technology of technologies) keep(technology, subject, undefined);
  for (let run = 0; run < Number(values.runs); run++) {
    const missing = technologies.filter((technology) => run >= runsOf(technology, subject, source));
    if (missing.length === 0) continue;
    const wanted = missing.map((technology) => libraries.get(technology)!);
    const limits = { runs: 1, firstRun: run, timeoutSeconds: Number(values.limit) };
    try {
      const results = await synthesiseForAll(input, wanted, tools, limits);
      missing.forEach((technology, i) => {
        add(technology, subject, source, results[i]!.runs[0]!);
      });
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      console.log(`${missing.join(',')} ${subject.name}: ${error.message.slice(0, 200)}`);
      return;
    }
  }
}

/** Runs on record of the subject as it is today. */
function runsOf(technology: string, { name }: Subject, source: string): number {
  const known = readRecorded(technology)?.subjects[name];
  return known?.source === source ? known.areaUm2.length : 0;
}

function add(technology: string, subject: Subject, source: string, run: SynthesisRun): void {
  const known = readRecorded(technology)?.subjects[subject.name];
  const stages = stagePeriods(subject.name, run, stagesByName(subject.gates()));
  const before = known?.source === source ? known : undefined;
  keep(technology, subject, withRun(before, { kind: subject.kind, source }, run, stages));
  console.log(
    `${technology} ${subject.name}: ${run.areaUm2} µm², ${run.cells} cells, ${run.periodPs.toFixed(1)} ps`,
  );
}

function keep(technology: string, { name }: Subject, record: RecordedSynthesis | undefined): void {
  // Read again: another process may have added subjects meanwhile.
  const { [name]: _, ...others } = readRecorded(technology)?.subjects ?? {};
  writeRecorded({
    technology,
    tools: { yosys: tools.yosysVersion, sta: tools.staVersion! },
    subjects: record === undefined ? others : { ...others, [name]: record },
  });
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

/** The shortest clock period that the registers of each stage allow. */
function stagePeriods(
  subject: string,
  { registers }: SynthesisRun,
  stageOf: ReadonlyMap<string, string>,
): Record<string, number> {
  const stages: Record<string, number> = {};
  for (const [register, period] of Object.entries(registers)) {
    const stage = stageOf.get(register);
    if (stage === undefined)
      throw new Error(`${subject}: synthesis has a register ${register}, the design not`);
    stages[stage] = Math.max(stages[stage] ?? 0, period);
  }
  return stages;
}
