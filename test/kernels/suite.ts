/**
 * The conformance suite of the kernels: an engine passes if it gives the oracle's bits on operands made to tell
 * semantics apart. Any engine runs it.
 */
import { expect, test } from 'vitest';
import { COMBINATIONS, type Combination, formatOf } from '../../bench/kernels/combinations.js';
import {
  ADVERSARIAL_CLASS_NAMES,
  type AdversarialClassName,
  adversarialTile,
  createOracle,
  type DotSemantic,
  type OperandFormat,
  semanticOf,
} from '../../src/dot/index.js';
import type { Kernels, PreparedTile } from '../../src/kernels/index.js';
import { hex, Random } from '../../src/numerics/index.js';

/** Dots a combination and class that the suite compares; FP4SIM_DOTS asks for more. */
const DOTS = Number(process.env.FP4SIM_DOTS ?? 1000);
const [ROWS, COLS] = [18, 21];

/** Runs the suite for an engine. `takesAddend`: of a combination; others start from C = 0. */
export function kernelConformance(
  kernels: Kernels,
  wanted: readonly Combination[] = COMBINATIONS,
  takesAddend: (combination: Combination) => boolean = () => true,
): void {
  test.each(wanted)(`${kernels.name}: $semantic on $a × $b equals the oracle`, (combination) => {
    const { semantic, a, b } = combination;
    const addends = takesAddend(combination);
    for (const name of ADVERSARIAL_CLASS_NAMES) {
      compareClass(kernels, semanticOf(semantic), formatOf(a), formatOf(b), name, addends);
    }
  });
}

function compareClass(
  kernels: Kernels,
  semantic: DotSemantic,
  a: OperandFormat,
  b: OperandFormat,
  name: AdversarialClassName,
  addends: boolean,
): void {
  const { stepK } = createOracle(semantic, a, b);
  let compared = 0;
  for (let seed = 1; compared < DOTS; seed++) {
    const steps = 1 + (seed % 4);
    const shape = { rows: ROWS, cols: COLS, depth: stepK * steps };
    const random = new Random(seed).split(`${semantic.name} ${a.name} ${b.name} ${name}`);
    const drawn = adversarialTile(name, semantic, a, b, shape, random);
    const tile = addends ? drawn : { ...drawn, c: new Uint32Array(drawn.c.length) };
    const prepare = (side: 'a' | 'b', rows: number): PreparedTile =>
      kernels.prepare(
        { format: side === 'a' ? a : b, rows, depth: shape.depth, ...tile[side] },
        side,
        semantic,
      );
    const acc = kernels.accumulator(semantic, a, b, ROWS, COLS);
    kernels.load(acc, tile.c);
    kernels.accumulate(acc, prepare('a', ROWS), prepare('b', COLS), false);
    compared += expectOracle(
      kernels.read(acc),
      semantic,
      a,
      b,
      shape.depth,
      tile,
      `class ${name}, seed ${seed}`,
    );
  }
}

/** Compares rows × cols results with the oracle; the first difference fails with its place. */
function expectOracle(
  results: Uint32Array,
  semantic: DotSemantic,
  aFormat: OperandFormat,
  bFormat: OperandFormat,
  depth: number,
  { a, b, c }: ReturnType<typeof adversarialTile>,
  place: string,
): number {
  const oracle = createOracle(semantic, aFormat, bFormat);
  const [blocksA, blocksB] = [a.scales.length / ROWS, b.scales.length / COLS];
  for (let output = 0; output < results.length; output++) {
    const [i, j] = [Math.floor(output / COLS), output % COLS];
    const expected = oracle.dot(
      a.codes.subarray(i * depth, (i + 1) * depth),
      a.scales.subarray(i * blocksA, (i + 1) * blocksA),
      b.codes.subarray(j * depth, (j + 1) * depth),
      b.scales.subarray(j * blocksB, (j + 1) * blocksB),
      c[output]!,
    );
    if (results[output] !== expected) {
      expect.fail(
        `${place}, output ${i},${j}, C 0x${hex(c[output]!, 8)}: ` +
          `0x${hex(results[output]!, 8)} instead of 0x${hex(expected, 8)}`,
      );
    }
  }
  return results.length;
}
