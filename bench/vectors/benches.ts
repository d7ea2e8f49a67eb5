/**
 * `reports/benches.md`: level 1 of every design played by its benches into its own SystemVerilog, in Icarus and
 * Verilator, and into mutants of it in Verilator.
 *
 *   node dist/bench/vectors/benches.js [--all] [--join] [DESIGN …]
 *
 * With designs named, those are run anew; otherwise those without a row. Rows are kept in `reports/benches.json` with a
 * hash of the netlist and of its vectors: that of a design which has changed since is no row of it.
 * `--all`: every mutant instead of a sample. `--join`: nothing is run; designs without rows are named.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createDesign, DESIGNS, type Design } from '../../rtl-model/designs/index.js';
import { flatModule } from '../../rtl-model/hdl/index.js';
import { type MutantStatus, MutantTrial } from '../../rtl-model/proof/index.js';
import {
  MUTANT_SAMPLE,
  type Mutant,
  mutantsOf,
  sampleMutants,
  switchName,
  withSwitches,
} from '../../rtl-model/simulation/index.js';
import {
  emitModules,
  inFolder,
  runProgram,
  tryProgram,
  writeFiles,
} from '../../rtl-model/systemverilog/index.js';
import { benchFiles, planBenches } from '../../src/vectors/benches/index.js';
import { createTarget, fileFormats, type Manifest, writeVectors } from '../../src/vectors/index.js';
import { type KeptRow, keptRows, vectorsHash } from '../reports/kept-rows.js';
import { writeReport } from '../reports/write-report.js';

const isWhole = process.argv.includes('--all');
/** Mutants in one Verilator model. */
const AT_ONCE = 128;
const FLAGS = 'VFLAGS=-O3 -Wno-fatal -Wno-lint -CFLAGS -O1';
const JSON_FILE = 'benches.json';

/** What happened when a bench played into a design. */
interface Play {
  readonly passed: boolean;
  readonly seconds: number;
}

/** A row; its hash is of the netlist and of its vectors. */
interface DesignResult extends KeptRow {
  readonly vectors: number;
  readonly results: number;
  readonly icarus: Play;
  readonly verilator: Play;
  readonly main: Play;
  readonly mutants: number;
  readonly sampled: number;
  readonly statuses: Readonly<Record<MutantStatus, number>>;
  /** What no vector told, and nothing proved. */
  readonly survivors: readonly string[];
}

/** Level 1 of a design, written into a folder with its benches; returns the manifest. */
function prepare(design: Design, folder: string): Manifest {
  const vectors = join(folder, 'vectors');
  mkdirSync(vectors);
  const manifest = writeVectors(
    {
      target: createTarget(design.name, { engine: 'compiled' }),
      level: 1,
      seed: 1,
      shard: { index: 1, of: 1 },
    },
    { open: (name) => fileSink(join(vectors, name)) },
    { formats: fileFormats(['mem']), tool: { name: 'fp4sim', version: '', commit: '' }, command: '' },
  );
  writeFiles(folder, benchFiles(manifest, planBenches(manifest, undefined), ['sv', 'verilator'], 'vectors'));
  return manifest;
}

function fileSink(path: string) {
  const pieces: Uint8Array[] = [];
  return {
    write: (bytes: Uint8Array) => void pieces.push(Uint8Array.from(bytes)),
    close: () => writeFileSync(path, Buffer.concat(pieces)),
  };
}

function play(folder: string, target: string, rtl: readonly string[]): Play {
  const args = [
    '-s',
    '-C',
    folder,
    target,
    FLAGS,
    `RTL=${rtl.map((path) => relative(folder, path)).join(' ')}`,
  ];
  const { status, output, seconds } = tryProgram('make', args, { timeoutSeconds: 3600 });
  const passed = status === 0 && /^PASS /m.test(output);
  if (!passed) console.log(output.slice(-2000));
  return { passed, seconds };
}

/**
 * The design with many mistakes behind switches under its own name; `+mutant=K` makes mistake K. Mistakes are behind
 * one module of the design's ports, so that the bench does not know of them.
 */
function switchedFiles(design: Design, mutants: readonly Mutant[]) {
  const netlist = withSwitches(design.netlist, mutants);
  const inner = flatModule(netlist, `${design.module.name}_switched`);
  const range = (width: number) => (width === 1 ? '' : `[${width - 1}:0] `);
  const { inputs, outputs } = design.netlist;
  const ports = ['clk', 'rst_n', ...[...inputs, ...outputs].map(({ name }) => name)];
  const outer = `module ${design.module.name} (
  input wire clk, input wire rst_n,
${inputs.map(({ name, width }) => `  input wire ${range(width)}${name},`).join('\n')}
${outputs.map(({ name, width }) => `  output wire ${range(width)}${name}`).join(',\n')}
);
  integer chosen;
  reg [${mutants.length - 1}:0] made;
  initial begin
    made = {${mutants.length}{1'b0}};
    if ($value$plusargs("mutant=%d", chosen)) made[chosen] = 1'b1;
  end
  ${inner.name} inner (
    ${[...ports.map((name) => `.${name}(${name})`), ...mutants.map((_, i) => `.${switchName(i)}(made[${i}])`)].join(',\n    ')}
  );
endmodule
`;
  return [...emitModules(inner), { file: `${design.module.name}.sv`, text: outer }];
}

/** Which of the mutants a bench of level 1 tells from the design; each is stopped at its first mismatch. */
function toldByBench(design: Design, mutants: readonly Mutant[], folder: string): boolean[] {
  if (mutants.length === 0) return [];
  const rtl = writeFiles(join(folder, 'mutants'), switchedFiles(design, mutants));
  const { passed } = play(folder, 'verilator-main', rtl);
  if (!passed) throw new Error(`${design.name}: the bench fails without a mutant`);
  const program = runProgram('find', [folder, '-path', '*build-main-*', '-name', 'V*_dut']).output.trim();
  const told = mutants.map((_, i) => {
    const args = ['+vectors=vectors', '+errors=1', '+nowave', `+mutant=${i}`];
    const { status, output } = tryProgram(program, args, { cwd: folder });
    if (status !== 0 && !output.includes('first mismatch'))
      throw new Error(`mutant ${i}: ${output.slice(-2000)}`);
    return status !== 0;
  });
  runProgram('rm', ['-r', join(folder, 'mutants'), join(program, '..')]);
  return told;
}

function runDesign(name: string): DesignResult {
  return inFolder((folder) => {
    const design = createDesign(name);
    const manifest = prepare(design, folder);
    const rtl = writeFiles(join(folder, 'rtl'), emitModules(design.module));
    const [icarus, verilator, main] = ['icarus', 'verilator', 'verilator-main'].map((target) =>
      play(folder, target, rtl),
    ) as [Play, Play, Play];
    runProgram('rm', [
      '-r',
      ...['build', 'build-main'].map(
        (stem) => `${folder}/${stem}-${planBenches(manifest, undefined)[0]!.id}`,
      ),
    ]);
    const all = mutantsOf(design.netlist);
    const sample = isWhole ? all : sampleMutants(all);
    const told: boolean[] = [];
    for (let first = 0; first < sample.length; first += AT_ONCE)
      told.push(...toldByBench(design, sample.slice(first, first + AT_ONCE), folder));
    const silent = sample.filter((_, i) => !told[i]);
    const verdicts = silent.length === 0 ? [] : new MutantTrial(design).judge(silent);
    // What the vectors inside the simulator tell and the bench does not is a survivor of the bench.
    const survivors = silent.flatMap((mutant, i) => {
      if (verdicts[i] !== 'killed' && verdicts[i] !== 'survived') return [];
      const known = verdicts[i] === 'killed' ? ' (the stimulus of reports/mutants.md tells it)' : '';
      return [`${mutant.class}: ${mutant.description}${known}`];
    });
    const count = (status: MutantStatus) => verdicts.filter((verdict) => verdict === status).length;
    const sets = manifest.units[0]!.classes;
    return {
      name,
      hash: vectorsHash(design),
      vectors: sets.reduce((sum, { vectors }) => sum + vectors, 0),
      results: sets.reduce((sum, { results }) => sum + results, 0),
      icarus,
      verilator,
      main,
      mutants: all.length,
      sampled: sample.length,
      statuses: {
        killed: sample.length - silent.length,
        equivalent: count('equivalent'),
        'same gates': count('same gates'),
        survived: survivors.length,
      },
      survivors,
    };
  });
}

const COLUMNS = [
  'design',
  'vectors',
  'results',
  'Icarus, s',
  'Verilator, s',
  'C++ main, s',
  'mutants tried',
  'killed',
  'proved equivalent',
  'same gates',
];

function rowOf({ name, vectors, results, statuses, ...result }: DesignResult): string {
  const time = ({ passed, seconds }: Play) => (passed ? `pass, ${seconds.toFixed(1)}` : '**fail**');
  const { killed, survived } = statuses;
  const tried = `${result.sampled} of ${result.mutants}`;
  const cells = [
    time(result.icarus),
    time(result.verilator),
    time(result.main),
    tried,
    `${killed}/${killed + survived}`,
  ];
  return `| ${[name, vectors, results, ...cells, statuses.equivalent, statuses['same gates']].join(' | ')} |`;
}

function reportText(results: readonly DesignResult[]): string {
  const left = [...DESIGNS.keys()].filter((name) => !results.some((result) => result.name === name));
  const sum = (status: MutantStatus) => results.reduce((total, { statuses }) => total + statuses[status], 0);
  const lists = results
    .filter(({ survivors }) => survivors.length > 0)
    .map(({ name, survivors }) => `### ${name}\n\n${survivors.map((text) => `- ${text}`).join('\n')}`);
  return `# Benches

Level 1 of each design, played by the benches of \`fp4sim bench\` into the design's own SystemVerilog (every result, and
\`done\` at every edge): the SystemVerilog testbench in Icarus and in Verilator (\`--binary --timing\`), and the C++ main.
Seconds include the build. Then the C++ main plays into mutants: ${isWhole ? 'all small mistakes' : `up to ${MUTANT_SAMPLE.perClass} small mistakes of each class, drawn with seed ${MUTANT_SAMPLE.seed}`},
behind switches in one Verilator model. What no vector tells is proved equivalent by satisfiability, has the
same gates, or is a survivor and is listed.

${sum('killed')} of ${sum('killed') + sum('survived')} mutants killed; ${sum('equivalent')} proved equivalent, ${sum('same gates')} of the same gates.${left.length === 0 ? '' : `\nNot run as they are now: ${left.join(', ')}.`}

| ${COLUMNS.join(' | ')} |
|${COLUMNS.map(() => '---').join('|')}|
${results.map(rowOf).join('\n')}
${lists.length === 0 ? '' : `\n## Survivors\n\n${lists.join('\n\n')}\n`}`;
}

function writeRows(results: ReadonlyMap<string, DesignResult>): void {
  const ordered = [...DESIGNS.keys()].flatMap((key) => results.get(key) ?? []);
  writeReport(JSON_FILE, `${JSON.stringify(ordered, null, 2)}\n`);
  writeReport('benches.md', reportText(ordered));
}

const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const rows = keptRows<DesignResult>(JSON_FILE, vectorsHash);
if (isWhole)
  for (const { name, mutants, sampled } of [...rows.values()]) if (sampled < mutants) rows.delete(name);
writeRows(rows);
if (!process.argv.includes('--join')) {
  for (const name of chosen.length > 0 ? chosen : [...DESIGNS.keys()].filter((key) => !rows.has(key))) {
    const result = runDesign(name);
    console.log(rowOf(result));
    writeRows(rows.set(name, result));
  }
}
