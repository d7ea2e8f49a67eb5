/** Commands on number formats, quantisers and dot products. Declarations only; the work is in `../commands`. */
import { type Command, Option } from 'commander';
import { examples, type Finish, wholeNumber } from '../arguments.js';

export function addNumericCommands(program: Command, finish: Finish): void {
  program
    .command('formats')
    .summary('list the number formats')
    .description('List element and block formats, or every code of one with its value.')
    .argument('[name]', 'show this format in full')
    .option('--json', 'print JSON')
    .option('--define <file>', 'YAML file with formats of your own')
    .addHelpText('after', examples('fp4sim formats', 'fp4sim formats e2m1', 'fp4sim formats nvfp4 --json'))
    .action(async (name: string | undefined, options) =>
      finish(await (await import('../commands/catalogues.js')).formats(name, options)),
    );

  program
    .command('policies')
    .summary('list the decisions on which quantisers differ')
    .description(
      'List the fields of a quantisation policy with the meaning of each value, and the presets of codebases.',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', examples('fp4sim policies'))
    .action(async (options) => finish(await (await import('../commands/catalogues.js')).policies(options)));

  program
    .command('semantics')
    .summary('list the dot-product semantics')
    .description(
      'List the dot-product semantics: how products, scales and the addend become one result, and who says so.',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', examples('fp4sim semantics'))
    .action(async (options) => finish(await (await import('../commands/catalogues.js')).semantics(options)));

  program
    .command('quantize')
    .summary('quantise a tensor to a block format')
    .description(
      'Quantise a tensor to a block format by a named policy; the policy is recorded in the output.',
    )
    .argument('<tensor>', 'FILE.safetensors#KEY or FILE.npy')
    .requiredOption('--format <name>', 'block format')
    .option('--policy <text>', 'changes of the policy, such as mse or rule=mse,tiling=16x16', '')
    .option('--like <codebase>', 'follow the policy of a codebase, such as transformer-engine')
    .option('--pad', 'fill K with zeros to a multiple of the block')
    .addOption(
      new Option('--nibble-order <order>', 'element of a pair in the low four bits')
        .choices(['low-first', 'high-first'])
        .default('low-first'),
    )
    .addOption(
      new Option('--scale-layout <layout>', 'how the scales lie')
        .choices(['row-major', 'blackwell'])
        .default('row-major'),
    )
    .requiredOption('-o, --output <file>', 'safetensors file to write')
    .option('--define <file>', 'YAML file with formats of your own')
    .addHelpText(
      'after',
      examples(
        'fp4sim quantize programs/data/lm_sample.safetensors#qkv.weight --format if4 -o w.safetensors',
        'fp4sim quantize w.npy --format nvfp4 --like transformer-engine --policy mse -o w.safetensors',
      ),
    )
    .action(async (source: string, options) =>
      finish(await (await import('../commands/quantize.js')).quantize(source, options)),
    );

  program
    .command('dequantize')
    .summary('the values of a quantised tensor')
    .description('Decode a file written by fp4sim quantize to float32.')
    .argument('<file>', 'quantised safetensors file')
    .addOption(new Option('--scale-7f <meaning>', 'scale code 0x7F').choices(['nan', '448']).default('nan'))
    .addOption(
      new Option('--code-8 <meaning>', 'element code 0x8 of E2M1')
        .choices(['negative-zero', 'zero', 'illegal'])
        .default('negative-zero'),
    )
    .requiredOption('-o, --output <file>', '.npy or .safetensors')
    .option('--define <file>', 'YAML file with formats of your own')
    .addHelpText('after', examples('fp4sim dequantize w.safetensors -o w.npy'))
    .action(async (file: string, options) =>
      finish(await (await import('../commands/quantize.js')).dequantize(file, options)),
    );

  program
    .command('error')
    .summary('compare the errors of formats')
    .description(
      'Quantise tensors to several formats and compare the errors, as a table, as JSON and as a picture.',
    )
    .requiredOption(
      '--formats <list>',
      'formats, each with an optional policy: nvfp4,nvfp4:mse,if4,mxfp4:ceil',
    )
    .requiredOption(
      '--source <tensor...>',
      'FILE#KEY, FILE.npy, or drawn: normal:RxC:seed (also uniform, laplace, student3)',
    )
    .option('--plot <file>', 'write the picture as SVG')
    .option('--json', 'print JSON')
    .option('--define <file>', 'YAML file with formats of your own')
    .addHelpText(
      'after',
      examples(
        'fp4sim error --formats nvfp4,nvfp4:mse,if4,mxfp4 --source normal:1024x1024:1',
        'fp4sim error --formats nvfp4,if4,hif4 --source programs/data/lm_sample.safetensors#qkv.input --plot error.svg',
      ),
    )
    .action(async (options) => finish(await (await import('../commands/error.js')).error(options)));

  program
    .command('conform')
    .summary("compare with other people's outputs")
    .description(
      "Compare formats, quantisers and dot products with a folder of other people's outputs, bit for bit; one row a witness.",
    )
    .requiredOption('--vectors <folder...>', 'folders of witness files')
    .option('--json', 'print JSON')
    .addHelpText('after', examples('fp4sim conform --vectors ../shared/vectors ../shared/silicon'))
    .action(async (options) => finish(await (await import('../commands/conform.js')).conform(options)));

  program
    .command('dot')
    .summary('show one dot product step by step')
    .description(
      'Show one dot product step by step: products, exponents, what each truncation drops, the rounding.',
    )
    .option('--semantic <name>', 'dot semantic', 'blackwell-mxf4nvf4')
    .option('--format <name>', 'operand format (of both sides)', 'nvfp4')
    .option('--format-b <name>', 'operand format of side b')
    .option('-a <values>', 'elements of side a: values, or codes as 0x…; filled with zeros')
    .option('-b <values>', 'elements of side b')
    .option('--a-scales <values>', 'block scales of side a; 1 where none is given')
    .option('--b-scales <values>', 'block scales of side b')
    .option('-c <value>', 'addend: an FP32 value, or its bits as 0x…', '0')
    .option('--random <seed>', 'draw what is not given at random', wholeNumber)
    .option('--json', 'print JSON')
    .option('--define <file>', 'YAML file with formats of your own')
    .addHelpText(
      'after',
      examples(
        'fp4sim dot -a "6 -0.5 3" -b "4 4 1.5" --a-scales 0.5',
        'fp4sim dot --semantic hopper-wgmma-fp8 --format e4m3 -a "448 0.001953125" -b "448 1"',
        'fp4sim dot --semantic exact --format if4 --random 7',
      ),
    )
    .action(async (options) => finish(await (await import('../commands/dot.js')).dot(options)));
}
