import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
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

  it('writes stages and streams beside the vectors, or one of them to standard output', () => {
    const folder = join(scratchFolder(), 'set');
    const args = [...SMALL, '--stages', '--stream'];
    expect(fp4sim([...args, '-o', folder]).status).toBe(0);
    const names = readdirSync(folder).filter((file) => file.includes('uniform'));
    expect(names).toEqual(['mac', 'stages', 'stream'].map((unit) => `${unit}_nvfp4_exact-16_uniform_L0.mem`));
    expect(fp4sim(['vectors', '--check', folder]).stdout).toContain('sound; 9 files');
    const streamed = fp4sim([...SMALL, '--stages', '-o', '-']).stdout;
    const files = ['uniform', 'special'].map((name) =>
      readFileSync(join(folder, `stages_nvfp4_exact-16_${name}_L0.mem`), 'utf8'),
    );
    expect(streamed).toBe(files.join(''));
    expect(fp4sim([...args, '-o', '-'])).toMatchObject({
      status: 2,
      stderr: 'error: standard output takes one kind of lines\nhint: leave out --stages or --stream\n',
    });
  });

  it('checks a folder: hashes, strangers, and a sample made again', () => {
    const folder = join(scratchFolder(), 'set');
    fp4sim([...SMALL, '-o', folder]);
    const sound = fp4sim(['vectors', '--check', folder]);
    expect([sound.status, sound.stdout]).toEqual([
      0,
      expect.stringMatching(/sound; 3 files, \d+ bytes hashed, 128 vectors made again/),
    ]);
    const file = join(folder, 'mac_nvfp4_exact-16_uniform_L0.mem');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/^1/, '0'));
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    const damaged = fp4sim(['vectors', '--check', folder]);
    expect(damaged.status).toBe(1);
    expect(damaged.stdout).toContain('uniform_L0.mem: its SHA-256 is not that of the manifest');
    expect(damaged.stdout).toContain('notes.txt: not in the manifest');
    writeFileSync(file, text.slice(0, 100));
    expect(fp4sim(['vectors', '--check', folder]).stdout).toContain('100 bytes, the manifest says');
  });

  it('notices vectors that were changed together with their hash', () => {
    const folder = join(scratchFolder(), 'set');
    fp4sim([...SMALL, '-o', folder]);
    const file = join(folder, 'mac_nvfp4_exact-16_uniform_L0.mem');
    const forged = readFileSync(file, 'utf8').replace(
      /^1_0_./,
      (head) => `1_0_${head.endsWith('1') ? '2' : '1'}`,
    );
    writeFileSync(file, forged);
    const path = join(folder, 'manifest.json');
    const manifest = readFileSync(path, 'utf8');
    const [old] = /(?<="file": "mac_nvfp4_exact-16_uniform_L0.mem",[^}]*"sha256": ")[0-9a-f]+/.exec(
      manifest,
    )!;
    writeFileSync(path, manifest.replace(old, createHash('sha256').update(forged).digest('hex')));
    const { status, stdout } = fp4sim(['vectors', '--check', folder]);
    expect(stdout).toContain('vector 0 is made differently now');
    expect(status).toBe(1);
  });

  it('compares answers in a folder, with a JUnit report', () => {
    const scratch = scratchFolder();
    const [set, answers, junit] = ['set', 'answers', 'report.xml'].map((name) => join(scratch, name)) as [
      string,
      string,
      string,
    ];
    fp4sim([...SMALL, '-o', set]);
    mkdirSync(answers);
    for (const name of ['uniform', 'special']) {
      const lines = readFileSync(join(set, `mac_nvfp4_exact-16_${name}_L0.mem`), 'utf8')
        .trim()
        .split('\n');
      const results = lines
        .filter((line) => line.endsWith('_1'))
        .map((line) => line.split('_').slice(6, 8).join('_'));
      if (name === 'special') results[1] = results[0]!;
      writeFileSync(join(answers, `mac_nvfp4_exact-16_${name}_L0.out`), `${results.join('\r\n')}\r\n`);
    }
    const { status, stdout } = fp4sim(['verify', set, '--response', answers, '--junit', junit]);
    expect(status).toBe(1);
    expect(stdout).toContain('first wrong answer: mac_nvfp4_exact-16_special_L0.mem');
    const xml = readFileSync(junit, 'utf8');
    expect(xml).toContain('tests="2" failures="1"');
    expect(xml).toContain('<testcase classname="nvfp4-exact.mac" name="uniform"/>');
    const missing = fp4sim(['verify', set, '--response', join(scratch, 'nowhere')]);
    expect([missing.status, missing.stderr]).toEqual([2, expect.stringContaining('no such file or folder')]);
    const empty = fp4sim(['verify', answers, '--response', answers]);
    expect([empty.status, empty.stderr]).toEqual([2, expect.stringContaining('cannot read')]);
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
    ['stages of what is no design', ['nvfp4', '--stages'], 'no vectors of nvfp4 as stages'],
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

  it('leaves nothing behind when files cannot grow, and keeps the set that was there', () => {
    const folder = scratchFolder();
    const set = join(folder, 'set');
    fp4sim([...SMALL, '-o', set]);
    const before = readFileSync(join(set, 'manifest.json'), 'utf8');
    const command = `ulimit -f 64; exec node dist/src/cli/main.js vectors nvfp4-exact --level 3 --classes uniform --force -o ${set}`;
    const { status, stderr } = spawnSync('bash', ['-c', command], { cwd: ROOT, encoding: 'utf8' });
    expect(stderr).toBe(`error: cannot write ${set}: the file is larger than is allowed here\n`);
    expect(status).toBe(2);
    expect(readdirSync(folder)).toEqual(['set']);
    expect(readFileSync(join(set, 'manifest.json'), 'utf8')).toBe(before);
  });

  // A small file system of its own needs a user namespace, which not every machine allows.
  const hasNamespaces = spawnSync('unshare', ['-rm', 'true']).status === 0;
  it.skipIf(!hasNamespaces)('leaves nothing behind on a folder whose disk is full', () => {
    const folder = scratchFolder();
    const command = `mount -t tmpfs -o size=256k none ${folder} && node dist/src/cli/main.js vectors nvfp4-exact --level 3 --classes uniform -o ${folder}/set; echo status $?; ls -a ${folder}`;
    const { stdout, stderr } = spawnSync('unshare', ['-rm', 'bash', '-c', command], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(stderr).toBe(`error: cannot write ${folder}/set: no space left on the device\n`);
    expect(stdout).toBe('status 2\n.\n..\n');
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

describe('fp4sim bench', () => {
  it('writes benches with a Makefile that finds the vectors and emits the design', () => {
    const folder = scratchFolder();
    const [set, bench] = [join(folder, 'set'), join(folder, 'bench')];
    fp4sim([...SMALL, '-o', set]);
    const { status, stdout } = fp4sim(['bench', set, '-o', bench, '--kind', 'sv,cocotb']);
    expect([status, stdout]).toEqual([0, expect.stringContaining('make -C')]);
    expect(readdirSync(bench)).toEqual([
      'Makefile',
      'README.md',
      'mac_nvfp4_exact_16_L0_bench.sv',
      'mac_nvfp4_exact_16_L0_dut.sv',
      'test_mac_nvfp4_exact_16_L0.py',
    ]);
    const makefile = readFileSync(join(bench, 'Makefile'), 'utf8');
    expect(makefile).toContain('VECTORS ?= ../set');
    expect(makefile).toContain('emit nvfp4-exact --lanes 16 --readout register -o rtl');
  });

  it('refuses what cannot be, and writes nothing', () => {
    const folder = scratchFolder();
    const [set, bench, map] = [join(folder, 'set'), join(folder, 'bench'), join(folder, 'map.yaml')];
    fp4sim([...SMALL, '-o', set]);
    writeFileSync(map, 'module: mac\nports: { a_inn: a }\n');
    const refused = (message: string, ...args: string[]) => {
      const { status, stderr } = fp4sim(['bench', ...args]);
      expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
      expect(existsSync(bench)).toBe(false);
    };
    refused('did you mean "a_in"?', set, '-o', bench, '--map', map);
    refused('there is no bench "icarus"', set, '-o', bench, '--kind', 'icarus');
    refused('cannot read', join(folder, 'none'), '-o', bench);
    refused('the benches cannot go where the vectors are', set, '-o', set);
    writeFileSync(map, 'module: mac\nsources: [mac.sv]\n');
    refused('mac.sv: no such file', set, '-o', bench, '--map', map);
  });
});
