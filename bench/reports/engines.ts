/**
 * `reports/engines.md`: every design in four engines, value for value at every output and register of every cycle.
 * Arguments: names of designs; all by default. A quarter of an hour, nearly all of it Icarus: for a nightly run.
 */
import { createDesign, DESIGNS } from '../../rtl-model/designs/index.js';
import { checkWithWords, recordLongRun } from '../../rtl-model/proof/index.js';
import {
  type CheckResult,
  checkWithIcarus,
  checkWithVerilator,
} from '../../rtl-model/systemverilog/index.js';
import { writeReport } from './write-report.js';

const counted = ({ mismatches, cycles }: Pick<CheckResult, 'mismatches' | 'cycles'>) =>
  `${mismatches} in ${cycles.toLocaleString('en')}`;

function row(name: string): { text: string; mismatches: number } {
  const design = createDesign(name);
  const recordings = recordLongRun(design, 1);
  const checks = [
    checkWithWords(design.netlist, recordings),
    checkWithIcarus(design.module, recordings),
    checkWithVerilator(design.module, recordings),
  ];
  const text = [name, design.netlist.registers.length, ...checks.map(counted)].join(' | ');
  console.log(text);
  return { text: `| ${text} |`, mismatches: checks.reduce((sum, { mismatches }) => sum + mismatches, 0) };
}

const chosen = process.argv.slice(2);
const rows = (chosen.length > 0 ? chosen : [...DESIGNS.keys()]).map(row);
const wrong = rows.reduce((sum, { mismatches }) => sum + mismatches, 0);
writeReport(
  'engines.md',
  `# One description, four engines

Mismatching 32-bit words of outputs and registers against the compiled simulator, in cycles of random segments (MACs,
half of the streams with bubbles between slices) or uniform inputs (other units), from reset. The interpreter itself
is compared in the tests; the words as JavaScript are its netlist, without gates.

| design | registers | words as JavaScript | Icarus | Verilator |
|---|---|---|---|---|
${rows.map(({ text }) => text).join('\n')}

${wrong === 0 ? 'No mismatch.' : `${wrong} mismatches.`}`,
);
process.exitCode = wrong === 0 ? 0 : 1;
