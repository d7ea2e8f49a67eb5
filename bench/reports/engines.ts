/**
 * `reports/engines.md`: every design in four engines, value for value at every output and register of every cycle.
 * Arguments: names of designs; all by default. Minutes, most of them Verilator's builds: for a nightly run.
 */
import { createDesign, DESIGNS } from '../../rtl-model/designs/index.js';
import { designStimulus, interpreterMismatches, recordCompiled } from '../../rtl-model/proof/index.js';
import { CompiledSimulation } from '../../rtl-model/simulation/index.js';
import {
  type CheckResult,
  checkWithIcarus,
  checkWithVerilator,
} from '../../rtl-model/systemverilog/index.js';
import { writeReport } from './write-report.js';

const VERILATOR_CYCLES = 100_000;
/** Icarus runs about a thousand cycles of an integer MAC a second, fewer of the large designs. */
const ICARUS = { lanes: 4, cycles: 250 };
const INTERPRETER = { lanes: 2, cycles: 250 };
/** Cycles recorded at a time: bounds memory. */
const BATCH = 200;

const counted = (mismatches: number, cycles: number) => `${mismatches} in ${cycles.toLocaleString('en')}`;

function row(name: string): { text: string; mismatches: number } {
  const design = createDesign(name);
  const { module } = design;
  const small = recordCompiled(module, designStimulus(design, 1), ICARUS.lanes, ICARUS.cycles);
  const interpreter = interpreterMismatches(module, small, INTERPRETER.lanes, INTERPRETER.cycles).length;
  const icarus = checkWithIcarus(module, small);
  const verilator = inVerilator(name);
  const text = [
    name,
    small.layout.state.filter(({ kind }) => kind === 'register').length,
    counted(interpreter, INTERPRETER.lanes * INTERPRETER.cycles),
    counted(icarus.mismatches, icarus.cycles),
    counted(verilator.mismatches, verilator.cycles),
    verilator.buildSeconds.toFixed(1),
  ];
  console.log(text.join(' | '));
  return {
    text: `| ${text.join(' | ')} |`,
    mismatches: interpreter + icarus.mismatches + verilator.mismatches,
  };
}

function inVerilator(name: string): CheckResult {
  const design = createDesign(name);
  const { lanes } = CompiledSimulation;
  const batches = Math.ceil(VERILATOR_CYCLES / lanes / BATCH);
  const vectors = function* () {
    for (let batch = 0; batch < batches; batch++) {
      yield recordCompiled(design.module, designStimulus(design, 100 + batch), lanes, BATCH);
    }
  };
  return checkWithVerilator(design.module, vectors());
}

const chosen = process.argv.slice(2);
const rows = (chosen.length > 0 ? chosen : [...DESIGNS.keys()]).map(row);
const wrong = rows.reduce((sum, { mismatches }) => sum + mismatches, 0);
writeReport(
  'engines.md',
  `# One description, four engines

Mismatching 32-bit words of outputs and registers against the compiled simulator, in cycles of random segments (MACs,
half of the streams with bubbles between slices) or uniform inputs (other units), from reset.

| design | registers | interpreter | Icarus | Verilator | Verilator build, s |
|---|---|---|---|---|---|
${rows.map(({ text }) => text).join('\n')}

${wrong === 0 ? 'No mismatch.' : `${wrong} mismatches.`}`,
);
process.exitCode = wrong === 0 ? 0 : 1;
