/**
 * The native library (`native/`, Rust): where it is looked for, and what is said when it is not there. It is loaded on
 * first use and never required: without it everything is computed by the other engines, with the same bits.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `ABI_VERSION` of native/src/node/mod.rs that this file is written for. */
export const NATIVE_ABI_VERSION = 4;
/** Set to a path, the only place where the library is looked for. */
const PATH_VARIABLE = 'FP4SIM_NATIVE_LIBRARY';
const BUILD_HINT = 'npm run build:native';

/** An operand in the library's memory. */
export interface NativeOperand {
  release(): void;
}

/** Running sums in the library's memory. */
export interface NativeSums {
  accumulate(a: NativeOperand, b: NativeOperand, fresh: boolean, threads: number): void;
  /** Resolves to false if the job was cancelled. */
  accumulateJob(
    a: NativeOperand,
    b: NativeOperand,
    fresh: boolean,
    threads: number,
    job: NativeJob,
  ): Promise<boolean>;
  read(): Uint32Array;
  load(bits: Uint32Array): void;
  release(): void;
}

export interface NativeJob {
  cancel(): void;
  /** 0 to 1. */
  readonly progress: number;
}

/** Tables by which codes and scale bytes are read; see `Reading` in native/src/groups.rs. */
export interface GroupReading {
  readonly elements: Int8Array;
  readonly selector: number;
  readonly values: Float32Array;
  readonly exponents: Int16Array;
  readonly block: number;
  readonly groupsPerStep: number;
}

export interface FusedOptions {
  readonly fractionBits: number;
  readonly floor: number;
  readonly zeroAddend: number;
  readonly below: number;
  readonly unit: number;
  readonly leastTier?: number;
}

export interface ExactOptions {
  readonly unit: number;
  readonly lastPlace: number;
  readonly flush: number;
  readonly denominator: number;
}

/** Value of every code, and the exponent that it counts with. */
export interface FloatTables {
  readonly values: Float32Array;
  readonly exponents: Int16Array;
}

/** What the kernel of a semantic wants to know of an operand: `Wanted` of native/src/floats.rs. */
export interface FloatWanted {
  /** Exponent of padding. */
  readonly zero: number;
  /** Elements of a pass. */
  readonly pass: number;
  /** Whether to keep 16-bit words as well. */
  readonly words: boolean;
}

export interface ProductOptions {
  readonly fractionBits: number;
  readonly floor: number;
  readonly zeroAddend: number;
  readonly resultBits: number;
  /** FP16 results, rounded to nearest even. */
  readonly half: boolean;
  readonly step: number;
  readonly passes: number;
  readonly addendLast: boolean;
}

/** See `TwoStageRule` in native/src/two_stage.rs. */
export interface TwoStageOptions {
  readonly group: number;
  readonly fractionBits: number;
  readonly sumBits: number;
  readonly addendBits: number;
  readonly addendReach: number;
}

/** One way to write a block; see `Candidate` in native/src/quantize.rs. */
export interface CandidateOptions {
  readonly integer: boolean;
  readonly stretch: number;
  readonly gain: number;
  readonly inverseGain: number;
  readonly selector: number;
}

export interface LevelOptions {
  readonly amax: number;
  readonly divisor: number;
  readonly target: number;
  readonly encode: number;
  readonly decode: number;
}

/** What the library exports. Every function throws an `Error` that names the argument it cannot use. */
export interface NativeLibrary {
  abiVersion(): number;
  /** Names of the instruction sets that this processor has kernels for, fastest first. */
  engines(): string[];
  /** Byte dot products and nothing else; the number of multiply-accumulates done. For benchmarks. */
  dotPeak(rounds: number, engine?: string): number;
  /** NaN if a value is not finite. */
  absoluteMaximum(data: Float32Array, engine?: string): number;
  quantizeBlocks(
    data: Float32Array,
    level: LevelOptions,
    candidates: readonly CandidateOptions[],
    threads: number,
    engine?: string,
  ): { codes: Uint8Array; scales: Uint8Array };
  dequantizeBlocks(
    codes: Uint8Array,
    scales: Uint8Array,
    values: Float32Array,
    scaleValues: Float32Array,
    selector: number,
    amax: number,
    divisor: number,
  ): Float32Array;
  readonly NativeJob: new () => NativeJob;
  readonly NativeOperand: {
    groups(
      sideB: boolean,
      codes: Uint8Array,
      scales: Uint8Array,
      rows: number,
      depth: number,
      reading: GroupReading,
    ): NativeOperand;
    floats(
      panels: boolean,
      codes: Uint16Array,
      rows: number,
      depth: number,
      tables: FloatTables,
      wanted: FloatWanted,
    ): NativeOperand;
    parts(
      panels: boolean,
      significands: Float32Array,
      exponents: Int16Array,
      rows: number,
      depth: number,
    ): NativeOperand;
    blocks(
      panels: boolean,
      elements: Int32Array,
      scales: Float64Array,
      rows: number,
      depth: number,
      block: number,
    ): NativeOperand;
    lanes(
      elements: Float32Array,
      scales: Float32Array,
      choices: Uint8Array,
      rows: number,
      depth: number,
    ): NativeOperand;
    integers(panels: boolean, elements: Int8Array, rows: number, depth: number): NativeOperand;
  };
  readonly NativeSums: {
    fused(options: FusedOptions, rows: number, cols: number, nan: number, engine?: string): NativeSums;
    perBlock(
      unit: number,
      rows: number,
      cols: number,
      nan: number,
      engine?: string,
      corrections?: Float32Array,
    ): NativeSums;
    perChoice(
      unit: number,
      lastPlace: number,
      corrections: Float32Array,
      rows: number,
      cols: number,
      nan: number,
      engine?: string,
    ): NativeSums;
    twoStage(options: TwoStageOptions, rows: number, cols: number, nan: number, engine?: string): NativeSums;
    integers(rows: number, cols: number, engine?: string): NativeSums;
    exact(options: ExactOptions, rows: number, cols: number, nan: number, engine?: string): NativeSums;
    products(options: ProductOptions, rows: number, cols: number, nan: number, engine?: string): NativeSums;
    lanes(
      loaded: boolean,
      corrections: Float32Array,
      rows: number,
      cols: number,
      nan: number,
      engine?: string,
    ): NativeSums;
  };
}

/** The library, or one line on why there is none. */
export type NativeLoad =
  | { readonly library: NativeLibrary; readonly path: string; readonly problem: null }
  | { readonly library: null; readonly path: string | null; readonly problem: string };

const PLATFORMS: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64-gnu',
  'linux-arm64': 'linux-arm64-gnu',
  'darwin-x64': 'darwin-x64',
  'darwin-arm64': 'darwin-arm64',
  'win32-x64': 'win32-x64-msvc',
};

let loaded: NativeLoad | undefined;

/** Loads the library once a process. */
export function nativeLibrary(): NativeLoad {
  loaded ??= loadNative(process.env[PATH_VARIABLE]);
  return loaded;
}

/**
 * Loads the library from `path`, or from where builds and packages put it.
 *
 * @returns never throws: whatever goes wrong is the `problem`, one line.
 */
export function loadNative(
  path?: string,
  platform = `${process.platform}-${process.arch}`,
  expectedVersion = NATIVE_ABI_VERSION,
): NativeLoad {
  const triple = PLATFORMS[platform];
  if (path === undefined && triple === undefined) {
    return { library: null, path: null, problem: `there is no native library for ${platform}` };
  }
  const found = path ?? locate(triple!);
  if (found === null || !existsSync(found)) {
    const where = path === undefined ? '' : ` at ${path} (${PATH_VARIABLE})`;
    return {
      library: null,
      path: found,
      problem: `the native library is not built${where}; build: ${BUILD_HINT}`,
    };
  }
  return open(found, expectedVersion);
}

function open(path: string, expectedVersion: number): NativeLoad {
  const failed = (problem: string): NativeLoad => ({ library: null, path, problem });
  try {
    const library = createRequire(import.meta.url)(path) as Partial<NativeLibrary>;
    const version = typeof library.abiVersion === 'function' ? library.abiVersion() : 'none';
    if (version !== expectedVersion) {
      return failed(
        `the native library is of another build (interface ${version}, expected ${expectedVersion}); build: ${BUILD_HINT}`,
      );
    }
    return { library: library as NativeLibrary, path, problem: null };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return failed(`the native library does not load: ${reason}`);
  }
}

/** The local build if there is one, else the package for this platform. */
function locate(triple: string): string | null {
  const root = packageRoot();
  const local = root === null ? null : join(root, 'native', 'binaries', `fp4sim-native.${triple}.node`);
  if (local !== null && existsSync(local)) return local;
  try {
    return createRequire(import.meta.url).resolve(`fp4sim-native-${triple}`);
  } catch {
    return local;
  }
}

/** The nearest folder above this file with the project's package.json. */
function packageRoot(): string | null {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'fp4sim') return folder;
    const parent = dirname(folder);
    if (parent === folder) return null;
    folder = parent;
  }
}
