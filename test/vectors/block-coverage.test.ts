/** Coverage of quantise units and transforms at level 1, and of blocks by hand. */
import { describe, expect, it } from 'vitest';
import { BF16, codecOf } from '../../src/formats/index.js';
import { float32Bits } from '../../src/numerics/index.js';
import { CoverageMeter, type CoverageReport } from '../../src/vectors/coverage/measure.js';
import { createColumns, fieldNamed, setCodes } from '../../src/vectors/index.js';
import { coverageOf, hitsOf, unitOf } from './block-coverage-support.js';

const { encode } = codecOf(BF16);
const DRAWN = ['normal', 'ties', 'one-large', 'sparse', 'equal'] as const;
const isDrawn = (set: string) => (DRAWN as readonly string[]).includes(set);

const open = ({ points }: CoverageReport) =>
  points.flatMap(({ name, bins }) =>
    bins
      .filter((bin) => bin.hits === 0 && bin.unreachable === undefined)
      .map((bin) => `${name}: ${bin.name}`),
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
