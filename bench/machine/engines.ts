/**
 * `reports/engine-speed.md`: how much faster the engines are than the tick engine, by processor time, in turns.
 *
 *   node dist/bench/machine/engines.js [--full]
 *
 * The tick engine takes minutes for 8192³; without `--full` its time there is that of 1024³ for each cycle.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assemble, formatDiagnostics, type Program } from '../../src/assembler/index.js';
import { median } from '../../src/correlate/index.js';
import { semanticOf } from '../../src/dot/index.js';
import { createKernels, createNativeKernels, nativeLibrary } from '../../src/kernels/index.js';
import {
  type EngineName,
  type InputTensor,
  loadInputs,
  type RunOptions,
  type RunResult,
  runProgram,
} from '../../src/machine/index.js';
import { ROOT, writeReport } from '../reports/write-report.js';

const ROUNDS = 9;
const WARM_UP_ROUNDS = 12;
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

/**
 * The kernel alone on the program's own operands: from codes in memory to the FP32 results that it stores, the tensors'
 * second level multiplied in. One thread, as in the program, whose calls are too small for more.
 */
function bareKernel(inputs: ReadonlyMap<string, InputTensor>): () => { ms: number; results: Float32Array } {
  const { library } = nativeLibrary();
  const kernels = library === null ? createKernels() : createNativeKernels(library, { threads: 1 });
  const semantic = semanticOf(SEMANTIC);
  const [a, b] = ['A', 'B'].map((name) => inputs.get(name)!);
  const operandOf = ({ operand }: InputTensor) => ({ ...operand, depth: operand.cols });
  const scale = Math.fround(a!.quantized.tensorScale * b!.quantized.tensorScale);
  return () => {
    const { ms, value } = timed(() => {
      const left = kernels.prepare(operandOf(a!), 'a', semantic);
      const right = kernels.prepare(operandOf(b!), 'b', semantic);
      const sums = kernels.accumulator(semantic, a!.operand.format, b!.operand.format, SIDE, SIDE);
      kernels.accumulate(sums, left, right, true);
      const results = new Float32Array(kernels.read(sums).buffer);
      for (let i = 0; i < results.length; i++) results[i] = Math.fround(results[i]! * scale);
      left.release();
      right.release();
      return results;
    });
    return { ms, results: value };
  };
}

/** The program from its operands in memory to its finished run. */
function functionalRun(program: Program, inputs?: ReadonlyMap<string, InputTensor>): Measured {
  return measure(program, 'timestamp', { values: 'computed', verify: false, inputs });
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
const inputs = loadInputs(small);
const kernelAlone = bareKernel(inputs);
const digest = createHash('sha256').update(Buffer.from(kernelAlone().results.buffer)).digest('hex');
if (functionalRun(small, inputs).result.outputs[0]!.sha256 !== digest) {
  throw new Error('the program and the kernel alone do not give the same bits');
}
const [functional, whole, kernel] = inTurns([
  () => functionalRun(small, inputs).ms,
  () => functionalRun(small).ms,
  () => kernelAlone().ms,
]) as [number, number, number];
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
| the kernel alone, from codes in memory to scaled results, one thread | ${kernel.toFixed(1)} | 1 | |
| the program from the same codes: simulated, multiplied, scaled, stored; neither checked nor digested | ${functional.toFixed(1)} | ${(functional / kernel).toFixed(2)} | 1.5, 1.1 |
| the same with its tensors read from files, repeated and quantised | ${whole.toFixed(1)} | ${(whole / kernel).toFixed(2)} | |

Both give the same bits, which the measurement checks.`,
);
