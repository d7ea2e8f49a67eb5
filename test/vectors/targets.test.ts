/** Targets beside whole MACs: codecs, exact blocks, lanes, quantisers, semantics of existing hardware. */
import { describe, expect, it } from 'vitest';
import { createDesign, DESIGNS } from '../../rtl-model/designs/index.js';
import { createOracle, DOT_SEMANTICS, semanticOf } from '../../src/dot/index.js';
import { ELEMENT_FORMATS, NVFP4, widthOf } from '../../src/formats/index.js';
import { bitsToFloat32 } from '../../src/numerics/index.js';
import { createTarget, verifiedClasses, verifyEach } from '../../src/vectors/index.js';
import { type Made, make } from './support.js';

/** Lines of one file, split into fields. */
function rows({ folder }: Made, file: string): string[][] {
  return folder
    .text(file)
    .trimEnd()
    .split('\n')
    .map((line) => line.split('_'));
}
const number = (text: string) => Number.parseInt(text, 16);

describe('codec vectors', () => {
  it('of e2m1 decode to the values of the OCP table', () => {
    const values = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
    const found = rows(make('e2m1', { level: 0 }), 'decode_e2m1_fp32_codes_L0.mem');
    expect(found.map(([code, value]) => [number(code!), bitsToFloat32(number(value!))])).toEqual(
      [...values, ...values.map((x) => -x)].map((value, code) => [code, value]),
    );
  });

  it('of e2m1 hold every midpoint with what lies just below and above it', () => {
    const found = new Map(
      rows(make('e2m1', { level: 1 }), 'encode_e2m1_nearest-even-saturate_boundaries_L1.mem').map(
        ([x, code]) => [bitsToFloat32(number(x!)), number(code!)],
      ),
    );
    const step = 2 ** -22;
    expect(
      [0.25, 0.25 + 2 ** -25, 2.5 - step, 2.5, 2.5 + step, 5, 5 + 2 * step].map((x) => found.get(x)),
    ).toEqual([0, 1, 4, 4, 5, 6, 7]);
    expect(Math.max(...found.keys())).toBeGreaterThan(6);
  });

  it('follow the rounding and the overflow asked for', () => {
    const settings = { rounding: 'toward-zero', overflow: 'special' };
    const made = make('e5m2', { level: 1 }, ['mem'], 'compiled', settings);
    const file = [...made.folder.files.keys()].find(
      (name) => name.includes('boundaries') && name.endsWith('.mem'),
    )!;
    expect(file).toBe('encode_e5m2_toward-zero-special_boundaries_L1.mem');
    for (const [x, code] of rows(made, file)) {
      const value = bitsToFloat32(number(x!));
      if (Number.isFinite(value) && Math.abs(value) <= 57344)
        expect(number(code!) & 0x7f).toBeLessThanOrEqual(0x7b);
    }
  });

  it.each([...ELEMENT_FORMATS.values()].filter((f) => widthOf(f) > 0).map((f) => f.name))(
    'can be made of %s',
    (name) => {
      // FP32 has too many values to list them all.
      const { manifest } = make(name, { level: name === 'fp32' ? 1 : 0 });
      expect(manifest.units.length).toBeGreaterThan(0);
      for (const { classes } of manifest.units)
        for (const set of classes) expect(set.results).toBe(set.vectors);
    },
  );

  it('tell an encoder that rounds half away from zero', () => {
    const made = make('e2m1', { level: 1, classes: ['boundaries'] });
    const away = make('e2m1', { level: 1, classes: ['boundaries'] }, ['mem'], 'compiled', {
      rounding: 'nearest-away',
    });
    const [verified] = verifiedClasses(made.manifest);
    const answers = rows(away, 'encode_e2m1_nearest-away-saturate_boundaries_L1.mem').map(([, code]) => code);
    const input = { name: 'r', format: 'text' as const, open: () => [Buffer.from(answers.join('\n'))] };
    const report = verifyEach(made.manifest, [{ verified: verified!, input }], (f) => [made.folder.bytes(f)]);
    expect(report.mismatches).toBeGreaterThan(0);
    expect(report.classes[0]!.diagnoses.map(({ policy }) => policy)).toContain('round-nearest-away');
  });
});

describe('exact NVFP4 block vectors', () => {
  it('have two 64-bit words, two scale bytes and one exact result', () => {
    const { manifest } = make('nvfp4', { level: 0, classes: ['uniform'] });
    const fields = manifest.units[0]!.fields.map(({ name, width }) => `${name} ${width}`);
    expect(fields).toEqual(['a 64', 'a_sf 8', 'w 64', 'w_sf 8', 'acc 58', 'nan 1', 'check 1']);
  });

  it('read a NaN scale as NaN or as the largest scale', () => {
    const [nan, largest] = ['nan', 'largest'].map((nanScale) => {
      const made = make('nvfp4', { level: 1, classes: ['special'] }, ['mem'], 'compiled', { nanScale });
      const lines = rows(made, `block_nvfp4_exact-${nanScale}_special_L1.mem`);
      return lines.filter(([, aScale, , wScale]) => aScale === '7f' || wScale === '7f');
    });
    expect(nan!.length).toBeGreaterThan(100);
    expect(new Set(nan!.map((row) => row[5]))).toEqual(new Set(['1']));
    expect(new Set(largest!.map((row) => row[5]))).toEqual(new Set(['0']));
    expect(largest!.filter((row) => !/^0+$/.test(row[4]!)).length).toBeGreaterThan(100);
  });
});

describe('lane vectors', () => {
  it.each([
    ['nvfp4-lanes', 22],
    ['nvfp4-exact', 22],
    ['if4-lanes', 24],
    ['if4-exact49', 24],
  ])('of %s count through 2^%i inputs', (name, bits) => {
    const unit = createTarget(name, { engine: 'oracle' }).units.find((one) => one.unit === 'lane')!;
    expect(unit.classes.map(({ vectors, level }) => [vectors, level])).toEqual([[2 ** bits, 2]]);
  });

  it('of nvfp4-lanes hold the exact product in FP32', () => {
    // The shard in the middle of the set: 8192 consecutive inputs.
    const request = { level: 2, classes: ['exhaustive'], shard: { index: 300, of: 512 } } as const;
    const made = make('nvfp4-lanes', request);
    const lines = rows(made, 'lane_nvfp4_published-mac_exhaustive_L2_s300of512.mem');
    expect(lines.length).toBe(8192);
    const e2m1 = (code: number) => [0, 0.5, 1, 1.5, 2, 3, 4, 6][code & 7]! * (code < 8 ? 1 : -1);
    const scale = (code: number) => {
      if (code === 0x7f) return 448; // as the published MAC reads it
      return code < 8 ? code * 2 ** -9 : (1 + (code & 7) / 8) * 2 ** ((code >> 3) - 7);
    };
    const wrong = lines.filter(([a, w, aScale, wScale, product]) => {
      const exact = e2m1(number(a!)) * e2m1(number(w!)) * scale(number(aScale!)) * scale(number(wScale!));
      return bitsToFloat32(number(product!)) !== exact;
    });
    expect(wrong).toEqual([]);
  });
});

describe('vectors of quantise units and transforms', () => {
  const names = [...DESIGNS.keys()].filter((name) => createDesign(name).kind !== 'mac');
  it.each(names)('of %s agree with the software', (name) => {
    const { manifest } = make(name, { level: 0 }); // throws where unit and software differ
    expect(manifest.units[0]!.classes.length).toBe(5);
    expect(manifest.units[0]!.interface!.done).toBe('done');
  });
});

describe('vectors of dot semantics', () => {
  it.each([...DOT_SEMANTICS.keys()])('can be made of %s', (name) => {
    const { manifest, folder } = make(name, { level: 0 });
    expect(manifest.units[0]!.classes.length).toBe(12);
    const results = [...folder.files.keys()]
      .filter((file) => file.endsWith('.mem'))
      .flatMap((file) => rows({ folder, manifest }, file).map((row) => row.at(-2)));
    expect(new Set(results).size).toBeGreaterThan(100);
  });

  it('of blackwell-mxf4nvf4 hold codes, scales and C in the order of the manifest', () => {
    const made = make('blackwell-mxf4nvf4', { level: 0, classes: ['wide-scales'] });
    const oracle = createOracle(semanticOf('blackwell-mxf4nvf4'), NVFP4, NVFP4);
    const fields = made.manifest.units[0]!.fields.map(({ name }) => name);
    expect(fields).toEqual(['c', 'a', 'a_sf', 'b', 'b_sf', 'd', 'check']);
    const digits = (text: string, size: number) =>
      Uint8Array.from(text.match(new RegExp(`.{${size}}`, 'g'))!.reverse(), number);
    const file = 'dot_nvfp4_blackwell-mxf4nvf4_wide-scales_L0.mem';
    for (const [c, a, aScales, b, bScales, d] of rows(made, file) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ][]) {
      const left = [digits(a, 1), digits(aScales, 2)] as const;
      const right = [digits(b, 1), digits(bScales, 2)] as const;
      expect(oracle.dot(...left, ...right, number(c))).toBe(number(d));
    }
  });

  it('take formats by name, and refuse those that do not fit', () => {
    const settings = { format: 'e5m2', formatB: 'e4m3' };
    const { manifest } = make('blackwell-f8f6f4', { level: 0 }, ['mem'], 'compiled', settings);
    expect(manifest.units[0]!.format).toBe('e5m2-e4m3');
    expect(() => make('s8-s32', { level: 0 }, ['mem'], 'compiled', { format: 'nvfp4' })).toThrow();
    expect(() => make('s8-s32', { level: 0 }, ['mem'], 'compiled', { lanes: 4 })).toThrow(
      'no setting "lanes"',
    );
  });
});
