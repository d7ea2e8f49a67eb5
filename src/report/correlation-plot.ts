/** The errors of predicted cycles as a picture: one point a row, one panel a class. SVG, made without a browser. */
import type { Comparison } from '../correlate/index.js';
import { svgOf } from './svg.js';

/** The picture as SVG text. */
export async function correlationPlot(all: readonly Comparison[]): Promise<string> {
  const values = all.map(({ row, predicted, error }) => ({
    class: `class ${row.class}`,
    measured: row.cyclesMedian,
    predicted,
    error: 100 * error,
    none: 0,
  }));
  return svgOf({
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    data: { values },
    columns: 3,
    facet: { field: 'class', type: 'nominal', title: null },
    spec: {
      width: 230,
      height: 130,
      layer: [
        {
          mark: { type: 'rule', color: '#999' },
          encoding: { y: { field: 'none', aggregate: 'min', type: 'quantitative', title: 'error, %' } },
        },
        {
          mark: { type: 'point', filled: true, size: 14, opacity: 0.5 },
          encoding: {
            x: {
              field: 'measured',
              type: 'quantitative',
              title: 'measured cycles',
              scale: { type: 'log' },
              axis: { grid: false, tickCount: 4 },
            },
            y: { field: 'error', type: 'quantitative', title: 'error, %' },
          },
        },
      ],
    },
    resolve: { scale: { x: 'independent', y: 'independent' } },
  });
}
