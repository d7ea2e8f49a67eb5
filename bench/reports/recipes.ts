/**
 * `reports/recipes.{md,html,json}`: the linear layer of each training recipe, its forward and both backward products, on
 * a slice of a trained layer: cycles, global traffic, energy of the MACs and error against the exact products.
 *
 * Every result was compared with the oracle. Energy is that of the multiply-accumulates alone, of the designs that have
 * the recipe's formats and dot semantics, on rows of x and W; where a design stands for something else, that is said. The
 * passes that find the maximum of a tensor are not part of the programs.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { estimateDesign } from '../../rtl-model/analysis/index.js';
import { createDesign } from '../../rtl-model/designs/index.js';
import { technologyByName } from '../../rtl-model/technology/index.js';
import { assemble, includeFrom } from '../../src/assembler/index.js';
import { BLOCK_FORMATS, loadMatrix } from '../../src/formats/index.js';
import { type RunResult, runProgram } from '../../src/machine/index.js';
import { recipesPage } from './recipes-page.js';
import { ROOT, writeReport } from './write-report.js';

const TECHNOLOGY = 'asap7';
/** Multiply-accumulates of one product of the slice. */
const PRODUCT_MACS = 256 ** 3;
const SAMPLE = join(ROOT, 'programs', 'data', 'lm_sample.safetensors');

interface Recipe {
  readonly name: string;
  readonly program: string;
  readonly formats: string;
  /** What multiplies: the products of the layer, y, dx and dW, and that of the outliers where there is one. */
  readonly hardware: readonly Hardware[];
}

/** A MAC design with a number of the products of a recipe. */
interface Hardware {
  readonly design: string;
  readonly products: number;
  /** Format whose elements the design takes and whose scales of rows stay outside of it: its block scales are all 1. */
  readonly rows?: string;
  /** What of the recipe the design stands for, where it is not made for exactly that. */
  readonly standsFor?: string;
}

const all3 = (design: string, standsFor?: string): Hardware[] => [
  { design, products: 3, ...(standsFor && { standsFor }) },
];
const EXACT_ROWS = 'elements with scales of rows alone: no design is without scales of blocks';

const RECIPES: readonly Recipe[] = [
  recipe('FP8-LM', 'fp8_lm', 'E4M3, E5M2 gradients', all3('fp8-fused13', 'E5M2 gradients, as if E4M3')),
  recipe('HALO', 'halo', 'INT8 rows, Hadamard', all3('int8-exact')),
  recipe('FP4 training', 'fp4_training', 'E2M1 rows, outliers in BF16', [
    { design: 'nvfp4-exact', products: 3, rows: 'vectorwise_fp4', standsFor: EXACT_ROWS },
    { design: 'bf16-fused25', products: 1 },
  ]),
  recipe('FP4 All the Way', 'fp4_all_the_way', 'NVFP4, SR backward', all3('nvfp4-fused35')),
  recipe(
    'Four Over Six',
    'four_over_six',
    'NVFP4 by 6 or 4, SR and Hadamard backward',
    all3('nvfp4-fused35'),
  ),
  recipe('Quartet', 'quartet', 'MXFP4, Hadamard, SR backward', all3('mxfp4-fused35')),
  recipe('Quartet II', 'quartet2', 'NVFP4, MS-EDEN backward', all3('nvfp4-fused35')),
  recipe('TetraJet', 'tetrajet', 'MXFP4, SR backward', all3('mxfp4-fused35')),
  recipe('HiFloat4', 'hifloat4', 'HiF4', all3('hif4-exact')),
  recipe('QUIK', 'quik', 'INT4 rows, outliers and backward in BF16', [
    { design: 'nvint4-exact', products: 1, rows: 'vectorwise_int4', standsFor: EXACT_ROWS },
    { design: 'bf16-fused25', products: 3 },
  ]),
];

function recipe(name: string, program: string, formats: string, hardware: readonly Hardware[]): Recipe {
  return { name, program: `programs/recipes/${program}.s`, formats, hardware };
}

/** One line of the report. */
export interface RecipeFigures {
  readonly recipe: string;
  readonly program: string;
  readonly formats: string;
  readonly cycles: number;
  readonly macs: number;
  readonly loadedBytes: number;
  readonly storedBytes: number;
  /** Cycles of the quantise units, all cores. */
  readonly quantizeCycles: number;
  /** Energy of the multiply-accumulates in nanojoules. */
  readonly energyNj: number;
  /** Of what designs, for how many of the products. */
  readonly energySource: string;
  /** ‖result − exact product‖ / ‖exact product‖ of y, dx and dW. */
  readonly errors: { readonly y: number; readonly dx: number; readonly dw: number };
  /** Elements of the three that differ from the oracle. */
  readonly mismatches: number;
  readonly configuration: string;
}

function runRecipe(program: string): RunResult {
  const path = join(ROOT, program);
  const text = readFileSync(path, 'utf8');
  const { program: assembled } = assemble(text, path, { include: includeFrom(path) });
  if (assembled === undefined) throw new Error(`${program} does not assemble`);
  return runProgram(assembled).result;
}

/** Energy of one multiply-accumulate in femtojoules, by design and format, on rows of the sample's input and weight. */
const energies = new Map<string, number>();

function energyPerMacFj({ design, rows }: Hardware): number {
  const key = `${design} ${rows}`;
  let energy = energies.get(key);
  if (energy === undefined) {
    const operands = {
      a: loadMatrix(SAMPLE, 'qkv.input'),
      w: loadMatrix(SAMPLE, 'qkv.weight'),
      name: 'the input and weight of the sample',
      ...(rows === undefined ? {} : { format: BLOCK_FORMATS.get(rows)! }),
    };
    energy = estimateDesign(createDesign(design), technologyByName(TECHNOLOGY), { operands }).energy!
      .perMacFj;
    energies.set(key, energy);
  }
  return energy;
}

function energyOf({ name, hardware }: Recipe, macs: number): { energyNj: number; energySource: string } {
  const products = hardware.reduce((sum, part) => sum + part.products, 0);
  if (macs !== products * PRODUCT_MACS) throw new Error(`${name} has ${macs} MACs in ${products} products`);
  const parts = hardware.map((part) => ({ ...part, perMac: energyPerMacFj(part) }));
  const energyNj = parts.reduce((sum, part) => sum + (part.products * PRODUCT_MACS * part.perMac) / 1e6, 0);
  const energySource = parts.map(sourceOf).join('; ');
  return { energyNj, energySource };
}

function sourceOf({
  design,
  products,
  rows,
  standsFor,
  perMac,
}: Hardware & { readonly perMac: number }): string {
  const as = rows === undefined ? '' : ` on ${rows} with block scales of 1`;
  const note = standsFor === undefined ? '' : ` (${standsFor})`;
  return `${products} of ${design}${as}, ${perMac.toFixed(1)} fJ a MAC${note}`;
}

function figuresOf(each: Recipe): RecipeFigures {
  const { cycles, macs, statistics, outputs, configuration } = runRecipe(each.program);
  const sum = (of: (core: (typeof statistics.cores)[number]) => number): number =>
    statistics.cores.reduce((total, core) => total + of(core), 0);
  const errorOf = (name: string): number =>
    outputs.find((output) => output.name === name)!.verification!.relativeError;
  return {
    recipe: each.name,
    program: each.program,
    formats: each.formats,
    cycles,
    macs,
    loadedBytes: sum(({ loadedBytes }) => loadedBytes),
    storedBytes: sum(({ storedBytes }) => storedBytes),
    quantizeCycles: sum(({ busyCycles }) => busyCycles.quantize),
    ...energyOf(each, macs),
    errors: { y: errorOf('Y'), dx: errorOf('DX'), dw: errorOf('DW') },
    mismatches: outputs.reduce((total, { verification }) => total + verification!.mismatches, 0),
    configuration,
  };
}

const HEAD = `# Training recipes on one linear layer

Forward and both backward products of a 256 × 256 slice of a trained layer (\`programs/recipes\`), on fp4core. Every element
was compared with the exact oracle of the recipe's arithmetic. Traffic is between L2 and the cores. Energy is that of the
multiply-accumulates alone (${TECHNOLOGY}, mapped netlists on rows of x and W). All operands are read in BF16 and quantised
again for each tile, so that traffic is that of BF16, and the load ports bound all programs alike but Four Over Six, whose
quantiser takes a block every 31 cycles. Quartet II has tiles of 128, as its transform asks for, and so half the traffic; the
others have tiles of 64. Errors are against the products of the unquantised operands.

| recipe | formats | cycles | loaded | stored | quantise cycles | MACs | MAC energy | error y | error dx | error dW | unlike the oracle |
| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |
`;

function line(figures: RecipeFigures): string {
  const { errors, energyNj } = figures;
  const cells = [
    `[${figures.recipe}](../${figures.program})`,
    figures.formats,
    figures.cycles.toLocaleString('en'),
    `${(figures.loadedBytes / 1024).toFixed(0)} KiB`,
    `${(figures.storedBytes / 1024).toFixed(0)} KiB`,
    figures.quantizeCycles.toLocaleString('en'),
    `${(figures.macs / 1e6).toFixed(1)} M`,
    `${energyNj.toFixed(0)} nJ`,
    ...[errors.y, errors.dx, errors.dw].map((error) => error.toExponential(2)),
    String(figures.mismatches),
  ];
  return `| ${cells.join(' | ')} |`;
}

const all = RECIPES.map(figuresOf);
const sources = all.map(({ recipe: name, energySource }) => `- ${name}: ${energySource}`);
writeReport(
  'recipes.md',
  `${HEAD}${all.map(line).join('\n')}\n\nMAC energy (${TECHNOLOGY}), by the products of the layer:\n\n${sources.join('\n')}\n`,
);
writeReport('recipes.json', JSON.stringify(all, null, 2));
writeReport('recipes.html', recipesPage(all));
