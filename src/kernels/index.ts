/** Engines that multiply tiles of coded operands, behind one interface. */
export { createKernels, type EngineReport, type EngineStatus, engineReport } from './create.js';
export {
  createHexLines,
  type HexField,
  type HexLineShape,
  type HexLines,
  WasmHexLines,
} from './hex-lines.js';
export type { AccumulatorTile, Kernels, PreparedTile, TileOperand } from './kernels.js';
export { checkAddends, checkOperand, checkShapes } from './kernels.js';
export { createNativeKernels, type JobOptions, type NativeKernels, type NativeOptions } from './native.js';
export {
  loadNative,
  NATIVE_ABI_VERSION,
  type NativeLibrary,
  type NativeLoad,
  nativeLibrary,
} from './native-library.js';
export {
  dequantizeFast,
  nativeQuantizer,
  type QuantizeKernelOptions,
  type QuantizerPlan,
  quantizeFast,
} from './native-quantize.js';
export { NATIVE_KINDS, type NativeRecord, type NativeSide, nativeRecord } from './native-record.js';
export { oracleKernels } from './oracle-kernels.js';
export { TypeScriptHexLines } from './typescript/hex-lines.js';
export { typescriptKernels } from './typescript/index.js';
export { createWasmKernels } from './wasm.js';
