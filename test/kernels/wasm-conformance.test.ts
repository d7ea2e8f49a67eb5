/** The conformance suite on the WebAssembly engine, for what it computes itself. */

import { COMBINATIONS } from '../../bench/kernels/combinations.js';
import { createWasmKernels } from '../../src/kernels/index.js';
import { kernelConformance } from './suite.js';

kernelConformance(
  createWasmKernels(),
  COMBINATIONS.filter(({ semantic }) => semantic.startsWith('blackwell-mxf4nvf4')),
);
