import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Program } from '../../src/assembler/index.js';
import {
  type EngineName,
  type Listener,
  type Origin,
  type RunOptions,
  runProgram,
  Trap,
} from '../../src/machine/index.js';
import { exchange, programOf, SMALL_GEMM } from '../support/programs.js';

const named = ({ stream, instruction, serial }: Origin): number[] => [stream.index, instruction, serial];

/** All of a run that an engine may not change: its result, and every event but the split of stalls. */
function trace(program: Program, engine: EngineName, options: RunOptions = {}): unknown {
  const events: unknown[] = [];
  const listener: Listener = {
    onIssued: ({ core, index }, instruction, cycle) =>
      events.push(['issued', core, index, instruction, cycle]),
    onHalted: ({ core, index }, cycle) => events.push(['halted', core, index, cycle]),
    onStarted: (core, unit, _operation, cycle, busy, origin) =>
      events.push(['started', core, unit, cycle, busy, ...named(origin)]),
    onDone: (core, unit, _operation, cycle, origin) =>
      events.push(['done', core, unit, cycle, ...named(origin)]),
    onPhase: (...event) => events.push(['phase', ...event]),
    onTransfer: (...event) => events.push(['transfer', ...event]),
    onMacs: (...event) => events.push(['macs', ...event]),
  };
  try {
    const { result } = runProgram(program, { ...options, engine, verify: false, listeners: [listener] });
    return { result, events };
  } catch (error) {
    if (!(error instanceof Trap)) throw error;
    return { trap: [error.kind, error.message], events };
  }
}

function expectEqualEngines(program: Program, options: RunOptions = {}): void {
  expect(trace(program, 'event', options)).toEqual(trace(program, 'tick', options));
}

/** A pipelined FP8 GEMM with two consumers that share the A tile, and an epilogue. */
const HOPPER_GEMM = `
.machine hopper
.param M, 128
.param N, 64
.param STAGES, 3
.param STEPS, 5
.param WAIT, 1
.tensor A, e4m3, M * 2 x 64 * STEPS, uniform(1)
.tensor B, e4m3, N * 2 x 64 * STEPS, uniform(2)
.tensor D, bf16, M * 2 x N * 2, out
.smem As, e4m3, M x 64, stages=STAGES
.smem Bs, e4m3, N x 64, stages=STAGES
.acc acc, 64 x N, stages=M / 64
.barrier full[STAGES]
.barrier empty[STAGES], arrivals=M / 64
.grid 2, 2, swizzle(2)
.stream producer
        mov r11, 1
tile:   tile.next r1, r2, over
        mul r1, r1, M
        mul r2, r2, N
        mov r3, 0
        mov r4, STEPS
fill:   bar.wait empty[r10], r11
        bar.expect full[r10], sizeof(As) + sizeof(Bs)
        ld.tile As[r10], A[r1, r3], full[r10]
        ld.tile Bs[r10], B[r2, r3], full[r10]
        add r3, r3, 64
        add r10, r10, 1
        blt r10, STAGES, fill1
        mov r10, 0
        xor r11, r11, 1
fill1:  loop r4, fill
        b tile
over:   halt
.endstream
.stream consumer, count=M / 64
        mov r9, %stream
next:   tile.next r1, r2, done
        mul r1, r1, M
        mul r3, r9, 64
        add r1, r1, r3
        mul r2, r2, N
        mov r4, 0
take:   bar.wait full[r10], r11, 128
        mma.fence
        mma acc[r9], As[r10], Bs[r10], r4, r9
        mma.commit empty[r10]
        mma.wait WAIT
        add r4, r4, 1
        add r10, r10, 1
        blt r10, STAGES, take1
        mov r10, 0
        xor r11, r11, 1
take1:  blt r4, STEPS, take
        mma.wait 0
        st.tile D[r1, r2], acc[r9]
        b next
done:   st.wait 0
        halt
.endstream
`;

describe('the event engine equals the tick engine', () => {
  it.each([
    [64, 96, 256],
    [96, 32, 128],
  ])('on a %i x %i x %i GEMM of fp4core', (M, N, K) => {
    expectEqualEngines(programOf(SMALL_GEMM, { M, N, K }));
  });

  it('when four cores contend for L2, on a hundred random shapes and numbers of cores', () => {
    const shape = fc.record({
      M: fc.integer({ min: 1, max: 4 }).map((n) => 32 * n),
      N: fc.integer({ min: 1, max: 4 }).map((n) => 32 * n),
      K: fc.integer({ min: 1, max: 6 }).map((n) => 64 * n),
      cores: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(shape, ({ cores, ...set }) => {
        expectEqualEngines(programOf(SMALL_GEMM, set), { values: 'none', cores });
      }),
      { numRuns: 100, seed: 20261 },
    );
  });

  it('on pipelined GEMMs of hopper, with cold and warm L2, on one core or several', () => {
    const settings = fc.record({
      M: fc.constantFrom(64, 128, 192),
      N: fc.constantFrom(8, 32, 64, 96, 256),
      STAGES: fc.integer({ min: 1, max: 4 }),
      STEPS: fc.integer({ min: 1, max: 9 }),
      WAIT: fc.constantFrom(0, 1),
      cores: fc.constantFrom(1, 2, 3, 5),
      warmL2: fc.boolean(),
      store: fc.constantFrom('st.tile', 'st.bulk'),
    });
    fc.assert(
      fc.property(settings, ({ cores, warmL2, store, ...set }) => {
        const text = exchange(HOPPER_GEMM, 'st.tile', store);
        expectEqualEngines(programOf(text, set), { values: 'none', cores, warmL2 });
      }),
      { numRuns: 60, seed: 20262 },
    );
  });

  it('in its traps', () => {
    for (const text of [
      exchange(SMALL_GEMM, 'mma.commit empty[r10]', 'mma.commit').replaceAll('K, 128', 'K, 512'),
      exchange(SMALL_GEMM, 'mma.wait 0', 'nop'),
    ]) {
      expectEqualEngines(programOf(text), { values: 'none' });
    }
  });
});

describe('a run on hopper', () => {
  it('multiplies FP8 without scales bit-exactly, with warpgroups that share an operand tile', () => {
    for (const store of ['st.tile', 'st.bulk']) {
      const { result } = runProgram(programOf(exchange(HOPPER_GEMM, 'st.tile', store), { STEPS: 2 }));
      expect(result.outputs[0]).toMatchObject({ unwritten: 0 });
      expect(result.outputs[0]?.verification).toMatchObject({ compared: 256 * 128, mismatches: 0 });
      expect(result.configuration).toContain('mma=hopper-wgmma-fp8');
    }
  });

  it('takes the same cycles with and without values', () => {
    const program = programOf(HOPPER_GEMM, { STEPS: 2 });
    const [full, bare] = [
      runProgram(program, { verify: false }).result,
      runProgram(program, { values: 'none' }).result,
    ];
    expect(bare.cycles).toBe(full.cycles);
    expect(bare.statistics).toEqual(full.statistics);
    expect(bare.outputs).toEqual([]);
  });

  it('traps on a group of rows that the operand does not have', () => {
    const text = exchange(HOPPER_GEMM, 'r4, r9', 'r4, r10').replace('STAGES, 3', 'STAGES, 4');
    expect(() => runProgram(programOf(text), { values: 'none' })).toThrow(/no group 2/);
  });

  it('refuses more cores than the model has', () => {
    expect(() => runProgram(programOf(SMALL_GEMM), { cores: 5 })).toThrow(/5 cores, but fp4core has 1 to 4/);
  });
});
