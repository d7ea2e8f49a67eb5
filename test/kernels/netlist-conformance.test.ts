/** The conformance suite on the gates of the designs, for every combination that a design implements. */
import { expect, it } from 'vitest';
import { COMBINATIONS, type Combination, formatOf } from '../../bench/kernels/combinations.js';
import { hasNetlist, netlistKernels } from '../../rtl-model/proof/index.js';
import { semanticOf } from '../../src/dot/index.js';
import { kernelConformance } from './suite.js';

const operandsOf = ({ semantic, a, b }: Combination) =>
  [semanticOf(semantic), formatOf(a), formatOf(b)] as const;
const designed = COMBINATIONS.filter((combination) => hasNetlist(...operandsOf(combination)));

/** Whether the design has a port for C. */
function takesAddend(combination: Combination): boolean {
  const acc = netlistKernels.accumulator(...operandsOf(combination), 1, 1);
  try {
    netlistKernels.load(acc, Uint32Array.of(1));
    return true;
  } catch {
    return false;
  }
}

it('has a design for these', () => {
  expect(designed.map(({ semantic, a }) => `${semantic} ${a}`)).toMatchInlineSnapshot();
});

it('says what no design implements, and what one has no port for', () => {
  const [hopper, exact] = [semanticOf('hopper-tf32'), semanticOf('exact')];
  const [tf32, nvfp4] = [formatOf('tf32'), formatOf('nvfp4')];
  expect(() => netlistKernels.accumulator(hopper, tf32, tf32, 1, 1)).toThrow(
    'no design implements "hopper-tf32" for tf32 × tf32',
  );
  const acc = netlistKernels.accumulator(exact, nvfp4, nvfp4, 1, 1);
  expect(() => netlistKernels.load(acc, Uint32Array.of(1))).toThrow('has no port for an addend C');
});

kernelConformance(netlistKernels, designed, takesAddend);
