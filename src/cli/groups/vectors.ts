/** Commands on golden vectors. Declarations only; the work is in `../commands/vectors.ts`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { examples, type Finish, positiveNumber, settings, wholeNumber } from '../arguments.js';

/** `i/n`. */
function shardOf(text: string): { readonly index: number; readonly of: number } {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('expected I/N, for example 1/4.');
  return { index: Number(match[1]), of: Number(match[2]) };
}

/** `a,b,c`. */
function listOf(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** What a user writes a port map with. */
const PORT_MAP = `
A port map is a YAML file; what it leaves out is as the vectors have it (their fields: vectors/manifest.json):

  module: team_mac
  clock: core_clk                                      # or { port: core_clk, edge: falling }, or none
  reset: { port: rst, active: high }
  enable: valid_in                                     # none: every edge counts
  done: none                                           # results are then looked at latency edges after the last operand
  latency: 4
  ports:
    a_in: { each: "a{}", element: 4 }                  # a0, a1, …: element 0 first
    w_in: { port: w, element: 4, order: high-first }   # element 0 in the highest bits
    a_sf: { port: scales, low: 0 }                     # two fields in one port
    w_sf: { port: scales, low: 8 }
    acc: result
    nan: none                                          # not there, and not compared
  registers: { s1_sum: stage1.sum_q }                  # for vectors with --stages: paths into the module
  constants: { mode: "2'b01" }
  parameters: { LANES: 16 }
  sources: [rtl/team_mac.sv]                           # for the Makefile; ports are looked up in them`;

export function addVectorCommands(program: Command, finish: Finish): void {
  program
    .command('vectors')
    .summary('make golden vectors for a hardware bench')
    .description(
      'Make golden vectors of a design, a number format or a dot semantic: one file a class, a SystemVerilog layout package and a manifest.',
    )
    .argument(
      '[target]',
      'NAME or NAME:setting=value,…: a design (fp4sim designs), a format (fp4sim formats) or a semantic (fp4sim semantics)',
    )
    .addOption(
      new Option('--level <n>', '0 smoke, 1 patterns and corners, 2 exhaustive, 3 random without end')
        .choices(['0', '1', '2', '3'])
        .default('1'),
    )
    .option('--classes <list>', 'make these classes only', listOf)
    .option('--without <list>', 'leave these classes out, such as reserved', listOf)
    .option(
      '--count <n>',
      'vectors of each class whose number is free (level 3); products of a program (64)',
      positiveNumber,
    )
    .option('--seed <n>', 'seed of what is drawn', wholeNumber, 1)
    .option('--shard <i/n>', 'make part i of n; parts put together are the whole', shardOf)
    .option('--formats <list>', 'mem, tv, jsonl, bin, parquet', listOf, ['mem'])
    .addOption(
      new Option('--engine <name>', 'what computes the results; both give the same bytes')
        .choices(['compiled', 'oracle'])
        .default('compiled'),
    )
    .option('--stages', 'beside them, every pipeline register by vector, at each of its edges (designs)')
    .option('--stream', 'beside them, vectors cycle by cycle: bubbles, stalls, flushes, resets (designs)')
    .option('--from <program>', 'vectors of a tensor core: the tiles of every MMA of a run of PROGRAM.s')
    .addOption(settings())
    .option('--force', 'replace a set that is there already')
    .option('--check <folder>', 'check a folder of vectors: hashes, and a sample of them made again')
    .option('--list', 'list the classes and write nothing')
    .option('-o, --output <folder>', 'folder to write, or - for standard output')
    .addHelpText(
      'after',
      examples(
        'fp4sim vectors nvfp4-exact:readout=fp32 --level 1 -o vectors',
        'fp4sim vectors blackwell-mxf4nvf4 --level 1 -o vectors',
        'fp4sim vectors nvfp4:nanScale=largest --level 1 -o vectors',
        'fp4sim vectors nvfp4-lanes --level 1 --without reserved,special --formats mem,jsonl,parquet -o vectors',
        'fp4sim vectors nvfp4-exact --level 3 --classes uniform --count 1000000 --shard 1/4 -o part1',
        'fp4sim vectors nvfp4-lanes --stages --stream -o vectors',
        'fp4sim vectors --from programs/gemm_nvfp4.s --count 16 -o tiles',
        'fp4sim vectors --check vectors',
        'fp4sim vectors if4-exact49 --level 3 --classes cancelling --count 1000000000 -o - | ./my-bench',
      ),
    )
    .action(async (target: string | undefined, options) =>
      finish(await (await import('../commands/vectors.js')).vectors(target, options)),
    );

  program
    .command('verify')
    .summary('compare the answers of a device with golden vectors')
    .description(
      'Compare the answers of a device with a folder of golden vectors: a summary by class, the first mismatch step by step, and what the device seems to do instead.',
    )
    .argument('<folder>', 'a folder written by fp4sim vectors')
    .requiredOption(
      '--response <path>',
      'what the device answered: a file, a folder with a file a class, or - for standard input',
    )
    .option('--set <class>', 'the class that the response belongs to, where its name does not say it')
    .addOption(
      new Option('--format <name>', 'file format of the response; by its name where not given').choices([
        'text',
        'jsonl',
        'bin',
        'parquet',
      ]),
    )
    .option('--junit <file>', 'write a JUnit report for continuous integration')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        'fp4sim verify vectors --response answers/',
        'fp4sim verify vectors --response uniform.out --set uniform --junit report.xml',
        'vvp bench | fp4sim verify vectors --set special --response -',
      ),
    )
    .action(async (folder: string, options) =>
      finish(await (await import('../commands/verify.js')).verify(folder, options)),
    );

  program
    .command('bench')
    .summary('write benches that play vectors into a device')
    .description(
      'Write benches that play a folder of vectors into a device and compare its results: a SystemVerilog testbench for Icarus and Verilator, a C++ program around a Verilator model, cocotb tests, a C model for DPI, and the native library in its place; with a Makefile. The device is the design in SystemVerilog (fp4sim emit), or any module by a port map.',
    )
    .argument('<folder>', 'a folder written by fp4sim vectors')
    .requiredOption('-o, --output <folder>', 'folder to write; it must not exist or be empty')
    .option('--kind <list>', 'these benches only: sv, verilator, stream, stages, cocotb, dpi, native', listOf)
    .option('--map <file>', 'a port map in YAML: what the device calls its module and ports')
    .option('--force', 'write into a folder that is not empty; files of the same names are replaced')
    .addHelpText('after', PORT_MAP)
    .addHelpText(
      'after',
      examples(
        'fp4sim bench vectors -o bench && make -C bench icarus',
        'fp4sim bench vectors --map ports.yaml --kind sv,verilator -o bench',
      ),
    )
    .action(async (folder: string, options) =>
      finish(await (await import('../commands/bench.js')).bench(folder, options)),
    );

  program
    .command('coverage')
    .summary('measure what a folder of vectors covers')
    .description(
      'Measure the functional coverage of vectors. Dot products: codes, scales, exponent distances, cancellation, rounding, the accumulator. Blocks of quantise units and transforms: elements, codes and scales at their boundaries, the choice between candidates, sums. Status 1 when a bin that can be reached is not.',
    )
    .argument('<folder>', 'a folder written by fp4sim vectors')
    .option('--covergroups <file>', 'write the model as SystemVerilog covergroups')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples('fp4sim coverage vectors', 'fp4sim coverage vectors --covergroups coverage.sv --json'),
    )
    .action(async (folder: string, options) =>
      finish(await (await import('../commands/coverage.js')).coverage(folder, options)),
    );
}
