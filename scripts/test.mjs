/**
 * `npm test`: set up, then lint, type check and every test. Tests that need a tool or data which is not there are
 * listed with the command that installs it; with FP4SIM_REQUIRE_TOOLS=1 they fail instead.
 * Ends with `N passed, N failed` on a line of its own.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, setUp } from './setup.mjs';

const REPORT = join(root, '.cache', 'test-report.json');

setUp();
mkdirSync(join(root, '.cache'), { recursive: true });
rmSync(REPORT, { force: true });

const bin = (...path) => join(root, 'node_modules', ...path);
const steps = [
  [
    'lint',
    () =>
      run(process.execPath, bin('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.'),
  ],
  ['types', () => run(process.execPath, bin('typescript', 'bin', 'tsc'), '-p', 'tsconfig.json', '--noEmit')],
  [
    'tests',
    () =>
      run(
        process.execPath,
        bin('vitest', 'vitest.mjs'),
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${REPORT}`,
        ...process.argv.slice(2),
      ),
  ],
];
const failed = steps.filter(([, step]) => step() !== 0).map(([name]) => name);

const report = readReport();
const skipped = report.tests.filter(({ status }) => status === 'pending' || status === 'skipped');
if (skipped.length > 0) {
  console.log(`\n${skipped.length} tests skipped:`);
  for (const { fullName } of skipped) console.log(`  ${fullName}`);
}
const passedTests = report.tests.filter(({ status }) => status === 'passed').length;
const failedTests = report.tests.filter(({ status }) => status === 'failed').length;
for (const name of failed) console.log(`${name}: failed`);
// A step that fails without a failed test (lint, types, a file that does not load) counts as one failure.
const failures =
  Math.max(failedTests, 0) + failed.filter((name) => name !== 'tests' || failedTests === 0).length;
console.log(`\n${passedTests} passed, ${failures} failed`);
process.exit(failures === 0 && passedTests > 0 ? 0 : 1);

function readReport() {
  try {
    const { testResults } = JSON.parse(readFileSync(REPORT, 'utf8'));
    return { tests: testResults.flatMap(({ assertionResults }) => assertionResults) };
  } catch {
    return { tests: [] };
  }
}
