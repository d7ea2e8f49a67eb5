/** Tensors in `.npy` and safetensors files. */
export * from './load.js';
export { isNpy, readNpy, writeNpy } from './npy.js';
export * from './quantized.js';
export {
  type QuantizedLayout,
  type QuantizedSelection,
  quantizedFromTensors,
  quantizedToTensors,
} from './quantized.js';
export { readSafetensors, writeSafetensors } from './safetensors.js';
export { matrixFromSource } from './source.js';
export * from './tensor.js';
