/**
 * `reports/correlation-held-out.{md,json}`: how the fitted figures of `hopper` hold for shapes they were not fitted to.
 *
 *   node dist/bench/machine/held-out.js [SEED]
 *
 * The shapes (M × N × bytes of a k-step) are dealt into folds. For each fold the figures whose source begins with
 * "derived" start at half or twice their shipped value and are fitted, by coordinate descent, to rows of all other
 * shapes; the rows of the fold are then predicted. Rows on one SM of classes 1 to 4 and 7: those that the fitted figures act on
 * and that run in milliseconds. The other figures are those that were measured one by one (class 5), in no row used here.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Comparison, mean, Predictor, readTileRows, type TileRow } from '../../src/correlate/index.js';
import { type Figure, figureKind, figuresOf, MACHINE_MODELS, withFigures } from '../../src/machine/index.js';
import { Random } from '../../src/numerics/index.js';
import { errorText } from '../../src/report/index.js';
import { ROOT, writeReport } from '../reports/write-report.js';

const FILE = join(ROOT, '..', 'shared', 'timing', 'tile_cycles.csv');
const FOLDS = 4;
/** Largest mean absolute error that is accepted, by class. */
const FLOORS: Readonly<Record<string, number>> = { 1: 0.02, 2: 0.05, 3: 0.05, 4: 0.08, 7: 0.1 };
const CLASSES = Object.keys(FLOORS);
/** Rows of each class that a fit looks at. */
const FITTED_ROWS = 40;
/** Long rows add time and little else. */
const STEP_LIMIT = 32;
/** Factors by which a figure is moved, the coarsest first; behind them single units. */
const FACTORS = [1.5, 1.2, 1.07];
const PASSES = 2;

type Values = ReadonlyMap<string, number>;

const HOPPER = MACHINE_MODELS.get('hopper')!;
const FITTED = figuresOf(HOPPER).filter(
  // The cost of shared data shows on several SMs only.
  ({ path, figure }) => figure.source.startsWith('derived') && path !== 'memory.sharedCost',
);
const SHIPPED: Values = new Map(FITTED.map(({ path, figure }) => [path, figure.value]));

function predictor(values: Values): Predictor {
  const figures = [...values].map(([path, value]): [string, Figure] => [
    path,
    { value, source: 'fitted here' },
  ]);
  return new Predictor(withFigures(HOPPER, new Map(figures)));
}

function compared(rows: readonly TileRow[], values: Values): Comparison[] {
  const model = predictor(values);
  return rows.flatMap((row) => model.compare(row) ?? []);
}

/** Mean absolute error of each class that has rows. */
function errorsOf(all: readonly Comparison[]): Map<string, number> {
  const classes = CLASSES.filter((name) => all.some(({ row }) => row.class === name));
  return new Map(
    classes.map((name) => [
      name,
      mean(all.filter(({ row }) => row.class === name).map(({ error }) => Math.abs(error))),
    ]),
  );
}

/** What a fit makes small: the mean of the classes' errors. */
function cost(rows: readonly TileRow[], values: Values): number {
  return mean([...errorsOf(compared(rows, values)).values()]);
}

/** The values that the figure is tried with next; whole, in its range. */
function moved(path: string, value: number, factor: number): number[] {
  const { least, most } = figureKind(path)!;
  const down = Math.min(value - 1, Math.round(value / factor));
  const up = Math.max(value + 1, Math.round(value * factor));
  return [down, up].filter((other) => other >= least && other <= most);
}

function fitted(rows: readonly TileRow[], start: Values): Values {
  let values = start;
  let best = cost(rows, values);
  for (const factor of [...FACTORS, 1]) {
    for (let pass = 0; pass < PASSES; pass++) {
      const before = best;
      for (const path of start.keys()) {
        for (const value of moved(path, values.get(path)!, factor)) {
          const other = new Map([...values, [path, value]]);
          const found = cost(rows, other);
          if (found < best) [best, values] = [found, other];
        }
      }
      if (best === before) break;
    }
  }
  return values;
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const other = random.below(i + 1);
    [all[i], all[other]] = [all[other]!, all[i]!];
  }
  return all;
}

const shapeOf = ({ M, N, kstepBytes }: TileRow): string => `${M}x${N}x${kstepBytes}`;

const seed = Number(process.argv[2] ?? 1);
const random = new Random(seed);
const rows = readTileRows(readFileSync(FILE, 'utf8'), FILE).filter(
  ({ class: name, sms, steps, measure }) =>
    CLASSES.includes(name) &&
    sms === 1 &&
    steps <= STEP_LIMIT &&
    (name !== '4' || measure.includes('drained')),
);
const shapes = shuffled([...new Set(rows.map(shapeOf))], random);
const folds = Array.from({ length: FOLDS }, (_, fold) => {
  const held = new Set(shapes.filter((_, i) => i % FOLDS === fold));
  const others = rows.filter((row) => !held.has(shapeOf(row)));
  const training = CLASSES.flatMap((name) =>
    shuffled(
      others.filter((row) => row.class === name),
      random,
    ).slice(0, FITTED_ROWS),
  );
  const start = new Map(
    [...SHIPPED].map(([path, value]) => [path, random.below(2) === 0 ? 2 * value : Math.ceil(value / 2)]),
  );
  const values = fitted(training, start);
  const heldOut = rows.filter((row) => held.has(shapeOf(row)));
  console.log(`fold ${fold + 1}: fitted`);
  return {
    shapes: [...held],
    start,
    values,
    rows: heldOut.length,
    started: errorsOf(compared(heldOut, start)),
    trained: errorsOf(compared(training, values)),
    heldOut: compared(heldOut, values),
  };
});

const shipped = errorsOf(compared(rows, SHIPPED));
const pooled = errorsOf(folds.flatMap((fold) => fold.heldOut));
const average = (name: string, of: (fold: (typeof folds)[number]) => Map<string, number>): number =>
  mean(folds.flatMap((fold) => of(fold).get(name) ?? []));
const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

const text = `# Held-out shapes: the fitted figures of \`hopper\`

\`node dist/bench/machine/held-out.js ${seed}\`: ${FITTED.length} figures, ${rows.length} rows of ${shapes.length} shapes (M × N × bytes of a k-step) on one SM, up to ${STEP_LIMIT} k-steps.

The shipped values of these figures were derived with all rows at hand, so that their errors below are no prediction. Here
the shapes are dealt into ${FOLDS} folds (seed ${seed}). For each fold the figures start at half or twice their shipped value and are
fitted by coordinate descent to at most ${FITTED_ROWS} rows of each class, all of other shapes. *Held out* are the rows of the fold, which
the fit has not seen. All other figures stay: they were measured one by one, by class 5 and by \`hopper-timing.md\`. What cannot be held
out is the choice of the mechanisms: it was made with all rows known.

Mean absolute error:

| class | floor | shipped, all rows | start | fit, its own rows | fit, held-out rows |
| --- | --: | --: | --: | --: | --: |
${CLASSES.map((name) =>
  line([
    name,
    errorText(FLOORS[name]!),
    errorText(shipped.get(name)!),
    errorText(average(name, ({ started }) => started)),
    errorText(average(name, ({ trained }) => trained)),
    errorText(pooled.get(name)!),
  ]),
).join('\n')}

The figures, shipped and as each fold fitted them, with the start in parentheses. Where the folds disagree, the rows say little
about a figure, or it makes up for another.

${line(['figure', 'unit', 'shipped', ...folds.map((_, i) => `fold ${i + 1}`)])}
${line(['---', '---', '--:', ...folds.map(() => '--:')])}
${[...SHIPPED]
  .map(([path, value]) =>
    line([
      path,
      figureKind(path)!.unit,
      value,
      ...folds.map((fold) => `${fold.values.get(path)} (${fold.start.get(path)})`),
    ]),
  )
  .join('\n')}

Shapes of the folds:

${folds.map((fold, i) => `${i + 1}. ${fold.shapes.join(', ')} (${fold.rows} rows)`).join('\n')}
`;
writeReport('correlation-held-out.md', text);
const json = {
  seed,
  shipped: Object.fromEntries(shipped),
  heldOut: Object.fromEntries(pooled),
  folds: folds.map((fold) => ({
    shapes: fold.shapes,
    values: Object.fromEntries(fold.values),
    trained: Object.fromEntries(fold.trained),
    heldOut: Object.fromEntries(errorsOf(fold.heldOut)),
  })),
};
writeReport('correlation-held-out.json', JSON.stringify(json, null, 1));
