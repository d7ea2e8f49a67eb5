import { afterEach, describe, expect, it, vi } from 'vitest';
import { createDesign } from '../../rtl-model/designs/index.js';
import { GaloisLfsr } from '../../src/formats/index.js';
import { type Listener, type RunOptions, runProgram, Trap } from '../../src/machine/index.js';
import { BufferStage } from '../../src/machine/local-memory.js';
import { programOf } from '../support/programs.js';

afterEach(() => vi.restoreAllMocks());

interface Shape {
  /** Rows and columns of the quantised tile, and of the tensor, twice as large both ways. */
  readonly rows: number;
  readonly cols: number;
}

/**
 * A program that quantises the tiles of the right half of A, multiplies each by itself and stores the products.
 */
function selfProduct(suffixes: string, { rows, cols }: Shape, semantic = '.exact'): string {
  const format = suffixes.slice(1).split('.')[0]!;
  const turned = /\.t$/.test(suffixes);
  const [height, width] = turned ? [cols, rows] : [rows, cols];
  return `
.machine fp4core
.tensor A, bf16, ${2 * height} x ${2 * width}, student(3, 7)
.tensor D, fp32, ${2 * rows} x ${rows}, out
.smem As, bf16, ${height} x ${width}
.smem Aq, ${format}, ${rows} x ${cols}
.acc acc, ${rows} x ${rows}
.barrier loaded
.barrier quantised
.barrier stored
.grid 2, 1
.stream main
        mov r10, 0
        mov r11, 1
tile:   tile.next r1, r2, over
        mul r3, r1, ${turned ? 0 : height}
        mul r4, r1, ${turned ? width : 0}
        add r4, r4, ${turned ? 0 : width}
        add r3, r3, ${turned ? height : 0}
        mul r5, r1, ${rows}
        bar.wait stored, r11
        bar.expect loaded, sizeof(As)
        ld.tile As, A[r3, r4], loaded
        bar.wait loaded, r10
        quant${suffixes} Aq, As, quantised
        bar.wait quantised, r10
        mma${semantic} acc, Aq, Aq, init
        mma.commit
        mma.wait 0
        acc.dequant acc
        st.tile D[r5, r0], acc, stored
        xor r10, r10, 1
        xor r11, r11, 1
        b tile
over:   halt
.endstream
`;
}

function mismatches(text: string, options: RunOptions = {}): number {
  const { result } = runProgram(programOf(text), options);
  const [output] = result.outputs;
  expect(output).toMatchObject({ unwritten: 0 });
  return output!.verification!.mismatches;
}

describe('the quantise unit', () => {
  it.each([
    '.nvfp4',
    '.nvfp4.rht16',
    '.nvfp4.mse',
    '.nvfp4.transformer_engine',
    '.nvfp4.one_level',
    '.nvfp4.sr',
    '.nvfp4.t',
    '.nvfp4.sr.rht32.t',
    '.mxfp4',
    '.mxfp4.quest.rht32',
    '.mxfp4.quartet_backward',
    '.mxfp4.tetrajet.t',
    '.if4',
    '.if4.mae.sr',
    '.nvint4',
    '.hif4',
    '.mixfp4',
    '.mxfp8_e4m3',
    '.vectorwise_fp4',
    '.vectorwise_fp4.t',
    '.vectorwise_fp4.fp4_training',
    '.vectorwise_int4.quik_16.t',
    '.vectorwise_int4.sr',
    '.vectorwise_int8.rht64',
    '.tensor_e4m3',
    '.tensor_e5m2.sr',
    '.e4m3.t',
  ])('makes of tiles what the oracle makes of the tensor: quant%s', (suffixes) => {
    expect(mismatches(selfProduct(suffixes, { rows: 32, cols: 64 }))).toBe(0);
  });

  it.each(['hif4', 'vectorwise_fp4', 'vectorwise_int8', 'tensor_e4m3', 'if4'])(
    'has operands beside it that are %s in memory already, second level included',
    (format) => {
      const text = selfProduct('.bf16', { rows: 32, cols: 64 }, '.exact')
        .replaceAll('bf16', format)
        .replace(/ {8}quant.*\n {8}bar.wait quantised, r10\n/, '')
        .replace('Aq, Aq', 'As, As');
      expect(mismatches(text)).toBe(0);
      const { result } = runProgram(programOf(text));
      expect(result.outputs[0]!.verification!.relativeError).toBeLessThan(0.2);
    },
  );

  it('corrects and rounds the scales of MS-EDEN over 128 elements', () => {
    expect(mismatches(selfProduct('.nvfp4.quartet_2_backward', { rows: 16, cols: 128 }))).toBe(0);
    expect(mismatches(selfProduct('.nvfp4.quartet_2_backward.t', { rows: 16, cols: 128 }))).toBe(0);
  });

  it('rounds to an element format, transposed', () => {
    expect(mismatches(selfProduct('.bf16.t', { rows: 32, cols: 64 }, '.hopper_f16'))).toBe(0);
  });

  it('is caught by the check when its random bits, codes or second level are wrong', () => {
    const text = selfProduct('.nvfp4.sr', { rows: 32, cols: 64 });
    vi.spyOn(GaloisLfsr.prototype, 'bits8').mockReturnValue(77);
    expect(mismatches(text)).toBeGreaterThan(0);
    vi.restoreAllMocks();
    const { put } = BufferStage.prototype;
    vi.spyOn(BufferStage.prototype, 'put').mockImplementation(function (this: BufferStage, codes, ...rest) {
      const wrong = codes.slice();
      wrong[5] = wrong[5]! ^ 8;
      put.call(this, wrong, ...rest);
    });
    expect(mismatches(text)).toBeGreaterThan(0);
    vi.restoreAllMocks();
    vi.spyOn(BufferStage.prototype, 'put').mockImplementation(function (this: BufferStage, codes, scales) {
      put.call(this, codes, scales, { tensorScale: 1 });
    });
    expect(mismatches(text)).toBeGreaterThan(0);
  });

  it('rounds stochastically by the run’s seed and the tile’s place, not by when it gets to it', () => {
    const text = selfProduct('.nvfp4.sr', { rows: 32, cols: 64 });
    const digest = (options: RunOptions): string =>
      runProgram(programOf(text), options).result.outputs[0]!.sha256;
    expect(digest({ cores: 1, seed: 3 })).toBe(digest({ cores: 2, seed: 3, engine: 'tick' }));
    const plain = selfProduct('.nvfp4', { rows: 32, cols: 64 });
    expect(runProgram(programOf(plain), { cores: 1, seed: 3 }).result.outputs[0]!.sha256).not.toBe(
      digest({ cores: 1, seed: 3 }),
    );
  });

  it('takes the cycles of the designs’ netlists', () => {
    for (const [suffix, name] of [
      ['.nvfp4', 'quant-nvfp4'],
      ['.nvfp4.mse', 'quant-four-over-six'],
      ['.if4', 'quant-if4'],
    ] as const) {
      const [started, done] = quantizeEvents(selfProduct(suffix, { rows: 32, cols: 64 }));
      const design = createDesign(name);
      if (design.kind !== 'quantizer') throw new Error(`${name} is no quantiser`);
      // 128 blocks on four pipelines.
      const busy = 32 * design.protocol.interval;
      expect(started!.busyCycles).toBe(busy);
      expect(done! - started!.cycle).toBe(busy + design.latencyCycles);
    }
  });

  it('adds the pipeline of a transform in front', () => {
    const [started, done] = quantizeEvents(selfProduct('.nvfp4.rht16', { rows: 32, cols: 64 }));
    const depth = createDesign('hadamard16').latencyCycles + createDesign('quant-nvfp4').latencyCycles;
    expect(done! - started!.cycle).toBe(32 + depth);
  });

  it('has a timing that does not depend on values, and names where it comes from', () => {
    const text = selfProduct('.if4.sr', { rows: 32, cols: 64 });
    const { result } = runProgram(programOf(text));
    expect(runProgram(programOf(text), { values: 'none' }).result.cycles).toBe(result.cycles);
    const ticks = runProgram(programOf(text), { engine: 'tick' }).result;
    expect({ ...ticks, engine: result.engine }).toEqual(result);
    expect(result.notes.join('\n')).toContain('netlist of quant-if4');
    expect(result.configuration).toContain('quant.if4.sr=rule=mse,');
    expect(result.configuration).toContain('rounding=stochastic-8-bit');
  });
});

/** The first start of the unit, and the cycle of its first result. */
function quantizeEvents(
  text: string,
): [{ cycle: number; busyCycles: number } | undefined, number | undefined] {
  const starts: { cycle: number; busyCycles: number }[] = [];
  const ends: number[] = [];
  const listener: Listener = {
    onStarted: (_core, unit, _operation, cycle, busyCycles) =>
      unit === 'quantize' && starts.push({ cycle, busyCycles }),
    onDone: (_core, unit, _operation, cycle) => unit === 'quantize' && ends.push(cycle),
  };
  runProgram(programOf(text), { values: 'none', listeners: [listener] });
  return [starts[0], ends[0]];
}

const PIECES = `
.machine fp4core
.tensor A, bf16, 64x64, normal(1)
.tensor D, fp32, 64x64, out
.tensor m, fp32, 64x1, out
.tensor all, fp32, 1x1, out
.smem As, bf16, 64x64
.smem Ah, bf16, 64x64
.smem Aq, nvfp4, 64x64
.smem back, fp32, 64x64
.smem rowmax, fp32, 64x1
.smem top, fp32, 1x1
.barrier done
.grid 1, 1
.stream main
        bar.expect done, sizeof(As)
        ld.tile As, A[r0, r0], done
        bar.wait done, 0
        hadamard.16 Ah, As
        quant.nvfp4.one_level Aq, Ah
        dequant back, Aq
        amax rowmax, As, init
        amax.rht16.t top, As, init
        amax top, Ah, r1, done
        bar.wait done, 1
        st.block D[r0, r0], back
        st.block m[r0, r0], rowmax
        st.block all[r0, r0], top
        halt
.endstream
`;

describe('the instructions beside quant', () => {
  it('follow each other in the unit without barriers, and equal the oracle', () => {
    const { result } = runProgram(programOf(PIECES));
    expect(result.outputs.map(({ name, verification }) => [name, verification?.mismatches])).toEqual([
      ['D', 0],
      ['m', 0],
      ['all', 0],
    ]);
    // The Hadamard transform keeps lengths: the error is that of NVFP4 alone.
    expect(result.outputs[0]!.verification!.relativeError).toBeLessThan(0.12);
    expect(result.outputs[1]!.verification!.relativeError).toBeLessThan(0.004);
  });
});

describe('outliers', () => {
  it.each(['vectorwise_fp4.fp4_training', 'vectorwise_int4.quik_16'])(
    'and the codes of quant.%s add up to the input, as far as codes can say it',
    (suffixes) => {
      const format = suffixes.split('.')[0]!;
      const text = `
.tensor A, bf16, 64x64, student(2, 1)
.tensor D, fp32, 64x64, out
.tensor rest, fp32, 64x64, out
.smem As, bf16, 64x64
.smem Aq, ${format}, 64x64
.smem cut, bf16, 64x64
.smem back, fp32, 64x64
.barrier done, arrivals=1
.grid 1, 1
.stream main
        bar.expect done, sizeof(As)
        ld.tile As, A[r0, r0], done
        bar.wait done, 0
        quant.${suffixes} Aq, As
        outliers.${suffixes} cut, As
        dequant back, Aq, done
        bar.wait done, 1
        st.block D[r0, r0], back
        st.block rest[r0, r0], cut
        halt
.endstream
`;
      const { result, outputs } = runProgram(programOf(text));
      expect(result.outputs.map(({ verification }) => verification?.mismatches)).toEqual([0, 0]);
      const [codes, rest] = outputs.map(({ codec, codes }) => Array.from(codes, codec.decode)) as [
        number[],
        number[],
      ];
      expect(rest.filter((value) => value !== 0).length).toBeGreaterThan(20);
      expect(rest.filter((value) => value !== 0).length).toBeLessThan(64 * 17);
      // What is cut off is larger than anything that is left.
      const kept = Math.max(...codes.map(Math.abs));
      expect(Math.max(...codes.map((value, i) => Math.abs(value + rest[i]!)))).toBeGreaterThan(1.5 * kept);
    },
  );
});

describe('a trap of the quantise unit', () => {
  const base = selfProduct('.nvfp4', { rows: 32, cols: 64 });
  it.each([
    [
      'a format that the destination does not hold',
      'quant.nvfp4 Aq',
      'quant.if4 Aq',
      /quant.if4 into Aq, which holds nvfp4/,
    ],
    ['a source that is still being loaded', '        bar.wait loaded, r10\n', '', /As is still being loaded/],
    [
      'a destination of another shape',
      '.smem Aq, nvfp4, 32 x 64',
      '.smem Aq, nvfp4, 64 x 64',
      /Aq is 64x64, but gets 32x64/,
    ],
    [
      'an mma before its result',
      '        bar.wait quantised, r10\n',
      '',
      /still being written by the quantise unit/,
    ],
    [
      'groups beyond the tile',
      'quant.nvfp4 ',
      'quant.nvfp4.rht128 ',
      /64 columns are not whole groups of 128/,
    ],
    ['a tile between blocks', 'add r4, r4, 64', 'add r4, r4, 56', /As begins at 56, not at a multiple of 16/],
    [
      'a rule of other formats',
      'quant.nvfp4 ',
      'quant.nvfp4.floor ',
      /the rule floor does not apply to nvfp4/,
    ],
    [
      'a block format as its source',
      'quant.nvfp4 Aq, As',
      'quant.nvfp4 Aq, Aq',
      /never written|reads real numbers/,
    ],
    [
      'a load into a stage that it reads',
      'bar.wait quantised, r10',
      'ld.tile As, A[r3, r4], loaded',
      /used by the quantise unit/,
    ],
  ])('names %s', (_, from, to, message) => {
    expect(base).toContain(from);
    const run = (): unknown => runProgram(programOf(base.replace(from, to)));
    expect(run).toThrow(Trap);
    expect(run).toThrow(message);
  });

  it('is not needed where a machine has no such unit: the program is refused', () => {
    expect(() => runProgram(programOf(base), { machine: 'hopper' })).toThrow(/hopper has none/);
  });
});
