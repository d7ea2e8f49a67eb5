/** Coverage of quantise units and transforms. Every number is judged again here, by arithmetic of its own. */
import { describe, expect, it } from 'vitest';
import { createDesign, type UnitDesign } from '../../rtl-model/designs/index.js';
import { BF16, codecOf } from '../../src/formats/index.js';
import { Dyadic, type DyadicValue, float32Bits } from '../../src/numerics/index.js';
import { quantizerFacts, quantizerRule } from '../../src/vectors/coverage/blocks/quantizer-facts.js';
import { transformFacts } from '../../src/vectors/coverage/blocks/transform.js';
import { CoverageMeter, type CoverageReport } from '../../src/vectors/coverage/measure.js';
import {
  type Columns,
  codesAt,
  createColumns,
  createTarget,
  fieldNamed,
  generateBlocks,
  selectClasses,
  setCodes,
  type VectorUnit,
} from '../../src/vectors/index.js';

const WHOLE = { seed: 1, shard: { index: 1, of: 1 } } as const;
const DRAWN = ['normal', 'ties', 'one-large', 'sparse', 'equal'] as const;
const { encode, decode } = codecOf(BF16);

const unitOf = (name: string) => createTarget(name, { engine: 'compiled' }).units[0]!;

interface Batch {
  readonly set: string;
  readonly columns: Columns;
  readonly count: number;
}

const made = new Map<string, readonly Batch[]>();

/** The level-1 vectors of a unit, made once. */
function levelOne(name: string): readonly Batch[] {
  const known = made.get(name);
  if (known !== undefined) return known;
  const target = createTarget(name, { engine: 'compiled' });
  const all = selectClasses({ target, level: 1, ...WHOLE }).flatMap((entry) =>
    [...copies(entry)].map((batch) => ({ set: entry.class.name, ...batch })),
  );
  made.set(name, all);
  return all;
}

/** The generator writes into the same columns again. */
function* copies(entry: Parameters<typeof generateBlocks>[0]) {
  for (const { columns, range } of generateBlocks(entry, WHOLE))
    yield { columns: columns.map((column) => column.slice(0, range.count)), count: range.count };
}

function coverageOf(name: string, wants: (set: string) => boolean = () => true): CoverageReport {
  const meter = new CoverageMeter(unitOf(name).coverage!());
  for (const { set, columns, count } of levelOne(name)) if (wants(set)) meter.add(columns, count);
  return meter.report();
}

const isDrawn = (set: string) => (DRAWN as readonly string[]).includes(set);

const open = ({ points }: CoverageReport) =>
  points.flatMap(({ name, bins }) =>
    bins
      .filter((bin) => bin.hits === 0 && bin.unreachable === undefined)
      .map((bin) => `${name}: ${bin.name}`),
  );

const hitsOf = ({ points }: CoverageReport, point: string) =>
  Object.fromEntries(
    points
      .find(({ name }) => name === point)!
      .bins.filter(({ hits }) => hits > 0)
      .map(({ name, hits }) => [name, hits]),
  );

describe.each([
  ['quant-nvfp4', 740, 1],
  ['quant-four-over-six', 1250, 3],
  ['quant-if4', 1200, 24],
  ['hadamard16', 950, 0],
])('level 1 of %s', (name, least, unreachable) => {
  // Of any seed: the classes that are drawn by it are left out.
  const report = coverageOf(name, (set) => !isDrawn(set));

  it('reaches every bin that can be reached, whatever the seed', () => {
    expect(open(report)).toEqual([]);
    expect(report.reachable).toBeGreaterThanOrEqual(least);
    expect(report.counted).toBe('blocks');
    expect(report.count).toBeGreaterThan(20_000);
  });

  it('says of the others why nothing reaches them', () => {
    const reasons = report.points.flatMap(({ bins }) => bins.flatMap((bin) => bin.unreachable ?? []));
    expect(reasons.length).toBe(unreachable);
    for (const reason of reasons) expect(reason.length).toBeGreaterThan(20);
  });

  it('reaches far more than random blocks, none of them what cannot be reached', () => {
    expect(open(coverageOf(name, isDrawn)).length).toBeGreaterThan(report.reachable / 5);
  });
});

it.each([
  ['quant-four-over-six', 'saturation: to 4: plus the largest'],
  ['quant-if4', 'error-kinds: only e2m1: infinite'],
  ['hadamard16', 'lone-output: lane 9: minus'],
])('the class coverage of %s closes what the others leave open', (name, bin) => {
  expect(open(coverageOf(name, (set) => set !== 'coverage'))).toContain(bin);
  const closing = coverageOf(name, (set) => set === 'coverage');
  expect(open(closing)).not.toContain(bin);
  expect(closing.count).toBeLessThan(1000);
});

const elementsAt = (unit: VectorUnit, columns: Columns, line: number) => {
  const elements = codesAt(columns, fieldNamed(unit.layout, 'x'), line, 16, new Uint16Array(16));
  return { elements, x: Float32Array.from(elements, decode) };
};

const numberAt = (unit: VectorUnit, columns: Columns, line: number, name: string) => {
  const field = unit.layout.fields.find((one) => one.name === name);
  return field === undefined ? 0 : new Float32Array(Uint32Array.of(columns[field.column]![line]!).buffer)[0]!;
};

describe('the facts', () => {
  it.each(['quant-nvfp4', 'quant-four-over-six', 'quant-if4'])(
    'of %s are what the netlist answers',
    (name) => {
      const design = createDesign(name) as UnitDesign;
      const unit = unitOf(name);
      const read = quantizerFacts(quantizerRule(design.format as never, design.policy));
      const [codes, scale] = ['codes', 'scale_code'].map((field) => fieldNamed(unit.layout, field));
      let wrong = 0;
      for (const { columns, count } of levelOne(name)) {
        for (let line = 0; line < count; line++) {
          const [enc, dec, amax] = ['enc', 'dec', 'amax'].map((port) => numberAt(unit, columns, line, port));
          const { chosen } = read(elementsAt(unit, columns, line), { enc: enc!, dec: dec!, amax: amax! });
          const answered = codesAt(columns, codes!, line, 4, new Uint16Array(16));
          const byte = chosen.scaleCode | chosen.candidate.selector;
          const isSame = answered.every((code, i) => code === chosen.codes[i]);
          if (!isSame || columns[scale!.column]![line] !== byte) wrong++;
        }
      }
      expect(wrong).toBe(0);
    },
  );

  it('of hadamard16, rounded to BF16, are what the netlist answers', () => {
    const unit = unitOf('hadamard16');
    let wrong = 0;
    for (const { columns, count } of levelOne('hadamard16')) {
      for (let line = 0; line < count; line++) {
        const { sums, place } = transformFacts(elementsAt(unit, columns, line));
        const answered = codesAt(columns, fieldNamed(unit.layout, 'y'), line, 16, new Uint16Array(16));
        // −0 is +0.
        const expected = sums.map((sum) => encode(sum * 2 ** (place - 2), { overflow: 'special' }));
        // A zero result has no sign.
        if (answered.some((code, i) => code !== (expected[i] === 0x8000 ? 0 : expected[i]))) wrong++;
      }
    }
    expect(wrong).toBe(0);
  });
});

/** A positive rational rounded to 24 significand bits, or to a multiple of 2^−149: numerator / denominator × 2^exponent. */
function rounded(numerator: bigint, denominator: bigint, exponent: number): DyadicValue {
  const digits = (x: bigint) => x.toString(2).length;
  const top = digits(numerator) - digits(denominator) + exponent;
  for (const guess of [top, top - 1]) {
    const place = Math.max(guess - 23, -149);
    const shift = exponent - place;
    const [n, d] =
      shift >= 0 ? [numerator << BigInt(shift), denominator] : [numerator, denominator << BigInt(-shift)];
    const [whole, rest] = [n / d, n % d];
    if (place > -149 && digits(whole) < 24) continue;
    const isUp = 2n * rest > d || (2n * rest === d && whole % 2n === 1n);
    return Dyadic.dyadic(whole + (isUp ? 1n : 0n), place);
  }
  throw new Error('no place fits');
}

it('ties of quant-nvfp4 are those of exact arithmetic', () => {
  const unit = unitOf('quant-nvfp4');
  const scales = codecOf(
    (createDesign('quant-nvfp4') as UnitDesign & { format: { scale: never } }).format.scale,
  );
  const middles = [0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5].map(Dyadic.fromNumber);
  const counts: Record<string, number> = {};
  const isWanted = (set: string) => ['element-boundary', 'rounding-boundary', 'exact-powers'].includes(set);
  for (const { set, columns, count } of levelOne('quant-nvfp4')) {
    for (let line = 0; line < (isWanted(set) ? count : 0); line++) {
      const code = columns[fieldNamed(unit.layout, 'scale_code').column]![line]!;
      const dec = Dyadic.fromNumber(numberAt(unit, columns, line, 'dec'));
      const product = Dyadic.multiply(dec, Dyadic.fromNumber(scales.decode(code)));
      if (Dyadic.isZero(product)) continue;
      const step = rounded(product.significand, 1n, product.exponent);
      const inverse = rounded(1n, step.significand, -step.exponent);
      for (const value of elementsAt(unit, columns, line).x) {
        if (value === 0) continue;
        const exact = Dyadic.multiply(Dyadic.fromNumber(Math.abs(value)), inverse);
        const y = rounded(exact.significand, 1n, exact.exponent);
        const at = middles.findIndex((middle) => Dyadic.equals(middle, y));
        if (at < 0) continue;
        const way = ['rounded up onto it', 'exactly', 'rounded down onto it'][Dyadic.compare(exact, y) + 1];
        const name = `tie to the ${at % 2 === 0 ? 'lower' : 'upper'} code, ${way}`;
        counts[name] = (counts[name] ?? 0) + 1;
      }
    }
  }
  expect(Object.keys(counts).length).toBe(6);
  expect(hitsOf(coverageOf('quant-nvfp4', isWanted), 'ties')).toEqual(counts);
});

it('boundaries of INT4 that no product comes to lie on are those that an exhaustive search leaves', () => {
  const gain = Math.fround(7 / 6);
  const found = new Set<string>();
  const product = new Float32Array(1);
  for (let boundary = 0.5; boundary < 7; boundary++) {
    for (let exponent = -1; exponent < 4; exponent++) {
      for (let significand = 2 ** 23; significand < 2 ** 24; significand++) {
        const exact = significand * 2 ** (exponent - 24) * gain;
        product[0] = exact;
        if (product[0] !== boundary) continue;
        found.add(`int4: plus tie at ${boundary}`);
        const direction = boundary % 2 === 0.5 ? 'lower' : 'upper';
        const way =
          exact === boundary ? 'exactly' : exact > boundary ? 'rounded down onto it' : 'rounded up onto it';
        found.add(`int4: tie to the ${direction} code, ${way}`);
      }
    }
  }
  const bins = unitOf('quant-if4').coverage!().points.flatMap((point) => point.bins);
  const judged = bins.filter(({ name }) => /^int4: (plus tie at|tie to the \w+ code, )/.test(name));
  expect(judged.length).toBe(13);
  for (const { name, unreachable } of judged)
    expect([name, unreachable === undefined]).toEqual([name, found.has(name)]);
});

/** The coverage of one block of quant-nvfp4 with both factors 1, as the columns of a vector. */
function oneBlock(x: readonly number[]): CoverageReport {
  const unit = unitOf('quant-nvfp4');
  const columns = createColumns(unit.layout, 1);
  const place = (name: string) => fieldNamed(unit.layout, name);
  setCodes(
    columns,
    place('x'),
    0,
    16,
    Uint16Array.from(x, (value) => encode(value)),
  );
  for (const port of ['enc', 'dec']) columns[place(port).column]![0] = float32Bits(1);
  const meter = new CoverageMeter(unit.coverage!());
  meter.add(columns, 1);
  return meter.report();
}

describe('a block by hand', () => {
  // The maximum 6 is mapped to a scale of 1, and nothing is scaled.
  const block = [6, 5, -5, 0.25, -0.25, 3.5, -0, 0, -6, 4, 0.1, -0.1, 2 ** -40, 3, 1.5, -1];
  const report = oneBlock(block);

  it('hits the boundaries that its elements are on, and no other', () => {
    expect(hitsOf(report, 'element-boundaries')).toEqual({
      'plus tie at 0.25': 1,
      'plus tie at 3.5': 1,
      'plus tie at 5': 1,
      'minus tie at 0.25': 1,
      'minus tie at 5': 1,
    });
    expect(hitsOf(report, 'ties')).toEqual({
      'tie to the lower code, exactly': 4,
      'tie to the upper code, exactly': 1,
    });
    expect(hitsOf(report, 'lane-ties')).toEqual({
      'tie to the lower code in lane 1': 1,
      'tie to the lower code in lane 2': 1,
      'tie to the lower code in lane 3': 1,
      'tie to the lower code in lane 4': 1,
      'tie to the upper code in lane 5': 1,
    });
  });

  it('hits one code in each lane: ties to even, −0 for what is negative and small', () => {
    const codes = [7, 6, 14, 0, 8, 6, 0, 0, 15, 6, 0, 8, 0, 5, 3, 10];
    const named = codes.map((code, lane) => [`code ${code.toString(16)} in lane ${lane}`, 1]);
    expect(hitsOf(report, 'element-codes')).toEqual(Object.fromEntries(named));
  });

  it('hits its zeros, its distances, its scale', () => {
    expect(hitsOf(report, 'zero-codes')).toEqual({
      zero: 1,
      'minus zero': 1,
      'plus below the first boundary': 3,
      'minus below the first boundary': 2,
    });
    expect(hitsOf(report, 'saturation')).toEqual({ 'plus the largest': 1, 'minus the largest': 1 });
    expect(hitsOf(report, 'distance-from-maximum')).toEqual({
      '0: not zero': 5,
      '1: not zero': 2,
      '2: not zero': 2,
      '4 to 7: becomes zero': 4,
      '32 or more: becomes zero': 1,
    });
    expect(hitsOf(report, 'scale-codes')).toEqual({ 'scale 38': 1 });
    expect(hitsOf(report, 'scale-boundaries')).toEqual({});
    // 6 and −6 are equally large.
    expect(hitsOf(report, 'largest-element')).toEqual({});
    expect(report.count).toBe(1);
  });

  it('of one number hits the lane that is alone', () => {
    const alone = oneBlock(block.map((_, i) => (i === 11 ? -3 : 0)));
    expect(hitsOf(alone, 'lone-element')).toEqual({ 'lane 11: minus': 1 });
    expect(hitsOf(alone, 'largest-element')).toEqual({ 'lane 11: minus': 1 });
    expect(hitsOf(alone, 'block-maximum')).toEqual({ normal: 1 });
  });
});

describe('sums by hand', () => {
  const hits = (x: readonly number[]) => {
    const unit = unitOf('hadamard16');
    const columns = createColumns(unit.layout, 1);
    setCodes(
      columns,
      fieldNamed(unit.layout, 'x'),
      0,
      16,
      Uint16Array.from(x, (value) => encode(value)),
    );
    const meter = new CoverageMeter(unit.coverage!());
    meter.add(columns, 1);
    return meter.report();
  };
  const zeros = new Array<number>(16).fill(0);

  it('of a lone element are as large as it in every lane, exact', () => {
    const report = hits(zeros.with(3, 1));
    const names = Object.keys(hitsOf(report, 'output-exponents'));
    expect(names.length).toBe(16);
    expect(names.every((name) => name.endsWith('the exponent of the block'))).toBe(true);
    expect(Object.keys(hitsOf(report, 'rounding')).every((name) => name.endsWith('exact'))).toBe(true);
  });

  it('of 1 and a half last place are ties, to the lower code, or exact where they cancel', () => {
    // 1 ± 2^−8: half a last place above, and exactly the number below.
    const report = hits(zeros.with(0, 1).with(1, 2 ** -8));
    const names = Object.keys(hitsOf(report, 'rounding')).map((name) => name.replace(/^lane \d+: /, ''));
    expect(names.filter((name) => name === 'plus tie to the lower').length).toBe(8);
    expect(names.filter((name) => name === 'plus exact').length).toBe(8);
  });

  it('cut what is 32 binades below', () => {
    const report = hits(
      zeros
        .with(0, 1)
        .with(1, -(2 ** -32))
        .with(2, 2 ** -31)
        .with(3, 1.5 * 2 ** -31),
    );
    expect(hitsOf(report, 'alignment')).toEqual({
      'lane 0: plus 0': 1,
      'lane 1: minus 32 or more, all cut': 1,
      'lane 2: plus 25 to 31, nothing cut': 1,
      'lane 3: plus 25 to 31, bits cut': 1,
    });
  });
});
