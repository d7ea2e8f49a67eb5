/** The Rust side's own tests: every engine against the portable one, and the last roundings. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const hasCargo = spawnSync('cargo', ['--version']).status === 0;
/** Built by itself, without Node: a minute on a busy machine. */
const LIMIT = 300_000;

it.skipIf(!hasCargo)('cargo test passes', { timeout: LIMIT }, () => {
  const parameters = ['test', '--no-default-features', '--features', 'c', '--lib', '--tests', '--offline'];
  const { status, stdout, stderr } = spawnSync('cargo', parameters, {
    cwd: join(root, 'native'),
    encoding: 'utf8',
  });
  expect(status, `${stdout}\n${stderr}`).toBe(0);
  expect(stdout).toMatch(/test result: ok\. [1-9]/);
});
