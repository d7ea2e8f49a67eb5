/**
 * `reports/formats.{md,svg,json}`: errors of the block formats on the linear layers of a small language model
 * (weights, activations, output gradients) and on N(0,1). The model's tensors lie in `../shared/data`.
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { compareFormats, type FormatErrorRow, parseFormatList } from '../../src/compare/index.js';
import { loadTensors } from '../../src/formats/index.js';
import { errorPlot, errorReport } from '../../src/report/index.js';
import { ROOT, writeReport } from './write-report.js';

const FORMATS =
  'mxfp4,mxfp4:rceil,nvfp4,nvfp4:static_4,nvfp4:abs_max,nvfp4:mae,nvfp4:mse,nvint4,hif4,mixfp4,if4:abs_max,if4:mae,if4:mse';
const NORMAL = 'normal:1024x1024:1';

const file = join(ROOT, '..', 'shared', 'data', 'lm_block3.safetensors');
if (!existsSync(file))
  throw new Error(`${relative(ROOT, file)} is not here: reports/formats needs the real tensors`);

const formats = parseFormatList(FORMATS);
const tensors = [...loadTensors(file).tensors.keys()].map((key) => `${file}#${key}`);
const rows: FormatErrorRow[] = compareFormats(formats, [NORMAL, ...tensors]).map((row) => ({
  ...row,
  source: row.source.replace(file, 'lm_block3.safetensors'),
}));

/** Mean SQNR of a format over the tensors whose name ends so. */
function meanSqnr(format: string, kind: string): string {
  const mine = rows.filter((row) => row.format === format && row.source.endsWith(kind));
  return (mine.reduce((sum, { sqnrDb }) => sum + sqnrDb, 0) / mine.length).toFixed(2);
}

const KINDS = ['weight', 'input', 'grad_output'];
const summary = formats.map(
  ({ label }) => `| ${label} | ${KINDS.map((kind) => meanSqnr(label, kind)).join(' | ')} |`,
);

writeReport(
  'formats.md',
  `# Errors of block formats on real tensors

The linear layers of block 3 of a small byte-level language model trained for this project (bf16), and N(0,1).
Regenerate with \`npm run reports\`; a single table: \`fp4sim error --formats nvfp4,if4 --source FILE#KEY\`.

Mean signal to quantisation noise in dB over the four layers:

| format | weights | activations | output gradients |
|---|---|---|---|
${summary.join('\n')}

![signal to quantisation noise of each format on each tensor](formats.svg)

\`\`\`
${errorReport(rows)}
\`\`\``,
);
writeReport('formats.json', JSON.stringify(rows, null, 2));
writeReport('formats.svg', await errorPlot(rows));
