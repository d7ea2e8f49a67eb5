/**
 * `reports/fp8-gemm.md`: an FP8 GEMM of 4096³ on the whole `hopper` model against the measured time of a library's
 * kernel at the clock that the chip falls to under it.
 *
 *   node dist/bench/machine/fp8-gemm.js
 *
 * The library's kernel is not known. What is simulated is the persistent kernel of the measured tile programs
 * (`programs/hopper/gemm.s`) with its largest tile, BF16 results stored in bulk, and other tiles beside it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assemble, formatDiagnostics } from '../../src/assembler/index.js';
import { type RunResult, runProgram } from '../../src/machine/index.js';
import { ROOT, writeReport } from '../reports/write-report.js';

const SIDE = 4096;
const K_STEP = 128;
/** hopper-timing.md: PyTorch 2.11, graph replay, fast accumulation; and the clock during it. */
const MEASURED = { microseconds: 98.1, clockMhz: [1410, 1455] } as const;
/** Of the model: 132 cores. */
const CORES = 132;
/** Tile, and stages that fit beside it. */
const TILES = [
  { M: 128, N: 256, STAGES: 4 },
  { M: 128, N: 128, STAGES: 6 },
  { M: 64, N: 256, STAGES: 4 },
] as const;
const BULK_BF16 = 4;

function simulate({ M, N, STAGES }: (typeof TILES)[number]): RunResult {
  const path = join(ROOT, 'programs', 'hopper', 'gemm.s');
  const text = readFileSync(path, 'utf8');
  const tiles = Math.ceil((SIDE * SIDE) / (M * N) / CORES);
  const settings = { M, N, STAGES, ROWS: SIDE, COLS: SIDE, STEPS: SIDE / K_STEP, TILES: tiles };
  const set = new Map(Object.entries({ ...settings, KB: K_STEP, EPILOGUE: BULK_BF16 }));
  const { program, diagnostics } = assemble(text, path, { set });
  if (program === undefined) throw new Error(formatDiagnostics(diagnostics, text));
  return runProgram(program, { values: 'none', warmL2: true }).result;
}

const [slow, fast] = MEASURED.clockMhz.map((clock) => MEASURED.microseconds * clock) as [number, number];
const middle = (slow + fast) / 2;
const whole = (cycles: number): string => Math.round(cycles).toLocaleString('en');
const lines = TILES.map((tile) => {
  const { cycles, utilisation } = simulate(tile);
  const error = (100 * (cycles / middle - 1)).toFixed(1);
  return `| ${tile.M} × ${tile.N}, ${tile.STAGES} stages | ${whole(cycles)} | ${error} % | ${(100 * utilisation.mma).toFixed(1)} % |`;
});
writeReport(
  'fp8-gemm.md',
  `# FP8 GEMM of ${SIDE}³ on the hopper model

\`node dist/bench/machine/fp8-gemm.js\`: \`programs/hopper/gemm.s\` on all ${CORES} cores, persistent, operands in L2, results stored in bulk as BF16.
Measured: ${MEASURED.microseconds} µs at ${MEASURED.clockMhz.join(' to ')} MHz, which is ${whole(slow)} to ${whole(fast)} cycles; errors are against the middle, ${whole(middle)}.
The tile of the measured kernel is not known; the first is the largest of the measured tile programs. Floor 15 %, aim 7 %.

| tile | cycles | error | MMA busy |
|---|---|---|---|
${lines.join('\n')}
`,
);
