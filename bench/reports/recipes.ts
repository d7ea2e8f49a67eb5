/**
 * `reports/recipes.{md,html,json}`: the linear layer of each training recipe, its forward and both backward products, on
 * a slice of a trained layer: cycles, global traffic, energy of the MACs and error against the exact products.
 *
 * Every result was compared with the oracle. Energy is that of the multiply-accumulates alone, of the design that has the
 * recipe's formats and dot semantic, on the same operands; where there is none, it is absent. The passes that find the
 * maximum of a tensor are not part of the programs.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { estimateDesign } from '../../rtl-model/analysis/index.js';
import { createDesign } from '../../rtl-model/designs/index.js';
import { technologyByName } from '../../rtl-model/technology/index.js';
import { assemble, includeFrom } from '../../src/assembler/index.js';
import { loadMatrix } from '../../src/formats/index.js';
import { type RunResult, runProgram } from '../../src/machine/index.js';
import { recipesPage } from './recipes-page.js';
import { ROOT, writeReport } from './write-report.js';

const TECHNOLOGY = 'asap7';
const SAMPLE = join(ROOT, 'programs', 'data', 'lm_sample.safetensors');

interface Recipe {
  readonly name: string;
  readonly program: string;
  readonly formats: string;
  /** MAC designs with the formats and semantics of the products; undefined where there is none. */
  readonly designs: { readonly forward?: string; readonly backward?: string };
}

const RECIPES: readonly Recipe[] = [
  recipe('FP8-LM', 'fp8_lm', 'E4M3, E5M2 gradients', 'fp8-fused13', 'fp8-fused13'),
  recipe('HALO', 'halo', 'INT8 rows, Hadamard', 'int8-exact', 'int8-exact'),
  recipe('FP4 training', 'fp4_training', 'E2M1 rows, outliers in BF16'),
  recipe('FP4 All the Way', 'fp4_all_the_way', 'NVFP4, SR backward', 'nvfp4-fused35', 'nvfp4-fused35'),
  recipe('Quartet', 'quartet', 'MXFP4, Hadamard, SR backward', 'mxfp4-fused35', 'mxfp4-fused35'),
  recipe('Quartet II', 'quartet2', 'NVFP4, MS-EDEN backward', 'nvfp4-fused35', 'nvfp4-fused35'),
  recipe('TetraJet', 'tetrajet', 'MXFP4, SR backward', 'mxfp4-fused35', 'mxfp4-fused35'),
  recipe('QUIK', 'quik', 'INT4 rows, outliers and backward in BF16'),
];

function recipe(name: string, program: string, formats: string, forward?: string, backward?: string): Recipe {
  return {
    name,
    program: `programs/recipes/${program}.s`,
    formats,
    designs: {
      ...(forward === undefined ? {} : { forward }),
      ...(backward === undefined ? {} : { backward }),
    },
  };
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
  /** Energy of the multiply-accumulates in nanojoules, or why there is none. */
  readonly energyNj: number | null;
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

/** Energy of one multiply-accumulate in femtojoules, by design, on rows of the sample's input and weight. */
const energies = new Map<string, number>();

function energyPerMacFj(design: string): number {
  let energy = energies.get(design);
  if (energy === undefined) {
    const operands = {
      a: loadMatrix(SAMPLE, 'qkv.input'),
      w: loadMatrix(SAMPLE, 'qkv.weight'),
      name: 'the input and weight of the sample',
    };
    energy = estimateDesign(createDesign(design), technologyByName(TECHNOLOGY), { operands }).energy!
      .perMacFj;
    energies.set(design, energy);
  }
  return energy;
}

function energyOf({ designs: { forward, backward } }: Recipe, macs: number) {
  if (forward === undefined || backward === undefined) {
    return { energyNj: null, energySource: 'absent: no MAC design takes these formats' };
  }
  // One forward product and two backward ones of the same size.
  const perMac = (energyPerMacFj(forward) + 2 * energyPerMacFj(backward)) / 3;
  const names = [...new Set([forward, backward])].join(', ');
  return {
    energyNj: (macs * perMac) / 1e6,
    energySource: `${names}, ${TECHNOLOGY}, ${perMac.toFixed(1)} fJ a MAC`,
  };
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
again for each tile, so that traffic is that of BF16, and the load ports bound all programs alike. Quartet II has tiles of
128, as its transform asks for, and so half the traffic; the others have tiles of 64. Errors are against the products of
the unquantised operands.

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
    energyNj === null ? 'absent' : `${energyNj.toFixed(0)} nJ`,
    ...[errors.y, errors.dx, errors.dw].map((error) => error.toExponential(2)),
    String(figures.mismatches),
  ];
  return `| ${cells.join(' | ')} |`;
}

const all = RECIPES.map(figuresOf);
const sources = all.map(({ recipe: name, energySource }) => `- ${name}: ${energySource}`);
writeReport('recipes.md', `${HEAD}${all.map(line).join('\n')}\n\nMAC energy:\n\n${sources.join('\n')}\n`);
writeReport('recipes.json', JSON.stringify(all, null, 2));
writeReport('recipes.html', recipesPage(all));
