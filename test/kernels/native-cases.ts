/** Operands and addends on which a wrong accumulator shows: not only the ordinary ones. */
import { createOracle, hasBlockScales, type OperandFormat, semanticOf } from '../../src/dot/index.js';
import { BLOCK_FORMATS, ELEMENT_FORMATS, widthOf } from '../../src/formats/index.js';
import type { Kernels, TileOperand } from '../../src/kernels/index.js';
import { Random } from '../../src/numerics/index.js';

export interface OperandClass {
  readonly name: string;
  /** An element code, below 2^width. */
  code(random: Random, width: number, k: number, depth: number): number;
  /** A scale byte; `codes` is the number of scale codes. */
  scale(random: Random, codes: number, block: number): number;
}

const anyCode = (random: Random, width: number) => random.below(2 ** width);
const middle = (random: Random, codes: number) =>
  Math.floor(codes * 0.75) + random.below(Math.max(1, codes >> 4));

/** Elements of this part of the codes of a sign, around the middle; cancelling: of opposite signs in the two halves of K. */
function fewBinades(name: string, part: number, cancelling: boolean): OperandClass {
  const code = (random: Random, width: number, k: number, depth: number): number => {
    const half = 2 ** (width - 1);
    const magnitude = Math.floor(half * (0.55 - part / 2)) + random.below(Math.ceil(half * part));
    const negative = cancelling ? k >= depth / 2 : random.below(2) === 1;
    return Math.min(magnitude, half - 1) + (negative ? half : 0);
  };
  return { name, code, scale: middle };
}

/** Classes by what they provoke. */
export const OPERAND_CLASSES: readonly OperandClass[] = [
  { name: 'ordinary scales', code: anyCode, scale: middle },
  { name: 'wide scales', code: anyCode, scale: (random, codes) => random.below(codes - 1) },
  fewBinades('two binades', 1 / 8, false),
  // Near the bounds of the guards that ask whether anything is cut.
  fewBinades('eight binades', 1 / 2, false),
  fewBinades('ten binades', 5 / 8, false),
  fewBinades('ten binades, cancelling', 5 / 8, true),
  {
    name: 'cancellation',
    code: (random, width, k, depth) => {
      const magnitude = random.below(2 ** (width - 1));
      return k < depth / 2 ? magnitude : magnitude | (2 ** (width - 1));
    },
    scale: (_, codes) => Math.floor(codes * 0.7),
  },
  {
    name: 'one large, many small',
    code: anyCode,
    scale: (random, codes) => (random.below(6) === 0 ? codes - 2 : random.below(9)),
  },
  {
    name: 'zero traps',
    code: (random, width) =>
      random.below(3) > 0 ? random.below(2) * 2 ** (width - 1) : anyCode(random, width),
    scale: (random, codes) => (random.below(4) === 0 ? 0 : random.below(codes - 1)),
  },
  {
    name: 'NaN scale codes',
    code: anyCode,
    scale: (random, codes) => (random.below(40) === 0 ? codes - 1 : middle(random, codes)),
  },
];

/** A random operand of a class. */
export function operandOf(
  { code, scale }: OperandClass,
  random: Random,
  format: OperandFormat,
  rows: number,
  depth: number,
): TileOperand {
  const element = format.kind === 'block' ? format.choices[0].element : format;
  const width = widthOf(element);
  const wide = width > 8 ? new Uint16Array(rows * depth) : new Uint8Array(rows * depth);
  const codes = wide.map((_, i) => code(random, width, i % depth, depth));
  if (!hasBlockScales(format)) return { format, rows, depth, codes, scales: new Uint8Array(0) };
  const selector = format.selector === 'none' ? 0 : 0x80;
  const count = 2 ** Math.min(widthOf(format.scale), 8);
  const scales = new Uint8Array((rows * depth) / format.blockSize).map(
    (_, i) => scale(random, count, i) | (random.below(2) * selector),
  );
  return { format, rows, depth, codes, scales };
}

const SPECIAL_ADDENDS = [
  0, 0x80000000, 1, 0x807fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00001,
  0x3f800000, 0x4b7fffff,
];

/** FP32 addends: specials, powers of two of all sizes, and any bits. */
export function addendsOf(random: Random, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, () => {
    const kind = random.below(8);
    if (kind === 0) return SPECIAL_ADDENDS[random.below(SPECIAL_ADDENDS.length)]!;
    if (kind === 1) return random.below(2 ** 16) * 2 ** 16 + random.below(2 ** 16);
    // Exponents near those of ordinary sums, where it matters which bits are kept.
    const exponent = 127 - 40 + random.below(80);
    return random.below(2) * 2 ** 31 + exponent * 2 ** 23 + random.below(2 ** 23);
  });
}

/** An addend that cancels a result up to its low bits, at times on another scale. */
function cancelling(random: Random, result: number): number {
  const exponent = (result >>> 23) & 255;
  if (exponent === 255) return 0;
  const moved = Math.min(254, Math.max(0, exponent + (random.below(4) === 0 ? random.below(9) - 4 : 0)));
  const low = random.below(2 ** random.below(24));
  return (((result & 0x807fffff) | (moved << 23)) ^ 0x80000000 ^ low) >>> 0;
}

/** Semantic and the formats of the two sides. */
export type Case = readonly [string, string, string];

const formatOf = (name: string) => BLOCK_FORMATS.get(name) ?? ELEMENT_FORMATS.get(name)!;

/** Compares `dots` dots in small tiles; the failure names the case. */
export function compareWithOracle(
  engine: Kernels,
  [name, aName, bName]: Case,
  dots: number,
  seed: number,
): void {
  const semantic = semanticOf(name);
  const [a, b] = [formatOf(aName), formatOf(bName)];
  const oracle = createOracle(semantic, a, b);
  const random = new Random(seed);
  for (let done = 0, round = 0; done < dots; round++) {
    const cls = OPERAND_CLASSES[round % OPERAND_CLASSES.length]!;
    const other = random.below(3) === 0 ? OPERAND_CLASSES[random.below(OPERAND_CLASSES.length)]! : cls;
    const [rows, cols] = [1 + random.below(20), 1 + random.below(70)];
    const depth = oracle.stepK * (1 + random.below(4));
    const left = operandOf(cls, random, a, rows, depth);
    const right = operandOf(other, random, b, cols, depth);
    const blocks = [left.scales.length / rows, right.scales.length / cols] as const;
    const dot = (i: number, j: number, addend: number): number =>
      oracle.dot(
        left.codes.subarray(i * depth, (i + 1) * depth),
        left.scales.subarray(i * blocks[0], (i + 1) * blocks[0]),
        right.codes.subarray(j * depth, (j + 1) * depth),
        right.scales.subarray(j * blocks[1], (j + 1) * blocks[1]),
        addend,
      );
    const addends =
      semantic.addend === 'taken' && random.below(2) === 0 ? addendsOf(random, rows * cols) : null;
    if (addends !== null && random.below(2) === 0) {
      for (let i = 0; i < addends.length; i++)
        addends[i] = cancelling(random, dot(Math.floor(i / cols), i % cols, 0));
    }
    const acc = engine.accumulator(semantic, a, b, rows, cols);
    const [x, y] = [engine.prepare(left, 'a', semantic), engine.prepare(right, 'b', semantic)];
    if (addends !== null) engine.load(acc, addends);
    engine.accumulate(acc, x, y, addends === null);
    const bits = engine.read(acc);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++) {
        const expected = dot(i, j, addends?.[i * cols + j] ?? 0);
        const got = bits[i * cols + j]!;
        if (got !== expected) {
          throw new Error(
            `${name} ${aName}×${bName} seed ${seed} round ${round} (${cls.name}, ${other.name}) ${rows}×${cols}×${depth} ` +
              `at ${i},${j}: ${got.toString(16)} instead of ${expected.toString(16)}, C = ${addends?.[i * cols + j]?.toString(16)}`,
          );
        }
      }
    }
    done += rows * cols;
    x.release();
    y.release();
  }
}
