/** Which engine a run uses. */
import type { Kernels } from './kernels.js';
import { typescriptKernels } from './typescript/index.js';

/** The fastest engine that is available here. */
export function createKernels(): Kernels {
  return typescriptKernels;
}
