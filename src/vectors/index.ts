/** Golden vectors: generation, files, verification of responses, coverage. */
export * from './benches/index.js';
export * from './check.js';
export * from './coverage/folder.js';
export type { PointCoverage } from './coverage/measure.js';
export * from './files/encoder.js';
export { FILE_FORMATS, fileFormats } from './files/formats.js';
export * from './generate.js';
export * from './layout.js';
export type { MacEngineName } from './mac/engine.js';
export * from './manifest.js';
export { type ProgramRun, programTarget } from './program/target.js';
export { createTarget, type TargetOptions, targetOfManifest } from './targets/index.js';
export * from './unit.js';
export * from './verify/junit.js';
export * from './verify/response.js';
export * from './verify/session.js';
export type { ByteSource } from './verify/source.js';
export type { ClassReport, FieldMismatch, Mismatch, StageMismatch, VerifiedClass } from './verify/verify.js';
