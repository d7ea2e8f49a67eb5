/** Devices that are no MAC and answer by another rule: verification says by which. */
import { describe, expect, it } from 'vitest';
import { fieldNamed, layoutOfUnit } from '../../src/vectors/index.js';
import { type Made, make } from './support.js';
import { at, policiesOf, reportOn, rowsOf } from './verify-support.js';

/** Answers of a set by another rule: from the fields of each line, its results. */
function answered(made: Made, answer: (field: (name: string) => number, row: readonly string[]) => string[]) {
  const layout = layoutOfUnit(made.manifest.units[0]!);
  return rowsOf(made)
    .map((row) => answer((name) => Number.parseInt(row[at(layout, name)]!, 16), row))
    .map((results) => `${results.join('_')}\n`)
    .join('');
}

describe('a codec that differs is told how', () => {
  const E2M1_VALUES = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
  const floatOf = (bits: number) => new Float32Array(Uint32Array.of(bits).buffer)[0]!;

  it.each([
    ['round-nearest-away', (below: number) => below + 1],
    ['round-nearest-down', (below: number) => below],
  ] as const)('an encoder: %s', (policy, tie) => {
    const made = make('e2m1', { level: 1, classes: ['boundaries'] });
    const response = answered(made, (field) => {
      const x = floatOf(field('x'));
      const magnitude = Math.abs(x);
      const above = E2M1_VALUES.findIndex((value) => value >= magnitude);
      const sign = x < 0 || Object.is(x, -0) ? 8 : 0;
      if (above < 0) return [(sign + 7).toString(16)];
      if (above === 0) return [sign.toString(16)];
      const middle = (E2M1_VALUES[above - 1]! + E2M1_VALUES[above]!) / 2;
      const code = magnitude === middle ? tie(above - 1) : magnitude < middle ? above - 1 : above;
      return [(sign + code).toString(16)];
    });
    const report = reportOn(made, response);
    expect(report.mismatches).toBeGreaterThan(4);
    expect(policiesOf(report)).toContain(policy);
  });

  it('a decoder that reads NaN as a number', () => {
    const made = make('e4m3', { level: 0, classes: ['codes'] });
    const response = answered(made, (field, row) => {
      const code = field('code');
      // 0x7f and 0xff spell 480.
      return [(code & 0x7f) === 0x7f ? (code > 127 ? 'c3f00000' : '43f00000') : row[1]!];
    });
    const report = reportOn(made, response);
    expect(report.mismatches).toBe(2);
    expect(policiesOf(report)).toEqual(['nan-as-number']);
    expect(report.first!.explanation.operands[0]).toContain('NaN');
  });
});

describe('a lane that differs is told how', () => {
  const PART = { level: 2, classes: ['exhaustive'] } as const;

  it('nvfp4-lanes: subnormal scales flushed', () => {
    // 1.5 · 3 under scales of a up to 1.
    const made = make('nvfp4-lanes', { ...PART, shard: { index: 107, of: 512 } });
    const response = answered(made, (field, row) => {
      const subnormal = [field('a_sf'), field('w_sf')].some((scale) => scale > 0 && scale < 8);
      return [subnormal ? '00000000' : row.at(-1)!];
    });
    const report = reportOn(made, response);
    expect(report.mismatches).toBeGreaterThan(20);
    expect(policiesOf(report)).toContain('subnormal-scales-flushed');
    expect(report.first!.explanation.trace).toBeDefined();
  });

  it('if4-exact49: selector ignored', () => {
    // Codes 3 and 5, the first as INT4.
    const made = make('if4-exact49', { ...PART, shard: { index: 429, of: 2048 } });
    const { width, digits } = fieldNamed(layoutOfUnit(made.manifest.units[0]!), 'term');
    const halves = [0, 1, 2, 3, 4, 6, 8, 12];
    // Half units, times 7; scales in 2^−9.
    const element = (code: number) => 7n * BigInt(halves[code & 7]! * (code < 8 ? 1 : -1));
    const scale = (byte: number) => {
      const [exponent, fraction] = [(byte & 0x7f) >> 3, byte & 7];
      return exponent === 0 ? BigInt(fraction) : BigInt(8 + fraction) << BigInt(exponent - 1);
    };
    const response = answered(made, (field, row) => {
      const term = element(field('a')) * element(field('w')) * scale(field('a_sf')) * scale(field('w_sf'));
      const isNan = row.at(-1) === '1';
      return [
        BigInt.asUintN(width, isNan ? 0n : term)
          .toString(16)
          .padStart(digits, '0'),
        row.at(-1)!,
      ];
    });
    const report = reportOn(made, response);
    expect(report.mismatches).toBeGreaterThan(20);
    expect(policiesOf(report)).toContain('selector-ignored');
  });
});

describe('a quantise unit that differs is told how', () => {
  const names = { classes: ['ties'], level: 3, count: 1024 } as const;
  const turned = (text: string) => [...text].reverse().join('');
  it.each([
    ['quant-nvfp4', 'code-order-reversed', ([codes, scale]: string[]) => [turned(codes!), scale!]],
    ['quant-nvfp4', 'nibble-swap', ([c, s]: string[]) => [c!.replaceAll(/(.)(.)/g, '$2$1'), s!]],
    [
      'quant-if4',
      'selector-missing',
      ([codes, scale]: string[]) => [codes!, (Number.parseInt(scale!, 16) & 0x7f).toString(16)],
    ],
  ] as const)('%s: %s', (name, policy, change) => {
    const made = make(name, names);
    const response = answered(made, (_, row) => change(row.slice(-2)).map((text) => text.padStart(2, '0')));
    const report = reportOn(made, response);
    expect(report.mismatches).toBeGreaterThan(20);
    expect(policiesOf(report)[0]).toBe(policy);
    expect(report.first!.explanation.operands[0]).toMatch(/^x = /);
  });

  it('by its rounding of ties', () => {
    const made = make('quant-nvfp4', names);
    const f = Math.fround;
    const real = (bits: number) => new Float32Array(Uint32Array.of(bits).buffer)[0]!;
    const limits = [0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5];
    const response = answered(made, (field, row) => {
      const code = field('scale_code');
      const scale = code < 8 ? code * 2 ** -9 : (1 + (code & 7) / 8) * 2 ** ((code >> 3) - 7);
      const inverse = Math.min(f(1 / f(real(field('dec')) * scale)), 3.4028234663852886e38);
      const codes = row[0]!.match(/..../g)!.map((word) => {
        const x = real(Number.parseInt(`${word}0000`, 16)) + 0;
        const y = scale === 0 ? 0 : f(x * inverse);
        return limits.filter((limit) => Math.abs(y) >= limit).length + (y < 0 || Object.is(y, -0) ? 8 : 0);
      });
      return [codes.map((digit) => digit.toString(16)).join(''), row.at(-1)!];
    });
    const report = reportOn(made, response);
    expect(report.mismatches).toBeGreaterThan(20);
    expect(policiesOf(report)[0]).toBe('round-nearest-away');
  });
});
