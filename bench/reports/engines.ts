/**
 * `reports/engines.md`: every design in five engines, value for value at every output and register of every cycle.
 * Arguments: names of designs; all by default. Half an hour, nearly all of it Icarus and the interpreter: for a nightly
 * run. The report joins runs: designs that are not named keep their rows as long as their netlist is the same.
 */
import { createDesign, DESIGNS } from '../../rtl-model/designs/index.js';
import {
  checkWithInterpreter,
  checkWithWords,
  netlistHash,
  recordLongRun,
} from '../../rtl-model/proof/index.js';
import { checkWithIcarus, checkWithVerilator } from '../../rtl-model/systemverilog/index.js';
import { type KeptRow, keptRows } from './kept-rows.js';
import { writeReport } from './write-report.js';

/** Mismatching words and cycles in one engine. */
interface Count {
  readonly mismatches: number;
  readonly cycles: number;
}

interface Row extends KeptRow {
  readonly registers: number;
  /** Interpreter, words as JavaScript, Icarus, Verilator. */
  readonly engines: readonly Count[];
}

function check(name: string): Row {
  const design = createDesign(name);
  const recordings = recordLongRun(design, 1);
  const checks = [
    checkWithInterpreter(design.module, recordings),
    checkWithWords(design.netlist, recordings),
    checkWithIcarus(design.module, recordings),
    checkWithVerilator(design.module, recordings),
  ];
  const engines = checks.map(({ mismatches, cycles }) => ({ mismatches, cycles }));
  return { name, hash: netlistHash(design.netlist), registers: design.netlist.registers.length, engines };
}

function lineOf({ name, registers, engines }: Row): string {
  const cells = engines.map(({ mismatches, cycles }) => `${mismatches} in ${cycles.toLocaleString('en')}`);
  return `| ${[name, registers, ...cells].join(' | ')} |`;
}

const chosen = process.argv.slice(2);
const rows = keptRows<Row>('engines.json');
for (const name of chosen.length > 0 ? chosen : DESIGNS.keys()) {
  const row = check(name);
  console.log(lineOf(row));
  rows.set(name, row);
  writePage();
}
const counts = [...rows.values()].flatMap(({ engines }) => engines);
process.exitCode = counts.every(({ mismatches }) => mismatches === 0) ? 0 : 1;

/** After each design: a run that is cut off loses nothing. */
function writePage(): void {
  const ordered = [...DESIGNS.keys()].flatMap((name) => rows.get(name) ?? []);
  const missing = [...DESIGNS.keys()].filter((name) => !rows.has(name));
  const wrong = ordered
    .flatMap(({ engines }) => engines)
    .reduce((sum, { mismatches }) => sum + mismatches, 0);
  writeReport('engines.json', JSON.stringify(ordered, null, 2));
  writeReport(
    'engines.md',
    `# One description, five engines

Mismatching 32-bit words of outputs and registers against the compiled simulator, in cycles of random segments (MACs,
half of the streams with bubbles between slices) or uniform inputs (other units), from reset. The words as JavaScript
interpret the interpreter's netlist, without gates. The tests do the same (\`test/rtl-model/long-run.ts\`).

| design | registers | interpreter | words as JavaScript | Icarus | Verilator |
|---|---|---|---|---|---|
${ordered.map(lineOf).join('\n')}

${missing.length === 0 ? '' : `Not run as they are now: ${missing.join(', ')}.\n`}${wrong === 0 ? 'No mismatch.' : `${wrong} mismatches.`}`,
  );
}
