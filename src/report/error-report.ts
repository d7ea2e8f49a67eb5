/**
 * Errors of formats for people:
 *
 *   normal:1024x1024:1, 1024x1024
 *     format     MSE        SQNR dB  largest error  second choice  clipped  −0 codes
 *     nvfp4      9.0503e-3    20.43          0.812              –        0    41,234
 */
import type { FormatErrorRow } from '../compare/index.js';
import { integer, percent, table } from '../text/index.js';

/** One table a tensor, formats in the order in which they were asked for. */
export function errorReport(rows: readonly FormatErrorRow[]): string {
  const sources = [...new Set(rows.map(({ source }) => source))];
  return sources
    .map((source) => {
      const mine = rows.filter((row) => row.source === source);
      return `${source}, ${mine[0]!.rows}x${mine[0]!.cols}\n${errorTable(mine)}`;
    })
    .join('\n\n');
}

function errorTable(rows: readonly FormatErrorRow[]): string {
  return table(rows, [
    { title: 'format', value: ({ format }) => format },
    { title: 'MSE', value: ({ mse }) => mse.toExponential(4), align: 'right' },
    { title: 'SQNR dB', value: ({ sqnrDb }) => sqnrDb.toFixed(2), align: 'right' },
    { title: 'largest error', value: ({ maxError }) => maxError.toPrecision(4), align: 'right' },
    {
      title: 'second choice',
      value: ({ secondChoiceShare }) => (secondChoiceShare === 0 ? undefined : percent(secondChoiceShare)),
      align: 'right',
    },
    { title: 'clipped', value: ({ clipped }) => integer(clipped), align: 'right' },
    { title: '−0 codes', value: ({ negativeZeros }) => integer(negativeZeros), align: 'right' },
  ]);
}
