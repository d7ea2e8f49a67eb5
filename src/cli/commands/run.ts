/** `fp4sim run` */

import type { Program } from '../../assembler/index.js';
import { fromMatrix, type Tensor, writeNpy, writeSafetensors } from '../../formats/index.js';
import {
  codeBytes,
  type EngineName,
  type FinishedRun,
  type MachineModel,
  machineOf,
  type OutputTensor,
  runProgram,
  Trap,
} from '../../machine/index.js';
import { ConfigurationError } from '../../numerics/index.js';
import { outputsAgree, runReport } from '../../report/index.js';
import { ExitCode } from '../errors.js';
import { writeWhole } from '../files.js';
import { styleFor } from '../style.js';
import { print, progressLine } from '../terminal.js';
import { type LoadOptions, loadProgram } from './load-program.js';
import { type TraceOptions, Traces } from './traces.js';

interface RunCommandOptions extends LoadOptions, TraceOptions {
  readonly machine?: string;
  readonly seed: number;
  readonly maxCycles: number;
  readonly check: boolean;
  readonly engine?: EngineName;
  readonly timingOnly?: boolean;
  readonly json?: boolean;
  readonly output?: string;
}

export async function run(file: string, options: RunCommandOptions): Promise<number> {
  const loaded = loadProgram(file, options);
  if (loaded === undefined) return ExitCode.badInput;
  refuseOutputWithoutValues(options);
  const encode = options.output === undefined ? undefined : tensorWriter(options.output);
  const machine = machineOf(loaded.program, options.machine);
  const traces = new Traces(loaded.program, machine, options);
  const { result, outputs } = traced(loaded.program, machine, options, traces);
  if (options.output !== undefined && encode !== undefined) writeWhole(options.output, encode(outputs));
  print(options.json ? JSON.stringify(result, null, 2) : runReport(result, styleFor(process.stdout)));
  if (traces.timeline !== '') print(`\n${traces.timeline}`);
  return outputsAgree(result.outputs) ? ExitCode.fine : ExitCode.checkFailed;
}

/** The run, with its traces finished, whether it ends or traps. */
function traced(
  program: Program,
  machine: MachineModel,
  options: RunCommandOptions,
  traces: Traces,
): FinishedRun {
  const progress = progressLine();
  try {
    const run = runProgram(program, {
      machine,
      seed: options.seed,
      maxCycles: options.maxCycles,
      verify: options.check,
      engine: options.engine,
      values: options.timingOnly ? 'none' : 'computed',
      listeners: traces.listeners,
      onProgress: progress.update,
      onNotice: (line) => {
        progress.clear();
        process.stderr.write(`fp4sim: ${line}\n`);
      },
    });
    traces.finish({ cycles: run.result.cycles });
    return run;
  } catch (error) {
    if (error instanceof Trap) traces.finishAt(error);
    else traces.discard();
    if (error instanceof Trap && traces.timeline !== '') print(traces.timeline);
    throw error;
  } finally {
    progress.clear();
  }
}

function refuseOutputWithoutValues({ timingOnly, output }: RunCommandOptions): void {
  if (timingOnly !== true || output === undefined) return;
  throw new ConfigurationError(
    '--timing-only computes no values, so there is nothing to write',
    'leave out -o',
  );
}

/** Names of the output formats in tensor files. */
const DTYPES: Readonly<Record<string, string>> = { fp32: 'F32', bf16: 'BF16', fp16: 'F16' };

/** How the outputs become a file of that name. Checked before the run, so that a long run is not lost to a typing error. */
function tensorWriter(path: string): (outputs: readonly OutputTensor[]) => Uint8Array {
  if (path.endsWith('.safetensors')) return safetensorsOf;
  if (path.endsWith('.npy')) return npyOf;
  throw new ConfigurationError(`cannot tell the format of ${path}`, 'name it .npy or .safetensors');
}

/** All outputs by name. */
function safetensorsOf(outputs: readonly OutputTensor[]): Uint8Array {
  return writeSafetensors(new Map(outputs.map((output) => [output.declaration.name, tensorOf(output)])));
}

/** The only output. numpy has no bfloat16, so that one is written as float32, which holds it exactly. */
function npyOf(outputs: readonly OutputTensor[]): Uint8Array {
  const [output, ...others] = outputs;
  if (output === undefined || others.length > 0) {
    throw new ConfigurationError(
      `a .npy file holds one tensor, and the program has ${outputs.length} outputs`,
      'write .safetensors',
    );
  }
  if (output.codec.format.name !== 'bf16') return writeNpy(tensorOf(output));
  const { rows, cols } = output.declaration;
  const data = Float32Array.from(output.codes, (code) => output.codec.decode(code));
  return writeNpy(fromMatrix({ rows, cols, data }));
}

function tensorOf(output: OutputTensor): Tensor {
  const { format, rows, cols } = output.declaration;
  return { dtype: DTYPES[format]!, shape: [rows, cols], bytes: codeBytes(output) };
}
