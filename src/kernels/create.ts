/** Which engine a run uses, and what there is to say about it. */
import { ConfigurationError, suggest } from '../numerics/index.js';
import type { Kernels } from './kernels.js';
import { createNativeKernels } from './native.js';
import { nativeLibrary } from './native-library.js';
import { typescriptKernels } from './typescript/index.js';
import { createWasmKernels } from './wasm.js';
import { WebAssembly } from './wasm-interface.js';

/** Set to an engine's name, that engine is used, or it is an error. */
const ENGINE_VARIABLE = 'FP4SIM_ENGINE';

type OpenEngine = () => { readonly kernels: Kernels | null; readonly problem: string | null };

/** Each engine, or null and the reason where it cannot run; fastest first. */
const ENGINES: ReadonlyMap<string, OpenEngine> = new Map<string, OpenEngine>([
  [
    'native',
    () => {
      const { library, problem } = nativeLibrary();
      return library === null
        ? { kernels: null, problem }
        : { kernels: createNativeKernels(library), problem: null };
    },
  ],
  [
    'wasm',
    () =>
      typeof WebAssembly === 'object'
        ? { kernels: createWasmKernels(), problem: null }
        : { kernels: null, problem: 'this Node has no WebAssembly' },
  ],
  ['typescript', () => ({ kernels: typescriptKernels, problem: null })],
]);

let chosen: Kernels | undefined;

/**
 * The fastest engine that is available here; the same one for the whole process.
 *
 * @param notice receives one line, once a process, when the native library cannot be used.
 * @throws ConfigurationError if FP4SIM_ENGINE names an engine that is not known or cannot run.
 */
export function createKernels(notice: (line: string) => void = () => {}): Kernels {
  const forced = process.env[ENGINE_VARIABLE];
  chosen ??= forced === undefined || forced === '' ? fastest(notice) : named(forced);
  return chosen;
}

function fastest(notice: (line: string) => void): Kernels {
  const problems: string[] = [];
  for (const [name, open] of ENGINES) {
    const { kernels, problem } = open();
    if (kernels === null) {
      problems.push(problem ?? name);
      continue;
    }
    if (problems.length > 0) notice(`using the ${name} engine: ${problems.join('; ')}`);
    return kernels;
  }
  return typescriptKernels;
}

function named(name: string): Kernels {
  const open = ENGINES.get(name);
  if (open === undefined) {
    throw new ConfigurationError(`${ENGINE_VARIABLE}: no engine "${name}"`, suggest(name, ENGINES.keys()));
  }
  const { kernels, problem } = open();
  if (kernels === null) throw new ConfigurationError(`${ENGINE_VARIABLE}=${name}: ${problem}`);
  return kernels;
}

export interface EngineStatus {
  readonly name: string;
  readonly available: boolean;
  /** One line on why it cannot run. */
  readonly problem: string | null;
}

/** What `doctor` says about engines. */
export interface EngineReport {
  /** The engine that a run uses. */
  readonly inUse: string;
  /** Fastest first. */
  readonly engines: readonly EngineStatus[];
  /** File of the native library; null if there is none. */
  readonly nativeLibrary: string | null;
  /** Instruction sets that the native library can use on this processor, fastest first. */
  readonly instructions: readonly string[];
  readonly platform: string;
}

/** Facts about the engines on this machine. Loads the native library. */
export function engineReport(): EngineReport {
  const { library, path } = nativeLibrary();
  const engines = [...ENGINES].map(([name, open]) => {
    const { kernels, problem } = open();
    return { name, available: kernels !== null, problem };
  });
  return {
    inUse: createKernels().name,
    engines,
    nativeLibrary: library === null ? null : path,
    instructions: library?.engines() ?? [],
    platform: `${process.platform}-${process.arch}`,
  };
}
