/** The command on this installation. Declarations only; the work is in `../commands/doctor.ts`. */
import type { Command } from 'commander';
import { examples, type Finish } from '../arguments.js';

export function addDoctorCommand(program: Command, finish: Finish): void {
  program
    .command('doctor')
    .summary('what this machine has for fp4sim')
    .description(
      'Say which engine is in use and why, which instructions it can use, and which external programs are there, with their versions.',
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples('fp4sim doctor', 'FP4SIM_ENGINE=wasm fp4sim doctor', 'fp4sim doctor --json'),
    )
    .action(async (options) => finish((await import('../commands/doctor.js')).doctor(options)));
}
