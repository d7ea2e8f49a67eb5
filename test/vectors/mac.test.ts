import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { createDesign, createMac, DESIGNS, type Slice } from '../../rtl-model/designs/index.js';
import { runProgram } from '../../rtl-model/systemverilog/index.js';
import { codecOf, E2M1 } from '../../src/formats/index.js';
import { withoutReserved } from '../../src/vectors/mac/policies.js';
import { requireTool } from '../support/tools.js';
import { type Made, make } from './support.js';

const MACS = [...DESIGNS.keys()].filter((name) => createDesign(name).kind === 'mac');

const memFiles = ({ folder }: Made) => [...folder.files.keys()].filter((file) => file.endsWith('.mem'));

describe.each(MACS)('vectors of %s', (name) => {
  it('are the same from the design and from the oracle', () => {
    const classes = ['uniform', 'cancelling', 'special', 'reserved', 'one-large'];
    const request = { level: 3, count: 128, classes, seed: 5 } as const;
    const [compiled, oracle] = [make(name, request), make(name, request, ['mem'], 'oracle')];
    expect(memFiles(compiled).length).toBe(classes.length);
    for (const file of memFiles(compiled)) expect(compiled.folder.text(file)).toBe(oracle.folder.text(file));
    const results = compiled.manifest.units[0]!.classes.map((set) => set.results);
    expect(Math.min(...results)).toBeGreaterThan(0);
  });
});

describe('vectors of nvfp4-exact', () => {
  const whole = make('nvfp4-exact');

  it('have a line for every vector, of the width that the layout says', () => {
    const [unit] = whole.manifest.units;
    for (const { files, vectors } of unit!.classes) {
      const lines = whole.folder.text(files[0]!.file).trimEnd().split('\n');
      expect(lines.length).toBe(vectors);
      const digits = lines.map((line) => line.replaceAll('_', '').length);
      expect(new Set(digits)).toEqual(new Set([unit!.wordBits / 4]));
    }
  });

  it('have the hashes and sizes that the manifest says', () => {
    const files = whole.manifest.units.flatMap(({ classes }) => classes.flatMap((set) => set.files));
    for (const { file, sha256, bytes } of files) {
      expect(whole.folder.sha256(file)).toBe(sha256);
      expect(whole.folder.bytes(file).length).toBe(bytes);
    }
    expect(files.length).toBe(whole.manifest.units[0]!.classes.length);
  });

  it('hold −0 in the reserved classes alone, and NaN scales in the special one', () => {
    for (const file of memFiles(whole)) {
      const lines = whole.folder
        .text(file)
        .trimEnd()
        .split('\n')
        .map((line) => line.split('_'));
      const negativeZeros = lines.filter(([, , a, , w]) => a!.includes('8') || w!.includes('8')).length;
      const nans = lines.filter(([, , , a, , w]) => a === '7f' || w === '7f').length;
      expect([file, negativeZeros > 0]).toEqual([file, file.includes('reserved')]);
      expect([file, nans > 0]).toEqual([file, file.includes('special')]);
    }
  });

  it.each(['fp8-fused13', 'nvfp4-fused35'])(
    'of %s have no infinity and no NaN where the special classes are left out',
    (name) => {
      const isSpecial = (line: string) => {
        const [c, d] = [line.slice(0, 8), line.slice(-10, -2)].map((digits) => Number.parseInt(digits, 16));
        return (c! & 0x7f800000) === 0x7f800000 || (d! & 0x7fffffff) > 0x7f800000;
      };
      const specials = (made: Made) =>
        memFiles(made).filter((file) => made.folder.text(file).trimEnd().split('\n').some(isSpecial));
      expect(specials(make(name, { without: ['special'] }))).toEqual([]);
      const all = specials(make(name));
      expect(all.some((file) => file.includes('_special-addends_'))).toBe(true);
      expect(all.filter((file) => !file.includes('special'))).toEqual([]);
    },
  );

  it('are the shards put together, and do not depend on the other classes made', () => {
    const request = { level: 3, count: 20_000, classes: ['uniform', 'wide-scales'] } as const;
    const all = make('nvfp4-exact', request);
    const parts = [1, 2, 3].map((index) => make('nvfp4-exact', { ...request, shard: { index, of: 3 } }));
    for (const file of memFiles(all)) {
      const shards = parts.map((part, i) => part.folder.text(file.replace('.mem', `_s${i + 1}of3.mem`)));
      expect(shards.join('')).toBe(all.folder.text(file));
    }
    const alone = make('nvfp4-exact', { ...request, classes: ['wide-scales'] });
    const [file] = memFiles(alone);
    expect(alone.folder.text(file!)).toBe(all.folder.text(file!));
  });

  it('say the same in every file format', async () => {
    const request = { level: 3, count: 300, classes: ['special'] } as const;
    const { folder, manifest } = make('nvfp4-exact', request, ['mem', 'tv', 'jsonl', 'bin', 'parquet']);
    const [unit] = manifest.units;
    const stem = 'mac_nvfp4_exact-16_special_L3';
    const lines = folder.text(`${stem}.mem`).trimEnd().split('\n');
    const names = unit!.fields.map(({ name }) => name);
    const commented = folder.text(`${stem}.tv`).trimEnd().split('\n');
    expect(commented.filter((line) => !line.startsWith('//'))).toEqual(lines);
    const objects = folder.text(`${stem}.jsonl`).trimEnd().split('\n');
    expect(
      objects.map((line) => {
        const row = JSON.parse(line) as Record<string, string>;
        return names.map((name) => row[name]).join('_');
      }),
    ).toEqual(lines);
    const bytes = folder.bytes(`${stem}.bin`);
    const widths = unit!.fields.map(({ width }) => Math.ceil(width / 8));
    let at = 0;
    const records = lines.map(() =>
      unit!.fields
        .map(({ digits }, i) => {
          const little = bytes.subarray(at, at + widths[i]!);
          at += widths[i]!;
          return Buffer.from(little).reverse().toString('hex').slice(-digits).padStart(digits, '0');
        })
        .join('_'),
    );
    expect(records).toEqual(lines);
    expect(at).toBe(bytes.length);
    const parquet = folder.bytes(`${stem}.parquet`);
    const file = parquet.buffer.slice(parquet.byteOffset, parquet.byteOffset + parquet.length) as ArrayBuffer;
    const rows = (await parquetReadObjects({ file })) as Record<string, bigint | number | string>[];
    const text = (value: bigint | number | string, digits: number) =>
      (typeof value === 'string' ? value : value.toString(16)).padStart(digits, '0');
    expect(
      rows.map((row) => unit!.fields.map(({ name, digits }) => text(row[name]!, digits)).join('_')),
    ).toEqual(lines);
  });
});

describe('vectors of the published MAC', () => {
  it.each(['nvfp4-exact', 'if4-lanes'])('of %s hold no reserved code without those classes', (name) => {
    const withReserved = (without: readonly string[]) => {
      const { folder, manifest } = make(name, { level: 1, without });
      const { fields, classes } = manifest.units[0]!;
      const sides = ['a_in', 'w_in'].map((side) => fields.findIndex((field) => field.name === side));
      // Both formats have one code that no encoder makes, 8: −0, and −8.
      return classes.flatMap(({ name: set, files: [file] }) => {
        const lines = folder.text(file!.file).trimEnd().split('\n');
        const isReserved = (line: string) => sides.some((side) => line.split('_')[side]!.includes('8'));
        return lines.some(isReserved) ? [set] : [];
      });
    };
    expect(withReserved([])).toEqual(['reserved', 'reserved-element-pairs']);
    expect(withReserved(['reserved'])).toEqual([]);
  });

  it('keep the products of reserved codes that are exchanged, and the signs of zeros among them', () => {
    const { decode } = codecOf(E2M1);
    const codes = Array.from({ length: 256 }, (_, i) => i);
    const segment = {
      slices: [
        {
          a: { codes: codes.map((i) => i >> 4), scales: [56] },
          w: { codes: codes.map((i) => i & 15), scales: [56] },
        },
      ],
    };
    const [{ a, w }] = withoutReserved(createMac('nvfp4-lanes'), segment).slices as [Slice];
    const products = (x: ArrayLike<number>, y: ArrayLike<number>) =>
      codes.map((i) => decode(x[i]!) * decode(y[i]!));
    const [before, after] = [segment.slices[0]!, { a, w }].map((s) => products(s.a.codes, s.w.codes));
    expect(after).toEqual(before);
    expect([...Array.from(a.codes), ...Array.from(w.codes)]).not.toContain(8);
  });

  it.each(['nvfp4-lanes', 'if4-lanes'])('of %s end every block with a flush', (name) => {
    const request = { level: 3, count: 8192 + 100, classes: ['uniform'] } as const;
    const { folder, manifest } = make(name, request);
    const lines = folder.text(manifest.units[0]!.classes[0]!.files[0]!.file).trimEnd().split('\n');
    for (const at of [8191, lines.length - 1]) {
      const [first, ...rest] = lines[at]!.split('_');
      expect(first).toBe('1');
      expect(rest.join('')).toMatch(/^0+$/);
    }
    expect(manifest.units[0]!.fields.map((field) => field.name)).toEqual([
      'first',
      'a_in',
      'a_sf',
      'w_in',
      'w_sf',
      'acc',
      'check',
    ]);
  });
});

const tools = requireTool('iverilog', 'vvp');
describe.skipIf(!tools.present)(`the layout package in Icarus ${tools.reason}`, () => {
  it('reads every field where the text has it', () => {
    const { folder, manifest } = make('if4-lanes', { level: 0, classes: ['uniform'] });
    const [unit] = manifest.units;
    const [file] = unit!.classes[0]!.files;
    const name = `${unit!.stem.replaceAll('-', '_')}_pkg`;
    const fields = unit!.fields.map(({ name: f }) => f);
    const bench = `\`include "${unit!.package!.file}"
module bench;
  import ${name}::*;
  logic [VECTOR_WIDTH-1:0] words [0:UNIFORM_COUNT-1];
  vector_t v;
  initial begin
    $readmemh("${file!.file}", words);
    for (int i = 0; i < UNIFORM_COUNT; i++) begin
      v = words[i];
      $display("${fields.map(() => '%h').join('_')}", ${fields.map((f) => `v.${f}`).join(', ')});
    end
  end
endmodule
`;
    const cwd = mkdtempSync(join(tmpdir(), 'fp4sim-'));
    try {
      for (const [path] of folder.files) writeFileSync(join(cwd, path), folder.bytes(path));
      writeFileSync(join(cwd, 'bench.sv'), bench);
      runProgram('iverilog', ['-g2012', '-o', 'bench', 'bench.sv'], { cwd });
      const { output } = runProgram('vvp', ['-n', 'bench'], { cwd });
      const lines = output.split('\n').filter((line) => /^[0-9a-f]+(_[0-9a-f]+)+$/.test(line));
      expect(`${lines.join('\n')}\n`).toBe(folder.text(file!.file));
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });
});
