/**
 * `reports/mutants.md`: small mistakes made in every design, and whether the design's own vectors notice them.
 * Arguments: names of designs; all by default. Minutes: for a nightly run.
 */
import { createDesign, DESIGNS } from '../../rtl-model/designs/index.js';
import { mutationSetup } from '../../rtl-model/proof/index.js';
import {
  MUTATIONS,
  type Mutant,
  type MutantVerdict,
  MutationRunner,
  mutantsOf,
} from '../../rtl-model/simulation/index.js';
import { Random } from '../../src/numerics/index.js';
import { writeReport } from './write-report.js';

/** Mutants of each class in each design, drawn at random; all if there are fewer. */
const PER_CLASS = 24;
const CYCLES = 256;
const SEED = 7;
const CLASSES = [...MUTATIONS.map((row) => row.class), 'missing enable'] as const;

interface Tally {
  readonly killed: number;
  readonly equivalent: number;
  readonly survivors: readonly string[];
}

function tally(mutants: readonly Mutant[], runner: MutationRunner): Tally {
  const verdicts = mutants.map((mutant) => ({ mutant, verdict: runner.judge(mutant) }));
  const count = (status: MutantVerdict['status']) =>
    verdicts.filter(({ verdict }) => verdict.status === status);
  return {
    killed: count('killed').length,
    equivalent: count('equivalent').length,
    survivors: count('survived').map(({ mutant }) => `${mutant.class}: ${mutant.description}`),
  };
}

function sampled<T>(items: readonly T[], count: number, random: Random): T[] {
  const rest = [...items];
  const drawn: T[] = [];
  while (drawn.length < count && rest.length > 0) drawn.push(rest.splice(random.below(rest.length), 1)[0]!);
  return drawn;
}

function rowsOf(name: string): { row: string; survivors: string[]; tallies: Tally[] } {
  const design = createDesign(name);
  const runner = new MutationRunner(mutationSetup(design, CYCLES, SEED));
  const all = mutantsOf(design.netlist);
  const random = new Random(SEED);
  const tallies = CLASSES.map((wanted) =>
    tally(
      sampled(
        all.filter((mutant) => mutant.class === wanted),
        PER_CLASS,
        random,
      ),
      runner,
    ),
  );
  const cells = tallies.map(({ killed, survivors }) => {
    const made = killed + survivors.length;
    return made === 0 ? '–' : `${killed}/${made}`;
  });
  const equivalent = tallies.reduce((sum, t) => sum + t.equivalent, 0);
  console.log(`${name}: ${cells.join(' ')}`);
  const survivors = tallies.flatMap((t) => t.survivors);
  return { row: `| ${name} | ${all.length} | ${cells.join(' | ')} | ${equivalent} |`, survivors, tallies };
}

const chosen = process.argv.slice(2);
const designs = chosen.length > 0 ? chosen : [...DESIGNS.keys()];
const results = designs.map((name) => ({ name, ...rowsOf(name) }));
const sum = (of: (t: Tally) => number) =>
  results.flatMap(({ tallies }) => tallies).reduce((s, t) => s + of(t), 0);
const [killed, survived] = [sum((t) => t.killed), sum((t) => t.survivors.length)];
const lists = results
  .filter(({ survivors }) => survivors.length > 0)
  .map(({ name, survivors }) => `### ${name}\n\n${survivors.map((line) => `- ${line}`).join('\n')}`);
writeReport(
  'mutants.md',
  `# Mutants

Up to ${PER_CLASS} mistakes of each class in each design, drawn with seed ${SEED}; killed means that a result, its NaN
flag or \`done\` differs within ${CYCLES} cycles of 128 streams of the design's own vectors. Mutants that fold to the
gates of the design itself are no mistakes and are counted apart. A survivor is either a hole in the vectors or a gate
that no reachable state needs; it is listed, not excused.

${killed} of ${killed + survived} killed.

| design | mutants | ${CLASSES.join(' | ')} | equivalent |
|---|---|${CLASSES.map(() => '---').join('|')}|---|
${results.map(({ row }) => row).join('\n')}

${lists.length === 0 ? '' : `## Survivors\n\n${lists.join('\n\n')}`}`,
);
