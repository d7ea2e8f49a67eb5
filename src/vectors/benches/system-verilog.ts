/**
 * `<id>_bench.sv`: a self-checking testbench for Icarus and Verilator (`--binary --timing`). Vectors are loaded before
 * reset and indexed by a counter; results are compared in order; a first mismatch is played again with a waveform.
 *
 * Everything but the clock happens at rising edges: ports are driven by nonblocking assignments and looked at before
 * the edge changes them, so that no simulator has an order of events to choose.
 */
import { adapterName } from './adapter.js';
import { checkerName } from './model/checker.js';
import type { BenchPlan } from './plan.js';
import { BUBBLE_RULE, PENDING, PLAYED_BEFORE, TIMEOUT_EDGES } from './rules.js';
import {
  COUNT_PLAYED,
  driveText,
  dumpText,
  judgeText,
  loadText,
  mixedText,
  nextSetText,
  slice,
} from './system-verilog-tasks.js';

export function benchText(plan: BenchPlan): string {
  const { id, layout, results, device, latencyCycles, intervalCycles, resultAfter, sets } = plan;
  const width = layout.wordBits;
  const expected =
    resultAfter === 'next-first' ? 'is_first(vectors[index]) && opened' : 'ends(vectors[index])';
  const taken = [
    COUNT_PLAYED,
    `if (${expected}) expect_result(${resultAfter === 'next-first' ? 'index - 1' : 'index'});`,
    'opened = 1;',
  ];
  const strict = latencyCycles !== undefined;
  return `// Plays the vectors ${plan.unit.stem} into ${device.module} and compares every result.
//   +class=NAME    this class only            +vectors=DIR  where the vectors are
//   +limit=N       N vectors of each class    +from=N       begin at vector N of each class
//   +bubbles=N     in every other ${BUBBLE_RULE.every} vectors N of 16 edges are idle (default ${BUBBLE_RULE.sixteenths})
//   +errors=N      stop after N mismatches (default 100)
//   +wave          a waveform of everything   +nowave       none of the first mismatch
\`timescale 1ns / 1ps
module ${id}_bench;
  localparam integer WIDTH = ${width};
  localparam integer LONGEST = ${Math.max(...sets.map(({ count }) => count))};
  localparam integer LINE_BYTES = ${layout.lineBytes};
  localparam integer SETS = ${sets.length};
  localparam integer LATENCY = ${latencyCycles ?? 0};  // ${strict ? 'edges from the one that completes a result' : 'not known: done says when'}
  localparam integer INTERVAL = ${intervalCycles};  // least edges between the first vectors of two results
  localparam integer PENDING = ${PENDING};
  localparam integer TIMEOUT = ${TIMEOUT_EDGES};
  localparam integer LOADING = 0, RESETTING = 1, RUNNING = 2, DRAINING = 3;

  reg [WIDTH-1:0] vectors [0:LONGEST-1];
  reg [WIDTH-1:0] line;  // on the ports of the device
  reg clk, rst_n, en;
${results.map(({ name, width: bits }) => `  wire ${bits === 1 ? '' : `[${bits - 1}:0] `}found_${name};`).join('\n')}
${device.done === undefined ? '' : '  wire done;\n'}
  ${adapterName(plan)} dut (
    ${pins(plan).join(',\n    ')}
  );

\`ifdef WITH_DPI
  ${checkerName(plan)} model (
    ${checkerPins(plan).join(',\n    ')}
  );
\`endif

  initial clk = 1'b0;
  always #5 clk = ~clk;

  string folder, only, file, name;
  integer set, count, from, limit, to, index, bubbles, most, phase, edges, idle, since_first, opened;
  integer vectors_played, results_seen, wrong, set_wrong, set_results;
  integer wrong_set, wrong_index, replaying, model_wrong;
  integer pending_index [0:PENDING-1];
  integer pending_due [0:PENDING-1];
  integer head, pending, handle, unused;

${loadText(sets)}

${nextSetText(BEGIN, END)}

  // Resets the device and plays from a vector that begins a dot product.
  task begin_at(input integer vector);
    begin
      index = vector;
      ${plan.first === undefined ? '' : `while (index > 0 && !is_first(vectors[index])) index = index - 1;\n      `}opened = 0;
      pending = 0;
      head = 0;
      idle = 0;
      since_first = INTERVAL;
      set_wrong = 0;
      set_results = 0;
      phase = RESETTING;
      edges = 0;
      rst_n <= 1'b0;
      en <= 1'b0;
      line <= {WIDTH{1'b0}};
    end
  endtask

  initial begin
    rst_n = 1'b1;
    en = 1'b0;
    line = {WIDTH{1'b0}};
    if (!$value$plusargs("vectors=%s", folder)) folder = "${VECTORS_HERE}";
    if (!$value$plusargs("class=%s", only)) only = "";
    if (!$value$plusargs("limit=%d", limit)) limit = -1;
    if (!$value$plusargs("from=%d", from)) from = 0;
    if (!$value$plusargs("bubbles=%d", bubbles)) bubbles = ${device.enable === undefined ? 0 : BUBBLE_RULE.sixteenths};
    if (!$value$plusargs("errors=%d", most)) most = 100;
    vectors_played = 0;
    results_seen = 0;
    wrong = 0;
    replaying = 0;
    model_wrong = 0;
    if ($test$plusargs("wave")) dump;
    set = -1;
    phase = LOADING;
    edges = 0;
  end

${dumpText(`${id}_bench`, `${id}.vcd`)}

${mixedText()}

  function automatic is_first(input [WIDTH-1:0] vector);
    is_first = ${plan.first === undefined ? "1'b1" : slice('vector', plan.first)};
  endfunction

  function automatic ends(input [WIDTH-1:0] vector);
    ends = ${plan.resultAfter === 'last' && plan.last !== undefined ? slice('vector', plan.last) : "1'b1"};
  endfunction

  function automatic checked(input [WIDTH-1:0] vector);
    checked = ${plan.check === undefined ? "1'b1" : slice('vector', plan.check)};
  endfunction

${judgeText(plan)}

  // Looks at the device before the edge.
  task answer;
    begin
${answer(plan)}
    end
  endtask

${driveText(width, device.enable !== undefined, taken)}

  task drain;
    begin
      idle = idle + 1;
      rest(mixed(index * 64 + idle));
      if (pending > 0 && idle > TIMEOUT) begin
        complain(pending_index[head]);
        if (replaying == 0) $display("  %0d results are missing at the end of class %0s", pending, name);
        pending = 0;
      end
      if (pending == 0 && idle > LATENCY + 2) end_of_set;
    end
  endtask

  task end_of_set;
    begin
      if (replaying != 0) begin
        $display("the vectors before it, played again: ${id}.vcd");
        verdict;
      end else begin
        $display("%0s: %0d results, %0d wrong", name, set_results, set_wrong);
        next_set;
      end
    end
  endtask

  // All sets are done, or there were mismatches enough.
  task finish;
    begin
\`ifdef WITH_DPI
      model_wrong = model.wrong;
      $display("model: %0d results, %0d wrong", model.compared, model.wrong);
\`endif
      if (wrong == 0 || $test$plusargs("nowave") || $test$plusargs("wave")) verdict;
      else begin
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

  task verdict;
    begin
      wrong = wrong + model_wrong;
      if (wrong == 0) begin
        $display("PASS ${id}: %0d vectors, %0d results", vectors_played, results_seen);
        $finish;
      end else begin
        $display("FAIL ${id}: %0d wrong; %0d vectors, %0d results", wrong, vectors_played, results_seen);
        $fatal(1, "the device differs from its vectors");
      end
    end
  endtask

  always @(posedge clk) begin
    edges = edges + 1;
    if (phase == LOADING) next_set;
    else if (phase == RESETTING) begin
      if (edges == 4) rst_n <= 1'b1;
      if (edges == 6) phase = RUNNING;
    end else begin
      answer;
      if (replaying == 0 && wrong >= most) finish;
      else if (phase == RUNNING) drive;
      else drain;
    end
  end
endmodule
`;
}

/** A class begins where the user said; after the last one there is a verdict. */
const BEGIN = ['to = (limit < 0 || from + limit > count) ? count : from + limit;', 'begin_at(from);'];
const END = `if (vectors_played == 0) $fatal(1, "there is nothing to play: +class=%0s", only);
      else finish;`;

/** Where the bench looks for vectors that it was not told of. */
export const VECTORS_HERE = '.';

function pins({ inputs, results, device }: BenchPlan): string[] {
  return [
    '.clk(clk)',
    '.rst_n(rst_n)',
    '.en(en)',
    ...inputs.map((field) => `.${field.name}(${slice('line', field)})`),
    ...results.map(({ name }) => `.${name}(found_${name})`),
    ...(device.done === undefined ? [] : ['.done(done)']),
  ];
}

function checkerPins(plan: BenchPlan): string[] {
  const named = new Set(plan.results.map(({ name }) => `.${name}(`));
  return pins(plan).map((pin) => {
    const isResult = [...named].some((start) => pin.startsWith(start));
    return isResult ? pin.replace('.', '.found_') : pin;
  });
}

/** By the edge, by `done`, or by both, which then have to agree. */
function answer({ device, latencyCycles }: BenchPlan): string {
  const due = 'pending > 0 && pending_due[head] == edges';
  if (device.done === undefined) return `      if (${due}) take_pending;`;
  if (latencyCycles === undefined)
    return `      if (done === 1'b1 && pending > 0) take_pending;
      else if (done !== 1'b0) begin
        complain(index == 0 ? 0 : index - 1);
        if (wrong == 1 && replaying == 0) $display("  done is %b although no result is awaited", done);
      end`;
  return `      if (done !== (${due})) begin
        complain(pending > 0 ? pending_index[head] : index == 0 ? 0 : index - 1);
        if (wrong == 1 && replaying == 0) $display("  done is %b, expected %b", done, ${due});
      end
      if (${due}) take_pending;`;
}
