import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INSTRUCTIONS } from '../../isa/index.js';
import { assemble, type Program } from '../../src/assembler/index.js';
import { type RunOptions, runProgram, Trap } from '../../src/machine/index.js';
import { KINDS, kindOf } from '../../src/machine/timestamp/code.js';
import { expectEqualEngines } from '../support/engines.js';
import {
  DIVIDED_GEMM,
  exchange,
  HOPPER_GEMM,
  programOf,
  SMALL_GEMM,
  SMALL_QUANTISE,
} from '../support/programs.js';

type Edit = readonly [kind: 'omit' | 'double' | 'swap', line: number, other: number];

/** Numbers of the lines between `.stream` and `.endstream`. */
function instructionLines(text: string): number[] {
  let inside = false;
  return text.split('\n').flatMap((line, i) => {
    if (line.startsWith('.stream') || line.startsWith('.endstream')) {
      inside = line.startsWith('.stream');
      return [];
    }
    return inside ? [i] : [];
  });
}

/** A program with some lines changed; labels stay where they are. Undefined if it does not assemble. */
function edited(text: string, edits: readonly Edit[]): Program | undefined {
  const lines = text.split('\n').map((line) => {
    const [, label = '', body = ''] = /^(\.?\w+:)?(.*)$/.exec(line) ?? [];
    return { label, body };
  });
  const among = instructionLines(text);
  for (const [kind, line, other] of edits) {
    const [a, b] = [lines[line]!, lines[among[other % among.length]!]!];
    if (kind === 'omit') a.body = ' nop';
    else if (kind === 'double') a.body = `${a.body}\n${a.body}`;
    else [a.body, b.body] = [b.body, a.body];
  }
  const changed = lines.map(({ label, body }) => label + body).join('\n');
  return assemble(changed, 'test.s', { set: new Map() }).program;
}

function trapKind(program: Program, options: RunOptions): string | undefined {
  try {
    runProgram(program, options);
  } catch (error) {
    if (error instanceof Trap) return error.kind;
    throw error;
  }
  return undefined;
}

/** How programs with random lines changed end, after every engine has ended them alike; `none` without a trap. */
function trapsOfEdited(text: string): Set<string> {
  const kinds = new Set<string>();
  const lines = instructionLines(text);
  const edit = fc.tuple(fc.constantFrom('omit', 'double', 'swap'), fc.constantFrom(...lines), fc.nat());
  fc.assert(
    fc.property(
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 3 }),
      (edits, cores) => {
        const program = edited(text, edits);
        if (program === undefined) return;
        expectEqualEngines(program, { values: 'none', cores, maxCycles: 3000 });
        kinds.add(trapKind(program, { values: 'none', cores, maxCycles: 3000 }) ?? 'none');
      },
    ),
    { numRuns: Number(process.env.FP4SIM_FUZZ_ENGINES ?? 150), seed: 20263 },
  );
  return kinds;
}

/** A GEMM whose tiles are divided, and added up in global memory. */
const added = (division: string): string =>
  exchange(exchange(DIVIDED_GEMM, 'st.tile', 'st.add'), 'N / 32, row', `N / 32, row, ${division}`);

/** Maxima of rows, and of what cores make of the same rows. */
const MAXIMA = exchange(SMALL_QUANTISE, 'st.block R[r1, r0], most', 'st.max R[r1, r0], most');

describe('the timestamp engine equals the tick engine', () => {
  it('and has a kind for every instruction', () => {
    for (const spec of INSTRUCTIONS) expect(KINDS).toContain(kindOf(spec));
  });

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

  it('on programs with lines left out, doubled or exchanged: deadlocks, races and other traps', () => {
    const kinds = new Set<string>();
    for (const text of [SMALL_GEMM, HOPPER_GEMM, SMALL_QUANTISE]) {
      for (const kind of trapsOfEdited(text)) kinds.add(kind);
    }
    for (const kind of [
      'none',
      'deadlock',
      'buffer-in-use',
      'accumulator-in-flight',
      'barrier-misuse',
      'max-cycles',
    ]) {
      expect(kinds).toContain(kind);
    }
  });

  it('where the parts of tiles are added up across cores, and where maxima are', () => {
    const settings = fc.record({
      M: fc.integer({ min: 1, max: 3 }).map((n) => 32 * n),
      N: fc.integer({ min: 1, max: 2 }).map((n) => 32 * n),
      K: fc.integer({ min: 1, max: 7 }).map((n) => 64 * n),
      cores: fc.integer({ min: 1, max: 4 }),
      division: fc.constantFrom('split_k(3, K / 64)', 'dynamic, split_k(2, K / 64)', 'stream_k(K / 64)'),
      values: fc.constantFrom('none', 'computed'),
    });
    fc.assert(
      fc.property(settings, ({ cores, values, division, ...set }) => {
        expectEqualEngines(programOf(added(division), set), { values, cores });
      }),
      { numRuns: 80, seed: 20264 },
    );
    for (const cores of [1, 2, 4]) expectEqualEngines(programOf(MAXIMA), { cores });
  });

  it('on such programs with lines left out, doubled or exchanged', () => {
    const kinds = new Set<string>();
    for (const text of [added('split_k(2, K / 64)'), added('stream_k(K / 64)'), MAXIMA]) {
      for (const kind of trapsOfEdited(text)) kinds.add(kind);
    }
    expect([...kinds]).toEqual(expect.arrayContaining(['none', 'deadlock', 'reduction-misuse']));
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
