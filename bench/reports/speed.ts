/** `reports/typescript_speed.md`: speed of the quantisers, the oracle and the engine in plain TypeScript. */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { ROOT, writeReport } from './write-report.js';

const output = (script: string): string =>
  execFileSync(process.execPath, [join(ROOT, 'dist', 'bench', script)], { encoding: 'utf8' }).trim();

writeReport(
  'typescript_speed.md',
  `# Speed of plain TypeScript

${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}, one thread, processor time, best of several runs. The machine is
shared: compare lines with each other rather than with other machines.

Quantisers (\`node dist/bench/formats.bench.js\`):

\`\`\`
${output('formats.bench.js')}
\`\`\`

Oracle and engine on random codes with random scale codes (\`node dist/bench/oracle.bench.js\`):

\`\`\`
${output('oracle.bench.js')}
\`\`\`
`,
);
