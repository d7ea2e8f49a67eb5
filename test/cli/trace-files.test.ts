import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fp4sim, ROOT, scratchFolder } from '../support/cli.js';
import { exchange, SMALL_GEMM } from '../support/programs.js';

function withProgram(text: string = SMALL_GEMM): { folder: string; file: string } {
  const folder = scratchFolder();
  const file = join(folder, 'small.s');
  writeFileSync(file, text);
  return { folder, file };
}

describe('fp4sim run --trace', () => {
  it('writes several traces of one run, and prints a timeline', () => {
    const { folder, file } = withProgram();
    const { status, stdout } = fp4sim(
      ['run', file, '--timeline', '--trace', 'a.vcd', '--trace', 'b:chrome'],
      folder,
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/core 0 +0 +\d+[\s\S]*producer +[a-z.]+[\s\S]*one column is \d+ cycles/);
    expect(readdirSync(folder).sort()).toEqual(['a.vcd', 'b', 'small.s']);
    expect(JSON.parse(readFileSync(join(folder, 'b'), 'utf8')).traceEvents.length).toBeGreaterThan(100);
  });

  it('keeps what led to a trap', () => {
    const { folder, file } = withProgram(exchange(SMALL_GEMM, 'mma.commit empty[r10]', 'mma.commit'));
    const { status, stdout, stderr } = fp4sim(
      ['run', file, '--set', 'K=512', '--timeline', '--trace', 'a.json'],
      folder,
    );
    expect(status).toBe(2);
    expect(stderr).toContain('trap deadlock');
    expect(stdout).toContain('the run ended with deadlock');
    expect(JSON.parse(readFileSync(join(folder, 'a.json'), 'utf8')).otherData.trap).toContain('deadlock');
  });

  it.each([
    ['a disk that is full', '/dev/full:chrome', /cannot write \/dev\/full: no space left on the device/],
    ['a folder that is not there', 'nowhere/a.vcd', /cannot write nowhere\/a\.vcd: no such file or folder/],
    ['a folder', '.:html', /cannot write \.: it is a folder/],
    ['a name that tells nothing', 'trace', /cannot tell the kind of trace of trace/],
  ])('says what is wrong with %s, and leaves nothing behind', (_, target, message) => {
    const { folder, file } = withProgram();
    const { status, stdout, stderr } = fp4sim(
      ['run', file, '--trace', 'good.vcd', '--trace', target],
      folder,
    );
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(readdirSync(folder)).toEqual(['small.s']);
  });

  it('leaves nothing behind when the run is refused', () => {
    const { folder, file } = withProgram(exchange(SMALL_GEMM, 'normal(1)', '"missing.npy"'));
    expect(fp4sim(['run', file, '--trace', 'a.vcd'], folder).status).toBe(2);
    expect(readdirSync(folder)).toEqual(['small.s']);
  });

  it('ends with an error when the reader of a pipe goes away', () => {
    const { file } = withProgram();
    const run = `node dist/src/cli/main.js run ${file} --set M=1024 --no-check --trace /dev/fd/9:chrome`;
    const script = `${run} 9> >(head -c 10 >/dev/null); echo "status $?"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: ROOT, encoding: 'utf8' });
    expect(stdout).toBe('status 2\n');
    expect(stderr).toMatch(/cannot write \/dev\/fd\/9: its reader has gone away/);
  });
});
