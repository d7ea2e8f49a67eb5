import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/assembler/index.js';
import { loadMatrix } from '../../src/formats/index.js';
import { type MachineModel, parseMachine, runProgram, type Trap } from '../../src/machine/index.js';
import { ROOT } from '../support/cli.js';
import { DIVIDED_GEMM, exchange, programOf, SMALL_GEMM } from '../support/programs.js';

const ADDED = exchange(DIVIDED_GEMM, 'st.tile', 'st.add');
/** The same parts, each in rows of its own. */
const APART = [
  ['.tensor D, fp32, M x N, out', '.param PARTS, 3\n.tensor D, fp32, M * PARTS x N, out'],
  ['st.tile', 'mov r8, %tile.part\n        mul r8, r8, M\n        add r1, r1, r8\n        st.tile'],
].reduce((text, [passage, replacement]) => exchange(text, passage!, replacement!), DIVIDED_GEMM);
const SHAPE = { M: 64, N: 64, K: 64 * 9 };

const ONE_CORE = parseMachine(
  'extends: fp4core\nfigures:\n  cores: { value: 1, unit: cores, source: a test }\n',
  'one-core.yaml',
);

function divided(text: string, division: string, machine: string | MachineModel = 'fp4core') {
  const program = programOf(exchange(text, 'N / 32, row', `N / 32, row, ${division}`), SHAPE);
  const { result, outputs } = runProgram(program, { machine });
  expect(result.outputs[0]!.verification?.mismatches).toBe(0);
  return { result, codes: outputs[0]!.codes };
}

/** Single-precision sums of parts in an order, by the language's own rounding. */
function sumsOf(parts: Uint32Array, order: readonly number[]): Uint32Array {
  const values = new Float32Array(parts.buffer, parts.byteOffset, parts.length);
  const size = SHAPE.M * SHAPE.N;
  const sums = Float32Array.from({ length: size }, (_, i) =>
    order.map((part) => values[part * size + i]!).reduce((sum, value) => Math.fround(sum + value)),
  );
  return new Uint32Array(sums.buffer);
}

describe('parts of tiles that are added up in global memory', () => {
  it('are added from part 0 on, each sum rounded to FP32, whatever the machine', () => {
    const apart = (divided(APART, 'split_k(3, K / 64)').codes as Uint32Array).slice();
    const expected = sumsOf(apart, [0, 1, 2]);
    // The order matters for these values.
    expect(expected).not.toEqual(sumsOf(apart, [2, 1, 0]));
    expect(divided(ADDED, 'split_k(3, K / 64)').codes).toEqual(expected);
    expect(divided(ADDED, 'split_k(3, K / 64)', 'blackwell').codes).toEqual(expected);
    expect(divided(ADDED, 'dynamic, split_k(3, K / 64)').codes).toEqual(expected);
    expect(divided(ADDED, 'split_k(3, K / 64)', ONE_CORE).codes).toEqual(expected);
  });

  it('wait for their turn, which the report counts, and L2 serves each byte twice', () => {
    const { result } = divided(ADDED, 'split_k(3, K / 64)');
    const waited = result.statistics.streams.reduce((sum, { stalls }) => sum + (stalls.turn ?? 0), 0);
    expect(waited).toBeGreaterThan(0);
    expect(result.statistics.cores.reduce((sum, { storedBytes }) => sum + storedBytes, 0)).toBe(
      64 * 64 * 4 * 3,
    );
    expect(result.engine).toMatchObject({
      name: 'fast-forward',
      notExtrapolated: 'somebody observes the run, by values or by events',
    });
  });

  it('are added from the last part on where cores have shares that begin and end inside tiles', () => {
    const apart = (divided(APART, 'stream_k(K / 64)').codes as Uint32Array).slice();
    const { result, codes } = divided(ADDED, 'stream_k(K / 64)');
    expect(codes).toEqual(sumsOf(apart, [2, 1, 0]));
    expect(result.outputs[0]!.unwritten).toBe(0);
    expect(result.macs).toBe(SHAPE.M * SHAPE.N * SHAPE.K);
  });

  it('are whole tiles where the grid does not divide them', () => {
    const program = programOf(exchange(SMALL_GEMM, 'st.tile', 'st.add'), SHAPE);
    const added = runProgram(program);
    expect(added.outputs[0]!.codes).toEqual(runProgram(programOf(SMALL_GEMM, SHAPE)).outputs[0]!.codes);
  });
});

/** One product, and a body that adds it. */
const alone = (body: string): string => `.machine fp4core
.tensor A, nvfp4, 16x64, normal(1)
.tensor D, fp32, 16x16, out
.smem As, nvfp4, 16x64
.acc acc, 16x16
.acc low, 8x16
.barrier full
.grid 1, 1
.stream main
        bar.expect full, sizeof(As)
        ld.tile As, A[r0, r0], full
        bar.wait full, 0
        mma acc, As, As, init
        mma.commit
        mma.wait 0
        ${body}
        halt
.endstream
`;

describe('an addition traps', () => {
  function trapOf(text: string, division = 'split_k(3, K / 64)'): Trap {
    const program = programOf(exchange(text, 'N / 32, row', `N / 32, row, ${division}`), SHAPE);
    for (const values of ['computed', 'none'] as const) {
      try {
        runProgram(program, { values });
      } catch (error) {
        if (values === 'computed') continue;
        return error as Trap;
      }
      throw new Error(`it does not trap with values: ${values}`);
    }
    throw new Error('unreachable');
  }

  it('where a part comes twice', () => {
    const twice = exchange(
      ADDED,
      'st.add D[r1, r2], acc, stored',
      'st.add D[r1, r2], acc\n st.add D[r1, r2], acc, stored',
    );
    expect(trapOf(twice)).toMatchObject({
      kind: 'reduction-misuse',
      message: expect.stringMatching(/part 0 of 3 of the tile D\[0, 0\] has been added already/),
    });
  });

  it('where a part never comes', () => {
    const without = (part: number): string =>
      `mov r8, %tile.part\n beq r8, ${part}, .none\n st.add D[r1, r2], acc\n st.wait 0\n.none: bar.arrive stored`;
    const left = exchange(ADDED, 'st.add D[r1, r2], acc, stored', without(2));
    expect(trapOf(left)).toMatchObject({
      kind: 'reduction-misuse',
      message: expect.stringMatching(/D\[\d+, \d+\] has 2 of its 3 parts/),
    });
    const first = exchange(ADDED, 'st.add D[r1, r2], acc, stored', without(0));
    const trap = trapOf(first);
    expect(trap.kind).toBe('deadlock');
    expect(trap.state.join('\n')).toMatch(/st\.add at line \d+, since cycle \d+, waits for turn/);
  });

  it('where tiles of other shapes meet at one place', () => {
    const text = alone(
      'tile.next r1, r2, .end\n mma low, As, As, init, r0\n mma.commit\n mma.wait 0\n st.add D[r0, r0], acc\n st.add D[r0, r0], low\n.end:',
    );
    expect(() => runProgram(programOf(text))).toThrow(
      /a part of 8x16 is added to the tile D\[0, 0\] of 16x16/,
    );
  });

  it('where the output is not FP32, and where the stream has no tile', () => {
    const bf16 = exchange(ADDED, '.tensor D, fp32', '.tensor D, bf16');
    expect(trapOf(bf16)).toMatchObject({
      kind: 'format-mismatch',
      message: expect.stringMatching(/but D is bf16/),
    });
    expect(() => runProgram(programOf(alone('st.add D[r0, r0], acc')))).toThrow(
      /has no tile whose parts could be added/,
    );
  });
});

describe('maxima that meet in global memory', () => {
  const FOUND = readFileSync(join(ROOT, 'programs', 'tensor_amax.s'), 'utf8');
  const amax = (settings: Readonly<Record<string, number>>, seed: number, machine?: MachineModel) => {
    const text = exchange(FOUND, 'tiled("data/lm_sample.safetensors"#qkv.input)', 'student(3, 1)');
    return runProgram(programOf(text, settings), { seed, machine });
  };

  it('are the largest of the whole tensor, whoever comes last', () => {
    const places = new Set<string>();
    for (const [seed, shape] of [
      [1, [64, 64]],
      [2, [256, 128]],
      [3, [128, 320]],
      [4, [256, 256]],
    ] as const) {
      const [ROWS, COLS] = shape;
      const { result, outputs } = amax({ ROWS, COLS }, seed);
      expect(result.outputs[0]!.verification?.mismatches).toBe(0);
      const decoded = (codes: ArrayLike<number>) => Array.from(codes, outputs[0]!.codec.decode);
      const [found] = decoded(outputs[0]!.codes);
      expect(amax({ ROWS, COLS }, seed, ONE_CORE).outputs[0]!.codes).toEqual(outputs[0]!.codes);
      places.add(String(found));
    }
    expect(places.size).toBe(4);
  });

  it('equal the largest element of the file', () => {
    const { outputs } = runProgram(assemble(FOUND, join(ROOT, 'programs', 'tensor_amax.s')).program!);
    const file = join(ROOT, 'programs', 'data', 'lm_sample.safetensors');
    const { data } = loadMatrix(file, 'qkv.input');
    const expected = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(outputs[0]!.codec.decode(outputs[0]!.codes[0]!)).toBe(expected);
  });

  it('are kept in FP32 only', () => {
    const text = exchange(FOUND, '.tensor largest, fp32', '.tensor largest, bf16').replace(
      /tiled\(.*\)/,
      'normal(1)',
    );
    expect(() => runProgram(programOf(text))).toThrow(/kept in fp32, but largest is bf16/);
  });
});
