/** Cleaned logic kept on disk: the same to the last bit as fresh logic, and found for nothing but its own netlist. */
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  Aig,
  bringLogic,
  cleanUp,
  describeEstimate,
  estimateDesign,
  estimatedGates,
  estimateLogic,
  followersOf,
  keptLogic,
  type Logic,
} from '../../rtl-model/analysis/index.js';
import { createDesign, type Design } from '../../rtl-model/designs/index.js';
import { technologyByName } from '../../rtl-model/technology/index.js';
import { matrixFromSource } from '../../src/formats/index.js';
import { MAIN, scratchFolder } from '../support/cli.js';

const asap7 = technologyByName('asap7');
const operands = {
  a: matrixFromSource('normal:16x64:1'),
  w: matrixFromSource('normal:16x64:2'),
  name: 'normal',
};
const small = createDesign('nvfp4-exact', { lanes: 2 });
const other = createDesign('nvint4-exact', { lanes: 2 });

const estimateOf = (design: Design, logic: Logic) =>
  describeEstimate(design, estimateLogic(logic, asap7), { operands, pipeline: { stages: 3 } });

/** A graph as its columns, without the room that it has left. */
function columns({ aig, ...ends }: Logic) {
  const { count, left, right, level, scopes } = aig;
  return { ...ends, graph: [left, right, level, scopes].map((column) => [...column.subarray(0, count)]) };
}

const filesIn = (folder: string) => readdirSync(folder).map((name) => join(folder, name));

/** The only file of a folder in which the small design was kept. */
function keptFile(folder: string, design = small): string {
  keptLogic(design.netlist, { folder });
  const files = filesIn(folder);
  expect(files).toHaveLength(1);
  return files[0]!;
}

describe('kept logic', () => {
  it.each<[string, Record<string, number>]>([
    ['nvfp4-exact', { lanes: 2 }],
    ['nvfp4-lanes', { lanes: 4 }],
    ['hadamard16', {}],
    ['quant-nvfp4', {}],
  ])('of %s is the logic that was made, and gives the same estimate', (name, options) => {
    const folder = scratchFolder();
    const design = createDesign(name, options);
    const made = keptLogic(design.netlist, { folder });
    const [file] = filesIn(folder);
    const { ino } = statSync(file!);
    const kept = keptLogic(design.netlist, { folder });
    expect(statSync(file!).ino).toBe(ino); // It was not made again.
    expect(columns(kept)).toEqual(columns(made));
    expect(followersOf(kept)).toEqual(followersOf(made));
    expect(estimateOf(design, kept)).toEqual(estimateOf(design, made));
  });

  it('is what the clean-up makes, copies and all', () => {
    const design = createDesign('nvfp4-lanes', { lanes: 4 });
    const folder = scratchFolder();
    keptLogic(design.netlist, { folder });
    const kept = keptLogic(design.netlist, { folder });
    expect(columns(kept)).toEqual(columns(cleanUp(estimatedGates(design.netlist))));
    expect(followersOf(kept).cones.length).toBeGreaterThan(3);
    expect(estimateOf(design, kept)).toEqual(
      estimateDesign(design, asap7, { operands, pipeline: { stages: 3 } }),
    );
  });

  it('is a whole graph: it shares what it holds and can grow', () => {
    const folder = scratchFolder();
    keptFile(folder);
    const { aig } = keptLogic(small.netlist, { folder });
    for (let node = 1; node < aig.count; node++) {
      if (aig.isAnd(node)) expect(aig.find(aig.left[node]!, aig.right[node]!)).toBe(2 * node);
    }
    const before = aig.count;
    const sources = [aig.source(), aig.source()] as const;
    expect(aig.and(...sources) >> 1).toBe(before + 2);
    expect(aig.level[before + 2]).toBe(1);
  });

  it('is not found by another netlist, nor by another build', () => {
    const folder = scratchFolder();
    const file = keptFile(folder);
    const { ino } = statSync(file);
    const [mux, ...rest] = [...small.netlist.cells].reverse();
    const cells = [...rest.reverse(), { ...mux!, inputs: [...mux!.inputs].reverse() }];
    const changed = { ...small.netlist, cells };
    expect(columns(keptLogic(changed, { folder }))).toEqual(columns(cleanUp(estimatedGates(changed))));
    expect(filesIn(folder)).toHaveLength(2);
    keptLogic(small.netlist, { folder, code: 'of another build' });
    expect(filesIn(folder)).toHaveLength(3);
    expect(statSync(file).ino).toBe(ino);
  });

  const flipped = (bytes: Buffer, at: number) => {
    const copy = Buffer.from(bytes);
    copy[at]! ^= 1;
    return copy;
  };
  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['cut short', (bytes) => bytes.subarray(0, bytes.length / 2)],
    ['cut to its hash', (bytes) => bytes.subarray(0, 32)],
    ['emptied', () => Buffer.alloc(0)],
    ['lengthened', (bytes) => Buffer.concat([bytes, Buffer.from('!')])],
    ['altered in its hash', (bytes) => flipped(bytes, 3)],
    ['altered in the middle', (bytes) => flipped(bytes, bytes.length >> 1)],
    ['altered at its end', (bytes) => flipped(bytes, bytes.length - 1)],
    ['replaced by text', () => Buffer.from('x'.repeat(1000))],
    ["replaced by another design's", () => readFileSync(keptFile(scratchFolder(), other))],
  ])('is made again when its file was %s', (_, damage) => {
    const folder = scratchFolder();
    const file = keptFile(folder);
    writeFileSync(file, damage(readFileSync(file)));
    const fresh = columns(cleanUp(estimatedGates(small.netlist)));
    expect(columns(keptLogic(small.netlist, { folder }))).toEqual(fresh);
    expect(filesIn(folder)).toEqual([file]);
    const { ino } = statSync(file);
    expect(columns(keptLogic(small.netlist, { folder }))).toEqual(fresh);
    expect(statSync(file).ino).toBe(ino); // The new file is whole.
  });

  it('is made every time where nothing can be kept', () => {
    const scratch = scratchFolder();
    const file = join(scratch, 'file');
    writeFileSync(file, 'mine');
    const folder = join(scratch, 'logic');
    const blocked = keptFile(folder).replace(folder, join(scratch, 'blocked'));
    mkdirSync(blocked, { recursive: true }); // A folder where the file would be.
    const fresh = columns(cleanUp(estimatedGates(small.netlist)));
    for (const place of [file, join(file, 'logic'), join(scratch, 'blocked')]) {
      expect(columns(keptLogic(small.netlist, { folder: place }))).toEqual(fresh);
    }
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(filesIn(join(scratch, 'blocked'))).toEqual([blocked]);
  });

  it('is found where a build brought it, and not kept again', () => {
    const [brought, folder] = [scratchFolder(), join(scratchFolder(), 'logic')];
    bringLogic([small.netlist, other.netlist], brought);
    const files = filesIn(brought);
    expect(files).toHaveLength(2);
    const kept = columns(keptLogic(small.netlist, { folder, brought }));
    expect(kept).toEqual(columns(cleanUp(estimatedGates(small.netlist))));
    expect(existsSync(folder)).toBe(false);
    // A damaged one counts as none: what is made instead is the user's.
    for (const file of files) writeFileSync(file, 'damaged');
    expect(columns(keptLogic(small.netlist, { folder, brought }))).toEqual(kept);
    expect(filesIn(folder)).toHaveLength(1);
  });

  it('of an earlier build is brought on if it is still right, and goes if not', () => {
    const brought = scratchFolder();
    bringLogic([small.netlist], brought);
    const [file] = filesIn(brought);
    const { ino } = statSync(file!);
    const [stale, notes] = [join(brought, `${'0'.repeat(64)}.logic`), join(brought, 'notes.txt')];
    for (const name of [stale, notes]) writeFileSync(name, 'x');
    bringLogic([small.netlist, other.netlist], brought);
    expect(statSync(file!).ino).toBe(ino);
    expect(existsSync(stale)).toBe(false);
    expect(existsSync(notes)).toBe(true);
    expect(filesIn(brought)).toHaveLength(3);
  });

  it('takes no more room than it may: the oldest go first, and nothing that is not its own', () => {
    const folder = scratchFolder();
    const first = keptFile(folder);
    const bytes = statSync(first).size;
    const notes = join(folder, 'notes.txt');
    writeFileSync(notes, 'mine'.repeat(bytes));
    const abandoned = `${first}.tmp`;
    writeFileSync(abandoned, 'x'.repeat(bytes));
    for (const [file, minutes] of [
      [first, 2],
      [abandoned, 3],
      [notes, 4],
    ] as const) {
      utimesSync(file, Date.now() / 1000, Date.now() / 1000 - 60 * minutes);
    }
    const mostBytes = 2.5 * bytes; // Room for two.
    keptLogic(small.netlist, { folder, code: 'second', mostBytes });
    expect(filesIn(folder)).toHaveLength(3);
    expect(existsSync(abandoned)).toBe(false);
    expect(existsSync(first)).toBe(true);
    keptLogic(small.netlist, { folder, code: 'third', mostBytes });
    expect(existsSync(first)).toBe(false);
    expect(filesIn(folder)).toHaveLength(3);
    expect(existsSync(notes)).toBe(true);
    keptLogic(small.netlist, { folder, code: 'fourth', mostBytes: 1 });
    expect(filesIn(folder)).toEqual([notes]);
  });
});

describe('a graph from its columns', () => {
  it('is as it was, also where a node could be simpler', () => {
    // Node 4 is the AND of node 3 with one of its own operands.
    const [left, right, scopes] = [
      [-1, -1, -1, 2, 2],
      [-1, -1, -1, 4, 6],
      [0, 1, 2, 3, 4],
    ].map((column) => Int32Array.from(column)) as [Int32Array, Int32Array, Int32Array];
    const aig = Aig.of(left, right, scopes);
    expect(aig.count).toBe(5);
    expect([...aig.left.subarray(0, 5)]).toEqual([...left]);
    expect([...aig.right.subarray(0, 5)]).toEqual([...right]);
    expect([...aig.scopes.subarray(0, 5)]).toEqual([...scopes]);
    expect([...aig.level.subarray(0, 5)]).toEqual([0, 0, 0, 1, 2]);
  });
});

describe('fp4sim estimate', () => {
  const command = [MAIN, 'estimate', 'nvfp4-exact:lanes=2', '--unchecked', '--json'];
  const folderOf = (home: string) => join(home, 'fp4sim', 'logic');

  /** What the command prints, with what it keeps in a home of its own. */
  async function estimate(home: string, more: readonly string[] = [], before = ':'): Promise<string> {
    const text = `${before}; exec ${[process.execPath, ...command, ...more].join(' ')}`;
    const env = { ...process.env, XDG_CACHE_HOME: home };
    return (await promisify(execFile)('bash', ['-c', text], { env, maxBuffer: 2 ** 24 })).stdout;
  }

  it('keeps the logic for other technologies, and says the same with it as without', async () => {
    const home = scratchFolder();
    const fresh = await estimate(home);
    const [file] = filesIn(folderOf(home));
    const { ino } = statSync(file!);
    expect(await estimate(home)).toBe(fresh);
    expect(await estimate(home, ['--technology', 'sky130hd', '--stages', '3'])).toMatch(/"sky130hd"/);
    expect(filesIn(folderOf(home))).toEqual([file]);
    expect(statSync(file!).ino).toBe(ino);
  });

  it('keeps a whole file when two commands write it at once', async () => {
    const home = scratchFolder();
    const [one, two] = await Promise.all([estimate(home), estimate(home)]);
    expect(two).toBe(one);
    const [file, ...more] = filesIn(folderOf(home));
    expect(more).toEqual([]);
    const { ino } = statSync(file!);
    expect(await estimate(home)).toBe(one);
    expect(statSync(file!).ino).toBe(ino);
  });

  it('of a design as it is comes with the build', async () => {
    const home = scratchFolder();
    const env = { ...process.env, XDG_CACHE_HOME: home };
    const args = [MAIN, 'estimate', 'quant-nvfp4', '--unchecked', '--json'];
    await promisify(execFile)(process.execPath, args, { env, maxBuffer: 2 ** 24 });
    expect(existsSync(folderOf(home)), 'made by `npm run setup`').toBe(false);
  });

  it('leaves nothing of a file for which the disk has no room', async () => {
    const [home, roomy] = [scratchFolder(), scratchFolder()];
    // A limit on the size of files stands for a full disk: writing fails in the middle.
    expect(await estimate(home, [], 'ulimit -f 4')).toBe(await estimate(roomy));
    expect(filesIn(folderOf(home))).toEqual([]);
    expect(filesIn(folderOf(roomy))).toHaveLength(1);
  });
});
