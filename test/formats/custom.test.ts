import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  blockFormatOf,
  codecOf,
  E4M3,
  elementFormat,
  loadFormats,
  matrixFromSource,
  measureError,
  NVFP4,
  parseFormats,
  valuesOf,
} from '../../src/formats/index.js';
import { ConfigurationError } from '../../src/numerics/index.js';
import { scratchFolder } from '../support/cli.js';

const only = <T>(map: ReadonlyMap<string, T>): T => [...map.values()][0]!;

describe('a format in YAML', () => {
  it('needs a name and two widths', () => {
    const format = only(parseFormats('name: mine\nexponent-bits: 2\nfraction-bits: 1\n', 'f.yaml').elements);
    expect([...valuesOf(format)].slice(0, 8)).toEqual([0, 0.5, 1, 1.5, 2, 3, 4, 6]);
  });

  it('may set its bias, its infinity and its NaN', () => {
    const text = 'name: fp8\nexponent-bits: 4\nfraction-bits: 3\nspecials: all-ones-nan\n';
    const { elements } = parseFormats(text, 'f');
    expect(valuesOf(only(elements))).toEqual(valuesOf(E4M3));
    const shifted = only(parseFormats(`${text}bias: 9\n`, 'f').elements);
    expect(codecOf(shifted).maxValue).toBe(448 / 4);
    const infinite = only(
      parseFormats('{name: i, exponent-bits: 2, fraction-bits: 2, specials: ieee}', 'f').elements,
    );
    expect(codecOf(infinite).decode(0b01100)).toBe(Number.POSITIVE_INFINITY);
    expect(codecOf(infinite).decode(0b01101)).toBeNaN();
  });

  it('may be an integer, or fixed point', () => {
    const integer = only(parseFormats('{kind: integer, name: i5, bits: 5, fraction-bits: 1}', 'f').elements);
    expect(codecOf(integer).maxValue).toBe(7.5);
    const fixed = only(parseFormats('{name: q3, exponent-bits: 0, fraction-bits: 3}', 'f').elements);
    expect([...valuesOf(fixed)].slice(0, 8)).toEqual([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75]);
  });

  it('may be a block of formats before it, and quantises without code', () => {
    const text = `
formats:
  - {name: e2m1-up, exponent-bits: 2, fraction-bits: 1}
  - {kind: block, name: my-nvfp4, block-size: 16, elements: [e2m1-up], scale: ue4m3, tensor-scale: fp32}
`;
    const matrix = matrixFromSource('normal:64x64:1');
    const own = only(parseFormats(text, 'f').blocks);
    expect(measureError(own, matrix).measures).toEqual(measureError(NVFP4, matrix).measures);
  });

  it('is read from a file', () => {
    const path = join(scratchFolder(), 'formats.yaml');
    writeFileSync(path, 'name: mine\nexponent-bits: 2\nfraction-bits: 1\n');
    expect(loadFormats(path).elements.has('mine')).toBe(true);
    expect(() => loadFormats(`${path}x`)).toThrow(ConfigurationError);
  });

  const base = 'name: x, exponent-bits: 3, fraction-bits: 2';
  it.each([
    ['{', /not YAML/],
    ['a: &x 1\nb: *x', /not YAML|name/],
    ['', /the format/],
    ['[]', /the format/],
    ['{name: x}', /exponent-bits/],
    [`{${base}, exponent-bits: 4}`, /not YAML.*unique/],
    ['{name: x, exponent-bits: 9, fraction-bits: 2}', /exponent-bits: .*8/],
    ['{name: x, exponent-bits: 2.5, fraction-bits: 2}', /exponent-bits/],
    ['{name: x, exponent-bits: 0, fraction-bits: 0}', /exponent-bits: .*1 bit/],
    ['{name: x, exponent-bits: 8, fraction-bits: 15}', /fraction-bits: the format has 24 bits, at most 16/],
    [`{${base}, bias: -126}`, /bias: 2\^133 exceeds float32; at least -120/],
    [`{${base}, bias: 200}`, /bias: 2\^-201 is below float32; at most 148/],
    [`{${base}, specials: nan}`, /specials/],
    ['{name: x, exponent-bits: 3, fraction-bits: 0, specials: ieee}', /specials: ieee needs/],
    [`{${base}, signed: false, specials: negative-zero-nan}`, /specials: negative-zero-nan needs/],
    [`{${base}, colour: red}`, /colour/],
    ['{name: E3M2, exponent-bits: 3, fraction-bits: 2}', /name: lower-case/],
    ['{name: e3m2, exponent-bits: 3, fraction-bits: 2}', /"e3m2" is already a format/],
    [
      '{kind: integer, name: x, bits: 4, max-magnitude: 8}',
      /max-magnitude: 8 does not fit 4 bits; at most 7/,
    ],
    ['{kind: complex, name: x}', /kind/],
    ['{kind: block, name: x, block-size: 0, elements: [e2m1], scale: e8m0}', /block-size/],
    ['{kind: block, name: x, block-size: 8, elements: [e2m9], scale: e8m0}', /elements: e2m9 has 12 bits/],
    ['{kind: block, name: x, block-size: 8, elements: [e2m1], scale: e4m3}', /scale: e4m3 is no scale/],
    ['{kind: block, name: x, block-size: 8, elements: [e2m1], scale: ue4m3}', /tensor-scale: expected fp32/],
    [
      '{kind: block, name: x, block-size: 8, elements: [e2m1, int4], scale: e8m0}',
      /scale: two elements are told apart/,
    ],
  ])('is refused: %s', (text, message) => {
    let error: unknown;
    try {
      parseFormats(text, 'f.yaml');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain('f.yaml');
  });
});

describe('a format by name', () => {
  it('is of the catalogue or any ExMy', () => {
    expect(elementFormat('e4m3')).toBe(E4M3);
    expect(codecOf(elementFormat('e5m6')).maxValue).toBe((2 - 2 ** -6) * 2 ** 16);
  });

  it('is refused with the nearest one', () => {
    expect(() => elementFormat('e99m1')).toThrow(ConfigurationError);
    expect(() => elementFormat('int5x')).toThrow(/unknown element format/);
    expect(() => blockFormatOf('nvpf4')).toThrow(/unknown block format/);
  });
});
