/**
 * `reports/correlation.{md,json}`: every measured row of tile programs against the `hopper` model.
 *
 *   node dist/bench/machine/correlate.js [FILE.csv [CLASS …]]
 *
 * The default file is `../shared/timing/tile_cycles.csv`; other files need the same columns. With classes named, only
 * their rows are run, everything is printed and no report is written.
 */
import { join } from 'node:path';
import { ROOT, writeReport } from '../reports/write-report.js';
import { type Comparison, Predictor } from './predict.js';
import { readTileRows, type TileRow } from './tile-cycles.js';
import { median } from './tile-programs.js';

const DEFAULT_FILE = join(ROOT, '..', 'shared', 'timing', 'tile_cycles.csv');

interface Summary {
  readonly class: string;
  readonly measure: string;
  readonly rows: number;
  /** Mean, median and largest of the absolute error, and the mean of the signed one. */
  readonly mean: number;
  readonly median: number;
  readonly largest: number;
  readonly bias: number;
}

function summarise(all: readonly Comparison[], keyOf: (c: Comparison) => string): Summary[] {
  const groups = new Map<string, Comparison[]>();
  for (const each of all) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
  return [...groups].map(([key, members]) => {
    const errors = members.map(({ error }) => Math.abs(error));
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    const [name, measure] = key.split('|') as [string, string];
    return {
      class: name,
      measure,
      rows: members.length,
      mean: mean(errors),
      median: median(errors),
      largest: Math.max(...errors),
      bias: mean(members.map(({ error }) => error)),
    };
  });
}

const percent = (x: number): string => `${(100 * x).toFixed(2)} %`;

function summaryTable(rows: readonly Summary[]): string {
  const head = ['class', 'measure', 'rows', 'mean abs. error', 'median', 'largest', 'mean signed'];
  const cells = rows.map((s) => [
    s.class,
    s.measure,
    String(s.rows),
    percent(s.mean),
    percent(s.median),
    percent(s.largest),
    percent(s.bias),
  ]);
  return [head, head.map(() => '---'), ...cells].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function rowText({ row, predicted, error }: Comparison): string {
  const { id, variant, sms, M, N, kstepBytes, stages, steps, measure, cyclesMedian } = row;
  const where = `${M}x${N}x${kstepBytes} S=${stages} T=${steps}${sms > 1 ? ` sms=${sms}` : ''}`;
  const extra = [...row.extra].map(([k, v]) => (v === '' ? k : `${k}=${v}`)).join(';');
  return `${id} ${row.class} ${variant} ${where} ${measure} ${extra} measured ${cyclesMedian} predicted ${predicted.toFixed(0)} ${percent(error)}`;
}

const [file = DEFAULT_FILE, ...classes] = process.argv.slice(2);
const rows = readTileRows(file).filter((row) => classes.length === 0 || classes.includes(row.class));
const predictor = new Predictor(join(ROOT, 'programs', 'hopper'));
const all = rows.flatMap((row) => predictor.compare(row) ?? []);
/** Of class 4 the drained measures are what counts: they contain the whole epilogue. */
const shareOf = ({ class: name, measure }: TileRow): string =>
  name !== '4' ? 'all' : measure.includes('drained') ? 'drained' : 'accumulators and issue';
const byClass = summarise(all, ({ row }) => `${row.class}|${shareOf(row)}`);
const byMeasure = summarise(all, ({ row }) => `${row.class} ${row.variant}|${row.measure}`);
if (classes.length > 0) {
  console.log(all.map(rowText).join('\n'));
  console.log(`${summaryTable(byMeasure)}\n\n${summaryTable(byClass)}`);
} else {
  console.log(summaryTable(byClass));
  const left = rows.length - all.length;
  const text = [
    '# Cycles of tile programs: the `hopper` model against an H200',
    `\`node dist/bench/machine/correlate.js\`: ${all.length} of ${rows.length} measured rows; ${left} rows (class 5, single costs) have no program.`,
    'Error = predicted / measured − 1. The figures of the model, with their sources: `fp4sim machines hopper`.',
    '## By class',
    summaryTable(byClass),
    '## By variant and measure',
    summaryTable(byMeasure),
    '## The thirty largest errors',
    `\`\`\`\n${[...all]
      .sort((a, b) => Math.abs(b.error) - Math.abs(a.error))
      .slice(0, 30)
      .map(rowText)
      .join('\n')}\n\`\`\``,
  ].join('\n\n');
  writeReport('correlation.md', text);
  const flat = all.map(({ row, predicted, error }) => ({
    ...row,
    extra: Object.fromEntries(row.extra),
    predicted,
    error,
  }));
  writeReport('correlation.json', JSON.stringify({ byClass, byMeasure, rows: flat }, null, 1));
}
