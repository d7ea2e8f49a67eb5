import { describe, expect, it } from 'vitest';
import { type Listener, runProgram } from '../../src/machine/index.js';
import { programOf } from '../support/programs.js';

/** Cycles measured on an H200, by N: one instruction, a dependent chain a step, and a wait after each. */
const WIDTHS = [8, 16, 32, 64, 128, 256];
const MEASURED = {
  'mma one': [69, 73, 81, 97, 129, 193],
  'mma chain': [20, 20, 24, 32, 64, 128],
  'mma.rs one': [55, 59, 67, 83, 115, 179],
  'mma.rs chain': [16, 17, 17, 32, 64, 128],
  'mma.rs each': [58, 62, 70, 86, 118, 190],
} as const;
const TOLERANCE_CYCLES = 2;

/** Cycles from the first MMA to the end of the waits, of straight-line code on resident operands. */
function cyclesOf(columns: number, body: string): number {
  const program = programOf(`
.machine hopper
.tensor A, e4m3, 64x32, zeros
.tensor B, e4m3, ${columns}x32, zeros
.smem As, e4m3, 64x32
.smem Bs, e4m3, ${columns}x32
.acc acc, 64x${columns}
.barrier full
.grid 1, 1
.stream only
        bar.expect full, sizeof(As) + sizeof(Bs)
        ld.tile As, A[r0, r0], full
        ld.tile Bs, B[r0, r0], full
        bar.wait full, 0
        mma acc, As, Bs, init
        mma.commit
        mma.wait 0
        nop
        nop
first:
${body}
last:   halt
.endstream
`);
  const cycles = new Map<number, number>();
  const listener: Listener = { onIssued: (_stream, instruction, cycle) => cycles.set(instruction, cycle) };
  runProgram(program, { values: 'none', cores: 1, listeners: [listener] });
  return cycles.get(program.labels.get('last')!)! - cycles.get(program.labels.get('first')!)!;
}

const WAIT = 'mma.commit\nmma.wait 0';
const repeated = (count: number, text: string): string => Array(count).fill(text).join('\n');
const CHAIN = 40;

/** The three measurements of the table as programs. */
const MEASURES: Readonly<Record<string, (mnemonic: string, columns: number) => number>> = {
  one: (mnemonic, columns) => cyclesOf(columns, `${mnemonic} acc, As, Bs, init\n${WAIT}`),
  chain: (mnemonic, columns) => {
    const long = cyclesOf(columns, `${repeated(2 * CHAIN, `${mnemonic} acc, As, Bs`)}\n${WAIT}`);
    const short = cyclesOf(columns, `${repeated(CHAIN, `${mnemonic} acc, As, Bs`)}\n${WAIT}`);
    return (long - short) / CHAIN;
  },
  each: (mnemonic, columns) => {
    const step = `mma.fence\n${mnemonic} acc, As, Bs\n${WAIT}`;
    return (cyclesOf(columns, repeated(2 * CHAIN, step)) - cyclesOf(columns, repeated(CHAIN, step))) / CHAIN;
  },
};

describe('one m64nNk32 on hopper takes the cycles measured on an H200', () => {
  it.each(Object.entries(MEASURED))('%s', (name, measured) => {
    const [mnemonic, measure] = name.split(' ') as [string, string];
    const predicted = WIDTHS.map((columns) => MEASURES[measure]!(mnemonic, columns));
    const errors = predicted.map((cycles, i) => Math.abs(cycles - measured[i]!));
    expect(Math.max(...errors), `${predicted.join(' ')} for ${measured.join(' ')}`).toBeLessThanOrEqual(
      TOLERANCE_CYCLES,
    );
  });
});
