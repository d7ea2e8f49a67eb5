/**
 * Speed of the exact oracle and of the plain TypeScript engine, one thread.
 *
 *     npm run build && node dist/bench/oracle.bench.js
 *
 * Operands are uniformly random codes with random scale codes, the hard case for every engine. By the processor time
 * of this process, best of five, so that other work on the machine counts little.
 */
import { createOracle, DOT_SEMANTICS, semanticOf } from '../src/dot/index.js';
import { NVFP4 } from '../src/formats/index.js';
import { typescriptKernels } from '../src/kernels/index.js';
import { Random } from '../src/numerics/index.js';

const SEMANTICS = ['blackwell-mxf4nvf4', 'exact', 'fp32-per-block', 'published-mac'];
/** What must be reached with the default semantic, in dot products of K = 64 a second. */
const GOAL_DOTS = 50_000;
const REPETITIONS = 5;
const K = 64;

function bestSeconds(run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < REPETITIONS; i++) {
    const begun = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(begun);
    best = Math.min(best, (user + system) / 1e6);
  }
  return best;
}

/** rows of K random codes, and their random scale codes without NaN. */
function operand(rows: number, random: Random): { codes: Uint8Array; scales: Uint8Array } {
  return {
    codes: Uint8Array.from({ length: rows * K }, () => random.below(16)),
    scales: Uint8Array.from({ length: rows * (K / NVFP4.blockSize) }, () => random.below(0x7f)),
  };
}

const random = new Random(1);
const SIDE = 128;
const [a, b] = [operand(SIDE, random), operand(SIDE, random)];
const blocks = K / NVFP4.blockSize;

for (const name of SEMANTICS.filter((each) => DOT_SEMANTICS.has(each))) {
  const semantic = semanticOf(name);
  const accumulator = createOracle(semantic, NVFP4, NVFP4).accumulator();
  const step = createOracle(semantic, NVFP4, NVFP4).stepK;
  const row = (side: typeof a, i: number) => ({
    codes: side.codes.subarray(i * K, (i + 1) * K),
    scales: side.scales.subarray(i * blocks, (i + 1) * blocks),
  });
  const oracleSeconds = bestSeconds(() => {
    for (let i = 0; i < SIDE; i++) {
      for (let j = 0; j < SIDE; j++) {
        accumulator.start(0);
        for (let k = 0; k < K; k += step) accumulator.step(row(a, i), row(b, j), k);
        accumulator.finish();
      }
    }
  });
  const tile = (side: typeof a, which: 'a' | 'b') =>
    typescriptKernels.prepare({ format: NVFP4, rows: SIDE, depth: K, ...side }, which, semantic);
  const sums = typescriptKernels.accumulator(semantic, NVFP4, NVFP4, SIDE, SIDE);
  const [left, right] = [tile(a, 'a'), tile(b, 'b')];
  const engineSeconds = bestSeconds(() => {
    for (let i = 0; i < 20; i++) typescriptKernels.accumulate(sums, left, right, true);
  });
  const dots = Math.round((SIDE * SIDE) / oracleSeconds);
  const macs = (20 * SIDE * SIDE * K) / engineSeconds;
  const goal = name === 'blackwell-mxf4nvf4' ? `, goal ${GOAL_DOTS.toLocaleString('en')}` : '';
  console.log(
    `${name.padEnd(20)} oracle ${dots.toLocaleString('en').padStart(10)} dots/s (K = ${K}${goal}); engine ${(macs / 1e6).toFixed(0).padStart(6)} M MAC/s`,
  );
}
