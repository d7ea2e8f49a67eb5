/**
 * `reports/mutants.md`: small mistakes made in every design, and whether the design's own level-1 vectors notice them;
 * those that they do not notice are proved equivalent, or listed.
 *
 *   node dist/bench/reports/mutants.js [--all] [--join] [DESIGN …]
 *
 * With designs named, those are judged anew. Verdicts are kept in `reports/mutants/DESIGN.json` with a hash of the
 * netlist and of its vectors, so that the report joins runs of single designs, and a design that has changed
 * since is judged again.
 * `--all`: every mutant instead of a sample (for a nightly run). `--join`: nothing is judged; designs without verdicts
 * are named.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDesign, DESIGNS, type Design } from '../../rtl-model/designs/index.js';
import { type MutantStatus, MutantTrial } from '../../rtl-model/proof/index.js';
import { MUTANT_CLASSES, MUTANT_SAMPLE, mutantsOf, sampleMutants } from '../../rtl-model/simulation/index.js';
import { vectorsHash } from './kept-rows.js';
import { ROOT, writeReport } from './write-report.js';

const isWhole = process.argv.includes('--all');
/** As it is written; null for all. */
const PER_CLASS = isWhole ? null : MUTANT_SAMPLE.perClass;
const SEED = MUTANT_SAMPLE.seed;
const FOLDER = join(ROOT, 'reports', 'mutants');

/** Verdicts on the mutants of one design. */
interface Judged {
  readonly design: string;
  /** Of the netlist and its vectors. */
  readonly hash: string;
  readonly perClass: number | null;
  readonly seed: number;
  /** All mutants that there are. */
  readonly mutants: number;
  readonly seconds: number;
  readonly counts: Readonly<Record<string, Readonly<Record<MutantStatus, number>>>>;
  readonly survivors: readonly string[];
}

function judge(design: Design): Judged {
  const start = process.cpuUsage().user;
  const all = mutantsOf(design.netlist);
  const sample = isWhole ? all : sampleMutants(all);
  const trial = new MutantTrial(design);
  const statuses = trial.judge(sample);
  const counts = MUTANT_CLASSES.map((wanted) => {
    const own = statuses.filter((_, i) => sample[i]!.class === wanted);
    const count = (status: MutantStatus) => own.filter((one) => one === status).length;
    const row = {
      killed: count('killed'),
      equivalent: count('equivalent'),
      'same gates': count('same gates'),
      survived: count('survived'),
    };
    return [wanted, row] as const;
  });
  const survivors = sample.filter((_, i) => statuses[i] === 'survived');
  return {
    design: design.name,
    hash: vectorsHash(design),
    perClass: PER_CLASS,
    seed: SEED,
    mutants: all.length,
    seconds: Math.round((process.cpuUsage().user - start) / 1e6),
    counts: Object.fromEntries(counts),
    survivors: survivors.map((mutant) => `${mutant.class}: ${mutant.description}`),
  };
}

function keep(judged: Judged): void {
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, `${judged.design}.json`);
  writeFileSync(`${file}.tmp`, `${JSON.stringify(judged, null, 2)}\n`);
  renameSync(`${file}.tmp`, file);
}

/** Verdicts of an earlier run; undefined if there are none on this netlist and this sample. */
function kept(design: Design): Judged | undefined {
  const file = join(FOLDER, `${design.name}.json`);
  if (!existsSync(file)) return undefined;
  const judged = JSON.parse(readFileSync(file, 'utf8')) as Judged;
  const isFresh =
    judged.hash === vectorsHash(design) && judged.perClass === PER_CLASS && judged.seed === SEED;
  return isFresh ? judged : undefined;
}

function total(judged: Judged, status: MutantStatus): number {
  return MUTANT_CLASSES.reduce((sum, wanted) => sum + judged.counts[wanted]![status], 0);
}

function rowOf(judged: Judged): string {
  const cells = MUTANT_CLASSES.map((wanted) => {
    const { killed, survived } = judged.counts[wanted]!;
    return killed + survived === 0 ? '–' : `${killed}/${killed + survived}`;
  });
  const others = (['equivalent', 'same gates', 'survived'] as const).map((status) => total(judged, status));
  return `| ${[judged.design, judged.mutants, ...cells, ...others].join(' | ')} |`;
}

function survivorList({ design, survivors }: Judged): string[] {
  return survivors.length === 0 ? [] : [`### ${design}\n\n${survivors.map((one) => `- ${one}`).join('\n')}`];
}

const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const results = [...DESIGNS.keys()].flatMap((name): Judged[] => {
  if (chosen.length > 0 && !chosen.includes(name)) return [];
  const design = createDesign(name);
  let judged = chosen.length > 0 ? undefined : kept(design);
  if (judged === undefined) {
    if (process.argv.includes('--join')) return [];
    judged = judge(design);
    keep(judged);
  }
  console.log(rowOf(judged));
  return [judged];
});

function report(): string {
  const missing = [...DESIGNS.keys()].filter((name) => !results.some(({ design }) => design === name));
  const sum = (status: MutantStatus) => results.reduce((count, judged) => count + total(judged, status), 0);
  const [killed, survived] = [sum('killed'), sum('survived')];
  const lists = results.flatMap(survivorList);
  const columns = ['design', 'mutants', ...MUTANT_CLASSES, 'proved equivalent', 'same gates', 'survivors'];
  return `# Mutants

${PER_CLASS === null ? 'All mistakes' : `Up to ${PER_CLASS} mistakes of each class in each design, drawn with seed ${SEED}`}. Killed: a result, its NaN flag or
\`done\` differs while the level-1 vectors of the design run. What is not killed is
*proved equivalent* (by satisfiability: from every state that can occur, an edge of the mutant shows and loads what an
edge of the design does), or has the *same gates* as the design after folding, or it is a survivor and is listed.
Neither of the first two is a mistake that anybody could notice; the fractions count the others.

${killed} of ${killed + survived} killed; ${sum('equivalent')} proved equivalent, ${sum('same gates')} of the same gates.${missing.length === 0 ? '' : `\nNot judged as they are now: ${missing.join(', ')}.`}

| ${columns.join(' | ')} |
|${columns.map(() => '---').join('|')}|
${results.map(rowOf).join('\n')}
${lists.length === 0 ? '' : `\n## Survivors\n\n${lists.join('\n\n')}\n`}`;
}

if (chosen.length === 0) writeReport('mutants.md', report());
