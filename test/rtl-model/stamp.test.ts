/** Stamps of checked designs: found for the very netlist they were written for, and for nothing else. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDesign } from '../../rtl-model/designs/index.js';
import { findStamp, writeStamp } from '../../rtl-model/proof/index.js';
import { scratchFolder } from '../support/cli.js';

const CHECK = { vectors: 1000, results: 500, seed: 1 };
const [checked, other] = ['nvfp4-exact', 'nvint4-exact'].map((name) => createDesign(name, { lanes: 2 })) as [
  ReturnType<typeof createDesign>,
  ReturnType<typeof createDesign>,
];

/** The name that the stamp of a design has to have. */
function fileNameFor(design: ReturnType<typeof createDesign>): string {
  const folder = scratchFolder();
  writeStamp(design, CHECK, folder);
  return readdirSync(folder)[0]!;
}

describe('a stamp', () => {
  it('is found for its design, and not for another netlist of the same name', () => {
    const folder = scratchFolder();
    const stamp = writeStamp(checked, CHECK, folder);
    expect(findStamp(checked, folder)).toEqual(stamp);
    expect(findStamp(createDesign('nvfp4-exact', { lanes: 4 }), folder)).toBeUndefined();
    const [mux, ...rest] = [...checked.netlist.cells].reverse();
    const changed = { ...mux!, inputs: [...mux!.inputs].reverse() };
    const netlist = { ...checked.netlist, cells: [...rest.reverse(), changed] };
    expect(findStamp({ ...checked, netlist }, folder)).toBeUndefined();
  });

  it.each<[string, (text: string, hash: string) => string]>([
    ['as it is', (text) => text],
    ['with the hash put right', (text, hash) => text.replace(/"hash": "[^"]*"/, `"hash": "${hash}"`)],
    ['with the configuration put right', (text) => text.replace(checked.configuration, other.configuration)],
    ['cut short', (text) => text.slice(0, text.length / 2)],
    ['emptied', () => ''],
    ['replaced by other JSON', () => 'null'],
  ])('of one design, %s, is none for another', (_, forge) => {
    const folder = scratchFolder();
    writeStamp(checked, CHECK, folder);
    const text = readFileSync(join(folder, readdirSync(folder)[0]!), 'utf8');
    const name = fileNameFor(other);
    writeFileSync(join(folder, name), forge(text, name.replace('.json', '')));
    expect(findStamp(other, folder)).toBeUndefined();
  });
});
