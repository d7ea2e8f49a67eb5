/**
 * Hostile programs: they assemble, and then do what programs should not. Streams of GEMMs with lines lost, doubled,
 * swapped or changed, and words with bits flipped. All run without values, which traps no less; some with values too, on
 * two engines. A run ends with a result, which equals the oracle, or with a trap or an error that says what is wrong.
 * FP4SIM_FUZZ_RUNS sets the number of programs (20,000), FP4SIM_FUZZ_SEED the seed.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decode, INSTRUCTION_BY_OPCODE, INSTRUCTIONS } from '../../isa/index.js';
import { assemble, disassemble, encodeProgram, type Program } from '../../src/assembler/index.js';
import { type RunOptions, runProgram, Trap } from '../../src/machine/index.js';
import { ConfigurationError, Random } from '../../src/numerics/index.js';
import { MACRO_GEMM } from '../assembler/texts.js';
import { DIVIDED_GEMM, exchange, programOf, SMALL_GEMM } from '../support/programs.js';

const RUNS = Number(process.env.FP4SIM_FUZZ_RUNS ?? 20_000);
const SEED = Number(process.env.FP4SIM_FUZZ_SEED ?? 1);
/** One of so many programs is run with values, and compared with the oracle and with the tick engine. */
const COMPARED = 60;
const MAX_CYCLES = 3_000;
/** Every program that was found to break something, for good. */
const REGRESSIONS = join(import.meta.dirname, '../data/regressions');

const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)]!;

/** Quantises tiles in the core, turns them back, and multiplies them. */
const QUANTIZING = `.machine fp4core
.tensor A, bf16, 32 x 64, student(3, 7)
.tensor D, fp32, 32 x 16, out
.smem As, bf16, 16 x 64
.smem Bs, nvfp4, 16 x 64
.smem Cs, bf16, 16 x 64
.acc acc, 16 x 16
.acc acc2, 16 x 16
.barrier full[2]
.barrier empty[2]
.barrier stored
.grid 2, 1
.stream main
        mov r11, 1
.tile:  tile.next r1, r2, .done
        mul r1, r1, 16
        bar.wait stored, r11
        bar.expect full, sizeof(As)
        ld.tile As, A[r1, r3], full
        bar.wait full, r10
        hadamard.16 As, As, empty
        bar.wait empty, r10
        quant.nvfp4 Bs, As, full[1]
        bar.wait full[1], r10
        dequant Cs, Bs, empty[1]
        bar.wait empty[1], r10
        mma acc, Bs, Bs, init
        mma.commit
        mma.wait 0
        acc.dequant acc
        st.tile D[r1, r0], acc, stored
        xor r10, r10, 1
        xor r11, r11, 1
        b .tile
.done:  halt
.endstream
`;

/** Programs with small tiles; one has no branches but those at its ends. */
const BASES = [
  SMALL_GEMM,
  SMALL_GEMM.replaceAll(/(?<!fp)32/g, '16').replaceAll('K, 128', 'K, 64'),
  disassemble(assemble(MACRO_GEMM, 'macros.s').program!),
  SMALL_GEMM.replace('.machine fp4core', '.machine hopper')
    .replaceAll('nvfp4', 'e4m3')
    .replaceAll(/(?<!fp)32/g, '64')
    .replace('acc.scale acc, A, B', 'nop'),
  QUANTIZING,
  exchange(exchange(DIVIDED_GEMM, 'st.tile', 'st.add'), 'N / 32, row', 'N / 32, row, split_k(2, K / 64)'),
];
const BASE_PROGRAMS = BASES.map((text) => programOf(text));
const INSTRUCTION_LINES = BASES.flatMap((text) =>
  text.split('\n').filter((line) => /^\s|^\.\w+:/.test(line) && /\S/.test(line)),
);
const MORE_LINES = [
  ...INSTRUCTIONS.map(({ example }) => example),
  'acc.act.gelu acc',
  'acc.add acc, acc',
  'acc.cvt.bf16 acc',
  'mma.wait 1',
  'bar.arrive stored',
  'mov r1, %clock',
  'sub r10, r0, 1',
  'b .step',
  'nop',
  'halt',
].map((line) => `        ${line}`);

type Change = (lines: string[], at: number, random: Random) => void;

const CHANGES: readonly Change[] = [
  (lines, at) => lines.splice(at, 1),
  (lines, at) => lines.splice(at, 0, lines[at]!),
  (lines, at, random) => {
    const other = random.below(lines.length);
    [lines[at], lines[other]] = [lines[other]!, lines[at]!];
  },
  (lines, at, random) => lines.splice(at, 0, pick(random, [...INSTRUCTION_LINES, ...MORE_LINES])),
  (lines, at, random) => {
    lines[at] = lines[at]!.replace(/\br\d+\b/, () => `r${pick(random, [0, 1, 2, 3, 4, 5, 10, 11, 13])}`);
  },
  (lines, at, random) => {
    lines[at] = lines[at]!.replace(/(?<=, )\d+\b/, () =>
      String(pick(random, [0, 1, 2, 3, 7, 31, 32, 33, 64, 65])),
    );
  },
];

/** A program with a few of its instructions changed. */
function wrongText(random: Random): string {
  const lines = pick(random, BASES).split('\n');
  const first = lines.findIndex((line) => line.startsWith('.stream'));
  for (let i = random.below(4); i >= 0; i--) {
    pick(random, CHANGES)(lines, first + random.below(lines.length - first), random);
  }
  return lines.join('\n');
}

/** A program with a few bits of its words flipped, as text; undefined if they are no words of a program. */
function wrongWords(random: Random): string | undefined {
  const program = pick(random, BASE_PROGRAMS);
  const words = encodeProgram(program);
  for (let i = random.below(3); i >= 0; i--) {
    words[random.below(words.length)]! ^= 1n << BigInt(8 + random.below(48));
  }
  try {
    const instructions = [...words].map((word) => decode(word, INSTRUCTION_BY_OPCODE));
    return disassemble({ ...program, instructions });
  } catch (error) {
    if (error instanceof RangeError || error instanceof ConfigurationError) return undefined;
    throw error;
  }
}

/** How a run ends: `done`, or the kind of the trap. Anything but a result or an explained error is thrown. */
function outcome(program: Program, options: RunOptions): { end: string; cycles: number } {
  try {
    const { result } = runProgram(program, { maxCycles: MAX_CYCLES, ...options });
    for (const { name, verification } of result.outputs) {
      expect(verification?.mismatches ?? 0, `${name} differs from the oracle`).toBe(0);
    }
    return { end: 'done', cycles: result.cycles };
  } catch (error) {
    if (error instanceof Trap) {
      expect(error.message).not.toBe('');
      return { end: error.kind, cycles: error.cycle };
    }
    if (error instanceof ConfigurationError) return { end: 'refused', cycles: 0 };
    throw error;
  }
}

/** Assembles and runs a text; `isCompared`: with values, with the oracle and on two engines. */
function check(text: string, isCompared: boolean): string | undefined {
  const { program } = assemble(text, 'fuzz.s');
  if (program === undefined) return undefined;
  const timed = outcome(program, { cores: 1, values: 'none' });
  if (!isCompared) return timed.end;
  const computed = outcome(program, { cores: 1 });
  if (computed.end !== 'refused') {
    expect(outcome(program, { cores: 1, engine: 'tick', verify: false })).toEqual(computed);
  }
  return computed.end;
}

/** A run ends after so many findings; until then one does not hide those behind it. */
const MOST_FINDINGS = 10;

/** Runs many programs and counts their ends. Programs that break something become files. */
function fuzz(
  name: string,
  cases: number,
  make: (random: Random) => string | undefined,
): Map<string, number> {
  const random = new Random(SEED).split(name);
  const ends = new Map<string, number>();
  const findings: { readonly file: string; readonly error: unknown }[] = [];
  for (let i = 0; i < cases && findings.length < MOST_FINDINGS; i++) {
    const text = make(random);
    if (text === undefined) continue;
    try {
      const end = check(text, i % COMPARED === 0) ?? 'not assembled';
      ends.set(end, (ends.get(end) ?? 0) + 1);
    } catch (error) {
      mkdirSync(REGRESSIONS, { recursive: true });
      const file = join(REGRESSIONS, `${name}-${SEED}-${i}.s`);
      writeFileSync(file, text);
      findings.push({ file, error });
    }
  }
  if (findings.length > 0) {
    const files = findings.map(({ file }) => file).join(', ');
    throw new Error(`programs of seed ${SEED} are kept as ${files}`, { cause: findings[0]!.error });
  }
  return ends;
}

describe('the machine survives', { timeout: 36_000_000 }, () => {
  it.each(BASES.map((text) => [text.split('\n').length, text] as const))(
    'the programs that it changes: one of %i lines',
    (_, text) => {
      expect(check(text, true)).toBe('done');
    },
  );

  it('programs with instructions changed, and they end in every way that programs do', () => {
    const ends = fuzz('text', RUNS * 0.4, wrongText);
    expect(ends.get('done') ?? 0).toBeGreaterThan(RUNS * 0.03);
    const expected = ['deadlock', 'barrier-misuse', 'max-cycles', 'misaligned-tile', 'accumulator-in-flight'];
    if (RUNS >= 5_000)
      expect([...ends.keys()]).toEqual(expect.arrayContaining([...expected, 'buffer-in-use']));
  });

  it('programs with words changed', () => {
    const ends = fuzz('words', RUNS * 0.6, wrongWords);
    const ran = [...ends].reduce((sum, [end, count]) => sum + (end === 'not assembled' ? 0 : count), 0);
    expect(ran).toBeGreaterThan(RUNS * 0.03);
  });
});

describe('every program that once broke something', () => {
  const files = readdirSync(REGRESSIONS).filter((name) => name.endsWith('.s'));

  it('is kept', () => expect(files).not.toEqual([]));

  it.each(files)('%s assembles or not, and runs to a result or an explanation', (name) => {
    expect(() => check(readFileSync(join(REGRESSIONS, name), 'utf8'), true)).not.toThrow();
  });
});
