/**
 * `reports/correlation.{md,json,svg}`: every measured row of tile programs against the `hopper` model.
 *
 *   node dist/bench/machine/correlate.js
 *
 * `fp4sim correlate` does the same for other files and models. How well the figures that were fitted to these rows hold
 * for rows that they were not fitted to is in `reports/correlation-held-out.md` (`held-out.ts`).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ErrorSummary,
  Predictor,
  readTileRows,
  summariseByClass,
  summariseByMeasure,
} from '../../src/correlate/index.js';
import { MACHINE_MODELS } from '../../src/machine/index.js';
import { comparisonText, correlationPlot, correlationRows, errorText } from '../../src/report/index.js';
import { ROOT, writeReport } from '../reports/write-report.js';

const FILE = join(ROOT, '..', 'shared', 'timing', 'tile_cycles.csv');
const SHOWN_ERRORS = 30;

function summaryTable(rows: readonly ErrorSummary[]): string {
  const head = ['class', 'measure', 'rows', 'mean abs. error', 'median', 'largest', 'mean signed'];
  const cells = rows.map((s) => [
    s.class,
    s.measure,
    String(s.rows),
    ...[s.mean, s.median, s.largest, s.bias].map(errorText),
  ]);
  return [head, head.map(() => '---'), ...cells].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

const rows = readTileRows(readFileSync(FILE, 'utf8'), FILE);
const predictor = new Predictor(MACHINE_MODELS.get('hopper')!);
const all = rows.flatMap((row) => predictor.compare(row) ?? []);
const [byClass, byMeasure] = [summariseByClass(all), summariseByMeasure(all)];
const largest = [...all].sort((a, b) => Math.abs(b.error) - Math.abs(a.error)).slice(0, SHOWN_ERRORS);
console.log(summaryTable(byClass));
const text = [
  '# Cycles of tile programs: the `hopper` model against an H200',
  `\`node dist/bench/machine/correlate.js\`: ${all.length} of ${rows.length} measured rows; ${rows.length - all.length} rows (class 5, single costs) have no program.`,
  'Error = predicted / measured − 1. The figures of the model, with their sources: `fp4sim machines hopper`. Those whose source begins with "derived" were fitted to rows of this table; [how they hold for rows that they were not fitted to](correlation-held-out.md).',
  '![errors by class](correlation.svg)',
  '## By class',
  summaryTable(byClass),
  '## By variant and measure',
  summaryTable(byMeasure),
  '## The thirty largest errors',
  `\`\`\`\n${largest.map(comparisonText).join('\n')}\n\`\`\``,
].join('\n\n');
writeReport('correlation.md', text);
writeReport('correlation.json', JSON.stringify({ byClass, byMeasure, rows: correlationRows(all) }, null, 1));
writeReport('correlation.svg', await correlationPlot(all));
