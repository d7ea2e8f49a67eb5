/** The tensor-core machine: models as data, memories, units, tile scheduler and engines. */
export { conflictDegree } from './banks.js';
export * from './configuration.js';
export type { EngineName, EngineReport } from './engine.js';
export * from './events.js';
export { FIGURE_KINDS, type FigureKind, figureKind, rangeText } from './figure-kinds.js';
export type { GlobalTensor, InputTensor, OutputTensor } from './global-memory.js';
export { type MmaPlan, type MmaShape, peakMacsPerCycle, planMma } from './mma-timing.js';
export * from './model.js';
export * from './models/index.js';
export { macFiguresOf } from './netlist-mac.js';
export * from './result.js';
export { codeBytes, ENGINE_NAMES, type FinishedRun, loadInputs, type RunOptions, runProgram } from './run.js';
export type { BusyUnit, CoreStatistics, Statistics, StreamStatistics } from './statistics.js';
export * from './tile-scheduler.js';
export { Trap, type TrapKind, type TrapPlace } from './trap.js';
export { loadMachine, machineFrom, machineOf, parseMachine } from './user-model.js';
export type { ComputedProduct, ProductOperand } from './values.js';
export type { Verification } from './verify.js';
