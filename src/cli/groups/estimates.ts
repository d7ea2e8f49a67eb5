/** Commands that estimate and synthesise designs. Declarations only; the work is in `../commands`. */
import type { Command } from 'commander';
import { examples, type Finish, positiveNumber } from '../arguments.js';

export function addEstimateCommands(program: Command, finish: Finish): void {
  program
    .command('estimate')
    .summary('estimate area, delay and energy of designs')
    .description(
      'Estimate area, delay by stage, latency and energy of designs in a technology, with error bars. A design is first compared with its oracle; what was checked is said, and kept for the next time.',
    )
    .argument('<design...>', 'designs, with options as in nvfp4-exact:lanes=32')
    .option('--technology <name>', 'technology; fp4sim technology list shows them', 'asap7')
    .option('--liberty <file>', 'cells of your own library (.lib, .lib.gz) or table (.json) instead')
    .option('--clock <ps>', 'cut the datapath into the fewest stages for this clock period', positiveNumber)
    .option('--stages <n>', 'cut the datapath into this many stages', positiveNumber)
    .option('--tensors <sources...>', 'operands for the energy: two of FILE#KEY, FILE.npy, normal:RxC:SEED')
    .option('--by-module', 'area by module')
    .option('--unchecked', 'do not compare with the oracle; the output then says so')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        'fp4sim estimate nvfp4-exact if4-exact49',
        'fp4sim estimate if4-lanes --technology sky130hd --by-module',
        'fp4sim estimate nvfp4-exact --clock 800',
        'fp4sim estimate nvfp4-exact --liberty my.lib --json',
      ),
    )
    .action(async (designs: string[], options) =>
      finish(await (await import('../commands/estimate.js')).estimate(designs, options)),
    );

  addTechnologyCommand(program, finish);

  program
    .command('synth')
    .summary('synthesise a design with Yosys and compare with its estimate')
    .description(
      'Run Yosys with abc, and OpenSTA where it is installed, on the SystemVerilog of a design, several times with perturbed names, and show medians beside the estimate.',
    )
    .argument('<design>', 'a design, with options as in nvfp4-exact:lanes=32')
    .requiredOption('--liberty <file>', 'cell library, .lib or .lib.gz')
    .option('--runs <n>', 'perturbed runs', positiveNumber, 3)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        'fp4sim synth nvfp4-exact --liberty sky130hd.lib.gz',
        'fp4sim synth if4-exact49 --liberty asap7.lib --runs 5 --json',
      ),
    )
    .action(async (design: string, options) =>
      finish(await (await import('../commands/synth.js')).synth(design, options)),
    );
}

function addTechnologyCommand(program: Command, finish: Finish): void {
  const technology = program
    .command('technology')
    .summary('list technologies, show one, or fit one from a liberty file')
    .description('The cell tables that estimates are made with.')
    .addHelpText(
      'after',
      examples(
        'fp4sim technology list',
        'fp4sim technology show asap7',
        'fp4sim technology fit my.lib -o my.json',
      ),
    );
  technology
    .command('list')
    .description('List the technologies.')
    .option('--json', 'print JSON')
    .action(async (options) => finish(await (await import('../commands/technology.js')).list(options)));
  technology
    .command('show')
    .description('Every cell class of a technology, with its source.')
    .argument('<name>', 'technology, or a table written by fp4sim technology fit')
    .option('--json', 'print JSON')
    .action(async (name: string, options) =>
      finish(await (await import('../commands/technology.js')).show(name, options)),
    );
  technology
    .command('fit')
    .description('Fit a table to a liberty file.')
    .argument('<liberty>', '.lib or .lib.gz')
    .requiredOption('-o, --output <file>', 'the table, .json')
    .option('--name <name>', 'its name; default: that of the file')
    .option('--licence <text>', 'licence of the library', 'unknown')
    .action(async (liberty: string, options) =>
      finish(await (await import('../commands/technology.js')).fit(liberty, options)),
    );
}
