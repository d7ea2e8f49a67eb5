import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  functionInputs,
  lookUp,
  readLiberty,
  readLibertyFile,
  truthTable,
} from '../../rtl-model/technology/liberty/index.js';
import { ConfigurationError } from '../../src/numerics/index.js';
import { hasShared, shared } from '../support/shared.js';

const TINY = join(import.meta.dirname, '..', 'data', 'liberty', 'tiny.lib');
const tinyText = readFileSync(TINY, 'utf8');
const bytes = (text: string) => Buffer.from(text, 'latin1');
const library = (body: string) =>
  `library (l) { time_unit : 1ps; capacitive_load_unit (1, ff); cell (C) { ${body} } }`;

/** What reading the text throws. */
function failure(text: string | Uint8Array): ConfigurationError {
  try {
    readLiberty(typeof text === 'string' ? bytes(text) : text, 'bad.lib');
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('the text was read without an error');
}

describe('reading a liberty file', () => {
  const { cells, ...head } = readLibertyFile(TINY);
  const cell = (name: string) => cells.find((candidate) => candidate.name === name)!;
  const output = (name: string) => cell(name).outputs[0]!;

  it('gives the library its name, date and conditions', () => {
    expect(head).toMatchObject({
      name: 'tiny',
      date: 'Mon Jan  5 10:00:00 2026',
      voltageV: 1.5,
      temperatureC: 85,
    });
    expect(cells.map(({ name }) => name)).toEqual(['INV', 'AOI21', 'UNUSED', 'DFF', 'LATCH']);
  });

  it('converts to µm², nW, fF and ps', () => {
    expect(cell('INV').areaUm2).toBe(1.5);
    expect(cell('INV').leakageNw).toBeCloseTo(2, 9);
    expect(cell('INV').inputs[0]!.capacitanceFf).toBeCloseTo(2, 9);
    expect(output('INV').maxCapacitanceFf).toBeCloseTo(100, 9);
    expect(lookUp(output('INV').arcs[0]!.riseDelay!, 50, 1)).toBeCloseTo(20, 9);
    expect(cell('INV').inputs[0]!.energy[0]!.values[1]).toBeCloseTo(2, 9);
  });

  it('looks up between and beyond the points, in either order of the axes', () => {
    const { riseDelay, fallDelay, riseTransition } = output('INV').arcs[0]!;
    expect(lookUp(riseDelay!, 30, 2)).toBeCloseTo(25, 9);
    expect(lookUp(riseDelay!, 10, 5)).toBeCloseTo(50, 9);
    expect(lookUp(fallDelay!, 90, 1)).toBeCloseTo(30, 9);
    expect(lookUp(fallDelay!, 10, 3)).toBeCloseTo(50, 9);
    expect(lookUp(riseTransition!, 1, 1000)).toBeCloseTo(25, 9);
  });

  it('takes the mean leakage over states and the larger capacitance of two edges where the cell says no more', () => {
    expect(cell('AOI21').leakageNw).toBeCloseTo(2, 9);
    expect(cell('AOI21').inputs[0]!.capacitanceFf).toBeCloseTo(4, 9);
  });

  it('splits an arc from several pins', () => {
    expect(output('AOI21').arcs.map(({ relatedPin }) => relatedPin)).toEqual(['A', 'B', 'C']);
  });

  it('tells flip-flops, latches and cells not to be used', () => {
    expect(cell('DFF').flipFlop).toEqual({
      state: 'IQ',
      inverse: 'IQN',
      clockedOn: 'CK',
      nextState: 'D',
      clear: '!R',
      preset: undefined,
    });
    expect(cell('DFF').inputs.find(({ name }) => name === 'D')!.setup).toHaveLength(1);
    expect(cell('LATCH').otherState).toBe(true);
    expect(cells.filter(({ dontUse }) => dontUse).map(({ name }) => name)).toEqual(['UNUSED']);
  });

  it('reads the same from a gzip file', () => {
    expect(readLiberty(gzipSync(bytes(tinyText)), TINY)).toEqual({ ...head, cells });
  });

  it.skipIf(!hasShared).each([
    ['asap7', 'NAND2x1_ASAP7_75t_R', 0.08748, 9, 103],
    ['gt2n', 'gt2_6t_nand2_x1_w13_svt', 0.018144, 3, 66],
    ['ihp', 'sg13g2_nand2_1', 7.2576, 4, 53],
    ['sky130hd', 'sky130_fd_sc_hd__nand2_1', 3.7536, 19, 296],
  ])('reads %s: every cell, with areas and tables', (name, nand, areaUm2, flipFlops, count) => {
    const read = readLibertyFile(shared(`liberty/${name}.lib.gz`));
    expect(read.cells).toHaveLength(count);
    expect(read.cells.filter(({ flipFlop }) => flipFlop !== undefined)).toHaveLength(flipFlops);
    const cell = read.cells.find((candidate) => candidate.name === nand)!;
    expect(cell.areaUm2).toBe(areaUm2);
    const [arc] = cell.outputs[0]!.arcs;
    expect(lookUp(arc!.riseDelay!, 20, 2)).toBeGreaterThan(1);
    expect(lookUp(arc!.riseDelay!, 20, 2)).toBeLessThan(100);
  });
});

describe('functions', () => {
  it.each([
    ['!(A*B)', 0b0111],
    ["A' B'", 0b0001],
    ["(A+B)'", 0b0001],
    ['(!A) + (!B)', 0b0111],
    ['A ^ B', 0b0110],
    ['!A ^ B', 0b1001],
    ['A B + 0', 0b1000],
    ['A & 1 | B', 0b1110],
    ['A ^ B A', 0b0010], // XOR binds stronger than AND
  ])('%s', (text, rows) => {
    expect(truthTable(text, ['A', 'B']) & 0xf).toBe(rows);
  });

  it('name their inputs in order of appearance', () => {
    expect(functionInputs("(S * B[1]) + (S' * A)")).toEqual(['S', 'B[1]', 'A']);
  });

  it.each(['A +', '(A', 'A)', 'Z', '', 'A & & B', '!'.repeat(1000)])('refuse "%s"', (text) => {
    expect(() => truthTable(text, ['A', 'B'])).toThrow(ConfigurationError);
  });
});

describe('what is no liberty file', () => {
  it.each([
    ['nothing', '', /line 1: a liberty file begins with "library"/],
    ['other text', 'module m; endmodule', /line 1: a liberty file begins/],
    [
      'an open group',
      'library (l) {\n cell (C) {\n area : 1;\n',
      /line 4: the file ends inside the group "cell" of line 2/,
    ],
    ['an open string', 'library (l) {\n date : "never\nclosed', /line 2: a string that is never closed/],
    ['an open comment', 'library (l) {\n\n /* never closed', /line 3: a comment that is never closed/],
    ['an open parenthesis', 'library (l) {\n voltage_map (A, ', /line 2: the file ends inside parentheses/],
    ['text behind the library', 'library (l) { }\n}', /line 2: text after the end/],
    ['a missing value', 'library (l) { area : ; }', /line 1: expected a value/],
    ['no cell', 'library (l) { time_unit : 1ps; }', /without cells/],
    ['no unit', 'library (l) {\n cell (C) { }\n}', /line 1: time_unit "" is no unit before the first cell/],
    [
      'a wrong unit',
      'library (l) {\n time_unit : "1kg";\n cell (C) { } }',
      /line 2: time_unit "1kg" is no unit/,
    ],
    ['a word for a number', library('\narea : many;'), /line 2: area is "many", expected a number/],
    [
      'values that do not fill a table',
      library(
        'pin (Y) { direction : output; timing () { related_pin : A;\n cell_rise (scalar) { values ("1, 2"); } } }',
      ),
      /line 2: 2 values in "cell_rise", expected 1 × 1/,
    ],
    [
      'a table of words',
      library(
        'pin (Y) { direction : output; timing () { related_pin : A; cell_rise (scalar) { values ("fast"); } } }',
      ),
      /"fast" is no number/,
    ],
  ])('%s', (_, text, message) => {
    expect(failure(text).message).toMatch(message);
  });

  it('binary data', () => {
    expect(failure(Uint8Array.from([0x7f, 0x45, 0x4c, 0x46])).message).toMatch(
      /line 1: byte 0x7f is not text/,
    );
  });

  it('a damaged gzip file', () => {
    expect(failure(gzipSync(bytes(tinyText)).subarray(0, 300)).message).toMatch(/gzip data is damaged/);
  });

  it('a gzip file that unpacks to more than anybody has', { timeout: 60_000 }, () => {
    const mebibyte = Buffer.alloc(2 ** 20, ' ');
    const member = gzipSync(mebibyte);
    const bomb = Buffer.concat(new Array<Buffer>(600).fill(member));
    expect(failure(bomb).message).toMatch(/unpacks to more than 512 MiB/);
  });

  it('groups without end inside each other', () => {
    expect(failure(`library (l) { ${'a () { '.repeat(100_000)}`).message).toMatch(/nested more than 32 deep/);
  });

  it('a word, a string, a list or a cell without end', () => {
    expect(failure(`library (l) { ${'x'.repeat(10_000)}`).message).toMatch(/a word of more than/);
    expect(failure(`library (l) { a : "${'x'.repeat(2 ** 20)}";`).message).toMatch(/a string of more than/);
    expect(failure(`library (l) { a (${'x,'.repeat(200_000)}`).message).toMatch(/more than 100000 values/);
    expect(failure(library('a : 1;'.repeat(1_000_001))).message).toMatch(/more than 1000000 statements/);
  });

  it('a file that is not there', () => {
    expect(() => readLibertyFile('/nowhere/at.lib')).toThrow(
      /cannot read \/nowhere\/at.lib: there is no such file/,
    );
  });

  it('any damage to a file gives a library or a ConfigurationError, nothing else', () => {
    const damage = fc.record({
      at: fc.nat(tinyText.length - 1),
      length: fc.nat(40),
      insert: fc.string({ maxLength: 8, unit: 'binary-ascii' }),
    });
    fc.assert(
      fc.property(damage, ({ at, length, insert }) => {
        const text = tinyText.slice(0, at) + insert + tinyText.slice(at + length);
        try {
          readLiberty(bytes(text), 'damaged.lib');
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigurationError);
        }
      }),
      { numRuns: 500, seed: 8 },
    );
  });

  it('every truncation is an error', () => {
    for (let end = 0; end < tinyText.length - 3; end += 7) failure(tinyText.slice(0, end));
  });
});
