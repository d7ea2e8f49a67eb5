/**
 * `reports/vectors.md`: text vectors a second of `nvfp4-exact`, drawn, computed, hashed and written to disk on one
 * core, beside a writer that formats each number and writes each line. Processor time; both in turn.
 *
 * Run after `npm run build`: `node dist/bench/vectors/speed.js`.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createTarget,
  fileFormats,
  generateBlocks,
  selectClasses,
  valueAt,
  writeVectors,
} from '../../src/vectors/index.js';
import { writeReport } from '../reports/write-report.js';
import { compareRates, metric, type Sample, secondsOf } from '../rtl/measure.js';

const ROUNDS = 5;
const [OURS, NAIVE] = [2_000_000, 100_000];
const TOOL = { name: 'fp4sim', version: 'bench', commit: 'bench' } as const;
const folder = mkdtempSync(join(tmpdir(), 'fp4sim-vectors-'));
const target = createTarget('nvfp4-exact', { engine: 'compiled' });
const request = (count: number) =>
  ({ target, level: 3, classes: ['uniform'], count, seed: 1, shard: { index: 1, of: 1 } }) as const;
const { lineBytes } = target.units[0]!.layout;

/** A file on disk as a sink. */
function open(name: string) {
  const file = openSync(join(folder, name), 'w');
  return {
    write: (bytes: Uint8Array) => {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    },
    close: () => closeSync(file),
  };
}

function ours(): number {
  const options = { formats: fileFormats(['mem']), tool: TOOL, command: 'bench' };
  return OURS / secondsOf(() => void writeVectors(request(OURS), { open }, options));
}

/** The same vectors, each number through toString, each line through a write of its own. */
function naive(): number {
  return (
    NAIVE /
    secondsOf(() => {
      const file = openSync(join(folder, 'naive.mem'), 'w');
      const [entry] = selectClasses(request(NAIVE));
      const { fields } = entry!.unit.layout;
      for (const { columns, range } of generateBlocks(entry!, request(NAIVE))) {
        for (let line = 0; line < range.count; line++) {
          const texts = fields.map((field) =>
            valueAt(columns, field, line).toString(16).padStart(field.digits, '0'),
          );
          writeSync(file, `${texts.join('_')}\n`);
        }
      }
      closeSync(file);
    })
  );
}

ours();
naive();
const result = compareRates(ROUNDS, ours, naive);
rmSync(folder, { recursive: true, force: true });
const peak = process.resourceUsage().maxRSS / 1024;
const spread = ({ median, least, largest }: Sample, scale = 1) =>
  `${metric(median * scale)} (${metric(least * scale)} to ${metric(largest * scale)})`;
writeReport(
  'vectors.md',
  `# Speed of golden vectors

\`fp4sim vectors nvfp4-exact --level 3 --classes uniform\`: ${OURS} vectors of ${lineBytes} bytes a run, one core of
${cpus()[0]?.model ?? 'an unknown machine'}, processor time, ${ROUNDS} rounds in turn: median (least to largest).
Drawn, computed by the compiled design, checked in part by the oracle, hashed and written to disk.

| writer | vectors/s | bytes/s | as vectors of 48 bytes/s |
|---|---|---|---|
| table of 65,536 entries, a write a block | ${spread(result.ours)} | ${metric(result.ours.median * lineBytes)} | ${spread(result.ours, lineBytes / 48)} |
| toString and a write a line | ${spread(result.theirs)} | ${metric(result.theirs.median * lineBytes)} | ${spread(result.theirs, lineBytes / 48)} |

Ratio: ${result.ratio.median.toFixed(1)} (${result.ratio.least.toFixed(1)} to ${result.ratio.largest.toFixed(1)}). Floor: 3 M vectors of 48 bytes a second.
Largest resident memory of this process: ${peak.toFixed(0)} MB.`,
);
