/** Commands on the hardware designs. Declarations only; the work is in `../commands`. */
import { type Command, Option } from 'commander';
import { examples, type Finish, positiveNumber, wholeNumber } from '../arguments.js';

/** Options of a design; each design says which of them it takes. */
export interface DesignFlags {
  readonly lanes?: number;
  readonly readout?: 'register' | 'fp32';
  readonly predecode?: boolean;
  readonly pipeline: boolean;
  readonly floats?: 'ieee' | 'finite';
}

function designCommand(program: Command, name: string): Command {
  return program
    .command(name)
    .argument('<design>', 'design; fp4sim designs lists them')
    .option('--lanes <n>', 'element pairs taken at one edge', wholeNumber)
    .addOption(
      new Option('--readout <kind>', 'what an exact design brings out').choices(['register', 'fp32']),
    )
    .addOption(
      new Option('--floats <kind>', 'FP32 of lane designs: with NaN and infinities or without').choices([
        'ieee',
        'finite',
      ]),
    )
    .option('--predecode', 'decode operands in a stage of their own')
    .option('--no-pipeline', 'leave out the registers before the accumulator');
}

export function addDesignCommands(program: Command, finish: Finish): void {
  program
    .command('designs')
    .summary('list the hardware designs')
    .description(
      'List the MACs and units that are described as circuits, or show one in full: what it models and what not, ports, protocol, stages with their registers, latency and gates.',
    )
    .argument('[name]', 'show this design in full')
    .option('--json', 'print JSON')
    .addHelpText('after', examples('fp4sim designs', 'fp4sim designs nvfp4-exact', 'fp4sim designs --json'))
    .action(async (name: string | undefined, options) =>
      finish(await (await import('../commands/designs.js')).designs(name, options)),
    );

  designCommand(program, 'emit')
    .summary('write a design as SystemVerilog')
    .description(
      'Write a design as readable SystemVerilog, one file a module, with a file list for other tools. Icarus, Verilator and Yosys read it as it is.',
    )
    .requiredOption('-o, --output <dir>', 'folder to write; it must not exist or be empty')
    .option(
      '--lane',
      'only one lane of it, which is combinational (fp4sim vectors NAME --level 2 lists its inputs)',
    )
    .option('--force', 'write into a folder that is not empty; files of the same names are replaced')
    .addHelpText(
      'after',
      examples(
        'fp4sim emit nvfp4-exact -o rtl',
        'fp4sim emit nvfp4-lanes --lane -o rtl',
        'fp4sim emit if4-exact49 --lanes 32 --readout fp32 -o rtl',
        'fp4sim emit nvfp4-exact -o rtl && verilator --lint-only -Wall -F rtl/nvfp4_exact_16.f',
      ),
    )
    .action(async (design: string, options) =>
      finish(await (await import('../commands/emit.js')).emit(design, options)),
    );

  designCommand(program, 'sim')
    .summary('simulate a design and compare it with its oracle')
    .description(
      'Run a design in the compiled simulator on constrained-random vectors, 128 streams at once, and compare every result with the oracle. Exit status 1 on a mismatch.',
    )
    .option('--vectors <n>', 'slices (of a MAC) or blocks (of a unit) to run', positiveNumber, 100_000)
    .option('--seed <n>', 'seed of the vectors', wholeNumber, 1)
    .option('--vcd <file>', 'write the waveform of a short run, with decoded values, for GTKWave and Surfer')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        'fp4sim sim nvfp4-exact',
        'fp4sim sim if4-lanes --lanes 4 --vectors 1000000 --seed 7',
        'fp4sim sim nvfp4-exact --vcd mac.vcd',
      ),
    )
    .action(async (design: string, options) =>
      finish(await (await import('../commands/sim.js')).sim(design, options)),
    );

  designCommand(program, 'prove')
    .summary('prove a design by satisfiability')
    .description(
      'Prove with Yosys and its SAT solver, on the emitted SystemVerilog, that the parts of a design are what they have to be for every input: lanes against tables, trees against sums, pipelines against no pipeline. Exit status 1 unless everything is proved.',
    )
    .option('--against <what>', 'oracle, or another design such as nvfp4-exact:pipeline=false', 'oracle')
    .addOption(
      new Option(
        '--yosys <which>',
        'the installed program or the npm package (default: the program if there is one)',
      ).choices(['system', 'package']),
    )
    .option('--timeout <seconds>', 'time for one goal, instead of its own', positiveNumber)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        'fp4sim prove nvfp4-exact',
        'fp4sim prove nvfp4-exact --against nvfp4-exact:pipeline=false',
        'fp4sim prove if4-exact49 --yosys package --timeout 60',
      ),
    )
    .action(async (design: string, options) =>
      finish(await (await import('../commands/prove.js')).prove(design, options)),
    );
}
