import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  evaluateDelay,
  fitTechnology,
  readLiberty,
  readLibertyFile,
  TECHNOLOGY_NAMES,
  technologyByName,
  technologyFromJson,
  technologyToJson,
  UNIT,
} from '../../rtl-model/technology/index.js';
import { linearCell, linearLibrary } from '../support/linear-library.js';
import { hasShared, shared } from '../support/shared.js';

const IDENTITY = { name: 'tiny', title: 'Tiny', origin: 'the tests', licence: 'none' };
const TINY = join(import.meta.dirname, '..', 'data', 'liberty', 'tiny.lib');

const LINEAR = linearLibrary([
  linearCell('BIG', ['A'], '!A', 4),
  linearCell('NOT', ['A'], "A'", 1),
  linearCell('ND', ['X', 'Y1'], '!(Y1 X)', 2),
  linearCell('ODD', ['A', 'B', 'C'], '(A B C) + (!A !B !C)', 9),
  'cell (HALF) { area : 3; pin (A) { direction : input; } pin (S) { direction : output; function : "A"; } pin (C) { direction : output; function : "A"; } }',
]);

describe('fitting a technology', () => {
  const technology = fitTechnology(readLiberty(Buffer.from(LINEAR), 'linear.lib'), IDENTITY);

  it('recovers figures that are linear in the tables, without error', () => {
    const nand = technology.classes.find(({ name }) => name === 'nand2')!.drives[0];
    const rounded = ([base, perFf, perPs]: readonly number[]) =>
      [base, perFf, perPs].map((x) => Number(x!.toFixed(3)));
    expect(rounded(nand.rise.delay)).toEqual([5, 2, 0.3]);
    expect(rounded(nand.fall.transition)).toEqual([6, 2.5, 0.1]);
    expect(technology.fit.delay.worst).toBeLessThan(1e-6);
  });

  it('sorts cells into classes whatever their pins are called, by area, and leaves cells of two outputs out', () => {
    const cells = technology.classes.map(({ name, drives }) => [name, ...drives.map(({ cell }) => cell)]);
    expect(cells).toEqual([
      ['inv', 'NOT', 'BIG'],
      ['nand2', 'ND'],
      ['ODD', 'ODD'],
    ]);
  });

  it('knows four-way multiplexers by any names, and leaves other functions of six inputs out', () => {
    const pins = ['P', 'Q', 'R', 'S', 'T', 'U'];
    const library = linearLibrary([
      linearCell('NOT', ['A'], '!A', 1),
      linearCell('ND', ['A', 'B'], '!(A B)', 2),
      linearCell('M', pins, '(!Q & ((U & P) | (!U & T))) | (Q & ((R & !U) | (U & S)))', 7),
      linearCell('NEARLY', pins, '(!Q & ((U & P) | (!U & T))) | (Q & ((R & !U) | (U & P)))', 7),
      linearCell('AND6', pins, 'P Q R S T U', 5),
    ]);
    const { classes } = fitTechnology(readLiberty(Buffer.from(library), 'linear.lib'), IDENTITY);
    expect(classes.map(({ name }) => name)).toEqual(['inv', 'nand2', 'mux4']);
    expect(classes[2]!.drives[0].cell).toBe('M');
    const fitted = fitTechnology(readLiberty(Buffer.from(library), 'linear.lib'), IDENTITY);
    expect(technologyFromJson(technologyToJson(fitted), 'file')).toEqual(fitted);
    const forged = technologyToJson(fitted).replace(/"high":-?\d+/, '"high":1');
    expect(() => technologyFromJson(forged, 'file')).toThrow(/four-way multiplexer/);
  });

  it('states the FO4 that its tables give', () => {
    // A chain settles at the transition that reproduces itself on average: T = 5 + 2 × 8 + 0.1 T.
    const transition = 21 / 0.9;
    expect(technology.fo4Ps).toBeCloseTo((5 + 7) / 2 + ((2 + 3) / 2) * 8 + 0.25 * transition, 2);
  });

  it('asks for an inverter and a NAND', () => {
    expect(() => fitTechnology(readLibertyFile(TINY), IDENTITY)).toThrow(/tiny has no two-input NAND/);
  });

  it('reads back what it wrote, and refuses other texts', () => {
    expect(technologyFromJson(technologyToJson(technology), 'file')).toEqual(technology);
    expect(() => technologyFromJson('{', 'file.json')).toThrow(/file.json is not JSON/);
    expect(() => technologyFromJson('{"name": 1}', 'file.json')).toThrow(/file.json is no technology: name/);
  });
});

describe('the technologies of the project', () => {
  it('are found by name, with a suggestion for a wrong one', () => {
    expect(TECHNOLOGY_NAMES).toEqual(['asap7', 'gt2n', 'ihp', 'osu018', 'sky130hd', 'unit']);
    for (const name of TECHNOLOGY_NAMES) expect(technologyByName(name).name).toBe(name);
    expect(() => technologyByName('sky130')).toThrow(/there is no technology "sky130"/);
    expect(() => technologyByName('constructor')).toThrow(/no technology/);
  });

  it.each(TECHNOLOGY_NAMES)('%s is what the check of a file would let pass', (name) => {
    const technology = technologyByName(name);
    expect(technologyFromJson(technologyToJson(technology), name)).toEqual(technology);
  });

  it.each(TECHNOLOGY_NAMES)('%s has what mapping needs, and delays that grow with load', (name) => {
    const { classes, flipFlops, source, licence, date } = technologyByName(name);
    const names = classes.map((cell) => cell.name);
    for (const needed of ['inv', 'nand2', 'nor2', 'xor2']) expect(names).toContain(needed);
    expect(flipFlops.reset0).toBeDefined();
    for (const text of [source, licence]) expect(text).not.toBe('');
    expect(date === '' && name !== 'gt2n' && name !== 'osu018' && name !== 'sky130hd').toBe(false);
    for (const { drives } of classes) {
      for (const { rise, fall, areaUm2 } of drives) {
        expect(areaUm2).toBeGreaterThan(0);
        for (const { delay } of [rise, fall]) expect(delay[1]).toBeGreaterThan(0);
      }
    }
  });

  it('fit their libraries within 4 % of delay on average', () => {
    for (const name of TECHNOLOGY_NAMES) {
      expect(technologyByName(name).fit.delay.meanAbsolute).toBeLessThan(0.04);
    }
  });

  it('count the technology-free unit in FO4: an inverter driving four is 1', () => {
    const inverter = UNIT.classes.find(({ name }) => name === 'inv')!.drives[0];
    expect(evaluateDelay(inverter.rise.delay, 4 * inverter.inputCapacitanceFf, 0)).toBeCloseTo(1, 12);
  });

  it.skipIf(!hasShared).each(['asap7', 'gt2n', 'ihp', 'sky130hd'])(
    '%s is what its liberty file gives today',
    (name) => {
      const committed = technologyByName(name);
      const library = readLibertyFile(shared(`liberty/${name}.lib.gz`));
      const { title, licence } = committed;
      const origin = committed.source.slice(library.name.length + 2);
      expect(fitTechnology(library, { name, title, origin, licence })).toEqual(committed);
    },
  );

  it('are figures: no table of a liberty file is copied', () => {
    const folder = join(import.meta.dirname, '..', '..', 'rtl-model', 'technology', 'tables');
    for (const name of TECHNOLOGY_NAMES.filter((known) => known !== 'unit')) {
      const path = join(folder, `${name}.ts`);
      expect(existsSync(path)).toBe(true);
      expect(readFileSync(path, 'utf8')).not.toMatch(/index_1|cell_rise|values/);
    }
  });
});
