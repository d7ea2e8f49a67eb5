/** `reports/gemm_nvfp4.{md,json}`: the NVFP4 GEMM on the sample tensors, at 256³ and at 1024³. */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { assemble } from '../../src/assembler/index.js';
import { type RunResult, runProgram } from '../../src/machine/index.js';
import { runReport } from '../../src/report/index.js';
import { ROOT, writeReport } from './write-report.js';

const PROGRAM = 'programs/gemm_nvfp4.s';
const SIZES = [256, 1024];

function runAt(size: number): RunResult {
  const text = readFileSync(join(ROOT, PROGRAM), 'utf8');
  const set = new Map(['M', 'N', 'K'].map((name) => [name, size]));
  const { program } = assemble(text, relative(process.cwd(), join(ROOT, PROGRAM)), { set });
  if (program === undefined) throw new Error(`${PROGRAM} does not assemble`);
  return { ...runProgram(program).result, program: PROGRAM };
}

const results = SIZES.map(runAt);
const sections = results.map((result, i) => {
  const size = SIZES[i]!;
  const command = `fp4sim run ${PROGRAM} --set M=${size} --set N=${size} --set K=${size}`;
  return `## ${size} × ${size} × ${size}\n\n\`${command}\`\n\n\`\`\`\n${runReport(result)}\n\`\`\``;
});
writeReport('gemm_nvfp4.md', `# NVFP4 GEMM on real tensors\n\n${sections.join('\n\n')}`);
writeReport('gemm_nvfp4.json', JSON.stringify(results, null, 2));
