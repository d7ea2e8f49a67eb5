/** A design is one file and its row in the registry: nothing else imports what makes it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DESIGNS } from '../../../rtl-model/designs/index.js';
import { ROOT } from '../../support/cli.js';

const sources = ['rtl-model', 'src', 'bench'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ file: join(folder, file), text: readFileSync(join(ROOT, folder, file), 'utf8') })),
);
const registry = join('rtl-model', 'designs', 'index.ts');
const registryText = sources.find(({ file }) => file === registry)!.text;

describe.each([...DESIGNS.keys()])('%s', (name) => {
  it('has a file of its own, one import and one row', () => {
    expect(sources.filter(({ file }) => file === join('rtl-model', 'designs', `${name}.ts`))).toHaveLength(1);
    const line = new RegExp(`^import \\{ (\\w+) \\} from './${name}\\.js';$`, 'm').exec(registryText);
    const generator = line![1]!;
    expect(registryText.match(new RegExp(`^ {2}${generator},$`, 'gm'))).toHaveLength(1);
    const imported = new RegExp(`import [^;]*\\b${generator}\\b[^;]* from '[^']*/${name}\\.js'`);
    expect(sources.filter(({ text }) => imported.test(text)).map(({ file }) => file)).toEqual([registry]);
  });
});
