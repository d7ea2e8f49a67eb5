/** Golden vectors: generation, files, verification of responses, coverage. */
export * from './files/encoder.js';
export { FILE_FORMATS, fileFormats } from './files/formats.js';
export * from './generate.js';
export * from './layout.js';
export type { MacEngineName } from './mac/engine.js';
export * from './manifest.js';
export { createTarget, type TargetOptions } from './targets/index.js';
export * from './unit.js';
