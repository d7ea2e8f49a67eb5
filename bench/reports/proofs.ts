/**
 * `reports/proofs.md`: what is proved about the library and the designs, by Yosys. Arguments: names of designs; all by
 * default. A proof that runs out of time is listed as not proved. Minutes: for a nightly run, which goes on from what
 * an interrupted one has proved of the same text.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDesign, DESIGNS } from '../../rtl-model/designs/index.js';
import {
  designGoals,
  libraryGoals,
  type ProofGoal,
  type ProofResult,
  prove,
  yosysFlavour,
} from '../../rtl-model/proof/index.js';
import { ROOT, writeReport } from './write-report.js';

/** The result of a goal, and a hash of what was asked. */
interface Row extends Pick<ProofResult, 'status' | 'seconds' | 'detail'> {
  readonly name: string;
  readonly claim: string;
  readonly hash: string;
}

const chosen = process.argv.slice(2);
const names = chosen.length > 0 ? chosen : [...DESIGNS.keys()];

/** Designs share parts: each goal once. */
function distinct(goals: readonly ProofGoal[]): ProofGoal[] {
  return [...new Map(goals.map((goal) => [goal.name, goal])).values()];
}

function proved(goal: ProofGoal, earlier: readonly Row[]): Row {
  const hash = createHash('sha256').update(JSON.stringify(goal)).digest('hex');
  const same = earlier.find((row) => row.hash === hash && row.status === 'proved');
  if (same !== undefined) return same;
  const { status, seconds, detail } = prove(goal);
  console.log(`${goal.name}: ${status}, ${seconds.toFixed(1)} s`);
  return { name: goal.name, claim: goal.claim, hash, status, seconds, detail };
}

const store = join(ROOT, 'reports', 'proofs.json');
const before = existsSync(store) ? (JSON.parse(readFileSync(store, 'utf8')) as Row[]) : [];
const goals = distinct([...names.flatMap((name) => designGoals(createDesign(name))), ...libraryGoals()]);
const results: Row[] = [];
for (const goal of goals) {
  results.push(proved(goal, before));
  const rest = before.filter(({ hash }) => results.every((row) => row.hash !== hash));
  writeReport('proofs.json', JSON.stringify([...results, ...rest], null, 2));
}
writeReport('proofs.json', JSON.stringify(results, null, 2));
const count = (status: Row['status']) => results.filter((result) => result.status === status).length;
const rows = results.map(({ name, claim, status, seconds, detail }) => {
  const shown = status === 'proved' ? detail : detail.replaceAll(/\s+/g, ' ').slice(0, 200);
  return `| ${name} | ${claim} | ${status} | ${seconds.toFixed(1)} | ${shown} |`;
});
writeReport(
  'proofs.md',
  `# Proofs

By Yosys (${yosysFlavour()}) and its SAT solver, on the emitted SystemVerilog. ${count('proved')} proved,
${count('refuted')} refuted, ${count('not proved')} not proved.

Not asked of a solver: the FP32 product of a whole lane with its scales. \`test/rtl-model/designs/lane-multipliers.test.ts\`
enumerates it instead, all 2^22 inputs of NVFP4 and all 2^24 of IF4, in the published MAC and in the exact one.

| goal | claim | | seconds | |
|---|---|---|---|---|
${rows.join('\n')}`,
);
process.exitCode = count('refuted') === 0 ? 0 : 1;
