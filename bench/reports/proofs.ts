/**
 * `reports/proofs.md`: what is proved about the library and the designs, by Yosys. Arguments: names of designs; all by
 * default. A proof that runs out of time is listed as not proved. Minutes: for a nightly run.
 */
import { createDesign, DESIGNS } from '../../rtl-model/designs/index.js';
import {
  designGoals,
  libraryGoals,
  type ProofGoal,
  type ProofResult,
  prove,
  yosysFlavour,
} from '../../rtl-model/proof/index.js';
import { writeReport } from './write-report.js';

const chosen = process.argv.slice(2);
const names = chosen.length > 0 ? chosen : [...DESIGNS.keys()];

/** Designs share parts: each goal once. */
function distinct(goals: readonly ProofGoal[]): ProofGoal[] {
  return [...new Map(goals.map((goal) => [goal.name, goal])).values()];
}

const goals = distinct([...names.flatMap((name) => designGoals(createDesign(name))), ...libraryGoals()]);
const results = goals.map((goal): ProofResult => {
  const result = prove(goal);
  console.log(`${goal.name}: ${result.status}, ${result.seconds.toFixed(1)} s`);
  return result;
});
const count = (status: ProofResult['status']) => results.filter((result) => result.status === status).length;
const rows = results.map(({ goal, status, seconds, detail }) => {
  const shown = status === 'proved' ? detail : detail.replaceAll(/\s+/g, ' ').slice(0, 200);
  return `| ${goal.name} | ${goal.claim} | ${status} | ${seconds.toFixed(1)} | ${shown} |`;
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
