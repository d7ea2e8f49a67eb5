/** `fp4sim advise` */
import { type Advice, advise as adviseOn } from '../../advise/index.js';
import type { Program } from '../../assembler/index.js';
import { machineOf } from '../../machine/index.js';
import { adviseReport } from '../../report/index.js';
import { ExitCode } from '../errors.js';
import { styleFor } from '../style.js';
import { print, progressLine } from '../terminal.js';
import { type LoadOptions, loadProgram, reassembly } from './load-program.js';

interface AdviseCommandOptions extends LoadOptions {
  readonly machine?: string;
  readonly maxCycles: number;
  readonly try: readonly (readonly [name: string, value: number])[];
  readonly json?: boolean;
}

export async function advise(file: string, options: AdviseCommandOptions): Promise<number> {
  const loaded = loadProgram(file, options);
  if (loaded === undefined) return ExitCode.badInput;
  const advice = advised(file, loaded.program, options);
  print(options.json ? JSON.stringify(advice, null, 2) : adviseReport(advice, styleFor(process.stdout)));
  return ExitCode.fine;
}

function advised(file: string, program: Program, options: AdviseCommandOptions): Advice {
  const progress = progressLine();
  try {
    return adviseOn(program, {
      machine: machineOf(program, options.machine),
      maxCycles: options.maxCycles,
      reassemble: reassembly(file, options),
      further: options.try,
      onProgress: progress.update,
    });
  } finally {
    progress.clear();
  }
}
