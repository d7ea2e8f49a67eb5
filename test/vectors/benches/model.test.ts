/**
 * The C model, made from the records, against vectors, whose results come from the circuits and the oracle: every family
 * of accumulation, every design, partly filled blocks, both readings of NaN scales.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DESIGNS } from '../../../rtl-model/designs/index.js';
import { inFolder, tryProgram } from '../../../rtl-model/systemverilog/index.js';
import type { Settings } from '../../../src/numerics/index.js';
import { parsePortMap } from '../../../src/vectors/index.js';
import { requireTool } from '../../support/tools.js';
import { make } from '../support.js';
import { writeBench } from './support.js';

/** Target, unit, settings. */
const UNITS: readonly (readonly [string, string, Settings])[] = [
  ...[...DESIGNS.keys()]
    .filter((name) => !/^(quant|hadamard)/.test(name))
    .map((name) => [name, 'mac', {}] as const),
  ['nvfp4-exact', 'mac', { readout: 'fp32', lanes: 8 }],
  ['mxfp4-exact', 'mac', { readout: 'fp32' }],
  ['hif4-exact', 'mac', { readout: 'fp32' }],
  ['nvfp4', 'block', {}],
  ['nvfp4', 'block', { nanScale: 'largest' }],
  ['exact', 'dot', { format: 'if4' }],
  ['fp32-per-block', 'dot', { format: 'mxfp4' }],
  ['hopper-f16', 'dot', { format: 'fp16' }],
  ['hopper-tf32', 'dot', {}],
  ['hopper-wgmma-fp8-f16', 'dot', { format: 'e5m2' }],
  ['blackwell-mxf8f6f4', 'dot', { format: 'mxfp8_e4m3' }],
  ['volta-f16', 'dot', {}],
  ['s8-s32', 'dot', {}],
  ['e3m2', 'decode', {}],
];

describe.skipIf(!requireTool('g++').present)('the C model', () => {
  it.each(UNITS)('%s, %s %j, gives the results of the vectors', (target, unit, settings) => {
    inFolder((folder) => {
      const made = make(target, { level: 0 }, ['mem'], 'compiled', settings);
      const map = unit === 'mac' ? undefined : parsePortMap(`unit: ${unit}\nmodule: device\n`, 'map');
      writeBench(folder, made, [], map);
      const [wanted] = made.manifest.units.filter((one) => one.unit === unit);
      const id = wanted!.stem.replaceAll(/[^A-Za-z0-9]/g, '_');
      const sources = [`${id}_model.c`, `${id}_model_check.c`];
      const flags = ['-std=c99', '-pedantic', '-Wall', '-Werror', '-Wno-unused-function'];
      const compiled = tryProgram('gcc', [...flags, '-o', 'check', ...sources, '-lm'], { cwd: folder });
      expect(compiled.output).toBe('');
      const { status, output } = tryProgram(join(folder, 'check'), [join(folder, 'vectors')]);
      const results = wanted!.classes.reduce((sum, set) => sum + set.results, 0);
      expect(output).toBe(`PASS ${id}_model: ${results} results, 0 wrong\n`);
      expect(status).toBe(0);
    });
  });

  it('tells a vector that is wrong, and one that is cut off', () => {
    inFolder((folder) => {
      const made = make('int8-exact', { level: 0, classes: ['uniform'] });
      writeBench(folder, made, []);
      const sources = ['mac_int8_exact_16_L0_model.c', 'mac_int8_exact_16_L0_model_check.c'];
      expect(tryProgram('gcc', ['-o', 'check', ...sources, '-lm'], { cwd: folder }).status).toBe(0);
      const file = join(folder, 'vectors', 'mac_int8_exact-16_uniform_L0.mem');
      const text = made.folder.text('mac_int8_exact-16_uniform_L0.mem');
      const check = () => tryProgram(join(folder, 'check'), [join(folder, 'vectors')]);
      const digit = text.indexOf('_1\n') - 1;
      const other = text[digit] === '0' ? '1' : '0';
      writeFileSync(file, text.slice(0, digit) + other + text.slice(digit + 1));
      expect(check()).toMatchObject({ status: 1, output: expect.stringContaining(', 1 wrong') });
      writeFileSync(file, text.slice(0, -9));
      expect(check()).toMatchObject({
        status: 2,
        output: expect.stringContaining('is cut off at vector 63'),
      });
    });
  });
});
