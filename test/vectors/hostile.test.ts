/** Folders, manifests and responses that are not as they should be: a clear error, and nothing is left behind. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fp4sim, scratchFolder } from '../support/cli.js';

const SMALL = ['vectors', 'nvfp4-fused35', '--level', '0', '--classes', 'uniform'];

/** A small set, the text of its only file, and the folder around it. */
function smallSet() {
  const folder = scratchFolder();
  const set = join(folder, 'set');
  expect(fp4sim([...SMALL, '-o', set]).status).toBe(0);
  const file = readdirSync(set).find((name) => name.endsWith('.mem'))!;
  return { folder, set, text: readFileSync(join(set, file), 'utf8') };
}

it('what a run that was killed has left is removed by the next, what one that goes on has not', () => {
  const folder = scratchFolder();
  const left = (id: number | undefined) => `set.${hostname()}-${id}.tmp`;
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const others = [left(process.pid), `set.elsewhere-${dead}.tmp`, `other.${hostname()}-${dead}.tmp`];
  for (const name of [left(dead), ...others]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'part.mem'), '0\n');
  }
  expect(fp4sim([...SMALL, '-o', join(folder, 'set')]).status).toBe(0);
  expect(readdirSync(folder).sort()).toEqual(['set', ...others].sort());
});

describe('a place that cannot be written', () => {
  it('below a file, or where no folder can be made, is told', () => {
    const folder = scratchFolder();
    const file = join(folder, 'file');
    writeFileSync(file, 'mine');
    for (const [place, reason] of [
      [join(file, 'set'), 'a part of the path is not a folder'],
      ['/proc/none/set', 'no such file or folder'],
    ] as const) {
      const { status, stderr } = fp4sim([...SMALL, '-o', place]);
      expect([status, stderr]).toEqual([2, `error: cannot write ${place}: ${reason}\n`]);
    }
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('for a report is told, and a device is not replaced by a file', () => {
    const { folder, set, text } = smallSet();
    const [answers, full] = [join(folder, 'answers.mem'), join(folder, 'full')];
    writeFileSync(answers, text);
    symlinkSync('/dev/full', full);
    const { status, stderr } = fp4sim(['verify', set, '--response', answers, '--junit', full]);
    expect([status, stderr]).toEqual([2, `error: cannot write ${full}: no space left on the device\n`]);
    expect(lstatSync(full).isSymbolicLink()).toBe(true);
  });
});

describe('a response', () => {
  it.each([
    ['in UTF-16', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le'), 'is text in UTF-16'],
    [
      'that is cut off in a line',
      (text: string) => Buffer.from(text.slice(0, -5)),
      'is cut off within line 64',
    ],
    ['that is binary', () => Buffer.from(Array.from({ length: 500 }, (_, i) => (i * 37) % 256)), ':1: '],
  ])('%s is refused', (_, bytes, message) => {
    const { folder, set, text } = smallSet();
    const answers = join(folder, 'answers.mem');
    writeFileSync(answers, bytes(text));
    const { status, stderr } = fp4sim(['verify', set, '--response', answers]);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  it('may begin with the mark of UTF-8', () => {
    const { folder, set, text } = smallSet();
    const answers = join(folder, 'answers.mem');
    writeFileSync(answers, `\ufeff${text}`);
    expect(fp4sim(['verify', set, '--response', answers]).status).toBe(0);
  });
});

describe('a manifest', () => {
  it.each([
    ['that is empty', '', 'is not JSON'],
    ['of something else', '[1]', 'has schema undefined'],
    ['without its parts', '{"schema":"fp4sim-vectors-1"}', 'target is missing'],
    [
      'with a width that is none',
      (text: string) => text.replace(/"width": \d+/, '"width": "x"'),
      'units[0].fields[0] is missing or of another kind',
    ],
    [
      'of a target that there is not',
      (text: string) => text.replace('"target": "nvfp4-fused35"', '"target": "nvfp4-fused34"'),
      'did you mean "nvfp4-fused35"?',
    ],
  ])('%s is refused by every command that reads it', (_, change, message) => {
    const { folder, set, text } = smallSet();
    const [path, answers] = [join(set, 'manifest.json'), join(folder, 'answers.mem')];
    const manifest = readFileSync(path, 'utf8');
    writeFileSync(path, typeof change === 'string' ? change : change(manifest));
    writeFileSync(answers, text);
    const bench = join(folder, 'bench');
    for (const args of [
      ['verify', set, '--response', answers],
      ['coverage', set],
      ['bench', set, '-o', bench],
    ]) {
      const { status, stderr } = fp4sim(args);
      expect(stderr).toContain(message);
      expect(status).toBe(2);
    }
    expect(existsSync(bench)).toBe(false);
  });
});

it('a shard without vectors is a sound set, of which there are no benches', () => {
  const folder = scratchFolder();
  const set = join(folder, 'set');
  expect(fp4sim([...SMALL, '--shard', '3/5', '-o', set]).stdout).toContain('no vectors: shard 3/5');
  expect(fp4sim(['vectors', '--check', set]).status).toBe(0);
  const { status, stderr } = fp4sim(['bench', set, '-o', join(folder, 'bench')]);
  expect([status, stderr]).toEqual([2, expect.stringContaining('another shard may have some')]);
  expect(readdirSync(folder)).toEqual(['set']);
});
