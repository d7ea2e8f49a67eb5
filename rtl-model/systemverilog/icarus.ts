/** Checking recorded behaviour in Icarus Verilog: a testbench that reads vectors with `$readmemh`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Module } from '../hdl/index.js';
import { type EmittedFile, emitModules } from './emit.js';
import { type ProbeLayout, probeModule, probeName } from './probe.js';
import { inFolder, runProgram, writeFiles } from './programs.js';
import { fieldAt, type Mismatch, readmemhText, type Vectors } from './vectors.js';

/** Mismatches that are printed; all are counted. */
const SHOWN = 20;

/**
 * A testbench that plays `stimulus.hex` and compares every output and register with `expected.hex` at every cycle,
 * unknown values included. Prints `mismatch LANE CYCLE WORD EXPECTED FOUND` lines and `N mismatches in N cycles`.
 */
export function icarusTestbench(
  vectors: Pick<Vectors, 'layout' | 'lanes' | 'cycles' | 'checked'>,
): EmittedFile {
  const { layout, lanes, cycles, checked } = vectors;
  const [inputs, state] = [32 * layout.inputWords, 32 * layout.stateWords];
  const mask = readmemhText(checked, layout.stateWords).trim();
  const text = `// Plays recorded vectors into ${layout.design} and compares every output and register at every cycle.
module testbench;
  localparam integer LANES = ${lanes};
  localparam integer CYCLES = ${cycles};
  localparam [${state - 1}:0] CHECKED = ${state}'h${mask};

  reg clk = 1'b0;
  reg rst_n = 1'b1;
  reg [${inputs - 1}:0] stimulus;
  wire [${state - 1}:0] state;
  reg [${inputs - 1}:0] stimuli [0:LANES*CYCLES-1];
  reg [${state - 1}:0] expectations [0:LANES*CYCLES-1];
  reg [${state - 1}:0] expected;
  integer lane, cycle, word, mismatches;

  ${probeName(layout)} probe (.clk(clk), .rst_n(rst_n), .stimulus(stimulus), .state(state));

  initial begin
    $readmemh("stimulus.hex", stimuli);
    $readmemh("expected.hex", expectations);
    mismatches = 0;
    for (lane = 0; lane < LANES; lane = lane + 1) begin
      stimulus = stimuli[lane * CYCLES];
      #1 rst_n = 1'b0;
      #1 rst_n = 1'b1;
      for (cycle = 0; cycle < CYCLES; cycle = cycle + 1) begin
        stimulus = stimuli[lane * CYCLES + cycle];
        expected = expectations[lane * CYCLES + cycle];
        #1;
        if (((state ^ expected) & CHECKED) !== ${state}'d0) begin
          for (word = 0; word < ${layout.stateWords}; word = word + 1)
            if (((state[32*word +: 32] ^ expected[32*word +: 32]) & CHECKED[32*word +: 32]) !== 32'd0) begin
              mismatches = mismatches + 1;
              if (mismatches <= ${SHOWN})
                $display("mismatch %0d %0d %0d %h %h", lane, cycle, word, expected[32*word +: 32], state[32*word +: 32]);
            end
        end
        clk = 1'b1;
        #1 clk = 1'b0;
      end
    end
    $display("%0d mismatches in %0d cycles", mismatches, LANES * CYCLES);
    $finish;
  end
endmodule
`;
  return { file: 'testbench.sv', text };
}

/** Result of checking one simulator. */
export interface CheckResult {
  /** Words that differ, over all lanes and cycles. */
  readonly mismatches: number;
  /** The first of them. */
  readonly first: readonly Mismatch[];
  readonly cycles: number;
  /** Compiling the design for the simulator, and running it. */
  readonly buildSeconds: number;
  readonly runSeconds: number;
}

/** Checks the emitted SystemVerilog of a design in Icarus. Throws `ProgramError` if Icarus refuses or crashes. */
export function checkWithIcarus(module: Module, vectors: Vectors): CheckResult {
  return inFolder((folder) => {
    const { layout } = vectors;
    const files = [...emitModules(module), probeModule(layout), icarusTestbench(vectors)];
    const paths = writeFiles(folder, files);
    writeFileSync(join(folder, 'stimulus.hex'), readmemhText(vectors.stimulus, layout.inputWords));
    writeFileSync(join(folder, 'expected.hex'), readmemhText(vectors.expected, layout.stateWords));
    const build = runProgram('iverilog', ['-g2012', '-s', 'testbench', '-o', 'simulation', ...paths], {
      cwd: folder,
    });
    const run = runProgram('vvp', ['-n', 'simulation'], { cwd: folder });
    return { ...parseCheck(run.output, layout), buildSeconds: build.seconds, runSeconds: run.seconds };
  });
}

/** Reads what a testbench prints. */
export function parseCheck(
  output: string,
  layout: ProbeLayout,
): Pick<CheckResult, 'mismatches' | 'first' | 'cycles'> {
  const end = /(\d+) mismatches in (\d+) cycles/.exec(output);
  if (end === null) throw new Error(`the testbench did not finish:\n${output.slice(-2000)}`);
  const first = [...output.matchAll(/^mismatch (\d+) (\d+) (\d+) (\S+) (\S+)$/gm)].map((match): Mismatch => {
    const [lane, cycle, word] = [Number(match[1]), Number(match[2]), Number(match[3])];
    return { lane, cycle, field: fieldAt(layout, word), expected: match[4]!, found: match[5]! };
  });
  return { mismatches: Number(end[1]), cycles: Number(end[2]), first };
}
