/**
 * Runs Yosys (with abc) and OpenSTA on a Verilog text, several times with perturbed names, and gives medians.
 *
 * Without OpenSTA the delay is abc's own, which knows nothing of flip-flops: the result then says so.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { yosysCommand } from '../proof/index.js';
import { ProgramError, startProgram } from '../systemverilog/index.js';
import type { SynthesisLibrary } from './library.js';
import {
  CLOCK_PS,
  constraintsText,
  FILES,
  synthesisScript,
  timingScript,
  unrelatedModule,
} from './scripts.js';
import { type Spread, spreadOf } from './spread.js';
import type { SynthesisTools } from './tools.js';

/** What is synthesised. */
export interface SynthesisInput {
  readonly verilog: string;
  readonly top: string;
  readonly clock: string;
  readonly reset: string;
}

export interface SynthesisRun {
  readonly areaUm2: number;
  readonly cells: number;
  /** Longest path between registers, set-up included; abc's longest path without OpenSTA. */
  readonly periodPs: number;
  /** Shortest clock period that each register allows, by the register's name; empty without OpenSTA. */
  readonly registers: Readonly<Record<string, number>>;
}

export interface SynthesisOptions {
  /** Perturbed runs; 1 or more. */
  readonly runs: number;
  /** Which perturbation is the first; 0 (none) by default. */
  readonly firstRun?: number;
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
  /** Told before each step. */
  readonly onStep?: (run: number, step: string) => void;
}

export interface SynthesisResult {
  readonly runs: readonly SynthesisRun[];
  readonly areaUm2: Spread;
  readonly periodPs: Spread;
  /** Who found the delays. */
  readonly timedBy: 'OpenSTA' | 'abc';
}

/** Synthesises for one library. Throws `ProgramError` when a tool fails. */
export async function synthesise(
  input: SynthesisInput,
  library: SynthesisLibrary,
  tools: SynthesisTools,
  options: SynthesisOptions,
): Promise<SynthesisResult> {
  const [result] = await synthesiseForAll(input, [library], tools, options);
  return result!;
}

/** Synthesises for several libraries, which share what does not depend on them; results in their order. */
export async function synthesiseForAll(
  input: SynthesisInput,
  libraries: readonly SynthesisLibrary[],
  tools: SynthesisTools,
  options: SynthesisOptions,
): Promise<SynthesisResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fp4sim-synthesis-'));
  try {
    writeFileSync(join(folder, FILES.design), input.verilog);
    libraries.forEach(({ text, driver, loadFf }, i) => {
      writeFileSync(join(folder, FILES.library(i)), text, 'latin1');
      writeFileSync(join(folder, FILES.constraints(i)), constraintsText(driver, loadFf));
      writeFileSync(join(folder, FILES.timing(i)), timingScript(input, driver, i));
    });
    const job = new Job(folder, input, tools, options);
    const runs: SynthesisRun[][] = libraries.map(() => []);
    const { firstRun = 0 } = options;
    for (let run = firstRun; run < firstRun + options.runs; run++) {
      const said = await job.map(run, libraries.length);
      for (const [i, done] of runs.entries()) done.push(await job.read(run, i, said));
    }
    return runs.map((done) => summarised(done, tools));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function summarised(runs: readonly SynthesisRun[], { staVersion }: SynthesisTools): SynthesisResult {
  return {
    runs,
    areaUm2: spreadOf(runs.map(({ areaUm2 }) => areaUm2)),
    periodPs: spreadOf(runs.map(({ periodPs }) => periodPs)),
    timedBy: staVersion === undefined ? 'abc' : 'OpenSTA',
  };
}

class Job {
  readonly #folder: string;
  readonly #input: SynthesisInput;
  readonly #tools: SynthesisTools;
  readonly #options: SynthesisOptions;

  constructor(folder: string, input: SynthesisInput, tools: SynthesisTools, options: SynthesisOptions) {
    this.#folder = folder;
    this.#input = input;
    this.#tools = tools;
    this.#options = options;
  }

  /** One perturbed run for all libraries; what Yosys and abc said. */
  async map(run: number, libraries: number): Promise<string> {
    this.#options.onStep?.(run, 'synthesis');
    writeFileSync(join(this.#folder, FILES.unrelated), unrelatedModule(run));
    const { program, args } = yosysCommand(
      synthesisScript(this.#input.top, run, libraries),
      this.#tools.yosys,
    );
    return this.#start(program, args);
  }

  /** The figures of one library after `map`. */
  async read(run: number, library: number, said: string): Promise<SynthesisRun> {
    this.#options.onStep?.(run, 'timing');
    const statistics = readFileSync(join(this.#folder, FILES.statistics(library)), 'utf8');
    const timing =
      this.#tools.staVersion === undefined
        ? { periodPs: abcDelay(said, library), registers: {} }
        : await this.#time(library);
    return {
      areaUm2: lastNumber(statistics, /Chip area for (?:top )?module '[^']*':\s*([\d.]+)/g),
      cells: lastNumber(statistics, /Number of cells:\s*(\d+)|^\s*(\d+)\s+[\d.E+]+\s+cells$/gm),
      ...timing,
    };
  }

  async #time(library: number): Promise<Pick<SynthesisRun, 'periodPs' | 'registers'>> {
    const said = await this.#start('sta', ['-exit', FILES.timing(library)]);
    // OpenSTA goes on after an error, with half a netlist.
    if (/^Error:/m.test(said)) throw new ProgramError('sta', said);
    const registers = registerPeriods(said);
    return { periodPs: Math.max(0, ...Object.values(registers)), registers };
  }

  async #start(program: string, args: readonly string[]): Promise<string> {
    const { signal, timeoutSeconds = 3600 } = this.#options;
    const { status, output } = await startProgram(program, args, {
      cwd: this.#folder,
      // What abc leaves when it is stopped goes with the folder.
      env: { ...process.env, TMPDIR: this.#folder },
      timeoutSeconds,
      ...(signal === undefined ? {} : { signal }),
    });
    if (status !== 0) throw new ProgramError(program, output);
    return output;
  }
}

/** The longest of the lines `s1_product[3]$_DFF_PN0_/D (CELL)  -27.9  1476.3  -1504.2 (VIOLATED)` by register. */
export function registerPeriods(report: string): Record<string, number> {
  const periods: Record<string, number> = {};
  for (const [, endpoint, slack] of report.matchAll(
    /^(\S+)\s+\(\S+\)\s+-?[\d.]+\s+-?[\d.]+\s+(-?[\d.]+)/gm,
  )) {
    const register = endpoint!
      .replace(/\/\w+$/, '')
      .replace(/\$_\w+$/, '')
      .replace(/\[\d+\]$/, '');
    periods[register] = Math.max(periods[register] ?? 0, CLOCK_PS - Number(slack));
  }
  return periods;
}

/** The last delay that abc told of the library with this number. */
function abcDelay(said: string, library: number): number {
  const delays = [...said.matchAll(/Delay\s*=\s*([\d.]+)\s*ps/g)].map(([, delay]) => Number(delay));
  const delay = delays[library];
  if (delay === undefined) throw new ProgramError('abc', said);
  return delay;
}

/** What the last match of a pattern has in its only filled group. */
function lastNumber(text: string, pattern: RegExp): number {
  const found = [...text.matchAll(pattern)].at(-1);
  if (found === undefined) throw new ProgramError('synthesis', `no ${pattern} in:\n${text}`);
  return Number(found.slice(1).find((group) => group !== undefined));
}
