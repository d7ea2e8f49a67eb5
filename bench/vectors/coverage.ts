/**
 * `reports/coverage.md`: what the level-1 vectors of every design cover. Ends with status 1 when a bin that can be reached
 * is not. Run after `npm run build`: `node dist/bench/vectors/coverage.js [DESIGN …]`; about four seconds a design.
 */
import { DESIGNS } from '../../rtl-model/designs/index.js';
import { CoverageMeter, type CoverageReport } from '../../src/vectors/coverage/measure.js';
import { createTarget, generateBlocks, selectClasses } from '../../src/vectors/index.js';
import { writeReport } from '../reports/write-report.js';

const WHOLE = { seed: 1, shard: { index: 1, of: 1 } } as const;

function coverageOf(name: string): CoverageReport {
  const target = createTarget(name, { engine: 'compiled' });
  const selected = selectClasses({ target, level: 1, ...WHOLE });
  const meter = new CoverageMeter(selected[0]!.unit.coverage!());
  for (const entry of selected) {
    for (const { columns, range } of generateBlocks(entry, WHOLE)) meter.add(columns, range.count);
  }
  return meter.report();
}

const chosen = process.argv.slice(2);
const names = chosen.length > 0 ? chosen : [...DESIGNS.keys()];
const reports = names.map((name) => ({ name, ...coverageOf(name) }));
const rows = reports.map(({ name, counted, count, reachable, covered, points }) => {
  const unreachable = points.reduce((sum, { bins, reachable: r }) => sum + bins.length - r, 0);
  console.log(`${name}: ${covered} of ${reachable}`);
  return `| ${name} | ${count} ${counted} | ${reachable} | ${covered} | ${unreachable} |`;
});
const reasons = new Set(
  reports.flatMap(({ points }) =>
    points.flatMap(({ name, bins }) =>
      bins.flatMap(({ unreachable }) => (unreachable ? [`- ${name}: ${unreachable}`] : [])),
    ),
  ),
);
if (reports.some(({ covered, reachable }) => covered < reachable)) process.exitCode = 1;
if (chosen.length === 0) {
  writeReport(
    'coverage.md',
    `# Coverage of the level-1 vectors

Bins of the functional coverage model (\`src/vectors/coverage\`) that \`fp4sim vectors DESIGN --level 1\` reaches.

| design | counted | reachable bins | covered | unreachable |
|---|---|---|---|---|
${rows.join('\n')}

## Why bins are unreachable

${[...reasons].join('\n')}`,
  );
}
