/** Fused and integer designs against what MMA-Sim and the tensor cores of an H200 printed. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createFused, createMac, type MacDesign, type Segment } from '../../../rtl-model/designs/index.js';
import { DesignBench, describeMismatch } from '../../../rtl-model/proof/index.js';
import { semanticOf } from '../../../src/dot/index.js';
import { MXFP4, NVFP4 } from '../../../src/formats/index.js';
import { Random } from '../../../src/numerics/index.js';
import { hasShared, shared } from '../../support/shared.js';
import { type Step, StepRunner } from './steps.js';

// ---- MMA-Sim ------------------------------------------------------------------------------------------------------

type Span = readonly [offset: number, length: number];
type Call = Readonly<Record<'A' | 'B' | 'SA' | 'SB' | 'C' | 'D', Span>>;
interface Operation {
  readonly name: string;
  readonly file: string;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly block: number;
  readonly calls: readonly Call[];
}

function operation(name: string): Operation {
  const index = JSON.parse(readFileSync(shared('vectors/mma_index.json'), 'utf8')) as Operation[];
  return index.find((row) => row.name === name)!;
}

/** Every dot of an operation as a step, with the D that was printed. */
function mmaSteps({ file, m, n, k, block, calls }: Operation): { steps: Step[]; expected: Uint32Array } {
  const data = new Uint8Array(gunzipSync(readFileSync(shared(`vectors/${file}`))));
  const steps: Step[] = [];
  const expected: number[] = [];
  for (const call of calls) {
    const bytes = (name: keyof Call) => data.subarray(call[name][0], call[name][0] + call[name][1]);
    const words = (name: keyof Call) => new Uint32Array(bytes(name).slice().buffer);
    const [A, B, SA, SB, C, D] = [bytes('A'), bytes('B'), bytes('SA'), bytes('SB'), words('C'), words('D')];
    const row = (from: Uint8Array, scales: Uint8Array, i: number) => ({
      codes: from.subarray(i * k, (i + 1) * k),
      scales: scales.subarray((i * k) / block, ((i + 1) * k) / block),
    });
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        steps.push({ slice: { a: row(A, SA, i), w: row(B, SB, j) }, addend: C[i * n + j]! });
        expected.push(D[i * n + j]!);
      }
    }
  }
  return { steps, expected: Uint32Array.from(expected) };
}

/** A fused unit under the semantic as MMA-Sim computes it (its zeros, its floor). */
function asInMmaSim(format: typeof NVFP4): MacDesign {
  const semantic = semanticOf('blackwell-mxf4nvf4/mma-sim');
  return createFused({ name: `${format.name}-mma-sim`, summary: 'under test', format, semantic });
}

const differences = (found: Uint32Array, expected: Uint32Array) =>
  found.reduce((sum, bits, i) => sum + Number(bits !== expected[i]), 0);

const MMA_CASES = [
  { name: 'tcgen05.mxf4nvf4.k64.block16.ue4m3', format: NVFP4 },
  { name: 'tcgen05.mxf4nvf4.k64.block32.ue8m0', format: MXFP4 },
  {
    name: 'tcgen05.mxf4nvf4.k64.block16.ue8m0',
    format: { ...MXFP4, name: 'mxfp4_bs16', blockSize: 16 },
  },
] as const;

describe.skipIf(!hasShared).each(MMA_CASES)('MMA-Sim $name (from ../shared)', ({ name, format }) => {
  it('equals the fused unit under the rules of MMA-Sim, on every dot', () => {
    const row = operation(name);
    const { steps, expected } = mmaSteps(row);
    expect(steps.length).toBe(row.calls.length * row.m * row.n);
    expect(differences(new StepRunner(asInMmaSim(format)).run(steps), expected)).toBe(0);
  });
});

const DESIGN_CASES = [
  { name: 'tcgen05.mxf4nvf4.k64.block16.ue4m3', design: 'nvfp4-fused35' },
  { name: 'tcgen05.mxf4nvf4.k64.block32.ue8m0', design: 'mxfp4-fused35' },
] as const;

describe.skipIf(!hasShared).each(DESIGN_CASES)('MMA-Sim $name (from ../shared)', ({ name, design }) => {
  it('equals the design, whose zeros follow the specification, on every dot', () => {
    const { steps, expected } = mmaSteps(operation(name));
    expect(differences(new StepRunner(createMac(design)).run(steps), expected)).toBe(0);
  });
});

// ---- silicon ------------------------------------------------------------------------------------------------------

const MAGIC = 0x31565046;
const [ROWS, COLS, ROW_BYTES] = [64, 8, 32];

interface SiliconRecord {
  readonly kinds: readonly [number, number];
  readonly steps: number;
  readonly tiles: number;
  readonly a: Uint8Array;
  readonly b: Uint8Array;
  readonly c: Uint32Array;
  readonly d: ReadonlyMap<number, Uint32Array>;
}

/** The records of an FPV1 file; layout in ../shared/silicon/README.md. */
function* siliconRecords(file: string): Generator<SiliconRecord> {
  const data = readFileSync(shared(`silicon/${file}`));
  let at = 0;
  const bytes = (length: number) => {
    at += length;
    return new Uint8Array(data.subarray(at - length, at));
  };
  const word = () => new DataView(bytes(4).buffer).getUint32(0, true);
  while (at < data.length) {
    expect(word()).toBe(MAGIC);
    const [kind1, kind2] = [word(), word()];
    word(); // class
    const [steps, tiles] = [word(), word()];
    const a = bytes(tiles * steps * ROWS * ROW_BYTES);
    const b = bytes(tiles * steps * COLS * ROW_BYTES);
    const words = () => new Uint32Array(bytes(tiles * ROWS * COLS * 4).buffer);
    const c = words();
    const d1 = words();
    const d2 = (kind2 & 0x100) !== 0 ? d1 : words();
    const d = new Map([
      [kind1, d1],
      [kind2 & 0xff, d2],
    ]);
    yield { kinds: [kind1, kind2 & 0xff], steps, tiles, a, b, c, d };
  }
}

/** Codes of one row of operand bytes. */
type Codes = (bytes: Uint8Array) => Uint8Array | Uint16Array;
const asBytes: Codes = (bytes) => bytes;
const asHalves: Codes = (bytes) => new Uint16Array(bytes.slice().buffer);

/** Steps number `l` of all chains of a record, with these addends. */
function siliconSteps(
  { a, b, steps, tiles }: SiliconRecord,
  codes: Codes,
  l: number,
  addends: Uint32Array,
): Step[] {
  const list: Step[] = [];
  for (let t = 0; t < tiles; t++) {
    const row = (from: Uint8Array, rows: number, i: number) => {
      const start = ((t * steps + l) * rows + i) * ROW_BYTES;
      return { codes: codes(from.subarray(start, start + ROW_BYTES)), scales: [] };
    };
    const columns = Array.from({ length: COLS }, (_, j) => row(b, COLS, j));
    for (let i = 0; i < ROWS; i++) {
      const left = row(a, ROWS, i);
      for (let j = 0; j < COLS; j++) {
        list.push({ slice: { a: left, w: columns[j]! }, addend: addends[list.length]! });
      }
    }
  }
  return list;
}

const SILICON = [
  { design: 'fp8-fused13', files: ['e4m3.fpv', 'e4m3_chain.fpv'], kind: 0, codes: asBytes },
  { design: 'bf16-fused25', files: ['bf16.fpv', 'bf16_chain.fpv'], kind: 5, codes: asHalves },
] as const;

describe.skipIf(!hasShared).each(SILICON)(
  '$design (silicon dots from ../shared)',
  ({ design, files, kind, codes }) => {
    const runner = new StepRunner(createMac(design));
    it.each(files)('equals every dot of %s', (file) => {
      let [dots, wrong] = [0, 0];
      for (const record of siliconRecords(file)) {
        const printed = record.d.get(kind);
        if (printed === undefined) continue;
        let results = record.c;
        for (let l = 0; l < record.steps; l++) results = runner.run(siliconSteps(record, codes, l, results));
        dots += results.length;
        wrong += differences(results, printed);
      }
      expect(dots).toBeGreaterThan(1000);
      expect(wrong, `of ${dots} dots`).toBe(0);
    });
  },
);

describe.skipIf(!hasShared)('int8-exact (silicon dots from ../shared)', () => {
  it.each(['s8.fpv', 's8_chain.fpv'])('equals every dot of %s', (file) => {
    const design = createMac('int8-exact', { lanes: 32 });
    for (const record of siliconRecords(file)) {
      const results = record.d.get(7)!;
      const chains = Array.from({ length: record.steps }, (_, l) =>
        siliconSteps(record, asBytes, l, record.c),
      );
      const segments = chains[0]!.map((step, i) => ({
        slices: chains.map((steps) => steps[i]!.slice),
        addend: step.addend,
      }));
      const printed: ReadonlyMap<Segment, bigint[]> = new Map(
        segments.map((segment, i) => [segment, [BigInt(results[i]!)]]),
      );
      const bench = new DesignBench({ ...design, expectation: (segment) => printed.get(segment)! });
      const lanes = Array.from({ length: 128 }, (_, lane) => segments.filter((__, i) => i % 128 === lane));
      const report = bench.run(lanes, new Random(8));
      expect(report.segments).toBe(results.length);
      expect(report.mismatches.slice(0, 3).map((mismatch) => describeMismatch(design, mismatch))).toEqual([]);
    }
  });
});
