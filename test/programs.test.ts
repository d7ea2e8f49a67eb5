/** Every program runs as its header says, and gives what its CHECK lines say. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './support/cli.js';

const PROGRAMS = readdirSync(join(ROOT, 'programs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.s'))
  .map((name) => join('programs', name));

describe('a program', () => {
  it.each(PROGRAMS)('%s prints what its header says', (file) => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/update-programs.mjs', '--check', file], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it.each(PROGRAMS)('%s has the oracle’s results and no element unlike it', (file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    expect(text).toMatch(/^; RUN: fp4sim run /m);
    expect(text).toMatch(/^; CHECK: cycles \d+$/m);
    for (const [, count] of text.matchAll(/^; CHECK: .* mismatches (\d+)/gm)) expect(count).toBe('0');
  });

  it('attention_leak.s leaks where its scores are quantised before the mask, and nowhere else', () => {
    const text = readFileSync(join(ROOT, 'programs', 'attention_leak.s'), 'utf8');
    const printed = (name: string): number =>
      Number(new RegExp(`^; CHECK: ${name} .* values (\\S+)$`, 'm').exec(text)?.[1]);
    expect(printed('leak')).toBeGreaterThan(100);
    expect(printed('fixed')).toBe(0);
  });
});
