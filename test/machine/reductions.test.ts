import { describe, expect, it } from 'vitest';
import { type MachineModel, parseMachine, runProgram, type Trap } from '../../src/machine/index.js';
import { exchange, programOf, SMALL_GEMM } from '../support/programs.js';

/** SMALL_GEMM on the k-steps of its work item. */
const DIVIDED = [
  [
    'mov r3, 0\n        mov r4, K / 64',
    'mov r3, %tile.k0\n        mov r4, %tile.k1\n        sub r4, r4, r3\n        mul r3, r3, 64',
  ],
  [
    'mov r4, K / 64\n        mov r5, 0',
    'mov r6, %tile.k0\n        mov r4, %tile.k1\n        sub r4, r4, r6\n        mov r5, 0',
  ],
].reduce((text, [passage, replacement]) => exchange(text, passage!, replacement!), SMALL_GEMM);
const ADDED = exchange(DIVIDED, 'st.tile', 'st.add');
/** The same parts, each in rows of its own. */
const APART = [
  ['.tensor D, fp32, M x N, out', '.param PARTS, 3\n.tensor D, fp32, M * PARTS x N, out'],
  ['st.tile', 'mov r8, %tile.part\n        mul r8, r8, M\n        add r1, r1, r8\n        st.tile'],
].reduce((text, [passage, replacement]) => exchange(text, passage!, replacement!), DIVIDED);
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
    expect(result.engine.refused).toMatch(
      /timestamp engine cannot run this program: it does not know st\.add/,
    );
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

  it('where the output is not FP32, and where the stream has no tile', () => {
    const bf16 = exchange(ADDED, '.tensor D, fp32', '.tensor D, bf16');
    expect(trapOf(bf16)).toMatchObject({
      kind: 'format-mismatch',
      message: expect.stringMatching(/D is bf16/),
    });
    const none = `.machine fp4core
.tensor A, nvfp4, 16x64, normal(1)
.tensor D, fp32, 16x16, out
.smem As, nvfp4, 16x64
.acc acc, 16x16
.barrier full
.grid 1, 1
.stream main
        bar.expect full, sizeof(As)
        ld.tile As, A[r0, r0], full
        bar.wait full, 0
        mma acc, As, As, init
        mma.commit
        mma.wait 0
        st.add D[r0, r0], acc
        halt
.endstream
`;
    expect(() => runProgram(programOf(none))).toThrow(/has no tile whose parts could be added/);
  });
});
