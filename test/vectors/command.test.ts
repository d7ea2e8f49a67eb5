import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fp4sim, ROOT, scratchFolder } from '../support/cli.js';

const SMALL = ['vectors', 'nvfp4-exact', '--level', '0', '--classes', 'uniform,special'];

describe('fp4sim vectors', () => {
  it('writes a folder that its own command makes again byte for byte', () => {
    const folder = scratchFolder();
    const one = join(folder, 'one');
    const { status, stdout } = fp4sim([...SMALL, '-o', one]);
    expect(status).toBe(0);
    expect(stdout).toContain('128 vectors');
    const manifest = JSON.parse(readFileSync(join(one, 'manifest.json'), 'utf8')) as { command: string };
    const two = join(folder, 'two');
    const again = manifest.command.replace('FOLDER', two).split(' ').slice(1);
    expect(fp4sim(again).status).toBe(0);
    expect(readdirSync(two)).toEqual(readdirSync(one));
    for (const file of readdirSync(one))
      expect(readFileSync(join(two, file))).toEqual(readFileSync(join(one, file)));
  });

  it('streams the lines of the file to standard output', () => {
    const folder = join(scratchFolder(), 'set');
    const streamed = fp4sim([...SMALL, '-o', '-']);
    expect(streamed.status).toBe(0);
    fp4sim([...SMALL, '-o', folder]);
    const files = ['uniform', 'special'].map((name) =>
      readFileSync(join(folder, `mac_nvfp4_exact-16_${name}_L0.mem`), 'utf8'),
    );
    expect(streamed.stdout).toBe(files.join(''));
  });

  it('never mixes two sets, and replaces only what it wrote', () => {
    const folder = scratchFolder();
    const set = join(folder, 'set');
    fp4sim([...SMALL, '-o', set]);
    const refused = fp4sim([...SMALL, '-o', set]);
    expect([refused.status, refused.stderr]).toEqual([
      2,
      `error: ${set} is there already\nhint: --force replaces it\n`,
    ]);
    expect(fp4sim(['vectors', 'if4-lanes', '--level', '0', '--force', '-o', set]).status).toBe(0);
    expect(readdirSync(set).filter((file) => file.includes('nvfp4'))).toEqual([]);
    const other = join(folder, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'thesis.txt'), 'years of work');
    expect(fp4sim([...SMALL, '--force', '-o', other]).status).toBe(2);
    expect(readFileSync(join(other, 'thesis.txt'), 'utf8')).toBe('years of work');
    expect(readdirSync(folder).sort()).toEqual(['other', 'set']);
  });

  it.each([
    ['an unknown target', ['nvfp4-exakt'], 'did you mean "nvfp4-exact"?'],
    ['an unknown class', ['nvfp4-exact', '--classes', 'unifrom'], 'did you mean "uniform"?'],
    ['a shard outside the range', ['nvfp4-exact', '--shard', '5/4'], 'no shard 5/4'],
    ['shard zero', ['nvfp4-exact', '--shard', '0/4'], 'no shard 0/4'],
    ['a shard that is none', ['nvfp4-exact', '--shard', 'one'], 'expected I/N'],
    ['a count of nothing', ['nvfp4-exact', '--level', '3', '--count', '0'], 'above 0'],
    [
      'a count where it is fixed',
      ['nvfp4-exact', '--level', '1', '--count', '9'],
      'the number of vectors is fixed',
    ],
    ['a count that splits a block', ['mxfp4-exact', '--level', '3', '--count', '9'], 'for example 10'],
    ['a level without vectors', ['bf16-fused25', '--level', '2'], 'no vectors of level 2'],
    ['an unknown file format', ['nvfp4-exact', '--formats', 'csv'], 'unknown file format'],
    ['an option that the design has not', ['nvfp4-exact:speed=9'], 'no option "speed"'],
    [
      'nothing left to make',
      ['nvfp4-exact', '--classes', 'uniform', '--without', 'uniform'],
      'no class is left',
    ],
  ])('says what is wrong with %s', (_, args, message) => {
    const set = join(scratchFolder(), 'set');
    const { status, stderr } = fp4sim(['vectors', ...args, '-o', set]);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
    expect(existsSync(set)).toBe(false);
  });

  it('stops with a message when the disk is full', () => {
    const { status, stderr } = fp4simTo('/dev/full', ['--level', '3', '--classes', 'uniform']);
    expect(stderr).toBe('error: cannot write the output: no space left on the device\n');
    expect(status).toBe(2);
  });

  it('stops quietly when the reader of the pipe goes away', () => {
    const command = `node dist/src/cli/main.js vectors nvfp4-exact --level 3 --classes uniform --count 10000000 -o - | head -n 3`;
    const { stdout, stderr } = spawnSync('bash', ['-c', command], { cwd: ROOT, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout.split('\n').length).toBe(4);
  });
});

function fp4simTo(path: string, args: readonly string[]) {
  const command = `node dist/src/cli/main.js vectors nvfp4-exact ${args.join(' ')} -o - > ${path}`;
  return spawnSync('bash', ['-c', command], { cwd: ROOT, encoding: 'utf8' });
}
