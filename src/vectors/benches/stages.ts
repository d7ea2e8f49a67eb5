/**
 * `<id>_stages_bench.sv`: plays stage vectors and compares what registers inside the device hold of every vector after
 * each edge, so that the first stage that is wrong is told, and how often each register was. Registers are named by
 * their path into the device. Icarus and Verilator; everything but the clock happens at rising edges, and a first
 * mismatch is played again with a waveform, as in the other testbenches.
 */
import { adapterName } from './adapter.js';
import type { BenchPlan, StagesPlan } from './plan.js';
import { BUBBLE_RULE, PLAYED_BEFORE } from './rules.js';
import {
  COUNT_PLAYED,
  driveText,
  dumpText,
  loadText,
  mixedText,
  nextSetText,
  slice,
} from './system-verilog-tasks.js';
import type { WatchedRegister } from './watched-registers.js';

export const stagesName = ({ id }: BenchPlan) => `${id}_stages_bench`;

export function stagesText(plan: BenchPlan, stages: StagesPlan): string {
  const { device, intervalCycles } = plan;
  const { unit, layout, sets, registers } = stages;
  const bench = stagesName(plan);
  const field = (name: string) => layout.fields.find((one) => one.name === name)!;
  const inputs = plan.inputs.map(({ name }) => `.${name}(${slice('line', field(name))})`);
  const isFirst = plan.first === undefined ? "1'b1" : slice('vector', field(plan.first.name));
  return `// Plays the stage vectors ${unit.stem} into ${device.module}, and compares its registers after every edge.
//   +class=NAME    this class only            +vectors=DIR  where the vectors are
//   +limit=N       N vectors of each class
//   +bubbles=N     in every other ${BUBBLE_RULE.every} vectors N of 16 edges are idle (default ${BUBBLE_RULE.sixteenths})
//   +wave          a waveform of everything   +nowave       none of the first mismatch
\`timescale 1ns / 1ps
module ${bench};
  localparam integer WIDTH = ${layout.wordBits};
  localparam integer LONGEST = ${Math.max(...sets.map(({ count }) => count))};
  localparam integer LINE_BYTES = ${layout.lineBytes};
  localparam integer SETS = ${sets.length};
  localparam integer INTERVAL = ${intervalCycles};  // least edges between the first vectors of two results
  localparam integer DEPTH = ${Math.max(...registers.map(({ edge }) => edge))};  // edges after which the last register is looked at
  localparam integer REGISTERS = ${registers.length};
  localparam integer LOADING = 0, RESETTING = 1, RUNNING = 2, DRAINING = 3;

  reg [WIDTH-1:0] vectors [0:LONGEST-1];
  reg [WIDTH-1:0] line;  // on the ports of the device
  reg [WIDTH-1:0] right;
  reg clk, rst_n, en;

  ${adapterName(plan)} dut (
    ${['.clk(clk)', '.rst_n(rst_n)', '.en(en)', ...inputs].join(',\n    ')}
  );

  initial clk = 1'b0;
  always #5 clk = ~clk;

  string folder, only, file, name;
  integer set, count, limit, to, index, bubbles, phase, edges, idle, since_first, handle, unused, i;
  integer vectors_played, compared, wrong, set_wrong, told, wrong_set, wrong_index, replaying;
  integer age [0:DEPTH];  // vector that was taken so many edges ago, or -1; 0 is on the ports
  integer wrong_of [0:REGISTERS-1];

${loadText(sets)}

${nextSetText(['to = (limit < 0 || limit > count) ? count : limit;', 'begin_at(0);'], 'finish;')}

  // Resets the device and plays from a vector that begins a dot product.
  task begin_at(input integer vector);
    begin
      index = vector;
      while (index > 0 && !is_first(vectors[index])) index = index - 1;
      for (i = 0; i <= DEPTH; i = i + 1) age[i] = -1;
      idle = 0;
      since_first = INTERVAL;
      set_wrong = 0;
      phase = RESETTING;
      edges = 0;
      rst_n <= 1'b0;
      en <= 1'b0;
      line <= {WIDTH{1'b0}};
    end
  endtask

  function automatic is_first(input [WIDTH-1:0] vector);
    is_first = ${isFirst};
  endfunction

${mixedText()}

  // Counts a mismatch; told says whether it is the first.
  task complain(input integer register, input integer vector);
    begin
      told = 0;
      if (replaying == 0) begin
        wrong = wrong + 1;
        set_wrong = set_wrong + 1;
        wrong_of[register] = wrong_of[register] + 1;
        if (wrong == 1) begin
          told = 1;
          wrong_set = set;
          wrong_index = vector;
          $display("first mismatch: class %0s, vector %0d", name, vector);
          $display("  ${plan.inputs.map(({ name }) => `${name}=%h`).join(' ')}"${plan.inputs.map(({ name }) => `,\n            ${slice('right', field(name))}`).join('')});
        end
      end
    end
  endtask

  task compare;
    begin
${comparesText(registers)}
    end
  endtask

  task take(input integer vector);
    begin
      for (i = DEPTH; i > 0; i = i - 1) age[i] = age[i-1];
      age[0] = vector;
    end
  endtask

${driveText(layout.wordBits, device.enable !== undefined, ['take(index);', COUNT_PLAYED], ['take(-1);'])}

  task end_of_set;
    begin
      if (replaying != 0) begin
        $display("the vectors before it, played again: ${plan.id}_stages.vcd");
        $fatal(1, "the device differs from its stage vectors");
      end
      $display("%0s: %0d vectors, %0d values wrong", name, to, set_wrong);
      next_set;
    end
  endtask

  // All sets are done.
  task finish;
    begin
      if (compared == 0) $fatal(1, "there is nothing to play: +class=%0s", only);
      else if (wrong == 0) begin
        $display("PASS ${bench}: %0d vectors, %0d values", vectors_played, compared);
        $finish;
      end else begin
${registers.map(({ field: { name }, stage }, i) => `        if (wrong_of[${i}] != 0) $display("  ${name} (${stage}): %0d wrong", wrong_of[${i}]);`).join('\n')}
        $display("FAIL ${bench}: %0d of %0d values wrong", wrong, compared);
        if ($test$plusargs("wave") || $test$plusargs("nowave")) $fatal(1, "the device differs from its stage vectors");
        replaying = 1;
        set = wrong_set;
        choose_set;
        load;
        to = wrong_index + 2 > count ? count : wrong_index + 2;
        dump;
        begin_at(wrong_index < ${PLAYED_BEFORE} ? 0 : wrong_index - ${PLAYED_BEFORE});
      end
    end
  endtask

${dumpText(bench, `${plan.id}_stages.vcd`)}

  initial begin
    rst_n = 1'b1;
    en = 1'b0;
    line = {WIDTH{1'b0}};
    if (!$value$plusargs("vectors=%s", folder)) folder = ".";
    if (!$value$plusargs("class=%s", only)) only = "";
    if (!$value$plusargs("limit=%d", limit)) limit = -1;
    if (!$value$plusargs("bubbles=%d", bubbles)) bubbles = ${device.enable === undefined ? 0 : BUBBLE_RULE.sixteenths};
    vectors_played = 0;
    compared = 0;
    wrong = 0;
    replaying = 0;
    for (i = 0; i < REGISTERS; i = i + 1) wrong_of[i] = 0;
    if ($test$plusargs("wave")) dump;
    set = -1;
    phase = LOADING;
    edges = 0;
  end

  always @(posedge clk) begin
    edges = edges + 1;
    if (phase == LOADING) next_set;
    else if (phase == RESETTING) begin
      if (edges == 4) rst_n <= 1'b1;
      if (edges == 6) phase = RUNNING;
    end else begin
      compare;
      if (phase == RUNNING) drive;
      else begin
        idle = idle + 1;
        rest(mixed(index * 64 + idle));
        if (idle > DEPTH + 1) end_of_set;
      end
    end
  end
endmodule
`;
}

/** Edge by edge: the registers that have something of the vector that was taken then. */
function comparesText(registers: readonly WatchedRegister[]): string {
  const edges = [...new Set(registers.map(({ edge }) => edge))];
  return edges
    .map((edge) => {
      const here = registers.flatMap((one, i) => (one.edge === edge ? [compareText(one, i)] : []));
      return `      if (age[${edge}] >= 0) begin
        right = vectors[age[${edge}]];
${here.join('\n')}
      end`;
    })
    .join('\n');
}

function compareText({ field, path, edge, stage, care }: WatchedRegister, i: number): string {
  const [expected, found] = [slice('right', field), `dut.device.${path}`];
  return `        if (right[${care}]) begin
          compared = compared + 1;
          if (${found} !== ${expected}) begin
            complain(${i}, age[${edge}]);
            if (told != 0) $display("  ${field.name}, stage ${stage}, after edge ${edge}: expected %h, found %h", ${expected}, ${found});
          end
        end`;
}
