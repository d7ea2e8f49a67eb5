/**
 * `reports/estimate-time.{md,json}`: how long `fp4sim estimate DESIGN` takes as a whole command, start-up included, for
 * each design: the first of all, later ones, and where no clean-up is kept. For a quiet machine:
 * `node dist/bench/reports/estimate-time.js`. With names of designs it measures those and prints what it found.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DESIGNS } from '../../rtl-model/designs/index.js';
import { buildFolder } from '../../rtl-model/proof/index.js';
import { ROOT, writeReport } from './write-report.js';

/** Seconds that an estimate may take. */
const FLOOR = 2;
/** Runs of a command that starts from what an earlier one has kept. */
const RUNS = 5;

interface DesignTime {
  readonly design: string;
  /** Seconds of the first command with a fresh build and an empty cache folder: it checks the design. */
  readonly firstS: number;
  /** Seconds of one that finds everything kept: median. */
  readonly againS: number;
  /** Seconds of one that has to clean the design up, without the check. */
  readonly anewS: number;
}

const brought = buildFolder('logic');
if (!existsSync(brought)) throw new Error(`${brought} is missing: npm run setup`);
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !DESIGNS.has(name));
if (unknown.length > 0)
  throw new Error(`no design ${unknown.join(', ')}; there are ${[...DESIGNS.keys()].join(', ')}`);
const bare = mkdtempSync(join(tmpdir(), 'fp4sim-bare-'));
try {
  // The same build without what it brings.
  cpSync(join(ROOT, 'dist'), join(bare, 'dist'), {
    recursive: true,
    filter: (source) => source !== join(ROOT, 'dist', 'kept'),
  });
  for (const name of ['node_modules', 'package.json', 'programs'])
    symlinkSync(join(ROOT, name), join(bare, name));
  if (asked.length > 0) for (const name of asked) console.log(JSON.stringify(timeOf(name)));
  else writeReports([...DESIGNS.keys()].map(timeOf));
} finally {
  rmSync(bare, { recursive: true, force: true });
}

function writeReports(times: readonly DesignTime[]): void {
  const above = (secondsOf: (time: DesignTime) => number) =>
    times
      .filter((time) => secondsOf(time) >= FLOOR)
      .map(({ design }) => design)
      .join(', ') || 'none';
  const row = ({ design, firstS, againS, anewS }: DesignTime) =>
    `| ${design} | ${[firstS, againS, anewS].map((value) => value.toFixed(2)).join(' | ')} |`;
  writeReport('estimate-time.json', JSON.stringify(times, null, 1));
  writeReport(
    'estimate-time.md',
    `# Time of \`fp4sim estimate\`

Whole commands, from start to exit, on ASAP7, energy included; ${cpus().length} cores, one command at a time, nothing else
running.

- *First*: the first command that anybody runs after \`npm run setup\`, the check against the oracle included. The
  clean-up comes with the build (decision 34).
- *Again*: the design is checked and its clean-up kept, whatever the technology or clock; median of ${RUNS}.
- *Anew*: the clean-up neither comes with the build nor is kept, as for a design of one's own; without the check.

The floor is ${FLOOR} s. Not below it: first: ${above(({ firstS }) => firstS)}; again: ${above(({ againS }) => againS)}; anew:
${above(({ anewS }) => anewS)}.

| design | first, s | again, s | anew, s |
|---|---|---|---|
${times.map(row).join('\n')}
`,
  );
}

function timeOf(design: string): DesignTime {
  const caches = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'fp4sim-time-')));
  try {
    const firstS = seconds(ROOT, [design], caches[0]!);
    const again = Array.from({ length: RUNS }, () => seconds(ROOT, [design], caches[0]!)).sort(
      (a, b) => a - b,
    );
    const anewS = seconds(bare, [design, '--unchecked'], caches[1]!);
    return { design, firstS, againS: again[(RUNS - 1) / 2]!, anewS };
  } finally {
    for (const cache of caches) rmSync(cache, { recursive: true, force: true });
  }
}

/** Seconds of an estimate by the program below a folder, with a cache folder of its own. */
function seconds(root: string, args: readonly string[], cache: string): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, 'dist', 'src', 'cli', 'main.js'), 'estimate', ...args, '--technology', 'asap7'],
    { env: { ...process.env, XDG_CACHE_HOME: cache }, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`fp4sim estimate ${args.join(' ')}: ${stderr}`);
  return (performance.now() - start) / 1000;
}
