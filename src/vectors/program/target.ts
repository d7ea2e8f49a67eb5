/**
 * Vectors of a whole tensor core: the tiles that the MMAs of a program's run multiplied, and what came out.
 *
 *   mma    a line a row of D:  product row accumulator fresh a a_sf c │ d63 … d0
 *   mma-b  a line a row of B:  product col b b_sf
 *
 * D = A·Bᵀ + C for every product; C is zero where `fresh` is 1, else what the accumulator held before. Products of
 * another shape, format or semantic are units of their own; `product` counts them all in the order of the run.
 *
 * Not modelled: the state that a semantic keeps beside FP32 between two products on one accumulator (a wide register,
 * FP32 lanes). `accumulator` tells which products follow each other.
 */
import type { Program } from '../../assembler/index.js';
import { hasBlockScales, type OperandFormat } from '../../dot/index.js';
import { formatCatalogue, widthOf } from '../../formats/index.js';
import { type ComputedProduct, type ProductOperand, runProgram } from '../../machine/index.js';
import { ConfigurationError } from '../../numerics/index.js';
import {
  type Columns,
  codesAt,
  type Field,
  fieldNamed,
  type Layout,
  layoutOf,
  setCodes,
  setValue,
  valueAt,
} from '../layout.js';
import { sliceText } from '../mac/explain.js';
import { layoutOfUnit, type Manifest } from '../manifest.js';
import type { VectorTarget, VectorUnit } from '../unit.js';

/** Level that the vectors of a program have. */
const LEVEL = 1;
const SCALE_BITS = 8;

export interface ProgramRun {
  /** As the user wrote it. */
  readonly file: string;
  readonly program: Program;
  readonly seed: number;
  /** Products to keep, from the first. */
  readonly count: number;
  /** Values of parameters. */
  readonly parameters: ReadonlyMap<string, number>;
}

interface Product extends Omit<ComputedProduct, 'accumulator'> {
  /** In the order of the run, from 0. */
  readonly number: number;
  /** Accumulators in the order in which they are first used. */
  readonly accumulator: number;
}

/** The first products of a run, and how many there were. */
function productsOf({ program, seed, count }: ProgramRun) {
  const products: Product[] = [];
  const accumulators = new Map<object, number>();
  let total = 0;
  const onProduct = ({ accumulator: held, ...product }: ComputedProduct) => {
    const number = total++;
    if (number >= count) return;
    const accumulator = accumulators.get(held) ?? accumulators.size;
    accumulators.set(held, accumulator);
    products.push({ ...product, number, accumulator });
  };
  runProgram(program, { seed, verify: false, onProduct });
  return { products, total };
}

/** Runs the program. Throws `ConfigurationError` if it multiplies nothing, and what the run throws. */
export function programTarget(run: ProgramRun): VectorTarget {
  const { products, total } = productsOf(run);
  const { file, seed, parameters, count } = run;
  if (products.length === 0) throw new ConfigurationError(`${file} multiplies no tiles`, 'it has no mma');
  const settings = { seed, count, ...Object.fromEntries(parameters) };
  const groups = new Map<string, Product[]>();
  for (const product of products)
    groups.set(stemOf(product), [...(groups.get(stemOf(product)) ?? []), product]);
  const name = file
    .replace(/^.*\//, '')
    .replace(/\.[^.]*$/, '')
    .replaceAll('_', '-');
  return {
    name: file,
    kind: 'program',
    configuration: [file, ...Object.entries(settings).map(([key, value]) => `${key}=${value}`)].join(' '),
    settings,
    units: [...groups.values()].flatMap((group) => unitsOf(group, name, total)),
  };
}

const sameFormats = ({ a, b }: Product) => a.format.name === b.format.name;
const formatText = (product: Product) =>
  sameFormats(product) ? product.a.format.name : `${product.a.format.name}-${product.b.format.name}`;
const stemOf = (product: Product) => `${formatText(product)} ${policyText(product)}`;
const policyText = ({ semantic, rows, cols, depth }: Product) => `${semantic}-${rows}x${cols}x${depth}`;

/** The units of products of one shape, which are some of the `total` of the run. */
function unitsOf(group: readonly Product[], name: string, total: number): VectorUnit[] {
  const [product] = group as [Product];
  const texts = {
    format: formatText(product),
    policy: policyText(product),
    rules: {
      semantic: `${product.semantic}, ${product.depth} products along K`,
      a: product.a.format.name,
      b: product.b.format.name,
      operands: 'as an MMA reads them: micro-exponents are multiplied into the elements',
      c: 'FP32 bits of the accumulator before the product, zero where fresh is 1',
      accumulator:
        'products on one accumulator follow each other; what a semantic keeps beside FP32 stays in it',
    },
  };
  const summary = `${group.length} of the ${total} products of the run`;
  const unit = (kind: string, rowsOf: string, rows: number, layout: Layout, put: PutRow): VectorUnit => ({
    ...bareUnit({ ...texts, unit: kind, summary: `rows of ${rowsOf} of matrix products`, layout }),
    classes: [
      {
        name,
        summary,
        level: LEVEL,
        vectors: group.length * rows,
        adjustable: false,
        fill: (columns, { first, count }) => {
          for (let line = 0; line < count; line++) {
            const row = first + line;
            put(layout, columns, line, group[Math.floor(row / rows)]!, row % rows);
          }
        },
      },
    ],
  });
  return [
    unit('mma', 'A, C and D', product.rows, rowLayout(product), putRow),
    unit('mma-b', 'B', product.cols, columnLayout(product), putColumn),
  ];
}

type PutRow = (layout: Layout, columns: Columns, line: number, product: Product, row: number) => void;

function control(name: string, width: number, meaning: string): Field {
  return { name, width, role: 'control', meaning };
}

const elementBits = (format: OperandFormat) =>
  widthOf(format.kind === 'block' ? format.choices[0].element : format);
const blocksOf = (format: OperandFormat, depth: number) =>
  hasBlockScales(format) ? depth / format.blockSize : 0;

function operandFields(side: string, { format }: ProductOperand, depth: number): Field[] {
  const [bits, blocks] = [elementBits(format), blocksOf(format, depth)];
  const codes: Field = {
    name: side,
    width: depth * bits,
    role: 'operand',
    meaning: `a row of ${side.toUpperCase()}: ${depth} elements of ${bits} bits, element 0 lowest`,
  };
  const scales: Field = {
    name: `${side}_sf`,
    width: blocks * SCALE_BITS,
    role: 'operand',
    meaning: `its scale codes, ${blocks} × ${SCALE_BITS} bits, block 0 lowest`,
  };
  return blocks === 0 ? [codes] : [codes, scales];
}

/** Results from the last column down, so that side by side column 0 is the lowest. */
function rowLayout({ a, cols, depth }: Product): Layout {
  const results = Array.from(
    { length: cols },
    (_, j): Field => ({ name: `d${j}`, width: 32, role: 'result', meaning: `FP32 bits of column ${j} of D` }),
  );
  return layoutOf([
    control('product', 32, 'number of the product in the run'),
    control('row', 16, 'row of A, C and D'),
    control('accumulator', 16, 'number of the accumulator'),
    control('fresh', 1, '1: starts from zero'),
    ...operandFields('a', a, depth),
    { name: 'c', width: cols * 32, role: 'operand', meaning: 'FP32 bits of a row of C, column 0 lowest' },
    ...results.reverse(),
  ]);
}

function columnLayout({ b, depth }: Product): Layout {
  return layoutOf([
    control('product', 32, 'number of the product in the run'),
    control('col', 16, 'row of B, which is a column of D'),
    ...operandFields('b', b, depth),
  ]);
}

function putOperand(
  side: string,
  layout: Layout,
  columns: Columns,
  line: number,
  { format, codes, scales }: ProductOperand,
  row: number,
  depth: number,
): void {
  const blocks = blocksOf(format, depth);
  const part = codes.subarray(row * depth, (row + 1) * depth);
  setCodes(columns, fieldNamed(layout, side), line, elementBits(format), part);
  if (blocks === 0) return;
  const scaleField = fieldNamed(layout, `${side}_sf`);
  setCodes(columns, scaleField, line, SCALE_BITS, scales.subarray(row * blocks, (row + 1) * blocks));
}

const putRow: PutRow = (layout, columns, line, product, row) => {
  const { number, accumulator, before, after, cols, a, depth } = product;
  const marks = { product: number, row, accumulator, fresh: before === undefined ? 1 : 0 };
  for (const [name, value] of Object.entries(marks))
    setValue(columns, fieldNamed(layout, name), line, BigInt(value));
  putOperand('a', layout, columns, line, a, row, depth);
  const c = fieldNamed(layout, 'c').column;
  const firstResult = fieldNamed(layout, `d${cols - 1}`).column;
  for (let j = 0; j < cols; j++) {
    columns[c + j]![line] = before?.[row * cols + j] ?? 0;
    columns[firstResult + cols - 1 - j]![line] = after[row * cols + j]!;
  }
};

const putColumn: PutRow = (layout, columns, line, { number, b, depth }, col) => {
  setValue(columns, fieldNamed(layout, 'product'), line, BigInt(number));
  setValue(columns, fieldNamed(layout, 'col'), line, BigInt(col));
  putOperand('b', layout, columns, line, b, col, depth);
};

/** A row as numbers, where its format is in the catalogue (one with micro-exponents multiplied out is not). */
function operandText(
  side: string,
  { layout, rules }: Pick<VectorUnit, 'layout' | 'rules'>,
  columns: Columns,
  line: number,
): string[] {
  const catalogue = formatCatalogue();
  const name = rules[side] ?? '';
  const format = catalogue.blocks.get(name) ?? catalogue.elements.get(name);
  if (format === undefined) return [];
  const codes = fieldNamed(layout, side);
  const scales = layout.fields.find((field) => field.name === `${side}_sf`);
  const lanes = codes.width / elementBits(format);
  const slice = {
    codes: codesAt(columns, codes, line, elementBits(format), new Uint16Array(lanes)),
    scales:
      scales === undefined
        ? []
        : codesAt(columns, scales, line, SCALE_BITS, new Uint16Array(scales.width / SCALE_BITS)),
  };
  return [`${side}: ${sliceText(slice, format, lanes)}`];
}

/** A unit that verifies answers, and makes no vectors. */
function bareUnit(
  given: Pick<VectorUnit, 'unit' | 'format' | 'policy' | 'summary' | 'rules' | 'layout'>,
): VectorUnit {
  const marks = given.layout.fields.filter(({ role }) => role === 'control');
  return {
    ...given,
    interface: undefined,
    policies: () => [],
    classes: [],
    explain: (columns, { to }) => ({
      operands: [
        marks.map((field) => `${field.name} ${valueAt(columns, field, to - 1)}`).join(', '),
        ...operandText('a', given, columns, to - 1),
      ],
      trace: undefined,
    }),
  };
}

/** The units of a manifest of a program, without running it. */
export function unitsFromManifest({ units }: Manifest): VectorUnit[] {
  return units.map((manifestUnit) => {
    const { unit, format, policy, summary, rules } = manifestUnit;
    return bareUnit({ unit, format, policy, summary, rules, layout: layoutOfUnit(manifestUnit) });
  });
}
