/**
 * `reports/vectors.md`: the rate of golden vectors of `nvfp4-exact` on one core, beside writers that format each number
 * and write each line as users do today. Processor time; both sides of every ratio in turn.
 *
 * - Whole vectors: drawn, computed, hashed and written to disk.
 * - Text alone: from numbers that are there already to the same bytes on disk.
 * - `testfloat_gen`, where it is installed.
 *
 * Run after `npm run build`: `node dist/bench/vectors/speed.js`.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHexLines, type HexLines, TypeScriptHexLines } from '../../src/kernels/index.js';
import {
  BLOCK_VECTORS,
  createTarget,
  fileFormats,
  generateBlocks,
  selectClasses,
  valueAt,
  writeVectors,
} from '../../src/vectors/index.js';
import { writeReport } from '../reports/write-report.js';
import { type Comparison, compareRates, metric, type Sample, secondsOf } from '../rtl/measure.js';

const ROUNDS = 5;
/** Vectors of a run, computed and from a buffer; fewer where it is slow. */
const [WHOLE, SLOW, TEXT] = [2_000_000, 100_000, 400 * BLOCK_VECTORS];
const TOOL = { name: 'fp4sim', version: 'bench', commit: 'bench' } as const;
const folder = mkdtempSync(join(tmpdir(), 'fp4sim-vectors-'));
const target = createTarget('nvfp4-exact', { engine: 'compiled' });
const request = (count: number) =>
  ({ target, level: 3, classes: ['uniform'], count, seed: 1, shard: { index: 1, of: 1 } }) as const;
const { layout } = target.units[0]!;
const { fields, lineBytes } = layout;

/** A file on disk as a sink. */
function open(name: string) {
  const file = openSync(join(folder, name), 'w');
  return {
    write: (bytes: Uint8Array | string) => {
      if (typeof bytes === 'string') writeSync(file, bytes);
      else for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    },
    close: () => closeSync(file),
  };
}

/** Vectors a second of a job that writes `count` of them to a file. */
function rateOf(
  name: string,
  count: number,
  job: (write: (bytes: Uint8Array | string) => void) => void,
): number {
  const { write, close } = open(name);
  const seconds = secondsOf(() => job(write));
  close();
  return count / seconds;
}

function whole(): number {
  const options = { formats: fileFormats(['mem']), tool: TOOL, command: 'bench' };
  return WHOLE / secondsOf(() => void writeVectors(request(WHOLE), { open }, options));
}

type Row = readonly (number | bigint)[];
/** Wide fields as bigints, the others as numbers: what is fastest for who formats them one by one. */
const rowAt = (columns: Parameters<typeof valueAt>[0], line: number): Row =>
  fields.map((field) => {
    const value = valueAt(columns, field, line);
    return field.width > 32 ? value : Number(value);
  });
const lineOf = (row: Row) =>
  `${row.map((value, i) => value.toString(16).padStart(fields[i]!.digits, '0')).join('_')}\n`;

/** The same vectors, each number through toString, each line through a write of its own. */
function wholeByLine(): number {
  return rateOf('naive.mem', SLOW, (write) => {
    const [entry] = selectClasses(request(SLOW));
    for (const { columns, range } of generateBlocks(entry!, request(SLOW))) {
      for (let line = 0; line < range.count; line++) write(lineOf(rowAt(columns, line)));
    }
  });
}

const [entry] = selectClasses(request(BLOCK_VECTORS));
const [block] = generateBlocks(entry!, request(BLOCK_VECTORS));
const { columns } = block!;
const rows = Array.from({ length: BLOCK_VECTORS }, (_, line) => rowAt(columns, line));

const textBy = (lines: HexLines) => () =>
  rateOf('ours.mem', TEXT, (write) => {
    for (let i = 0; i < TEXT; i += BLOCK_VECTORS) write(lines.lines(columns, BLOCK_VECTORS));
  });

function textByLine(): number {
  return rateOf('naive.mem', rows.length, (write) => {
    for (const row of rows) write(lineOf(row));
  });
}

/** Throws unless both writers of text give the same bytes. */
function checkBytes(): void {
  const ours = Buffer.from(createHexLines(layout, BLOCK_VECTORS).lines(columns, BLOCK_VECTORS));
  textByLine();
  if (!ours.equals(readFileSync(join(folder, 'naive.mem')))) throw new Error('the writers differ');
}

/** Lines a second of testfloat_gen for a fused multiply-add of FP32, a line of four numbers and flags. */
function testfloatRow(): string {
  const [bin, args] = ['testfloat_gen', ['-level', '1', '-n', '2000000', 'f32_mulAdd']] as const;
  let lines = 0;
  const start = process.hrtime.bigint();
  const run = spawnSync(bin, args, { maxBuffer: 2 ** 31 - 1 });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (run.error !== undefined || run.status !== 0)
    return '`testfloat_gen`: absent. It is in no package registry looked at (apt, PyPI, npm, crates); build Berkeley TestFloat from its source and put it into the path.';
  for (const byte of run.stdout) if (byte === 0x0a) lines++;
  return `\`testfloat_gen ${args.join(' ')}\`: ${metric(lines / seconds)} vectors/s on the clock on the wall.`;
}

checkBytes();
const [wasm, table] = [createHexLines(layout, BLOCK_VECTORS), new TypeScriptHexLines(layout, BLOCK_VECTORS)];
for (const warmUp of [whole, wholeByLine, textBy(wasm), textBy(table), textByLine]) warmUp();
const pipeline = compareRates(ROUNDS, whole, wholeByLine);
const text = compareRates(ROUNDS, textBy(wasm), textByLine);
const byTable = compareRates(ROUNDS, textBy(table), textByLine);
const testfloat = testfloatRow();
rmSync(folder, { recursive: true, force: true });

const peak = process.resourceUsage().maxRSS / 1024;
const spread = ({ median, least, largest }: Sample, scale = 1) =>
  `${metric(median * scale)} (${metric(least * scale)} to ${metric(largest * scale)})`;
const row = (name: string, rate: Sample) =>
  `| ${name} | ${spread(rate)} | ${metric(rate.median * lineBytes)} | ${spread(rate, lineBytes / 48)} |`;
const HEAD = `| writer | vectors/s | bytes/s | as vectors of 48 bytes/s |
|---|---|---|---|`;
const ratioOf = ({ ratio }: Comparison) =>
  `${ratio.median.toFixed(1)} (${ratio.least.toFixed(1)} to ${ratio.largest.toFixed(1)})`;
writeReport(
  'vectors.md',
  `# Speed of golden vectors

Vectors of \`fp4sim vectors nvfp4-exact --level 3 --classes uniform\`, ${lineBytes} bytes each, one core of
${cpus()[0]?.model ?? 'an unknown machine'}, processor time, ${ROUNDS} rounds in turn: median (least to largest).

## Whole vectors
Drawn, computed by the compiled design, checked in part by the oracle, hashed and written to disk; ${WHOLE} a run.

${HEAD}
${row('a block at a time', pipeline.ours)}
${row('toString and a write a line', pipeline.theirs)}

Ratio: ${ratioOf(pipeline)}. Floor: 3 M vectors of 48 bytes a second.

${testfloat}

## Text alone
From computed numbers to the same bytes on disk; ${TEXT} vectors a run.

${HEAD}
${row('WebAssembly, sixteen digits at a time, a write a block', text.ours)}
${row('TypeScript, a table of 65,536 entries, a write a block', byTable.ours)}
${row('toString and a write a line', text.theirs)}

Ratio to a write a line: ${ratioOf(text)} by WebAssembly, ${ratioOf(byTable)} by the table. Floor: 20, aim: 100.
Largest resident memory of this process: ${peak.toFixed(0)} MB.`,
);
