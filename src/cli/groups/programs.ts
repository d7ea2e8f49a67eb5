/** Commands that assemble and run programs. Declarations only; the work is in `../commands`. */
import { type Command, Option } from 'commander';
import {
  collectSetting,
  examples,
  type Finish,
  positiveNumber,
  settings,
  wholeNumber,
} from '../arguments.js';

const includeFolders = (): Option =>
  new Option('-I, --include <folder>', 'a folder of included files; may be repeated')
    .argParser((folder: string, folders: readonly string[]) => [...folders, folder])
    .default([], "the program's own");

const machine = (): Option =>
  new Option(
    '--machine <name>',
    'machine model instead of the one the program names, or a file of your own: FILE.yaml, see fp4sim machines --help',
  );

/** What a user writes a machine model with. */
const MACHINE_FILE = `
A machine model of your own is a YAML file that says what it changes of one of these; each figure with its unit and its
source. Start from fp4sim machines NAME --yaml, and leave out what stays as it is:

  extends: hopper                 # a model of this list
  name: wide-copies
  figures:
    copy.loadBytesPerCycle: { value: 212, unit: B/cycle, source: "assumption: twice the measured one" }
    issueCycles.mma: { value: 1, unit: cycles, source: "assumption: a dedicated issue port" }

mac: NAME takes another MAC design for the grid of fp4core, default-semantic: NAME another dot semantic.`;

export function addProgramCommands(program: Command, finish: Finish): void {
  program
    .command('run')
    .summary('assemble and run a program')
    .description(
      'Assemble and run a program (or an object file), check every output against the exact oracle, and report cycles.',
    )
    .argument('<program>', 'assembly text (.s) or an object file written by fp4sim asm -o')
    .addOption(machine())
    .addOption(settings())
    .addOption(includeFolders())
    .option('--seed <n>', 'seed of generated tensors', wholeNumber, 1)
    .option('--max-cycles <n>', 'stop with an error when a run gets here', positiveNumber, 100_000_000)
    .option('--no-check', 'do not compare the outputs with the oracle')
    .option('--timing-only', 'load, compute and check no values; the cycles are the same')
    .addOption(
      new Option('--engine <name>', 'engine, instead of the fastest that can run the program').choices([
        'fast-forward',
        'timestamp',
        'tick',
      ]),
    )
    .option('--json', 'print the result as JSON')
    .option('-o, --output <file>', 'write the output tensors: .npy (one tensor) or .safetensors')
    .addOption(
      new Option(
        '--trace <file[:kind]>',
        'write a trace; kind: html, chrome, kanata, vcd, wavedrom, text, or by the name of the file; may be repeated',
      )
        .argParser((target: string, targets: readonly string[]) => [...targets, target])
        .default([], 'none'),
    )
    .addOption(new Option('--timeline', 'print a timeline of characters behind the report').conflicts('json'))
    .addHelpText(
      'after',
      examples(
        'fp4sim run programs/gemm_nvfp4.s',
        'fp4sim run programs/gemm_nvfp4.s --set M=1024 --set N=1024 --set K=1024 --json',
        'fp4sim run programs/gemm_nvfp4.s -o d.npy',
        'fp4sim run programs/gemm_nvfp4.s --set M=8192 --set N=8192 --set K=8192 --timing-only',
        'fp4sim run programs/gemm_nvfp4.s --timeline --trace gemm.html --trace gemm.json:chrome',
      ),
    )
    .action(async (file: string, options) =>
      finish(await (await import('../commands/run.js')).run(file, options)),
    );

  program
    .command('advise')
    .summary('say what bounds a program')
    .description(
      'Run a program, then run it again with one thing changed at a time: a resource of the machine twice as fast, a parameter of the program, the order of its tiles. Says what bounds it and what each change saves.',
    )
    .argument('<program>', 'assembly text (.s) or an object file written by fp4sim asm -o')
    .addOption(machine())
    .addOption(settings())
    .addOption(includeFolders())
    .addOption(
      new Option('--try <name=value>', 'a further value of a .param to run with; may be repeated')
        .argParser((text: string, tried: readonly (readonly [string, number])[]) => [
          ...tried,
          ...collectSetting(text, new Map()),
        ])
        .default([], 'the neighbours of every parameter'),
    )
    .option('--max-cycles <n>', 'stop with an error when a run gets here', positiveNumber, 100_000_000)
    .option('--json', 'print the advice as JSON')
    .addHelpText(
      'after',
      examples(
        'fp4sim advise programs/gemm_nvfp4.s',
        'fp4sim advise programs/gemm_nvfp4.s --set M=1024 --set N=1024 --try TM=128',
        'fp4sim advise programs/hopper/gemm.s --machine hopper --json',
      ),
    )
    .action(async (file: string, options) =>
      finish(await (await import('../commands/advise.js')).advise(file, options)),
    );

  program
    .command('correlate')
    .summary('compare a machine model with measured cycles')
    .description(
      'Run the tile program that stands for each measured row, and say how far its cycles are from the measured ones, by class. The file has a first line of column names: id, class, variant, sms, M, N, kstep_bytes, stages, T_ksteps, extra, measure, cycles_median; others are passed over.',
    )
    .argument('<file>', 'comma-separated values')
    .option('--machine <name>', 'machine model, or a FILE.yaml of your own', 'hopper')
    .option('--class <names>', 'only rows of these classes, separated by commas')
    .option('--rows', 'print every row too')
    .option('--plot <file>', 'write the picture as SVG')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        'fp4sim correlate tile_cycles.csv --plot correlation.svg',
        'fp4sim correlate tile_cycles.csv --machine mine.yaml --class 1,3 --rows',
      ),
    )
    .action(async (file: string, options) =>
      finish(await (await import('../commands/correlate.js')).correlate(file, options)),
    );

  program
    .command('asm')
    .summary('assemble a program')
    .description('Assemble a program: report every error in it, write an object file, or list its words.')
    .argument('<program>', 'assembly text')
    .addOption(settings())
    .addOption(includeFolders())
    .option('-o, --output <file>', 'write an object file')
    .option('--listing', 'print addresses, words and source lines, expansions too')
    .addHelpText(
      'after',
      examples('fp4sim asm programs/gemm_nvfp4.s --listing', 'fp4sim asm programs/gemm_nvfp4.s -o gemm.fp4o'),
    )
    .action(async (file: string, options) =>
      finish(await (await import('../commands/asm.js')).asm(file, options)),
    );

  program
    .command('check')
    .summary('assemble programs and write nothing')
    .description('Assemble programs and report every error in them. The status is 2 if there is any.')
    .argument('<programs...>', 'assembly texts')
    .addOption(settings())
    .addOption(includeFolders())
    .addHelpText('after', examples('fp4sim check programs/*.s'))
    .action(async (files: string[], options) =>
      finish(await (await import('../commands/asm.js')).check(files, options)),
    );

  program
    .command('fmt')
    .summary('format programs')
    .description(
      'Print programs in the layout of this project; what they mean and their comments stay the same.',
    )
    .argument('<programs...>', 'assembly texts, included ones too')
    .addOption(
      new Option('--check', 'name the files that are not formatted; the status is 1 if there are any'),
    )
    .addOption(new Option('--write', 'rewrite the files that are not formatted').conflicts('check'))
    .addHelpText('after', examples('fp4sim fmt --check programs/*.s', 'fp4sim fmt --write my.s'))
    .action(async (files: string[], options) =>
      finish(await (await import('../commands/asm.js')).fmt(files, options)),
    );

  program
    .command('isa')
    .summary('list instructions and directives')
    .description('List what programs are written with, or show one instruction or directive in full.')
    .argument('[name]', 'a mnemonic without suffixes, or a directive with its dot')
    .option('--json', 'print JSON, for the completion of editors')
    .addHelpText('after', examples('fp4sim isa', 'fp4sim isa mma', 'fp4sim isa .macro', 'fp4sim isa --json'))
    .action(async (name: string | undefined, options) =>
      finish(await (await import('../commands/isa.js')).isa(name, options)),
    );

  program
    .command('disasm')
    .summary('turn an object file into text')
    .description('Print the program text of an object file; it assembles to the same words.')
    .argument('<object>', 'an object file written by fp4sim asm -o')
    .addHelpText('after', examples('fp4sim disasm gemm.fp4o'))
    .action(async (file: string) => finish(await (await import('../commands/asm.js')).disasm(file)));

  program
    .command('machines')
    .summary('list the machine models')
    .description('List the machine models, or every figure of one with its unit and source.')
    .argument('[name]', 'show this model, or this FILE.yaml, in full')
    .option('--json', 'print JSON')
    .addOption(new Option('--yaml', 'print a file to start a model of your own from').conflicts('json'))
    .addHelpText('after', MACHINE_FILE)
    .addHelpText(
      'after',
      examples(
        'fp4sim machines',
        'fp4sim machines fp4core',
        'fp4sim machines hopper --yaml > mine.yaml',
        'fp4sim run programs/hopper/gemm.s --machine mine.yaml',
      ),
    )
    .action(async (name: string | undefined, options) =>
      finish(await (await import('../commands/catalogues.js')).machines(name, options)),
    );
}
