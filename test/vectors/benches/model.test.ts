/**
 * The C model, made from the records, against vectors, whose results come from the circuits and the oracle: every family
 * of accumulation, every design, partly filled blocks, both readings of NaN scales.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DESIGNS } from '../../../rtl-model/designs/index.js';
import { inFolder, tryProgram } from '../../../rtl-model/systemverilog/index.js';
import { ELEMENT_FORMATS, widthOf } from '../../../src/formats/index.js';
import { ROUNDING_MODES, type Settings } from '../../../src/numerics/index.js';
import { parsePortMap } from '../../../src/vectors/index.js';
import { requireTool } from '../../support/tools.js';
import { type Made, make } from '../support.js';
import { writeBench } from './support.js';

const unitOf = (design: string) =>
  /^quant/.test(design) ? 'quantizer' : /^hadamard/.test(design) ? 'transform' : 'mac';
/** Every format that FP32 numbers are encoded into. */
const ENCODED = [...ELEMENT_FORMATS].filter(([, format]) => widthOf(format) > 0).map(([name]) => name);

/** Target, unit, settings. */
const UNITS: readonly (readonly [string, string, Settings])[] = [
  ...[...DESIGNS.keys()].map((name) => [name, unitOf(name), {}] as const),
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
  ['cdna3-fp8', 'dot', {}],
  ['cdna3-fp8', 'dot', { format: 'e5m2-fnuz' }],
  ...['e3m2', 'fp16', 'bf16', 'tf32', 'e5m2-fnuz'].map((name) => [name, 'decode', {}] as const),
  ...ENCODED.map((name) => [name, 'encode', {}] as const),
  ...ROUNDING_MODES.map((rounding) => ['e4m3', 'encode', { rounding, overflow: 'special' }] as const),
  ...ROUNDING_MODES.map((rounding) => ['int4', 'encode', { rounding }] as const),
];
/** Lanes, a part of their exhaustive sets each: target, shards. */
const LANE_UNITS = [
  ['nvfp4-exact', 64],
  ['if4-exact49', 256],
  ['nvint4-exact', 64],
  ['nvfp4-lanes', 64],
  ['if4-lanes', 256],
] as const;

/** The vectors that a model is compared with: encoders and quantisers have theirs at level 1. */
const REQUESTS: Readonly<Record<string, Parameters<typeof make>[1]>> = {
  encode: { level: 1 },
  quantizer: { level: 1, classes: ['normal', 'ties', 'one-large', 'sparse', 'equal'] },
  transform: { level: 1, classes: ['normal', 'ties', 'one-large', 'sparse', 'equal'] },
};

/** Compiles a model with all warnings, and plays the vectors of its unit into it. */
function expectModelled(made: Made, unit: string): void {
  inFolder((folder) => {
    const isOwn = made.manifest.units.find((one) => one.unit === unit)!.interface !== null;
    const map = isOwn ? undefined : parsePortMap(`unit: ${unit}\nmodule: device\n`, 'map');
    writeBench(folder, made, [], map);
    const [wanted] = made.manifest.units.filter((one) => one.unit === unit);
    const id = wanted!.stem.replaceAll(/[^A-Za-z0-9]/g, '_');
    const sources = [`${id}_model.c`, `${id}_model_check.c`];
    const flags = ['-std=c99', '-pedantic', '-Wall', '-Werror', '-Wno-unused-function'];
    const compiled = tryProgram('gcc', [...flags, '-o', 'check', ...sources, '-lm'], { cwd: folder });
    expect(compiled.output).toBe('');
    const { status, output } = tryProgram(join(folder, 'check'), [join(folder, 'vectors')]);
    const results = wanted!.classes.reduce((sum, set) => sum + set.results, 0);
    expect(output).toBe(`PASS ${id}: ${results} results, 0 wrong\n`);
    expect(results).toBeGreaterThan(0);
    expect(status).toBe(0);
  });
}

describe.skipIf(!requireTool('g++').present)('the C model', () => {
  it.each(UNITS)('%s, %s %j, gives the results of the vectors', (target, unit, settings) => {
    expectModelled(make(target, REQUESTS[unit] ?? { level: 0 }, ['mem'], 'compiled', settings), unit);
  });

  it.each(LANE_UNITS)('a lane of %s gives the results of part of its exhaustive set', (target, shards) => {
    const middle = { index: shards / 2 + 1, of: shards };
    expectModelled(make(target, { level: 2, classes: ['exhaustive'], shard: middle }), 'lane');
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
