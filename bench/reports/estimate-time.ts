/**
 * `reports/estimate-time.{md,json}`: how long `fp4sim estimate DESIGN` takes as a whole command, start-up included, for
 * each design: the first time in a build, and once its clean-up is kept. For a quiet machine:
 * `node dist/bench/reports/estimate-time.js [DESIGN …]`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DESIGNS } from '../../rtl-model/designs/index.js';
import { ROOT, writeReport } from './write-report.js';

/** Seconds that an estimate may take. */
const FLOOR = 2;
/** Runs of a command that starts from what an earlier one has kept. */
const RUNS = 5;

interface DesignTime {
  readonly design: string;
  /** Seconds of a command that finds nothing kept, without the check of the design. */
  readonly firstS: number;
  /** Seconds of one that finds everything kept: median. */
  readonly againS: number;
}

const names = process.argv.length > 2 ? process.argv.slice(2) : [...DESIGNS.keys()];
const times = names.map(timeOf);
const above = (secondsOf: (time: DesignTime) => number) =>
  times
    .filter((time) => secondsOf(time) >= FLOOR)
    .map(({ design }) => design)
    .join(', ') || 'none';
writeReport('estimate-time.json', JSON.stringify(times, null, 1));
writeReport(
  'estimate-time.md',
  `# Time of \`fp4sim estimate\`

Whole commands, from start to exit, on ASAP7, energy included; ${cpus().length} cores, one command at a time, nothing else
running. *First*: nothing is kept yet; the clean-up is made and kept (\`--unchecked\`, as the check against the oracle is
another second or two, once in a build). *Again*: the design is checked and its clean-up kept, whatever the technology or
clock; median of ${RUNS}. The floor is ${FLOOR} s. Not below it the first time:
${above(({ firstS }) => firstS)}; again: ${above(({ againS }) => againS)}.

| design | first, s | again, s |
|---|---|---|
${times.map(({ design, firstS, againS }) => `| ${design} | ${firstS.toFixed(2)} | ${againS.toFixed(2)} |`).join('\n')}
`,
);

function timeOf(design: string): DesignTime {
  const cache = mkdtempSync(join(tmpdir(), 'fp4sim-time-'));
  try {
    const firstS = seconds([design, '--unchecked'], cache);
    seconds([design], cache); // Makes the check.
    const again = Array.from({ length: RUNS }, () => seconds([design], cache)).sort((a, b) => a - b);
    return { design, firstS, againS: again[(RUNS - 1) / 2]! };
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

function seconds(args: readonly string[], cache: string): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'dist', 'src', 'cli', 'main.js'), 'estimate', ...args, '--technology', 'asap7'],
    { env: { ...process.env, XDG_CACHE_HOME: cache }, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`fp4sim estimate ${args.join(' ')}: ${stderr}`);
  return (performance.now() - start) / 1000;
}
