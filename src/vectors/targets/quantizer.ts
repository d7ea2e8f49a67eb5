/** Vectors of quantise units and transforms: a block of BF16 numbers in, codes and a scale (or BF16 numbers) out. */
import {
  type LevelOneBlock,
  levelOneBlocks,
  levelOneClassesOf,
  type UnitDesign,
  type UnitPort,
} from '../../../rtl-model/designs/index.js';
import { BF16, codecOf } from '../../formats/index.js';
import { float32Bits, hex, type Random } from '../../numerics/index.js';
import { type ClosingBlock, closingBlocks } from '../coverage/blocks/closing.js';
import { blockCoverage } from '../coverage/blocks/model.js';
import { type Columns, codesAt, type Field, fieldNamed, layoutOf, setCodes, setValue } from '../layout.js';
import { BLOCK_VECTORS, type Level, type VectorClass, type VectorUnit } from '../unit.js';
import { FunctionEngine } from './function.js';
import { quantizerPolicies } from './quantizer-policies.js';
import {
  BF16_WIDTH,
  blockSizeOf,
  elementsAt,
  sameSums,
  softwareBlock,
  tensorScales,
} from './quantizer-software.js';

const COUNTS: Readonly<Record<0 | 1 | 3, number>> = { 0: 64, 1: 4096, 3: 65_536 };
/** Vectors of a block of vectors that the software computes again. */
const CHECKED_PER_BLOCK = 8;

interface BlockClass {
  readonly name: string;
  readonly summary: string;
  /** Element i of a block whose numbers are about 2^exponent. */
  draw(random: Random, exponent: number, i: number): number;
}

/** Numbers without NaN or infinities, which the units do not model. */
const CLASSES: readonly BlockClass[] = [
  { name: 'normal', summary: 'normal numbers', draw: (random, e) => random.normal() * 2 ** e },
  {
    name: 'ties',
    summary: 'multiples of a quarter step: midpoints between codes',
    draw: (random, e) => (random.below(25) - 12) * 0.25 * 2 ** e,
  },
  {
    name: 'one-large',
    summary: 'one large element over small ones',
    draw: (random, e, i) => random.normal() * 2 ** (i === 0 ? e : e - random.below(20)),
  },
  {
    name: 'sparse',
    summary: 'mostly zeros, −0 among them',
    draw: (random, e) => random.pick([0, 0, -0, 0, random.normal() * 2 ** e]),
  },
  {
    name: 'equal',
    summary: 'magnitudes that differ in their last place only',
    draw: (random, e) => (1 + random.below(3) / 128) * 2 ** e * (random.below(2) === 0 ? 1 : -1),
  },
];

export function unitVectors(design: UnitDesign): VectorUnit {
  const { protocol, module, latencyCycles } = design;
  const field =
    (role: Field['role']) =>
    (port: UnitPort): Field => ({
      name: port.port,
      width: port.width,
      role,
      meaning: port.meaning,
    });
  const layout = layoutOf([
    ...protocol.inputs.map(field('operand')),
    ...protocol.outputs.map(field('result')),
  ]);
  let engine: FunctionEngine | undefined;
  const compute = (columns: Columns, count: number) => {
    engine ??= new FunctionEngine(design.netlist, layout, latencyCycles, protocol.enable);
    engine.compute(columns, count);
  };
  const x = fieldNamed(layout, 'x');
  const levels = [0, 1, 3] as const satisfies readonly Level[];
  return {
    unit: design.kind,
    format: design.format?.name ?? 'bf16',
    policy: design.name,
    summary: design.summary,
    layout,
    interface: {
      module: module.name,
      clock: 'clk',
      reset: 'rst_n',
      enable: protocol.enable,
      first: undefined,
      last: undefined,
      done: protocol.done,
      resultAfter: 'each',
      latencyCycles,
      initiationIntervalCycles: protocol.interval,
    },
    rules: { policy: design.policy, nan: 'NaN and infinities are not modelled and do not appear' },
    classes: [
      ...levels.flatMap((level) => CLASSES.map((set) => drawnClass(design, layout, compute, { set, level }))),
      ...directedClasses(design, layout, compute),
      closingClass(design, layout, compute),
    ],
    policies: () => quantizerPolicies(design, layout),
    coverage: () => blockCoverage(design, layout),
    explain: (columns, { to }) => {
      const values = elementsAt(columns, x, to - 1);
      const rest = layout.fields
        .filter(({ role, name }) => role === 'operand' && name !== 'x')
        .map(({ name, column }) => `${name} = 0x${hex(columns[column]![to - 1]!, 8)}`);
      return { operands: [`x = ${values.join(' ')}`, ...rest], trace: undefined };
    },
  };
}

type Layout = VectorUnit['layout'];
type Compute = (columns: Columns, count: number) => void;

function drawnClass(
  design: UnitDesign,
  layout: Layout,
  compute: Compute,
  { set, level }: { readonly set: BlockClass; readonly level: 0 | 1 | 3 },
): VectorClass {
  return {
    name: set.name,
    summary: set.summary,
    level,
    vectors: COUNTS[level],
    adjustable: level === 3,
    fill: (columns, { count }, random) => {
      for (let line = 0; line < count; line++) putBlock(design, layout, columns, line, set, random);
      compute(columns, count);
      checkSome(design, layout, columns, count);
    },
  };
}

/** The directed classes of the designs' own level 1. */
function directedClasses(design: UnitDesign, layout: Layout, compute: Compute): VectorClass[] {
  let made: readonly LevelOneBlock[] | undefined;
  const blocksOf = (name: string) => {
    made ??= [...levelOneBlocks(design)];
    return made.filter((block) => block.class === name);
  };
  const names = [...levelOneClassesOf(design)].filter(([name]) => CLASSES.every((set) => set.name !== name));
  return names.map(([name, summary]) =>
    listedClass(design, layout, compute, {
      name,
      summary,
      inputs: () => blocksOf(name).map(({ inputs }) => inputs),
    }),
  );
}

/** What coverage asks for beyond the other classes. */
function closingClass(design: UnitDesign, layout: Layout, compute: Compute): VectorClass {
  const { encode } = codecOf(BF16);
  const wordsOf = ({ x, scales }: ClosingBlock): LevelOneBlock['inputs'] => {
    const packed = x.reduceRight((word, value) => (word << BigInt(BF16_WIDTH)) | BigInt(encode(value)), 0n);
    const factors = Object.entries(scales ?? {}).filter(([port]) =>
      design.protocol.inputs.some((input) => input.port === port),
    );
    const words = factors.map(([port, value]) => [port, BigInt(float32Bits(value))]);
    return { x: packed, ...Object.fromEntries(words) };
  };
  return listedClass(design, layout, compute, {
    name: 'coverage',
    summary: 'what coverage asks for beyond the others',
    inputs: () => closingBlocks(design).map(wordsOf),
  });
}

/** A class of level 1 from words of the input ports, made when they are first asked for. */
function listedClass(
  design: UnitDesign,
  layout: Layout,
  compute: Compute,
  {
    name,
    summary,
    inputs,
  }: Pick<VectorClass, 'name' | 'summary'> & { readonly inputs: () => LevelOneBlock['inputs'][] },
): VectorClass {
  let made: LevelOneBlock['inputs'][] | undefined;
  const all = () => {
    made ??= inputs();
    return made;
  };
  return {
    name,
    summary,
    level: 1,
    get vectors() {
      return all().length;
    },
    adjustable: false,
    fill: (columns, { block, count }) => {
      for (let line = 0; line < count; line++) {
        for (const [port, value] of Object.entries(all()[block * BLOCK_VECTORS + line]!))
          setValue(columns, fieldNamed(layout, port), line, value);
      }
      compute(columns, count);
      checkSome(design, layout, columns, count);
    },
  };
}

function checkSome(design: UnitDesign, layout: Layout, columns: Columns, count: number): void {
  for (let i = 0; i < CHECKED_PER_BLOCK; i++)
    checkBlock(design, layout, columns, Math.floor((i * count) / CHECKED_PER_BLOCK));
}

/** The unit against the software that it models. Throws if they differ. */
function checkBlock(design: UnitDesign, layout: Layout, columns: Columns, line: number): void {
  const x = Float32Array.from(elementsAt(columns, fieldNamed(layout, 'x'), line));
  const same =
    design.kind === 'quantizer'
      ? sameCodes(design, layout, columns, line)
      : sameSums(layout, columns, line, x);
  if (!same)
    throw new Error(`${design.name}: the unit and the software differ in vector ${line}: ${x.join(' ')}`);
}

/** A block, and the scales of a tensor that holds it and perhaps something larger. */
function putBlock(
  design: UnitDesign,
  layout: Layout,
  columns: Columns,
  line: number,
  set: BlockClass,
  random: Random,
): void {
  const { encode, decode } = codecOf(BF16);
  const exponent = random.below(24) - 12;
  const codes = Uint16Array.from({ length: blockSizeOf(design) }, (_, i) =>
    encode(set.draw(random, exponent, i)),
  );
  setCodes(columns, fieldNamed(layout, 'x'), line, BF16_WIDTH, codes);
  if (design.kind !== 'quantizer') return;
  const largest = Math.max(...Array.from(codes, (code) => Math.abs(decode(code))));
  const amax = decode(encode(Math.max(largest, 2 ** -100) * 2 ** random.below(6)));
  const given = tensorScales(design, amax);
  for (const [name, bits] of Object.entries(given)) {
    const found = layout.fields.find((field) => field.name === name);
    if (found !== undefined) columns[found.column]![line] = bits;
  }
}

function sameCodes(design: UnitDesign, layout: Layout, columns: Columns, line: number): boolean {
  const expected = softwareBlock(design, layout, columns, line);
  if (expected === undefined) return true;
  const { codes, scale } = expected;
  const mine = codesAt(columns, fieldNamed(layout, 'codes'), line, 4, new Uint16Array(codes.length));
  return (
    scale === columns[fieldNamed(layout, 'scale_code').column]![line]! &&
    mine.every((code, i) => code === codes[i])
  );
}
