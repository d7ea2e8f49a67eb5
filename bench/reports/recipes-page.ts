/**
 * The recipes as one page: for each a row of bars on common scales, cycles, traffic, energy and the three errors.
 * No scripts, nothing loaded.
 */
import type { RecipeFigures } from './recipes.js';

interface Column {
  readonly title: string;
  readonly value: (figures: RecipeFigures) => number;
  readonly text: (value: number) => string;
  /** Bars of errors span decades. */
  readonly logarithmic?: boolean;
}

const kib = (bytes: number): string => `${Math.round(bytes / 1024)} KiB`;
const error = (value: number): string => value.toExponential(1);

const COLUMNS: readonly Column[] = [
  { title: 'cycles', value: ({ cycles }) => cycles, text: (value) => value.toLocaleString('en') },
  { title: 'traffic', value: ({ loadedBytes, storedBytes }) => loadedBytes + storedBytes, text: kib },
  { title: 'MAC energy', value: ({ energyNj }) => energyNj, text: (value) => `${value.toFixed(0)} nJ` },
  { title: 'error y', value: ({ errors }) => errors.y, text: error, logarithmic: true },
  { title: 'error dx', value: ({ errors }) => errors.dx, text: error, logarithmic: true },
  { title: 'error dW', value: ({ errors }) => errors.dw, text: error, logarithmic: true },
];

/** Left end of the logarithmic bars. */
const LEAST_ERROR = 1e-7;
const WIDTH = 120;

/** The page as a whole document. */
export function recipesPage(all: readonly RecipeFigures[]): string {
  const heads = COLUMNS.map(({ title, logarithmic }) => `<th>${title}${logarithmic ? ' (log)' : ''}</th>`);
  const rows = all.map((figures) => {
    const cells = COLUMNS.map((column) => cell(column, figures, all));
    return `<tr><th>${figures.recipe}<small>${figures.formats}</small></th>${cells.join('')}</tr>`;
  });
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Training recipes on one linear layer</title>
<style>
body{font:15px/1.4 system-ui,sans-serif;margin:2em;max-width:75em}
table{border-collapse:collapse}td,th{padding:.35em .7em;text-align:left;border-bottom:1px solid #ddd}
small{display:block;font-weight:normal;color:#555}rect{fill:#4478aa}td{white-space:nowrap}
</style>
<h1>Training recipes on one linear layer</h1>
<p>Forward and both backward products of a 256 × 256 slice of a trained layer on fp4core, every element equal to the exact
oracle of the recipe’s arithmetic. Traffic is between L2 and the cores. Energy is that of the multiply-accumulates alone.
Errors are relative (Frobenius), against the products of the unquantised operands. Shorter bars are better.</p>
<table><tr><th>recipe</th>${heads.join('')}</tr>
${rows.join('\n')}
</table></html>
`;
}

function cell(
  { value, text, logarithmic }: Column,
  figures: RecipeFigures,
  all: readonly RecipeFigures[],
): string {
  const own = value(figures);
  const most = Math.max(...all.map((each) => value(each)));
  const share = logarithmic
    ? Math.log(Math.max(own, LEAST_ERROR) / LEAST_ERROR) / Math.log(most / LEAST_ERROR)
    : own / most;
  const width = (WIDTH * share).toFixed(1);
  return `<td><svg width="${WIDTH}" height="10"><rect width="${width}" height="10"/></svg><small>${text(own)}</small></td>`;
}
