/** The command that compares MAC designs. Declarations only; the work is in `../commands`. */
import type { Command } from 'commander';
import { examples, type Finish } from '../arguments.js';

export function addCompareCommands(program: Command, finish: Finish): void {
  program
    .command('compare')
    .summary('compare MAC designs: area, delay, energy, storage and accuracy')
    .description(
      'Compare MAC designs by area, delay, cycles, throughput, energy on real operands, storage and the accuracy of their dot products. Writes a page that needs no network, Markdown and JSON. Each design is first compared with its oracle.',
    )
    .argument('<design...>', 'MAC designs, with options as in nvfp4-exact:predecode=true')
    .option('--technology <names>', 'technologies, joined by commas; the first is the one drawn', 'asap7')
    .option('--tensors <sources...>', 'pairs of operands: FILE#KEY, FILE.npy, normal:RxC:SEED')
    .option('--over <design>', 'the design that overheads are counted over; default: the first')
    .option('--unchecked', 'do not compare with the oracle; the output then says so')
    .requiredOption('-o, --output <folder>', 'where to write mac-comparison.{html,md,json}')
    .option('--force', 'write into a folder that is not empty')
    .addHelpText(
      'after',
      examples(
        'fp4sim compare nvfp4-exact if4-exact49 nvfp4-lanes if4-lanes -o comparison',
        'fp4sim compare nvfp4-exact if4-exact49 --technology asap7,sky130hd,ihp -o comparison',
        "fp4sim compare nvfp4-exact mxfp4-exact --tensors 'm.safetensors#x' 'm.safetensors#w' -o comparison",
      ),
    )
    .action(async (designs: string[], options) =>
      finish(await (await import('../commands/compare.js')).compare(designs, options)),
    );
}
