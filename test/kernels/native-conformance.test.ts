/** The conformance suite on the native engine; what it does not cover, its fallback answers. */
import { describe } from 'vitest';
import { createNativeKernels, nativeLibrary } from '../../src/kernels/index.js';
import { kernelConformance } from './suite.js';

const { library, problem } = nativeLibrary();
const required = process.env.FP4SIM_REQUIRE_TOOLS === '1';

describe.skipIf(library === null && !required)(
  `the native engine${problem === null ? '' : ` (${problem})`}`,
  () => {
    if (library !== null) kernelConformance(createNativeKernels(library));
  },
);
