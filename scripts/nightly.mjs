/**
 * The long runs, for every night rather than for every change (hours on two cores): fuzzing with a million programs, a
 * million adversarial dots a semantic and engine, a million random blocks a design, every mutant, every tile program.
 * A step that fails does not stop the others; the script then ends with status 1.
 */
import { join } from 'node:path';
import { root, run, setUp } from './setup.mjs';

const built = (...path) => [process.execPath, join(root, 'dist', 'bench', ...path)];
const vitest = (...files) => [
  process.execPath,
  join(root, 'node_modules', 'vitest', 'vitest.mjs'),
  'run',
  '--testTimeout=36000000',
  ...files,
];

/** Name, environment, command. */
const STEPS = [
  ['fuzz the assembler', { FP4SIM_FUZZ_CASES: '1000000' }, vitest('test/assembler/hostile.test.ts')],
  ['fuzz the machine', { FP4SIM_FUZZ_RUNS: '1000000' }, vitest('test/machine/hostile.test.ts')],
  [
    'random programs through every engine',
    { FP4SIM_FUZZ_ENGINES: '2500' },
    vitest('test/machine/engines.test.ts'),
  ],
  ['adversarial dots', { FP4SIM_DOTS: '90000' }, vitest('test/kernels')],
  ['ten million dots of every semantic in every engine', {}, built('kernels', 'agree.js')],
  ['random blocks through every MAC', {}, built('rtl', 'random-blocks.js')],
  ['engines of every design', {}, built('reports', 'engines.js')],
  ['mutants of every design', {}, built('reports', 'mutants.js')],
  ['cocotb benches', { FP4SIM_COCOTB: '1' }, vitest('test/vectors/benches/cocotb.test.ts')],
  ['benches of every design, and mutants', {}, built('vectors', 'benches.js')],
  ['coverage of level 1 of every design', {}, built('vectors', 'coverage.js')],
  ['memory of a billion vectors', {}, built('vectors', 'memory.js')],
  ['exhaustive vectors of lanes', {}, built('vectors', 'lanes.js')],
  ['synthesis of every circuit and design', {}, built('estimates', 'measure.js')],
  ['tile programs against silicon', {}, built('machine', 'correlate.js')],
  ['an FP8 GEMM of 4096³ on the whole hopper model', {}, built('machine', 'fp8-gemm.js')],
  ['fitted figures on shapes that were held out', {}, built('machine', 'held-out.js')],
];

setUp();
const failed = STEPS.filter(([name, environment, [command, ...args]]) => {
  console.log(`\n== ${name}`);
  Object.assign(process.env, environment);
  return run(command, ...args) !== 0;
});
for (const [name] of failed) console.error(`failed: ${name}`);
process.exit(failed.length === 0 ? 0 : 1);
