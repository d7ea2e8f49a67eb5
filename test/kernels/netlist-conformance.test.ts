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
  expect(designed.map(({ semantic, a }) => `${semantic} ${a}`)).toMatchInlineSnapshot(`
    [
      "blackwell-mxf4nvf4 nvfp4",
      "blackwell-mxf4nvf4 mxfp4",
      "exact nvfp4",
      "exact nvint4",
      "exact mxfp4",
      "exact49 if4",
      "three-accumulators if4",
      "fp32-per-block nvfp4",
      "fp32-correct if4",
      "published-mac if4",
      "published-mac nvfp4",
      "hopper-wgmma-fp8 e4m3",
      "hopper-f16 bf16",
      "s8-s32 int8",
    ]
  `);
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
