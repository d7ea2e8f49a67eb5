import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Folders in import order, as in docs/architecture.md; folders of one rank do not import each other. */
const RANKS: readonly (readonly string[])[] = [
  ['src/numerics', 'src/text'],
  ['src/formats'],
  ['src/dot'],
  ['src/kernels'],
  ['rtl-model/hdl', 'isa'],
  ['rtl-model/library'],
  ['rtl-model/designs'],
  ['rtl-model/simulation', 'rtl-model/systemverilog', 'rtl-model/technology'],
  ['rtl-model/proof'],
  ['rtl-model/analysis'],
  ['rtl-model/synthesis'],
  ['src/assembler'],
  ['src/machine'],
  ['src/advise', 'src/conform', 'src/vectors', 'src/compare', 'src/correlate', 'src/sweep'],
  ['src/report'],
  ['src/mac-report'],
  ['src/cli'],
];
const RANK = new Map(RANKS.flatMap((folders, rank) => folders.map((folder) => [folder, rank] as const)));
/** Pairs that never import each other, whatever their rank. */
const STRANGERS = [['isa', 'rtl-model']] as const;

const root = join(import.meta.dirname, '..');

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

/** The ranked folder that a file belongs to. */
function folderOf(file: string): string | undefined {
  return [...RANK.keys()].find((folder) => file.startsWith(`${folder}/`));
}

interface Import {
  readonly from: string;
  readonly to: string;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']*)'/g)].map((match) => match[1]!);
  return specifiers.map((specifier) => ({
    from: file,
    to: join(dirname(file), specifier).replace(/\.js$/, '.ts'),
  }));
}

const files = ['src', 'isa', 'rtl-model'].flatMap(sourceFiles);
const imports = files.flatMap(importsOf);

describe('the folders', () => {
  it('are all ranked', () => {
    const unranked = files.filter((file) => folderOf(file) === undefined && file !== 'src/index.ts');
    expect(unranked).toEqual([]);
  });

  it('import only from rows above them', () => {
    const upward = imports.filter(({ from, to }) => {
      const [here, there] = [folderOf(from), folderOf(to)];
      if (here === undefined || here === there) return false;
      return there === undefined || RANK.get(there)! >= RANK.get(here)!;
    });
    expect(upward).toEqual([]);
  });

  it('are entered by their index.ts', () => {
    const deep = imports.filter(
      ({ from, to }) => folderOf(from) !== folderOf(to) && to !== `${folderOf(to)}/index.ts`,
    );
    expect(deep.filter(({ from }) => from !== 'src/index.ts')).toEqual([]);
  });

  it('keep isa and rtl-model apart', () => {
    const crossed = imports.filter(({ from, to }) =>
      STRANGERS.some(
        ([a, b]) => (from.startsWith(a) && to.startsWith(b)) || (from.startsWith(b) && to.startsWith(a)),
      ),
    );
    expect(crossed).toEqual([]);
  });

  it('are read at all: the walk of a datum is among the imports found', () => {
    const pairs = new Set(imports.map(({ from, to }) => `${folderOf(from)} ${folderOf(to)}`));
    for (const pair of ['src/dot src/formats', 'src/machine src/assembler', 'src/assembler isa']) {
      expect(pairs).toContain(pair);
    }
  });
});
