/**
 * Speed of the quantisers in plain TypeScript: elements a second on a 1024 × 1024 normal matrix, one thread.
 *
 *     npm run build && node dist/bench/formats.bench.js [repetitions]
 *
 * The best of the repetitions is printed, by the processor time of this process, so that other work on the machine
 * counts little. Both ends are counted: reading the matrix, and writing codes and scales; building the tables is not.
 */
import { blockFormatOf, dequantize, matrixFromSource, quantize } from '../src/formats/index.js';

interface Case {
  readonly format: string;
  readonly policy: string;
  /** What must be reached, in elements a second. */
  readonly goal?: number;
}

const CASES: readonly Case[] = [
  { format: 'nvfp4', policy: 'static_6', goal: 20e6 },
  { format: 'nvfp4', policy: 'mse' },
  { format: 'if4', policy: 'mse', goal: 8e6 },
  { format: 'if4', policy: 'mae' },
  { format: 'nvint4', policy: 'static_6' },
  { format: 'mxfp4', policy: 'floor' },
  { format: 'mxfp8_e4m3', policy: 'floor' },
  { format: 'hif4', policy: '' },
  { format: 'vectorwise_fp4', policy: '' },
  { format: 'tensor_e4m3', policy: '' },
  { format: 'nvfp4', policy: 'stochastic' },
  { format: 'nvfp4', policy: 'stochastic-8-bit' },
  { format: 'nvfp4', policy: 'hadamard=16' },
];

function bestSeconds(run: () => unknown, repetitions: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < repetitions; i++) {
    const start = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / 1e6);
  }
  return best;
}

const repetitions = Number(process.argv[2] ?? 15);
const matrix = matrixFromSource('normal:1024x1024:1');
const rate = (seconds: number): string => `${(matrix.data.length / seconds / 1e6).toFixed(1)} M elements/s`;
for (const { format, policy, goal } of CASES) {
  const record = blockFormatOf(format);
  const seconds = bestSeconds(() => quantize(record, matrix, policy), repetitions);
  const verdict =
    goal === undefined
      ? ''
      : ` (goal ${goal / 1e6}: ${matrix.data.length / seconds >= goal ? 'met' : 'missed'})`;
  console.log(`encode ${format} ${policy || 'default'}: ${rate(seconds)}${verdict}`);
}
const quantized = quantize(blockFormatOf('if4'), matrix);
console.log(`decode if4: ${rate(bestSeconds(() => dequantize(quantized), repetitions))}`);
