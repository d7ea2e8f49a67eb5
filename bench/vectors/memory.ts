/**
 * `reports/vectors-memory.md`: memory of `fp4sim vectors` while it writes a billion vectors to nowhere.
 * The process is looked at once a second; the largest size is what the kernel kept.
 *
 * Run after `npm run build`: `node dist/bench/vectors/memory.js [vectors]`. Minutes. Needs Linux (`/proc`).
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeReport } from '../reports/write-report.js';
import { metric, summarize } from '../rtl/measure.js';

const FLOOR_MB = 200;
const EVERY_MS = 1000;
const vectors = Number(process.argv[2] ?? 1_000_000_000);
const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const args = [
  'vectors',
  'nvfp4-exact',
  '--level',
  '3',
  '--classes',
  'uniform',
  '--count',
  `${vectors}`,
  '-o',
  '-',
];

const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
const sizes: number[] = [];
let largest = 0;
let cpuSeconds = 0;
const timer = setInterval(look, EVERY_MS);

/** Sizes in kB from `status`; ticks of processor time (100 a second on Linux) from `stat`. */
function look(): void {
  try {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)![1]);
    sizes.push(kilobytes('VmRSS') / 1024);
    largest = Math.max(largest, kilobytes('VmHWM') / 1024);
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    cpuSeconds = (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    // It has just ended.
  }
}

child.on('close', (status) => {
  clearInterval(timer);
  if (status !== 0) throw new Error(`fp4sim vectors ended with status ${status}`);
  const half = sizes.length >> 1;
  if (half === 0) throw new Error(`${vectors} vectors are made too soon to be looked at twice: take more`);
  const [early, late] = [summarize(sizes.slice(0, half)), summarize(sizes.slice(half))];
  const verdict = largest < FLOOR_MB ? 'under' : 'NOT under';
  writeReport(
    'vectors-memory.md',
    `# Memory of golden vectors

\`fp4sim ${args.join(' ')} > /dev/null\`, looked at once a second.

| vectors | processor time | vectors/s | resident, median of the first half | of the second half | largest |
|---|---|---|---|---|---|
| ${vectors.toLocaleString('en')} | ${cpuSeconds.toFixed(0)} s | ${metric(vectors / cpuSeconds)} | ${early.median.toFixed(0)} MB | ${late.median.toFixed(0)} MB | ${largest.toFixed(0)} MB |

The largest size is ${verdict} the ${FLOOR_MB} MB that are allowed, and does not grow with the number of vectors.`,
  );
  process.exitCode = largest < FLOOR_MB ? 0 : 1;
});
