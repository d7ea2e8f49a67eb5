import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fp4sim, scratchFolder } from '../support/cli.js';

const TINY = join(import.meta.dirname, '..', 'data', 'liberty', 'tiny.lib');

describe('fp4sim estimate', () => {
  it('prints every figure with its error, source and check, and energy on real operands', () => {
    const { status, stdout } = fp4sim(['estimate', 'nvfp4-exact', '--by-module']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/source +asap7sc7p5t.*BSD-3-Clause/);
    expect(stdout).toMatch(/checked +[\d,]+ results on [\d,]+ .* equal the oracle's/);
    expect(stdout).toMatch(/area +\d+ +µm² +± [\d.]+ %, [\d.]+ %/);
    expect(stdout).toMatch(/energy +[\d.]+ +fJ a MAC/);
    expect(stdout).toMatch(/s3_accumulate: .* longest path to s3_acc\[\d+\]/);
    expect(stdout).toMatch(/lane_f2m2_f2m2 +16 /);
  });

  it('takes the comparison that fp4sim sim made as the check', () => {
    vi.stubEnv('XDG_CACHE_HOME', scratchFolder());
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(fp4sim(['sim', 'nvint4-exact', '--vectors', '20000', '--seed', '77']).status).toBe(0);
    expect(fp4sim(['estimate', 'nvint4-exact', '--technology', 'unit']).stdout).toMatch(
      /checked .*\(seed 77,/,
    );
  });

  it('gives the same as JSON, and says when nothing was checked', () => {
    const { status, stdout } = fp4sim([
      'estimate',
      'nvfp4-exact',
      '--unchecked',
      '--technology',
      'unit',
      '--json',
    ]);
    expect(status).toBe(0);
    const [estimate] = JSON.parse(stdout);
    expect(estimate.checked).toBe(false);
    expect(estimate.energy.mismatches).toBe(0);
    expect(estimate.energy.results).toBeGreaterThan(100);
    const sum = estimate.modules.reduce(
      (total: number, { areaUm2 }: { areaUm2: number }) => total + areaUm2,
      0,
    );
    expect(sum).toBeCloseTo(estimate.areaUm2, 6);
    expect(estimate.errors).toBeUndefined();
    expect(fp4sim(['estimate', 'nvfp4-exact', '--unchecked', '--technology', 'unit']).stdout).toMatch(
      /NOT CHECKED/,
    );
  });

  it.each<[string[], RegExp]>([
    [['estimate', 'nvfp4-exakt'], /did you mean "nvfp4-exact"/],
    [['estimate', 'nvfp4-exact', '--technology', 'asap'], /did you mean "asap7"/],
    [
      ['estimate', 'nvfp4-exact', '--unchecked', '--clock', '1'],
      /a period of 1.0 ps cannot be met.*needs .* ps: s3_accumulate, from s3_acc\[\d+\] .*to s3_acc\[\d+\] \(\d+ cells\)/,
    ],
    [['estimate', 'nvfp4-exact', '--clock', '800', '--stages', '2'], /give one of them/],
    [
      ['estimate', 'nvfp4-exact', '--unchecked', '--tensors', 'normal:4x4:1', 'normal:4x4:2'],
      /fewer than one step/,
    ],
    [['estimate', 'nvfp4-exact', '--liberty', TINY], /has no two-input NAND/],
    [['estimate', 'nvfp4-exact', '--liberty', 'none.lib'], /no such file/],
    [['technology', 'show', 'sky130'], /did you mean "sky130hd"/],
    [['technology', 'fit', TINY, '-o', 't.json'], /has no two-input NAND/],
    [['synth', 'nvfp4-exact'], /required option/],
    [['synth', 'nvfp4-exact', '--liberty', 'none.lib'], /no such file/],
  ])('%j is refused with a hint', (args, message) => {
    const { status, stderr } = fp4sim(args);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('a table is written whole or not at all', () => {
    const folder = scratchFolder();
    mkdirSync(join(folder, 'table.json'));
    writeFileSync(join(folder, 'bad.lib'), 'library (l) {\n cell (');
    const bad = fp4sim(['technology', 'fit', join(folder, 'bad.lib'), '-o', join(folder, 'new.json')]);
    expect(bad.status).toBe(2);
    expect(bad.stderr).toMatch(/bad\.lib, line 2/);
    expect(existsSync(join(folder, 'new.json'))).toBe(false);
    expect(readdirSync(folder).sort()).toEqual(['bad.lib', 'table.json']);
    expect(readFileSync(join(folder, 'bad.lib'), 'utf8')).toMatch(/^library/);
  });
});

describe('fp4sim technology', () => {
  it('lists the technologies and shows one with its source and fit', () => {
    expect(fp4sim(['technology', 'list']).stdout).toMatch(/gt2n .* BSD-3-Clause/);
    const { stdout } = fp4sim(['technology', 'show', 'ihp']);
    expect(stdout).toMatch(/licence +Apache-2.0/);
    expect(stdout).toMatch(/nand2 +sg13g2_nand2_1/);
    expect(JSON.parse(fp4sim(['technology', 'list', '--json']).stdout)).toHaveLength(6);
  });
});
