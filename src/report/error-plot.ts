/**
 * The errors of formats as a picture: one panel a tensor, one point a format, best format on top. SVG, made by Vega-Lite
 * without a browser.
 */
import type { FormatErrorRow } from '../compare/index.js';
import { svgOf } from './svg.js';

/** The picture as SVG text. */
export async function errorPlot(rows: readonly FormatErrorRow[]): Promise<string> {
  const values = rows.map(({ source, format, sqnrDb }) => ({ source: shortName(source), format, sqnrDb }));
  return svgOf({
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    data: { values },
    columns: 3,
    facet: { field: 'source', type: 'nominal', title: null, sort: null },
    spec: {
      width: 220,
      mark: { type: 'point', filled: true, size: 70 },
      encoding: {
        y: { field: 'format', type: 'nominal', title: null, sort: '-x' },
        x: {
          field: 'sqnrDb',
          type: 'quantitative',
          title: 'signal to quantisation noise, dB',
          scale: { zero: false },
        },
        color: { field: 'format', type: 'nominal', legend: null },
      },
    },
    resolve: { scale: { x: 'independent' } },
  });
}

/** The key of a tensor in a file, or the drawn source as it is. */
function shortName(source: string): string {
  return source.slice(source.lastIndexOf('#') + 1);
}
