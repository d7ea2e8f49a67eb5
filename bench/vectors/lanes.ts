/**
 * `reports/vectors-lanes.md`: the exhaustive sets of single lanes (level 2) written to disk by `fp4sim vectors`, timed
 * from its start to its end. Ends with status 1 when one takes longer than the floor.
 *
 * Run after `npm run build`: `node dist/bench/vectors/lanes.js`. Half a minute, 1.6 GB in the temporary folder at most.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Manifest } from '../../src/vectors/index.js';
import { writeReport } from '../reports/write-report.js';

/** Seconds on the clock that a set may take. */
const FLOOR_SECONDS = 15;
const DESIGNS = ['nvfp4-lanes', 'if4-lanes', 'nvfp4-exact', 'if4-exact49'];
const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

function timed(design: string) {
  const folder = mkdtempSync(join(tmpdir(), 'lanes-'));
  try {
    const set = join(folder, 'set');
    const args = [main, 'vectors', design, '--level', '2', '--classes', 'exhaustive', '-o', set];
    const start = performance.now();
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    const seconds = (performance.now() - start) / 1000;
    if (status !== 0) throw new Error(`${design}: ${stderr}`);
    const manifest = JSON.parse(readFileSync(join(set, 'manifest.json'), 'utf8')) as Manifest;
    const [{ vectors, files }] = manifest.units[0]!.classes as [Manifest['units'][0]['classes'][0]];
    return { design, vectors, bytes: files[0]!.bytes, seconds };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const results = DESIGNS.map(timed);
const slowest = Math.max(...results.map(({ seconds }) => seconds));
writeReport(
  'vectors-lanes.md',
  `# Exhaustive vectors of lanes

\`fp4sim vectors DESIGN --level 2 --classes exhaustive -o FOLDER\`: every input of one lane, computed, hashed and written to
disk, on the clock from start to end.

| design | vectors | bytes | seconds |
|---|---|---|---|
${results
  .map(
    ({ design, vectors, bytes, seconds }) =>
      `| ${design} | ${vectors.toLocaleString('en')} (2^${Math.log2(vectors)}) | ${bytes.toLocaleString('en')} | ${seconds.toFixed(1)} |`,
  )
  .join('\n')}

The slowest is ${slowest < FLOOR_SECONDS ? 'under' : 'NOT under'} the ${FLOOR_SECONDS} s that are allowed.`,
);
process.exitCode = slowest < FLOOR_SECONDS ? 0 : 1;
