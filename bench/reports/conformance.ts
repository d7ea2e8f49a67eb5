/**
 * `reports/conformance.{md,json}`: formats, quantisers and dot products against everything that other people's code and
 * recorded silicon printed. The witnesses lie in `../shared`.
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { conform } from '../../src/conform/index.js';
import { conformReport } from '../../src/report/index.js';
import { ROOT, writeReport } from './write-report.js';

const FOLDERS = ['vectors', 'silicon'].map((name) => join(ROOT, '..', 'shared', name));

for (const folder of FOLDERS) {
  if (!existsSync(folder))
    throw new Error(`${relative(ROOT, folder)} is not here: reports/conformance needs the witnesses`);
}
const rows = FOLDERS.flatMap(conform);
writeReport(
  'conformance.md',
  `# Conformance with other people's code and silicon

\`fp4sim conform --vectors ../shared/vectors ../shared/silicon\`

\`\`\`
${conformReport(rows)}
\`\`\``,
);
writeReport('conformance.json', JSON.stringify(rows, null, 2));
