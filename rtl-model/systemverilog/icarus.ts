/**
 * Checking recorded behaviour in Icarus Verilog. The testbench holds the design itself and reads binary recordings;
 * each output and register is compared at every cycle, in groups: a wide word with all of them, as the probe for
 * Verilator has, would be made anew at each change of any of them, which takes longer than the design.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Module } from '../hdl/index.js';
import { type CheckResult, type PlayResult, parseCheck, playAll } from './check.js';
import { type EmittedFile, emitModules } from './emit.js';
import { range } from './layout.js';
import type { ProbeField, ProbeLayout } from './probe.js';
import { inFolder, runProgram, writeFiles } from './programs.js';
import { bigEndianRecords, type Vectors } from './vectors.js';

/** Mismatches that are printed; all are counted. */
const SHOWN = 20;
/** Ports and registers that one comparison joins. */
const GROUP = 16;

/**
 * A testbench that plays `stimulus.bin` and compares every output and register with `expected.bin` at every cycle,
 * unknown values included. Arguments: `+lanes=` and `+cycles=`. Prints `mismatch LANE CYCLE WORD EXPECTED FOUND` lines
 * and `N mismatches in N cycles`.
 */
export function icarusTestbench(layout: ProbeLayout): EmittedFile {
  const outputs = layout.state.filter(({ kind }) => kind === 'output');
  const state = 32 * layout.stateWords;
  const text = `// Plays recorded vectors into ${layout.design} and compares every output and register at every cycle.
module testbench;
  reg clk = 1'b0;
  reg rst_n = 1'b1;
  reg [${32 * layout.inputWords - 1}:0] stimulus;
  reg [${state - 1}:0] expected;
  reg [${state - 1}:0] found;
  integer lanes, cycles, lane, cycle, word, mismatches, stimuli, expectations, count;
${layout.inputs.map(({ name, width }) => `  reg ${range(width)}in_${name};`).join('\n')}
${outputs.map(({ name, width }) => `  wire ${range(width)}out_${name};`).join('\n')}

  ${layout.design} dut (
    ${pins(layout).join(',\n    ')}
  );

  // Only when something differs: which words do.
  task report;
    begin
      found = ${state}'d0;
${layout.state.map((field) => `      found[${32 * field.word} +: ${field.width}] = ${reference(field)};`).join('\n')}
      for (word = 0; word < ${layout.stateWords}; word = word + 1)
        if (found[32*word +: 32] !== expected[32*word +: 32]) begin
          mismatches = mismatches + 1;
          if (mismatches <= ${SHOWN})
            $display("mismatch %0d %0d %0d %h %h", lane, cycle, word, expected[32*word +: 32], found[32*word +: 32]);
        end
    end
  endtask

  initial begin
    count = $value$plusargs("lanes=%d", lanes);
    count = $value$plusargs("cycles=%d", cycles);
    stimuli = $fopen("stimulus.bin", "rb");
    expectations = $fopen("expected.bin", "rb");
    mismatches = 0;
    for (lane = 0; lane < lanes; lane = lane + 1) begin
      #1 rst_n = 1'b0;
      #1 rst_n = 1'b1;
      for (cycle = 0; cycle < cycles; cycle = cycle + 1) begin
        count = $fread(stimulus, stimuli);
        count = $fread(expected, expectations);
${layout.inputs.map(({ name, width, word }) => `        in_${name} = stimulus[${32 * word} +: ${width}];`).join('\n')}
        #1;
        if (${comparisons(layout).join('\n            || ')}) report;
        clk = 1'b1;
        #1 clk = 1'b0;
      end
    end
    $display("%0d mismatches in %0d cycles", mismatches, lanes * cycles);
    $finish;
  end
endmodule
`;
  return { file: 'testbench.sv', text };
}

const reference = ({ name, kind }: ProbeField) => (kind === 'output' ? `out_${name}` : `dut.${name}`);

function pins({ clock, reset, inputs, state }: ProbeLayout): string[] {
  const outputs = state.filter(({ kind }) => kind === 'output');
  return [
    ...(clock === undefined ? [] : [`.${clock}(clk)`, `.${reset}(rst_n)`]),
    ...inputs.map(({ name }) => `.${name}(in_${name})`),
    ...outputs.map(({ name }) => `.${name}(out_${name})`),
  ];
}

/** One inequality a group, over all ports and registers. */
function comparisons({ state }: ProbeLayout): string[] {
  const groups: string[] = [];
  for (let i = 0; i < state.length; i += GROUP) {
    const fields = state.slice(i, i + GROUP);
    const expected = fields.map(({ word, width }) => `expected[${32 * word} +: ${width}]`);
    groups.push(`{${fields.map(reference).join(', ')}} !== {${expected.join(', ')}}`);
  }
  return groups;
}

/**
 * Checks the emitted SystemVerilog of a design in Icarus against one or several recordings of it; the design is
 * compiled once. Throws `ProgramError` if Icarus refuses or crashes, `RangeError` without a recording.
 */
export function checkWithIcarus(module: Module, recordings: Vectors | Iterable<Vectors>): CheckResult {
  return inFolder((folder) =>
    playAll(recordings, {
      build: ({ layout }) => {
        const paths = writeFiles(folder, [...emitModules(module), icarusTestbench(layout)]);
        const args = ['-g2012', '-s', 'testbench', '-o', 'simulation', ...paths];
        return runProgram('iverilog', args, { cwd: folder }).seconds;
      },
      play: (vectors) => play(folder, vectors),
    }),
  );
}

function play(folder: string, { layout, lanes, cycles, stimulus, expected }: Vectors): PlayResult {
  writeFileSync(join(folder, 'stimulus.bin'), bigEndianRecords(stimulus, layout.inputWords));
  writeFileSync(join(folder, 'expected.bin'), bigEndianRecords(expected, layout.stateWords));
  const args = ['-n', 'simulation', `+lanes=${lanes}`, `+cycles=${cycles}`];
  const run = runProgram('vvp', args, { cwd: folder, timeoutSeconds: 7200 });
  return { ...parseCheck(run.output, layout), runSeconds: run.seconds };
}
