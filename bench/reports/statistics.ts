/**
 * `reports/statistics.{md,json}`: the published statistics of the formats on N(0,1), beside ours: mean squared error and
 * the share of INT4 blocks of IF4. The figures to reproduce were measured with the authors' code (fouroversix dadfad6,
 * torchao 36027d8, HiFloat4 6d937b6).
 */
import { compareFormats, parseFormatList } from '../../src/compare/index.js';
import { writeReport } from './write-report.js';

/** Format and policy, and the mean squared error that the authors' code gives. */
const MSE: readonly (readonly [format: string, published: number])[] = [
  ['mxfp4:static_6', 0.01332],
  ['mxfp4:floor', 0.0132],
  ['nvfp4:static_6', 0.00905],
  ['nvfp4:static_4', 0.00964],
  ['nvfp4:abs_max', 0.00799],
  ['nvfp4:mae', 0.0078],
  ['nvfp4:mse', 0.00756],
  ['nvint4', 0.00745],
  ['hif4', 0.00687],
  ['if4:abs_max', 0.00678],
  ['if4:mae', 0.00642],
  ['if4:mse', 0.00616],
];
/** Source, policy of IF4, and the share of INT4 blocks in percent. */
const SHARES: readonly (readonly [source: string, format: string, published: number])[] = [
  ['normal:1024x1024:1', 'if4:mse', 63.11],
  ['normal:1024x1024:1', 'if4:mae', 49.3],
  ['normal:1024x1024:1', 'if4:abs_max', 87.7],
  ['laplace:1024x1024:1', 'if4:mse', 42.3],
  ['student3:1024x1024:1', 'if4:mse', 38.1],
];

const measured = compareFormats(parseFormatList(MSE.map(([format]) => format).join(',')), [
  'normal:1024x1024:1',
]);
const errors = MSE.map(([format, published], i) => {
  const { mse } = measured[i]!;
  return { format, published, measured: mse, differencePercent: 100 * (mse / published - 1) };
});
const shares = SHARES.map(([source, format, published]) => {
  const [row] = compareFormats(parseFormatList(format), [source]);
  return { source, format, publishedPercent: published, measuredPercent: 100 * row!.secondChoiceShare };
});

writeReport(
  'statistics.md',
  `# Statistics of the formats on random data

Ours on 1024 × 1024 seeded numbers, beside what the authors' code gives on its own random numbers.

| format | MSE published | measured | difference |
|---|---|---|---|
${errors.map((e) => `| ${e.format} | ${e.published} | ${e.measured.toFixed(6)} | ${e.differencePercent.toFixed(2)} % |`).join('\n')}

| source | policy | INT4 blocks published | measured |
|---|---|---|---|
${shares.map((s) => `| ${s.source} | ${s.format} | ${s.publishedPercent} % | ${s.measuredPercent.toFixed(2)} % |`).join('\n')}
`,
);
writeReport('statistics.json', JSON.stringify({ errors, shares }, null, 2));
