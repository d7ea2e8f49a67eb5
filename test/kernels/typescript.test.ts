import { typescriptKernels } from '../../src/kernels/index.js';
import { kernelConformance } from './suite.js';

kernelConformance(typescriptKernels);
