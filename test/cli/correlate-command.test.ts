import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Predictor, readTileRows, summariseByClass } from '../../src/correlate/index.js';
import { MACHINE_MODELS } from '../../src/machine/index.js';
import { fp4sim, scratchFolder } from '../support/cli.js';

const HEAD = 'id,class,variant,sms,M,N,kstep_bytes,stages,T_ksteps,extra,measure,cycles_median';
/** Rows of the kind that were measured; the cycles of the first are what a wgmma of that shape takes, by hand. */
const ROWS = [
  // Two k-steps of four m64n32k32 at 24 cycles, and 95 of hand-off.
  'a1,1,onewait,1,64,32,128,2,2,-,acc_ready,287',
  'a2,1,W1,1,128,256,128,1,4,-,acc_ready,4196',
  'a3,3,W1_u,1,64,128,128,4,16,-,acc_ready,4200',
  'a4,7,gemm_W1_u,1,128,128,128,4,16,Mt=1024;Nt=1024;G=8;tiles_per_sm=3,tile_interval,4300',
  'a5,5,handoff,1,0,0,0,0,0,-,round_trip,300',
];
const text = (...rows: readonly string[]): string => `${HEAD}\n${rows.join('\n')}\n`;

function fileOf(content: string): string {
  const file = join(scratchFolder(), 'rows.csv');
  writeFileSync(file, content);
  return file;
}

function refusal(content: string): string {
  const { status, stdout, stderr } = fp4sim(['correlate', fileOf(content)]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  return stderr;
}

describe('measured rows', () => {
  it('are read by the names of their columns, whatever else the file has', () => {
    const [row] = readTileRows(`note,${HEAD}\r\n"x y",${ROWS[3]}\r\n\r\n`, 'f.csv');
    expect(row).toMatchObject({
      place: 'f.csv:2',
      id: 'a4',
      class: '7',
      M: 128,
      steps: 16,
      cyclesMedian: 4300,
    });
    expect(row!.extra.get('tiles_per_sm')).toBe('3');
  });

  it.each([
    ['a missing column', `${HEAD.replace('T_ksteps', 'T')}\n`, /^f\.csv:1: lacks the column T_ksteps/],
    ['a column twice', `${HEAD},M\n`, /^f\.csv:1: has the column M twice/],
    ['an empty file', '', /^f\.csv:1: lacks the columns id, class/],
    ['a short line', text('a1,1,W1'), /^f\.csv:2: has 3 cells, and the first line names 12/],
    [
      'a word',
      text(ROWS[0]!.replace(',64,', ',wide,')),
      /^f\.csv:2: column M: "wide" is not a whole number from 0/,
    ],
    ['a fraction', text(ROWS[0]!.replace(',64,', ',64.5,')), /column M: "64\.5" is not a whole number/],
    ['a negative number', text(ROWS[0]!.replace(',64,', ',-64,')), /column M: "-64"/],
    ['a huge number', text(ROWS[0]!.replace(',2,2,', ',2,1000000000,')), /column T_ksteps: "1000000000"/],
    ['no cycles', text(ROWS[0]!.replace(',287', ',')), /column cycles_median: "" is not a number above 0/],
    ['zero cycles', text(ROWS[0]!.replace(',287', ',0')), /column cycles_median: "0"/],
    ['infinite cycles', text(ROWS[0]!.replace(',287', ',1e999')), /column cycles_median: "1e999"/],
    ['an empty class', text(ROWS[0]!.replace('a1,1,', 'a1,,')), /column class: "" is not a text/],
    ['a later line', text(...ROWS, ROWS[0]!.replace(',64,', ',,')), /^f\.csv:7: column M/],
  ])('%s is refused with its line and column', (_what, content, message) => {
    expect(() => readTileRows(content, 'f.csv')).toThrow(message);
  });
});

describe('fp4sim correlate', () => {
  it('prints the error of each class, and its picture', () => {
    const file = fileOf(text(...ROWS));
    const plot = join(scratchFolder(), 'errors.svg');
    const { stdout, status } = fp4sim(['correlate', file, '--plot', plot, '--rows']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^hopper against 4 measured rows; 1 have no program\n/);
    expect(stdout).toMatch(/\n {2}1 +all +2 +1\.\d\d %/);
    expect(stdout).toMatch(/a4 7 gemm_W1_u 128x128x128 .* measured 4300 predicted \d+/);
    expect(readFileSync(plot, 'utf8')).toMatch(/^<svg[\s\S]*class 7/);
  });

  it('says in JSON what it says in words, for other machines too', () => {
    const machine = join(scratchFolder(), 'slow.yaml');
    const port = 'mma.rate.ports.shared.0.cyclesPerColumn: { value: 1, unit: cycles/column, source: a test }';
    writeFileSync(machine, `extends: hopper\nfigures:\n  ${port}\n`);
    const file = fileOf(text(...ROWS));
    const run = (...options: string[]) =>
      JSON.parse(fp4sim(['correlate', file, '--json', '--class', '1', ...options]).stdout);
    const [own, slow] = [run(), run('--machine', machine)];
    expect(slow.machine).toBe('slow');
    // 4 k-steps × 2 warpgroups × 4 MMAs of N = 256, each 256 cycles behind the last instead of 128.
    expect(slow.rows[1].predicted - own.rows[1].predicted).toBe((4 * 2 * 4 - 1) * 128);
    expect(own.classes[0]).toMatchObject({ class: '1', rows: 2, worst: expect.stringMatching(/^a[12]$/) });
  });

  it('summarises by hand-checked means', () => {
    const rows = readTileRows(text(ROWS[0]!, ROWS[1]!), 'f.csv');
    const all = [0.1, -0.3].map((error, i) => ({ row: rows[i]!, predicted: 0, error }));
    const [summary] = summariseByClass(all);
    expect(summary).toMatchObject({ rows: 2, largest: 0.3, worst: 'a2' });
    expect([summary!.mean, summary!.bias]).toEqual([expect.closeTo(0.2), expect.closeTo(-0.1)]);
  });

  it('names what cannot be used', () => {
    expect(refusal(text(ROWS[0]!.replace(',64,', ',x,')))).toMatch(/rows\.csv:2: column M: "x"/);
    expect(refusal(text(ROWS[3]!.replace('Mt=1024;', '')))).toMatch(/rows\.csv:2: column extra: lacks Mt=N/);
    expect(refusal(text(ROWS[0]!.replace(',64,', ',63,')))).toMatch(
      /rows\.csv:2: compute\.s does not run for this row/,
    );
    expect(refusal(text(ROWS[4]!))).toMatch(/none of 1 rows has a program/);
    expect(fp4sim(['correlate', fileOf(text(...ROWS)), '--class', '9']).stderr).toMatch(
      /no row of class "9"/,
    );
    expect(fp4sim(['correlate', '/nonexistent.csv']).status).toBe(2);
  });

  it('predicts a row by the same run as before, whatever else is asked', () => {
    const rows = readTileRows(text(...ROWS), 'f.csv');
    const predict = (order: readonly number[]) => {
      const predictor = new Predictor(MACHINE_MODELS.get('hopper')!);
      return order.map((i) => predictor.compare(rows[i]!)?.predicted);
    };
    expect(predict([3, 2, 1, 0]).reverse()).toEqual(predict([0, 1, 2, 3]));
  });
});
