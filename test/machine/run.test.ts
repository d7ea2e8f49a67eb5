import { describe, expect, it } from 'vitest';
import { type Listener, type Origin, runProgram } from '../../src/machine/index.js';
import { exchange, programOf, SMALL_GEMM } from '../support/programs.js';

describe('a run', () => {
  it('gives outputs that equal the oracle, with every element written', () => {
    for (const [M, N, K] of [
      [32, 32, 128],
      [64, 96, 256],
      [32, 32, 64],
    ] as const) {
      const { result } = runProgram(programOf(SMALL_GEMM, { M, N, K }));
      const [output] = result.outputs;
      expect(output).toMatchObject({ rows: M, cols: N, unwritten: 0 });
      expect(output?.verification).toMatchObject({ compared: M * N, mismatches: 0 });
      expect(result.macs).toBe(M * N * K);
    }
  });

  it('has an error that quantisation explains: NVFP4 on both sides, about a tenth', () => {
    const { result } = runProgram(programOf(SMALL_GEMM, { M: 64, N: 64, K: 512 }));
    const error = result.outputs[0]?.verification?.relativeError ?? 0;
    expect(error).toBeGreaterThan(0.05);
    expect(error).toBeLessThan(0.25);
  });

  it.each(['exact', 'fp32_per_block', 'blackwell_mxf4nvf4'])(
    'agrees with the oracle under %s',
    (semantic) => {
      const text = exchange(SMALL_GEMM, 'mma acc,', `mma.${semantic} acc,`);
      const { result } = runProgram(programOf(text, { M: 64, K: 256 }));
      expect(result.outputs[0]?.verification?.mismatches).toBe(0);
      expect(result.configuration).toContain(`mma=${semantic.replaceAll('_', '-')}`);
    },
  );

  it('stores bf16 and fp16 outputs, and applies an activation', () => {
    for (const format of ['bf16', 'fp16']) {
      const text = exchange(
        exchange(SMALL_GEMM, '.tensor D, fp32', `.tensor D, ${format}`),
        'acc.scale acc, A, B',
        'acc.scale acc, A, B\n acc.act.relu acc\n acc.cvt.bf16 acc',
      );
      const { result, outputs } = runProgram(programOf(text));
      expect(result.outputs[0]).toMatchObject({ format, unwritten: 0 });
      expect(result.outputs[0]?.verification?.mismatches).toBe(0);
      const values = Array.from(outputs[0]!.codes, (code) => outputs[0]!.codec.decode(code));
      expect(Math.min(...values)).toBe(0);
      expect(Math.max(...values)).toBeGreaterThan(0);
    }
  });

  it('agrees with the oracle where tiles are stored over each other, in whole and in part', () => {
    const text = exchange(SMALL_GEMM, 'st.tile D[r1, r2]', 'shr r6, r1, 1\n st.tile D[r6, r2]');
    const { result } = runProgram(programOf(text, { M: 96, N: 64 }), { cores: 1 });
    // Rows 0 to 31, 16 to 47 and 32 to 63 are stored in this order.
    expect(result.outputs[0]).toMatchObject({
      unwritten: 32 * 64,
      verification: { compared: 64 * 64, mismatches: 0 },
    });
  });

  it('is the same twice, whatever listens to it', () => {
    const issued: number[] = [];
    const listener: Listener = { onIssued: (_stream, _instruction, cycle) => issued.push(cycle) };
    const once = runProgram(programOf(SMALL_GEMM, { M: 96 }));
    const again = runProgram(programOf(SMALL_GEMM, { M: 96 }), { listeners: [listener] });
    expect(JSON.stringify(again.result)).toBe(JSON.stringify(once.result));
    expect(issued.length).toBe(once.result.statistics.streams.reduce((sum, { issued: n }) => sum + n, 0));
  });

  it('tells which instruction an operation came from, from its start to its end', () => {
    const program = programOf(SMALL_GEMM, { M: 96 });
    const open = new Map<string, string>();
    const ended: string[] = [];
    const named = ({ stream, serial }: Origin): string => `${stream.core} ${stream.index} ${serial}`;
    const listener: Listener = {
      onStarted: (_core, unit, _operation, _cycle, _busy, origin) => {
        expect(program.instructions[origin.instruction]?.spec.unit).toBe(unit);
        open.set(named(origin), unit);
      },
      onDone: (_core, unit, _operation, _cycle, origin) => {
        expect(open.get(named(origin))).toBe(unit);
        open.delete(named(origin));
        ended.push(unit);
      },
    };
    runProgram(program, { values: 'none', listeners: [listener] });
    expect(open.size).toBe(0);
    // Three tiles of two k-steps: two loads and one MMA a step, a scaling and a store a tile.
    expect(ended.filter((unit) => unit === 'copy')).toHaveLength(3 * (2 * 2 + 1));
    expect(ended.filter((unit) => unit === 'mma')).toHaveLength(3 * 2);
    expect(ended.filter((unit) => unit === 'vector')).toHaveLength(3);
  });

  it('tells of every phase of every barrier, in order', () => {
    const phases = new Map<string, number[]>();
    const listener: Listener = {
      onPhase: (core, barrier, index, phase) => {
        const key = `${core} ${barrier}[${index}]`;
        phases.set(key, [...(phases.get(key) ?? []), phase]);
      },
    };
    runProgram(programOf(SMALL_GEMM, { K: 256 }), { values: 'none', cores: 1, listeners: [listener] });
    // Four k-steps over two stages: each is filled and emptied twice; one store.
    expect([...phases].sort()).toEqual([
      ['0 0[0]', [0, 1]],
      ['0 0[1]', [0, 1]],
      ['0 1[0]', [0, 1]],
      ['0 1[1]', [0, 1]],
      ['0 2[0]', [0]],
    ]);
  });

  it('takes the same cycles whatever the data: timing never depends on values', () => {
    const zeros = exchange(SMALL_GEMM, 'normal(1)', 'zeros');
    const [a, b] = [runProgram(programOf(SMALL_GEMM)).result, runProgram(programOf(zeros)).result];
    expect(b.cycles).toBe(a.cycles);
    expect(b.statistics).toEqual(a.statistics);
    expect(b.outputs[0]?.sha256).not.toBe(a.outputs[0]?.sha256);
  });

  it('changes generated tensors, and only them, with the seed', () => {
    const [a, b] = [1, 2].map((seed) => runProgram(programOf(SMALL_GEMM), { seed }).result);
    expect(a?.cycles).toBe(b?.cycles);
    expect(a?.outputs[0]?.sha256).not.toBe(b?.outputs[0]?.sha256);
  });

  it('counts every cycle of every stream: issued + stalled = cycles until its halt', () => {
    const { result } = runProgram(programOf(SMALL_GEMM, { M: 64, N: 64 }));
    for (const { issued, stalls, haltedAtCycle } of result.statistics.streams) {
      const stalled = Object.values(stalls).reduce((sum, n) => sum + n, 0);
      expect(issued + stalled).toBe(haltedAtCycle + 1);
    }
  });

  it('moves exactly the bytes of the tiles', () => {
    const { result } = runProgram(programOf(SMALL_GEMM, { M: 64, N: 32, K: 128 }));
    const tileBytes = (32 * 64) / 2 + 32 * 4; // codes and one scale byte for every 16 elements
    const [loaded, stored] = [0, 1].map((i) =>
      result.statistics.cores.reduce((sum, core) => sum + (i === 0 ? core.loadedBytes : core.storedBytes), 0),
    );
    expect(loaded).toBe(2 * 2 * 2 * tileBytes); // two tiles, two k-steps, two operands
    expect(stored).toBe(64 * 32 * 4);
  });
});
