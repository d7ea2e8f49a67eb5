/**
 * The native library behind its C header, and the plain C model, which shares no code with it: both give every result of
 * level 1 of the designs.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDesign, DESIGNS } from '../../../rtl-model/designs/index.js';
import { emitModules, inFolder } from '../../../rtl-model/systemverilog/index.js';
import type { Settings } from '../../../src/numerics/index.js';
import { benchFiles, parsePortMap, planBenches } from '../../../src/vectors/benches/index.js';
import { requireTool } from '../../support/tools.js';
import { type Made, make } from '../support.js';
import { makeBench, writeBench } from './support.js';

const NATIVE = join(import.meta.dirname, '..', '..', '..', 'native');
const hasTools = requireTool('g++', 'make').present && spawnSync('cargo', ['--version']).status === 0;
/** The library, built once; what the build said if it failed. */
const built = hasTools
  ? spawnSync(process.execPath, [join(NATIVE, 'build.mjs'), '--c'], { encoding: 'utf8' })
  : { status: null, stderr: '' };

/** Target and unit that the library does not do: transforms, codecs, single products, codes of 19 bits. */
const WITHOUT = [
  ['hadamard16', 'transform'],
  ['e2m1', 'encode'],
  ['nvfp4-lanes', 'lane'],
  ['hopper-tf32', 'dot'],
] as const;
const isTransform = (name: string) => name.startsWith('hadamard');
const unitOf = (name: string) => (name.startsWith('quant') ? 'quantizer' : 'mac');

/** Target, unit, settings. */
const OTHERS: readonly (readonly [string, string, Settings])[] = [
  ['nvfp4-exact', 'mac', { readout: 'fp32', lanes: 8 }],
  ['nvfp4', 'block', {}],
  ['blackwell-mxf4nvf4', 'dot', {}],
  ['nvfp4', 'block', { nanScale: 'largest' }],
  ['mxfp4', 'block', { nanScale: 'largest' }],
  ['if4', 'block', {}],
  ['mixfp4', 'block', {}],
  ['fp32-per-block', 'dot', { format: 'nvfp4' }],
  ['fp32-per-block', 'dot', { format: 'mxfp8_e4m3' }],
  ['fp32-per-block', 'dot', { format: 'e4m3' }],
  ['blackwell-mxf8f6f4', 'dot', { format: 'mxfp8_e5m2' }],
  ['blackwell-mxf8f6f4', 'dot', { format: 'mxfp4', formatB: 'mxfp8_e4m3' }],
  ['cdna3-fp8', 'dot', {}],
  ['cdna3-fp8', 'dot', { format: 'e5m2-fnuz' }],
  ['hopper-f16', 'dot', { format: 'fp16' }],
  ['hopper-wgmma-fp8-f16', 'dot', { format: 'e5m2' }],
  ['s8-s32', 'dot', {}],
];

it.each(WITHOUT)('refuses %s, %s, which the library does not do', (name, unit) => {
  const { manifest } = make(name, { level: unit === 'lane' ? 2 : 0 });
  const one = { ...manifest, units: manifest.units.filter((each) => each.unit === unit) };
  const map =
    one.units[0]!.interface === null ? parsePortMap(`unit: ${unit}\nmodule: x\n`, 'map') : undefined;
  expect(() => benchFiles(one, planBenches(one, map), ['native'], '.')).toThrow('there is no native bench');
});

/** Both models give every result of a unit's vectors. */
function expectBoth(made: Made, unit: string): void {
  inFolder((folder) => {
    const wanted = made.manifest.units.find((one) => one.unit === unit)!;
    const map =
      wanted.interface === null ? parsePortMap(`unit: ${unit}\nmodule: device\n`, 'map') : undefined;
    writeBench(folder, made, [], map, ['dpi', 'native']);
    const results = wanted.classes.reduce((sum, set) => sum + set.results, 0);
    expect(results).toBeGreaterThan(0);
    const id = wanted.stem.replaceAll(/[^A-Za-z0-9]/g, '_');
    for (const model of ['native', 'model']) {
      const { status, output } = makeBench(folder, model, `NATIVE=${NATIVE}`);
      expect(output).toBe(`PASS ${id}: ${results} results, 0 wrong\n`);
      expect(status).toBe(0);
    }
  });
}

describe.skipIf(!hasTools)('the native library, called from C', () => {
  it('builds', () => {
    expect(built.status, built.stderr).toBe(0);
  });

  const designs = [...DESIGNS.keys()].filter((name) => !isTransform(name));
  it.each(designs)('gives the results of level 1 of %s, as the C model does', (name) => {
    expectBoth(make(name), unitOf(name));
  });

  it.each(OTHERS)(
    '%s, %s %j: gives the results of the vectors, as the C model does',
    (target, unit, settings) => {
      expectBoth(make(target, { level: 0 }, ['mem'], 'compiled', settings), unit);
    },
  );

  it('is missed by name where it is not', () => {
    inFolder((folder) => {
      writeBench(folder, make('s8-s32', { level: 0 }), [], parsePortMap('module: device\n', 'map'), [
        'native',
      ]);
      const { status, output } = makeBench(folder, 'native', 'NATIVE=/nowhere');
      expect(output).toContain('no library in NATIVE=/nowhere: npm run build:native -- --c');
      expect(status).not.toBe(0);
    });
  });

  it.skipIf(!requireTool('verilator').present)('stands beside a device through DPI', () => {
    inFolder((folder) => {
      const made = make('nvfp4-fused35', { level: 0 });
      writeBench(folder, made, emitModules(createDesign('nvfp4-fused35').module), undefined, ['native']);
      const { status, output } = makeBench(folder, 'dpi-native', `NATIVE=${NATIVE}`);
      expect(output).toMatch(/^model: [1-9]\d* results, 0 wrong/m);
      expect(output).toMatch(/^PASS /m);
      expect(status).toBe(0);
    });
  });
});
