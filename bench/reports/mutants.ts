/**
 * `reports/mutants.md`: small mistakes made in every design, and whether the design's own level-1 vectors notice them;
 * those that they do not notice are proved equivalent, or listed.
 * Arguments: names of designs; all by default. `--all`: every mutant instead of a sample (for a nightly run).
 */
import { createDesign, DESIGNS } from '../../rtl-model/designs/index.js';
import { invariantsOf, type MutantStatus, MutantTrial, mutationSetup } from '../../rtl-model/proof/index.js';
import { MUTATIONS, type Mutant, mutantsOf } from '../../rtl-model/simulation/index.js';
import { Random } from '../../src/numerics/index.js';
import { writeReport } from './write-report.js';

/** Mutants of each class in each design, drawn at random; all if there are fewer. */
const PER_CLASS = process.argv.includes('--all') ? Number.POSITIVE_INFINITY : 24;
const SEED = 7;
const CLASSES = [...MUTATIONS.map((row) => row.class), 'missing enable'] as const;

interface Judged {
  readonly mutant: Mutant;
  readonly status: MutantStatus;
}

interface DesignResult {
  readonly name: string;
  /** All mutants that there are. */
  readonly made: number;
  readonly judged: readonly Judged[];
}

function sampled<T>(items: readonly T[], count: number, random: Random): T[] {
  const rest = [...items];
  const drawn: T[] = [];
  while (drawn.length < count && rest.length > 0) drawn.push(rest.splice(random.below(rest.length), 1)[0]!);
  return drawn;
}

function judgeDesign(name: string): DesignResult {
  const design = createDesign(name);
  const all = mutantsOf(design.netlist);
  const random = new Random(SEED);
  const sample = CLASSES.flatMap((wanted) => {
    const ofClass = all.filter((mutant) => mutant.class === wanted);
    return PER_CLASS > ofClass.length ? ofClass : sampled(ofClass, PER_CLASS, random);
  });
  const statuses = new MutantTrial(mutationSetup(design), invariantsOf(design)).judge(sample);
  const judged = sample.map((mutant, i) => ({ mutant, status: statuses[i]! }));
  const result = { name, made: all.length, judged };
  console.log(rowOf(result));
  return result;
}

const count = (judged: readonly Judged[], status: MutantStatus) =>
  judged.filter((one) => one.status === status).length;

function rowOf({ name, made, judged }: DesignResult): string {
  const cells = CLASSES.map((wanted) => {
    const ofClass = judged.filter(({ mutant }) => mutant.class === wanted);
    const [killed, survived] = [count(ofClass, 'killed'), count(ofClass, 'survived')];
    return killed + survived === 0 ? '–' : `${killed}/${killed + survived}`;
  });
  const others = [count(judged, 'equivalent'), count(judged, 'same gates'), count(judged, 'survived')];
  return `| ${[name, made, ...cells, ...others].join(' | ')} |`;
}

function survivorList({ name, judged }: DesignResult): string[] {
  const survivors = judged.filter(({ status }) => status === 'survived');
  if (survivors.length === 0) return [];
  const lines = survivors.map(({ mutant }) => `- ${mutant.class}: ${mutant.description}`);
  return [`### ${name}\n\n${lines.join('\n')}`];
}

const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const left = chosen.length > 0 ? [...DESIGNS.keys()].filter((name) => !chosen.includes(name)) : [];
const results = (chosen.length > 0 ? chosen : [...DESIGNS.keys()]).map(judgeDesign);
const everything = results.flatMap(({ judged }) => judged);
const [killed, survived] = [count(everything, 'killed'), count(everything, 'survived')];
const lists = results.flatMap(survivorList);
const columns = ['design', 'mutants', ...CLASSES, 'proved equivalent', 'same gates', 'survivors'];
writeReport(
  'mutants.md',
  `# Mutants

${PER_CLASS === Number.POSITIVE_INFINITY ? 'All mistakes' : `Up to ${PER_CLASS} mistakes of each class in each design, drawn with seed ${SEED}`}. Killed: a result, its NaN flag or
\`done\` differs while the level-1 vectors of the design run. What is not killed is
*proved equivalent* (by satisfiability: from every state that can occur, an edge of the mutant shows and loads what an
edge of the design does), or has the *same gates* as the design after folding, or it is a survivor and is listed.
Neither of the first two is a mistake that anybody could notice; the fractions count the others.

${killed} of ${killed + survived} killed; ${count(everything, 'equivalent')} proved equivalent, ${count(everything, 'same gates')} of the same gates.${left.length === 0 ? '' : `\nNot judged in this run: ${left.join(', ')}.`}

| ${columns.join(' | ')} |
|${columns.map(() => '---').join('|')}|
${results.map(rowOf).join('\n')}
${lists.length === 0 ? '' : `\n## Survivors\n\n${lists.join('\n\n')}\n`}`,
);
