import { describe, expect, it } from 'vitest';
import { createMac } from '../../rtl-model/designs/index.js';
import { Random } from '../../src/numerics/index.js';
import {
  createColumns,
  type Layout,
  layoutOfUnit,
  linesOfParquet,
  setValue,
  valueAt,
} from '../../src/vectors/index.js';
import { CompiledEngine } from '../../src/vectors/mac/engine.js';
import { macVectors } from '../../src/vectors/mac/layout.js';
import { type Made, make } from './support.js';
import { at, policiesOf, reportOn, rowsOf } from './verify-support.js';

const REQUEST = { level: 3, count: 2000, seed: 9 } as const;

/** The results of the checked rows as a device prints them. */
function answersOf(made: Made, rows: readonly string[][]): string {
  const roles = made.manifest.units[0]!.fields.map(({ role }) => role);
  const check = roles.indexOf('check');
  return rows
    .filter((row) => check < 0 || row[check] === '1')
    .map((row) => row.filter((_, i) => roles[i] === 'result').join('_'))
    .map((line) => `${line}\n`)
    .join('');
}

/** What the design answers when a fault changes the operands of every row before it sees them. */
function faulty(name: string, made: Made, change: (row: string[], layout: Layout) => string[]): string {
  const layout = layoutOfUnit(made.manifest.units[0]!);
  const rows = rowsOf(made);
  const columns = createColumns(layout, rows.length);
  rows.forEach((row, line) => {
    const changed = change([...row], layout);
    layout.fields.forEach((field, i) => {
      setValue(columns, field, line, BigInt(`0x${changed[i]}`));
    });
  });
  const design = createMac(name);
  new CompiledEngine(design, macVectors(design)).compute(columns, rows.length);
  const answers = rows.map((_, line) =>
    layout.fields.map((field) => valueAt(columns, field, line).toString(16).padStart(field.digits, '0')),
  );
  return answersOf(made, answers);
}

const changed = (name: string, change: (text: string) => string) => (row: string[], layout: Layout) => {
  const i = at(layout, name);
  row[i] = change(row[i]!);
  return row;
};

describe('a device that answers right', () => {
  it.each(['nvfp4-exact', 'if4-lanes', 'nvfp4-fused35'])('passes, for %s', (name) => {
    const made = make(name, { ...REQUEST, classes: ['special'] });
    const report = reportOn(made, answersOf(made, rowsOf(made)));
    expect(report).toMatchObject({ mismatches: 0, problems: [], first: undefined });
    expect(report.compared).toBe(made.manifest.units[0]!.classes[0]!.results);
  });

  it('may answer anything beside the flag of a NaN, but not another flag', () => {
    const made = make('nvfp4-exact', { ...REQUEST, classes: ['special'] });
    const lines = answersOf(made, rowsOf(made)).trimEnd().split('\n');
    const isNan = (line: string) => line.endsWith('_1');
    expect(lines.some(isNan)).toBe(true);
    const loose = lines.map((line) =>
      isNan(line) ? line.replace(/^[^_]*/, (acc) => 'x'.repeat(acc.length)) : line,
    );
    expect(reportOn(made, loose.join('\n'))).toMatchObject({ mismatches: 0, problems: [] });
    const flagless = loose.map((line) => (isNan(line) ? `${line.slice(0, -1)}0` : line));
    expect(reportOn(made, flagless.join('\n')).mismatches).toBe(lines.filter(isNan).length);
  });

  it('may repeat whole vectors, print Windows line ends, comments and capitals, and an answer for every vector', () => {
    const made = make('nvfp4-exact', { ...REQUEST, classes: ['uniform'] });
    const whole = rowsOf(made).map((row) => row.join('_').toUpperCase());
    const report = reportOn(made, `// my bench\r\n${whole.join('\r\n')}`);
    expect(report).toMatchObject({ mismatches: 0, problems: [] });
    expect(report.compared).toBe(made.manifest.units[0]!.classes[0]!.results);
  });

  it('may answer in JSON lines in any order, by the number of the vector', () => {
    const made = make('nvfp4-fused35', { ...REQUEST, classes: ['uniform'], count: 64 });
    const lines = rowsOf(made).map((row, vector) => JSON.stringify({ vector, d: row.at(-2) }));
    expect(reportOn(made, lines.reverse().join('\n'), 'jsonl')).toMatchObject({
      mismatches: 0,
      compared: 64,
    });
    const wrong = lines.with(
      5,
      lines[5]!.replace(/.(?="}$)/, (digit) => (digit === '0' ? '1' : '0')),
    );
    expect(reportOn(made, wrong.join('\n'), 'jsonl').mismatches).toBe(1);
  });
});

describe('a device with a fault in front of its datapath is told what it does', () => {
  const reversed = (text: string) => [...text].reverse().join('');
  const pairs = (text: string) => text.replaceAll(/(.)(.)/g, '$2$1');
  it.each([
    ['nvfp4-exact', 'uniform', 'lane-order-reversed', changed('a_in', reversed)],
    ['nvfp4-lanes', 'uniform', 'lane-order-reversed', changed('a_in', reversed)],
    ['nvfp4-exact', 'uniform', 'nibble-swap', changed('a_in', pairs)],
    ['nvfp4-exact', 'special', 'nan-scale-as-largest', nanAs448],
    ['if4-exact49', 'uniform', 'selector-ignored', selectorsCleared],
    ['if4-lanes', 'uniform', 'selector-ignored', selectorsCleared],
    ['nvfp4-exact', 'subnormal-scales', 'subnormal-scales-flushed', subnormalsFlushed],
    ['nvfp4-exact', 'uniform', 'scale-ignored', changed('a_sf', () => '38')],
  ] as const)('%s, %s: %s', (name, set, policy, change) => {
    const made = make(name, { ...REQUEST, classes: [set] });
    const report = reportOn(made, faulty(name, made, change));
    expect(report.mismatches).toBeGreaterThan(20);
    expect(policiesOf(report)).toContain(policy);
    expect(report.first!.explanation.operands.length).toBeGreaterThan(1);
  });

  function nanAs448(row: string[], layout: Layout): string[] {
    for (const i of [at(layout, 'a_sf'), at(layout, 'w_sf')]) if (row[i] === '7f') row[i] = '7e';
    return row;
  }
  function selectorsCleared(row: string[], layout: Layout): string[] {
    for (const i of [at(layout, 'a_sf'), at(layout, 'w_sf')])
      row[i] = (Number.parseInt(row[i]!, 16) & 0x7f).toString(16).padStart(2, '0');
    return row;
  }
  function subnormalsFlushed(row: string[], layout: Layout): string[] {
    for (const i of [at(layout, 'a_sf'), at(layout, 'w_sf')])
      if (Number.parseInt(row[i]!, 16) < 8) row[i] = '00';
    return row;
  }
});

describe('a device with another rounding is told which', () => {
  const roundedSet = make('nvfp4-exact', { ...REQUEST, classes: ['uniform'] }, ['mem'], 'compiled', {
    readout: 'fp32',
  });
  const registers = sumsOf(rowsOf(roundedSet));

  /** The exact sum of each dot product in units of 2^−20, from the digits of the lines. */
  function sumsOf(rows: readonly string[][]): bigint[] {
    const e2m1 = [0, 1, 2, 3, 4, 6, 8, 12]; // half units
    const element = (digit: string) => {
      const code = Number.parseInt(digit, 16);
      return BigInt(code < 8 ? e2m1[code]! : -e2m1[code - 8]!);
    };
    const scale = (text: string) => {
      const [exponent, fraction] = [Number.parseInt(text, 16) >> 3, Number.parseInt(text, 16) & 7];
      return exponent === 0 ? BigInt(fraction) : BigInt(8 + fraction) << BigInt(exponent - 1); // 2^−9
    };
    const sums: bigint[] = [];
    let sum = 0n;
    for (const [first, last, a, aScale, w, wScale] of rows as [
      string,
      string,
      string,
      string,
      string,
      string,
    ][]) {
      const products = [...a].map((digit, i) => element(digit) * element(w[i]!));
      const block = products.reduce((x, y) => x + y) * scale(aScale) * scale(wScale); // 2^−20
      sum = (first === '1' ? 0n : sum) + block;
      if (last === '1') sums.push(sum);
    }
    return sums;
  }

  /** The register × 2^−20 as FP32 with a rule for what is dropped, in integers alone. */
  function fp32(register: bigint, up: (odd: boolean, guard: bigint, rest: bigint) => boolean): string {
    if (register === 0n) return '00000000';
    const negative = register < 0n;
    const magnitude = negative ? -register : register;
    const length = magnitude.toString(2).length;
    const drop = BigInt(Math.max(0, length - 24));
    let significand = magnitude >> drop;
    const guard = drop === 0n ? 0n : (magnitude >> (drop - 1n)) & 1n;
    const rest = drop === 0n ? 0n : magnitude & ((1n << (drop - 1n)) - 1n);
    if (up((significand & 1n) === 1n, guard, rest)) significand += 1n;
    const value = Number(significand) * 2 ** (Number(drop) - 20) * (negative ? -1 : 1);
    return new Uint32Array(Float32Array.of(value).buffer)[0]!.toString(16).padStart(8, '0');
  }
  const answers = (up: Parameters<typeof fp32>[1]) => registers.map((r) => `${fp32(r, up)}\n`).join('');

  it('and passes when it rounds to nearest even', () => {
    const report = reportOn(
      roundedSet,
      answers((odd, guard, rest) => guard === 1n && (odd || rest > 0n)),
    );
    expect(report).toMatchObject({ mismatches: 0, compared: registers.length });
  });

  it.each([
    ['round-toward-zero', () => false],
    ['round-away-from-zero', (_: boolean, guard: bigint, rest: bigint) => guard === 1n || rest > 0n],
    ['missing-sticky', (odd: boolean, guard: bigint) => guard === 1n && odd],
  ] as const)('%s', (policy, up) => {
    const report = reportOn(roundedSet, answers(up));
    expect(report.mismatches).toBeGreaterThan(10);
    expect(policiesOf(report)[0]).toBe(policy);
    expect(report.first!.explanation.trace!.events.at(-1)!.kind).toBe('round');
  });
});

describe('an unusable or strange response', () => {
  const made = make('nvfp4-exact', { ...REQUEST, classes: ['uniform'] });
  const lines = answersOf(made, rowsOf(made)).trimEnd().split('\n');
  const text = (list: readonly string[]) => `${list.join('\n')}\n`;

  it('that is cut off is compared as far as it goes, and fails', () => {
    const report = reportOn(made, text(lines.slice(0, 100)));
    expect(report).toMatchObject({ compared: 100, mismatches: 0 });
    expect(report.problems).toEqual([
      `the response ends early: ${lines.length - 100} of ${lines.length} results are missing`,
    ]);
  });

  it('that is too long fails', () => {
    expect(reportOn(made, text([...lines, lines[0]!])).problems).toEqual(['1 answers too many']);
  });

  it('with unknown bits counts them as wrong', () => {
    const report = reportOn(made, text([`xxxxxxxxxxxxxxx_x`, ...lines.slice(1)]));
    expect(report).toMatchObject({ mismatches: 1, unknown: 1 });
    expect(report.first!.fields[0]).toMatchObject({ field: 'acc', found: 'xxxxxxxxxxxxxxx' });
    const open = reportOn(made, text([...lines.slice(0, -1), 'zzzzzzzzzzzzzzz_Z']));
    expect(open).toMatchObject({ mismatches: 1, unknown: 1 });
  });

  it('that is late says by how much', () => {
    expect(reportOn(made, text(['0'.repeat(15).concat('_0'), ...lines.slice(0, -1)])).problems).toEqual([
      'the answers are 1 result late',
    ]);
    expect(reportOn(made, text([...lines.slice(2), lines[0]!, lines[1]!])).problems).toEqual([
      'the answers are 2 results early',
    ]);
  });

  it('that is shuffled says so', () => {
    const random = new Random(1);
    const shuffled = [...lines];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    expect(reportOn(made, text(shuffled)).problems).toEqual([
      'the answers are the right ones in another order',
    ]);
    const rows = rowsOf(made).map((row) => row.join('_'));
    const last = rows.findIndex((row) => row.endsWith('_1'));
    const swapped = rows.with(last, rows[last + 1]!).with(last + 1, rows[last]!);
    expect(reportOn(made, text(swapped)).problems[0]).toMatch(/other operands than its vector/);
  });

  it.each([
    ['nothing', '', 'holds no answer'],
    ['a result of the wrong width', '00000_0\n', 'response:1: acc has 5 digits; 58 bits take 15'],
    ['more bits than the field', 'f00000000000000_0\n', 'has more than 58 bits'],
    ['text', 'PASS\n', 'response:1: 1 fields of 4 digits'],
    ['letters', 'g00000000000000_0\n', 'is not hexadecimal'],
  ])('of %s is refused', (_, response, message) => {
    expect(() => reportOn(made, response)).toThrow(message);
  });

  it('in binary is refused where it is cut off, or has bits that the field has not', () => {
    // 58 bits in eight bytes, and a flag.
    const record = (acc: bigint) => {
      const bytes = Buffer.alloc(9);
      bytes.writeBigUInt64LE(acc);
      return bytes;
    };
    const { results } = made.manifest.units[0]!.classes[0]!;
    const all = Buffer.concat(new Array<Buffer>(results).fill(record(1n)));
    expect(reportOn(made, all, 'bin')).toMatchObject({ compared: results, problems: [] });
    expect(() => reportOn(made, all.subarray(0, 25), 'bin')).toThrow(
      'response ends within a record: 7 of 9 bytes are left',
    );
    expect(() => reportOn(made, record(1n << 58n), 'bin')).toThrow('record 1: acc has more than 58 bits');
  });

  it('of JSON that is none, or lacks a field, is refused', () => {
    expect(() => reportOn(made, 'acc=1\n', 'jsonl')).toThrow('response:1: not a JSON object');
    expect(() => reportOn(made, '{"acc":"0"}\n', 'jsonl')).toThrow('acc has 1 digits');
    expect(() => reportOn(made, '{"nan":"0"}\n', 'jsonl')).toThrow('no "acc" as hexadecimal text');
  });
});

describe('Parquet', () => {
  const request = { ...REQUEST, classes: ['special'] } as const;
  const made = make('nvfp4-exact', request, ['mem', 'parquet']);
  const [, file] = made.manifest.units[0]!.classes[0]!.files;
  const linesOf = async (bytes: Uint8Array) => Buffer.from(await linesOfParquet(bytes, 'answers.parquet'));

  it('is read: numbers of any width, without leading zeros', async () => {
    const right = await linesOf(made.folder.bytes(file!.file));
    const expected = { mismatches: 0, problems: [], compared: made.manifest.units[0]!.classes[0]!.results };
    expect(reportOn(made, right, 'parquet')).toMatchObject(expected);
    const wrong = right.toString().replace(/"acc":"[0-9a-f]+","nan":"0","check":"1"/, '"acc":"7","nan":"0"');
    expect(reportOn(made, wrong, 'parquet').mismatches).toBe(1);
  });

  it('that is cut off, or of numbers that cannot be, is refused', async () => {
    const bytes = made.folder.bytes(file!.file);
    await expect(linesOf(bytes.subarray(0, 5000))).rejects.toThrow(
      'answers.parquet cannot be read as Parquet',
    );
    expect(() => reportOn(made, '{"acc":"-1","nan":"0"}\n', 'parquet')).toThrow('is not hexadecimal');
    expect(() => reportOn(made, '{"acc":"400000000000000","nan":"0"}\n', 'parquet')).toThrow(
      'more than 58 bits',
    );
    expect(() => reportOn(made, '{"acc":null,"nan":"0"}\n', 'parquet')).toThrow(
      'no "acc" as hexadecimal text',
    );
  });
});
