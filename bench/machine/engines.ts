/**
 * `reports/engine-speed.md`: how much faster the engines are than the tick engine, by processor time, in turns.
 *
 *   node dist/bench/machine/engines.js [--full]
 *
 * The tick engine takes minutes for 8192³; without `--full` its time there is that of 1024³ for each cycle.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assemble, formatDiagnostics, type Program } from '../../src/assembler/index.js';
import { median } from '../../src/correlate/index.js';
import { semanticOf } from '../../src/dot/index.js';
import { blockFormatOf, quantize } from '../../src/formats/index.js';
import { createKernels } from '../../src/kernels/index.js';
import { type EngineName, type RunOptions, type RunResult, runProgram } from '../../src/machine/index.js';
import { Random } from '../../src/numerics/index.js';
import { ROOT, writeReport } from '../reports/write-report.js';

const ROUNDS = 9;
const WARM_UP_ROUNDS = 6;
const SIDE = 1024;
const LARGE_SIDE = 8192;
const SEMANTIC = 'blackwell-mxf4nvf4';

interface Measured {
  readonly ms: number;
  readonly result: RunResult;
}

function gemm(side: number): Program {
  const path = join(ROOT, 'programs', 'gemm_nvfp4.s');
  const text = readFileSync(path, 'utf8');
  const set = new Map(['M', 'N', 'K'].map((name) => [name, side]));
  const { program, diagnostics } = assemble(text, path, { set });
  if (program === undefined) throw new Error(formatDiagnostics(diagnostics, text));
  return program;
}

/** Processor time of some work, in milliseconds. */
function timed<T>(work: () => T): { readonly ms: number; readonly value: T } {
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  return { ms: (user + system) / 1000, value };
}

function measure(program: Program, engine: EngineName, options: RunOptions = {}): Measured {
  const run = { values: 'none', maxCycles: 1e12, ...options, engine } as const;
  const { ms, value } = timed(() => runProgram(program, run).result);
  return { ms, result: value };
}

/** Medians of several rounds, in each of which every candidate runs once; the first rounds warm up. */
function inTurns(candidates: readonly (() => number)[]): number[] {
  const rounds = Array.from({ length: ROUNDS + WARM_UP_ROUNDS }, () =>
    candidates.map((candidate) => candidate()),
  );
  return candidates.map((_, i) => median(rounds.slice(WARM_UP_ROUNDS).map((round) => round[i]!)));
}

/** The kernel alone on the same matrices: codes to FP32 results. */
function bareKernel(): () => number {
  const kernels = createKernels();
  const format = blockFormatOf('nvfp4');
  const semantic = semanticOf(SEMANTIC);
  const [a, b] = [1, 2].map((seed) => {
    const random = new Random(seed);
    const data = Float32Array.from({ length: SIDE * SIDE }, () => random.normal());
    const { codes, scales } = quantize(format, { rows: SIDE, cols: SIDE, data });
    return { format, rows: SIDE, depth: SIDE, codes, scales };
  });
  return () =>
    timed(() => {
      const [left, right] = [kernels.prepare(a!, 'a', semantic), kernels.prepare(b!, 'b', semantic)];
      const sums = kernels.accumulator(semantic, format, format, SIDE, SIDE);
      kernels.accumulate(sums, left, right, true);
      kernels.read(sums);
      left.release();
      right.release();
    }).ms;
}

const full = process.argv.includes('--full');
const [small, large] = [gemm(SIDE), gemm(LARGE_SIDE)];
const [tick, timestamp, forward, largeForward] = inTurns([
  () => measure(small, 'tick').ms,
  () => measure(small, 'timestamp').ms,
  () => measure(small, 'fast-forward').ms,
  () => measure(large, 'fast-forward').ms,
]) as [number, number, number, number];
const cycles = measure(small, 'timestamp').result.cycles;
const memoryMb = process.memoryUsage().rss / 1e6;
const [functional, kernel] = inTurns([
  () => measure(small, 'timestamp', { values: 'computed', verify: false }).ms,
  bareKernel(),
]) as [number, number];
const { result } = measure(large, 'fast-forward');
const largeTick = full ? measure(large, 'tick', { maxCycles: 1e9 }).ms : (tick / cycles) * result.cycles;
const row = (what: string, ms: number, against: number, goal: string): string =>
  `| ${what} | ${ms.toFixed(1)} | ${(against / ms).toFixed(1)} × | ${goal} |`;
writeReport(
  'engine-speed.md',
  `# Speed of the engines

\`node dist/bench/machine/engines.js\`: processor time in one process, median of ${ROUNDS} rounds in turns after ${WARM_UP_ROUNDS} to warm up;
\`programs/gemm_nvfp4.s\` on fp4core. A busy machine disturbs the times more than their ratios.

| timing only | ms | against tick | floor, aim |
|---|---|---|---|
${row(`tick, ${SIDE}³: ${cycles.toLocaleString('en')} cycles`, tick, tick, '')}
${row(`timestamp, ${SIDE}³`, timestamp, tick, '20 ×, 100 ×')}
${row(`fast-forward, ${SIDE}³`, forward, tick, '')}
${row(`fast-forward, ${LARGE_SIDE}³: ${result.cycles.toLocaleString('en')} cycles`, largeForward, largeTick, '1,000 ×, under 100 ms')}

The tick engine at ${LARGE_SIDE}³: ${(largeTick / 1000).toFixed(1)} s${full ? '' : `, ${SIDE}³'s time for each cycle`}. Extrapolated there: ${((100 * (result.engine.extrapolated?.cycles ?? 0)) / result.cycles).toFixed(1)} % of the cycles.
Memory of the process after all of this: ${memoryMb.toFixed(0)} MB.

| with values, ${SIDE}³ | ms | times the kernel | floor, aim |
|---|---|---|---|
| kernel alone, from codes to results | ${kernel.toFixed(1)} | 1 | |
| the program: tensors loaded and quantised, simulated, multiplied, stored; not checked | ${functional.toFixed(1)} | ${(functional / kernel).toFixed(1)} | 1.5, 1.1 |`,
);
