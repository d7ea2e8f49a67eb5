/** One run of a program on a machine, from the assembled program to the result that every report is made of. */
import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import type { Program } from '../assembler/index.js';
import { createKernels } from '../kernels/index.js';
import { ConfigurationError } from '../numerics/index.js';
import {
  checkCapacity,
  checkHost,
  checkUnits,
  configurationOf,
  machineNamed,
  notesOf,
} from './configuration.js';
import type { Device } from './core.js';
import type { EngineName, EngineOptions, EngineResult } from './engine.js';
import { fanOut, type Listener } from './events.js';
import { runFastForward } from './fast-forward/engine.js';
import {
  folderOf,
  type GlobalTensor,
  type InputTensor,
  loadTensor,
  type OutputTensor,
  operandFormatOf,
  tileBytes,
} from './global-memory.js';
import type { StoredTile } from './history.js';
import type { MachineModel } from './model.js';
import { DEFAULT_MACHINE } from './models/index.js';
import { Reductions } from './reductions.js';
import { type OutputResult, type RunResult, rooflineOf, scheduleOf, utilisationOf } from './result.js';
import { runTicks } from './tick-engine.js';
import { runTimestamps } from './timestamp/engine.js';
import { Trap } from './trap.js';
import { L2 } from './units/l2.js';
import { describePipeline } from './units/quantize-timing.js';
import { type ComputedProduct, ComputedValues, NO_VALUES } from './values.js';
import { verifyOutput } from './verify.js';

export interface RunOptions {
  /** A machine model or the name of one; overrides the program's `.machine`. */
  readonly machine?: string | MachineModel | undefined;
  /** Seed of generated tensors; default 1. */
  readonly seed?: number | undefined;
  /** The run traps when it gets here; default 100 million. */
  readonly maxCycles?: number | undefined;
  /** Compare every output with the oracle and with double precision; default true. */
  readonly verify?: boolean | undefined;
  /** `none`: nothing is loaded, computed or checked; the cycles are the same. Default `computed`. */
  readonly values?: 'computed' | 'none' | undefined;
  /** Cores to use, at most those of the model; default all. */
  readonly cores?: number | undefined;
  /** Whether L2 holds the tensors already, if they fit, as after an earlier run; default false. */
  readonly warmL2?: boolean | undefined;
  /** Engines differ in speed only; `tick` is the one the others are checked against. Default: the fastest. */
  readonly engine?: EngineName | undefined;
  /** Order in which engines look at cores where it must not matter; for tests. */
  readonly reverse?: boolean | undefined;
  /** Inputs that are in memory already, by the names of their tensors; the others are loaded. See `loadInputs`. */
  readonly inputs?: ReadonlyMap<string, InputTensor> | undefined;
  readonly listeners?: readonly Listener[];
  /** Called for every MMA with its values, in the order in which they start. */
  readonly onProduct?: ((product: ComputedProduct) => void) | undefined;
  /** Called now and then with what the run is doing. */
  readonly onProgress?: ((text: string) => void) | undefined;
  /** Receives one line, once a process, if values are computed without the native kernels because these cannot run. */
  readonly onNotice?: ((line: string) => void) | undefined;
}

/** A finished run: the result for reports, and the output tensors for files. */
export interface FinishedRun {
  readonly result: RunResult;
  readonly outputs: readonly OutputTensor[];
}

/** Every engine, the fastest first. Each runs a device's program to its end, and each can run every program. */
const ENGINES: Readonly<Record<EngineName, (device: Device, options: EngineOptions) => EngineResult>> = {
  'fast-forward': runFastForward,
  timestamp: runTimestamps,
  tick: runTicks,
};
export const ENGINE_NAMES = Object.keys(ENGINES) as readonly EngineName[];
const FASTEST = 'fast-forward';

function engineNamed(name: EngineName): (device: Device, options: EngineOptions) => EngineResult {
  const engine = Object.hasOwn(ENGINES, name) ? ENGINES[name] : undefined;
  if (engine !== undefined) return engine;
  throw new ConfigurationError(`unknown engine "${name}"`, `engines: ${ENGINE_NAMES.join(', ')}`);
}

const DEFAULT_MAX_CYCLES = 100_000_000;

/**
 * Runs a program.
 * @throws ConfigurationError for what does not fit the machine or the files, Trap for what the program does wrong.
 */
export function runProgram(program: Program, options: RunOptions = {}): FinishedRun {
  const wanted = options.machine ?? program.machine ?? DEFAULT_MACHINE;
  const model = typeof wanted === 'string' ? machineNamed(wanted) : wanted;
  const seed = options.seed ?? 1;
  checkCapacity(program, model);
  checkUnits(program, model);
  const folder = folderOf(program.file);
  options.onProgress?.('loading tensors');
  const values = options.values ?? 'computed';
  checkHost(program, values);
  const cores = coresOf(options, model);
  const tensors = program.tensors.map(
    (declaration) =>
      options.inputs?.get(declaration.name) ?? loadTensor(declaration, { folder, seed, values }),
  );
  const stores: StoredTile[] = [];
  const device: Device = {
    program,
    model,
    cores,
    tensors,
    values:
      values === 'none'
        ? NO_VALUES
        : new ComputedValues(createKernels(options.onNotice), tensors, stores, seed, options.onProduct),
    l2: l2Of(model, tensors, options),
    listener: fanOut(options.listeners ?? []),
    fits: new Map(),
    pipelines: new Map(),
    reductions: new Reductions(program.grid.division?.kind === 'stream-k'),
  };
  const name = options.engine ?? FASTEST;
  const { cycles, statistics: counted, items, ...extrapolation } = runEngine(device, name, options);
  const [lacking] = device.reductions.incomplete();
  if (lacking !== undefined) {
    throw new Trap('reduction-misuse', `the program is over, and ${lacking}`, { cycle: cycles });
  }
  const result: RunResult = {
    configuration: configurationOf(program, model, tensors, seed),
    program: program.file,
    machine: model.name,
    engine: { name, ...extrapolation },
    seed,
    cycles,
    macs: counted.cores.reduce((sum, { macs }) => sum + macs, 0),
    utilisation: utilisationOf(counted, model, cycles, device.l2.dramBytes),
    dramBytes: device.l2.dramBytes,
    roofline: rooflineOf(counted, model, cycles),
    statistics: counted,
    schedule: scheduleOf(items, counted, cycles),
    outputs: values === 'none' ? [] : outputResults(tensors, stores, { ...options, seed }),
    notes: [
      ...notesOf(program, model, tensors),
      ...[...device.fits.values()].flatMap(({ warnings }) => warnings),
      ...[...device.pipelines.values()].map(describePipeline).sort(),
    ],
  };
  return { result, outputs: tensors.filter((tensor) => tensor.kind === 'output') };
}

function runEngine(device: Device, name: EngineName, options: RunOptions): EngineResult {
  try {
    return engineNamed(name)(device, {
      observed: (options.listeners ?? []).length > 0,
      reverse: options.reverse,
      maxCycles: options.maxCycles ?? DEFAULT_MAX_CYCLES,
      onProgress: (cycle) => options.onProgress?.(`cycle ${cycle.toLocaleString('en')}`),
    });
  } finally {
    device.values.release();
  }
}

/** The input tensors of a program, loaded or generated and quantised, for runs that share them. */
export function loadInputs(program: Program, seed = 1): ReadonlyMap<string, InputTensor> {
  const folder = folderOf(program.file);
  const inputs = program.tensors
    .filter(({ source }) => source.kind !== 'out')
    .map((declaration) => loadTensor(declaration, { folder, seed, values: 'computed' }) as InputTensor);
  return new Map(inputs.map((input) => [input.declaration.name, input]));
}

/** Outputs of so many elements are shown whole. */
const SHOWN_VALUES = 4;

function coresOf({ cores }: RunOptions, model: MachineModel): number {
  const available = model.cores.value;
  const wanted = cores ?? available;
  if (Number.isInteger(wanted) && wanted >= 1 && wanted <= available) return wanted;
  throw new ConfigurationError(`${wanted} cores, but ${model.name} has 1 to ${available}`);
}

function l2Of(model: MachineModel, tensors: readonly GlobalTensor[], { warmL2 = false }: RunOptions): L2 {
  const inputBytes = tensors.reduce((sum, tensor) => {
    if (tensor.kind === 'output') return sum;
    return (
      sum +
      tileBytes(operandFormatOf(tensor.declaration.format)!, tensor.declaration.rows, tensor.declaration.cols)
    );
  }, 0);
  const fits = inputBytes <= (model.memory?.l2Bytes.value ?? Number.POSITIVE_INFINITY);
  return new L2(model.l2BytesPerCycle.value, model.memory, warmL2 && fits);
}

function outputResults(
  tensors: readonly GlobalTensor[],
  stores: readonly StoredTile[],
  { verify = true, onProgress, seed }: RunOptions & { readonly seed: number },
): OutputResult[] {
  return tensors.flatMap((tensor: GlobalTensor, index) => {
    if (tensor.kind !== 'output') return [];
    const { name, format, rows, cols } = tensor.declaration;
    const progress = (done: number, total: number): void =>
      onProgress?.(`checking ${name}: ${Math.floor((100 * done) / total)} %`);
    const verification = verify ? verifyOutput(index, { tensors, stores, seed }, progress) : undefined;
    let digest: string | undefined;
    return [
      {
        name,
        format,
        rows,
        cols,
        get sha256() {
          digest ??= createHash('sha256').update(codeBytes(tensor)).digest('hex');
          return digest;
        },
        unwritten: unwrittenOf(tensor),
        ...(rows * cols > SHOWN_VALUES ? {} : { values: Array.from(tensor.codes, tensor.codec.decode) }),
        ...(verification === undefined ? {} : { verification }),
      },
    ];
  });
}

/** The codes of an output tensor as bytes, little endian, row-major. Not to be changed: they may be the tensor's own. */
export function codeBytes({ codec, codes }: OutputTensor): Uint8Array {
  const width = codec.width / 8;
  const narrow = width === 1 ? Uint8Array.from(codes) : width === 2 ? Uint16Array.from(codes) : codes;
  const bytes = Buffer.from(narrow.buffer, narrow.byteOffset, narrow.byteLength);
  if (endianness() === 'LE' || width === 1) return bytes;
  return width === 2 ? bytes.swap16() : Buffer.from(bytes).swap32();
}

/** Elements that no store has written. */
function unwrittenOf({ written }: OutputTensor): number {
  let count = 0;
  for (let at = written.indexOf(0); at >= 0; at = written.indexOf(0, at + 1)) count++;
  return count;
}
