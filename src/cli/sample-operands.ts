/** Operands for energy and accuracy when none are given: tensors that come with the project. */
import { fileURLToPath } from 'node:url';
import type { OperandMatrices } from '../../rtl-model/analysis/index.js';
import { matrixFromSource } from '../formats/index.js';

/** From a small trained language model. */
const SAMPLE = 'programs/data/lm_sample.safetensors';

/** Inputs and weights of one layer. */
export function sampleOperands(): OperandMatrices {
  const file = fileURLToPath(new URL(`../../../${SAMPLE}`, import.meta.url));
  return {
    a: matrixFromSource(`${file}#qkv.input`),
    w: matrixFromSource(`${file}#qkv.weight`),
    name: 'qkv.input and qkv.weight of a small language model',
  };
}
