/** The command line for commander: groups of commands (`groups/`), each declared there; no work is done here. */
import { Command, CommanderError } from 'commander';
import { examples, type Finish } from './arguments.js';
import { ExitCode, exitCodeOf } from './errors.js';
import { addCompareCommands } from './groups/compare.js';
import { addDesignCommands } from './groups/designs.js';
import { addDoctorCommand } from './groups/doctor.js';
import { addEstimateCommands } from './groups/estimates.js';
import { addNumericCommands } from './groups/numerics.js';
import { addProgramCommands } from './groups/programs.js';
import { addVectorCommands } from './groups/vectors.js';
import { guardOutput, packageVersion } from './terminal.js';

/** Runs one command line; returns the exit status: 0 fine, 1 a check failed, 2 bad usage or input. */
export async function runCli(args: readonly string[]): Promise<number> {
  guardOutput();
  let status: number = ExitCode.fine;
  const program = buildProgram((code) => {
    status = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.fine : ExitCode.badInput;
    return exitCodeOf(error);
  }
  return status;
}

/** The commands. @param finish receives the exit status of the one that ran. */
export function buildProgram(finish: Finish): Command {
  const program = new Command('fp4sim')
    .description(
      'Bit-exact, cycle-level simulator of FP4 multiply-accumulate units and the tensor cores around them',
    )
    .version(packageVersion())
    .showHelpAfterError('(fp4sim --help, or fp4sim COMMAND --help, shows what is expected)')
    .addHelpText('after', examples('fp4sim run programs/gemm_nvfp4.s', 'fp4sim formats'));

  addProgramCommands(program, finish);
  addNumericCommands(program, finish);
  addVectorCommands(program, finish);
  addDesignCommands(program, finish);
  addEstimateCommands(program, finish);
  addDoctorCommand(program, finish);
  addCompareCommands(program, finish);

  overrideExit(program);
  return program;
}

/** Errors of a command, and of its own commands, are thrown and not left to end the process. */
function overrideExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) overrideExit(child);
}
