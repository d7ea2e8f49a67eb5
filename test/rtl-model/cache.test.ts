/** The names of files that are kept from run to run: which code and which folder they stand for. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheFolder, codeHash } from '../../rtl-model/proof/index.js';
import { scratchFolder } from '../support/cli.js';

/** A program's folders, by file. */
function program(files: Readonly<Record<string, string>>): string {
  const root = scratchFolder();
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(root, file, '..'), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

describe('the hash of code', () => {
  const files = { 'a/one.js': '1', 'a/deep/two.js': '2', 'b/three.js': '3' };
  const hashOf = (changed: Record<string, string>, folders = ['a', 'b']) =>
    codeHash(folders, program({ ...files, ...changed }));
  const hash = () => hashOf({});

  it('is the same for the same code, wherever it is', () => {
    expect(hashOf({})).toBe(hash());
    expect(hash()).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, Record<string, string>]>([
    ['a file', { 'b/three.js': '4' }],
    ['a file further down', { 'a/deep/two.js': '3' }],
    ['a file more', { 'a/four.ts': '' }],
  ])('is another one with %s changed', (_, changed) => {
    expect(hashOf(changed)).not.toBe(hash());
  });

  it.each<[string, Record<string, string>]>([
    ['declarations', { 'a/one.d.ts': 'types' }],
    ['what is no code', { 'a/notes.md': 'notes' }],
    ['code elsewhere', { 'c/other.js': '1' }],
  ])('does not look at %s', (_, changed) => {
    expect(hashOf(changed)).toBe(hash());
  });

  it('tells folders apart', () => {
    expect(hashOf({}, ['a'])).not.toBe(hash());
    expect(hashOf({}, ['b', 'a'])).not.toBe(hash());
  });
});

describe('the cache folder', () => {
  it('lies where the user keeps caches', () => {
    expect(cacheFolder('logic', { XDG_CACHE_HOME: '/caches' })).toBe('/caches/fp4sim/logic');
    for (const environment of [{}, { XDG_CACHE_HOME: '' }]) {
      expect(cacheFolder('checked', environment)).toBe(join(homedir(), '.cache', 'fp4sim', 'checked'));
    }
  });
});
