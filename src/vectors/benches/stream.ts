/**
 * `<id>_stream_bench.sv`: plays a stream, one line a clock cycle, and compares before every edge the outputs that matter
 * in it. Icarus and Verilator; a first mismatch is played again with a waveform. Everything but the clock happens at
 * rising edges, as in the other testbench.
 */
import { type PlacedField, withRole } from '../layout.js';
import { BLOCK_VECTORS } from '../unit.js';
import { adapterName, rangeText } from './adapter.js';
import type { BenchPlan, ViewPlan } from './plan.js';
import { dumpText, loadText, nextSetText, slice } from './system-verilog-tasks.js';

export const streamName = ({ id }: BenchPlan) => `${id}_stream_bench`;

export function streamText(plan: BenchPlan, { unit, layout, sets }: ViewPlan): string {
  const bench = streamName(plan);
  const { reset, enable, done } = unit.interface!;
  const inputs = [
    ['rst_n', reset!],
    ['en', enable!],
    ...plan.inputs.map((field) => [field.name, field.name]),
  ];
  const [care] = withRole(layout, 'care');
  const outputs = outputsOf(plan, layout.fields, done);
  const driven = ([pin, field]: readonly string[]) =>
    `.${pin}(${slice('line', layout.fields.find(({ name }) => name === field)!)})`;
  const pins = [
    '.clk(clk)',
    ...inputs.map(driven),
    ...outputs.map(({ field, pin }) => `.${pin}(found_${field.name})`),
  ];
  const compares = outputs.map(({ field, place }) => {
    const expected = slice('line', field);
    return `      if (line[${care!.low + place}]) begin
        compared = compared + 1;
        if (found_${field.name} !== ${expected}) begin
          told = 1;
          if (wrong == 0 && replaying == 0)
            $display("class %0s, cycle %0d: ${field.name}: expected %h, found %h", name, cycle, ${expected}, found_${field.name});
        end
      end`;
  });
  return `// Plays the stream ${unit.stem} into ${plan.device.module}, a line a cycle, and compares what every output shows.
//   +class=NAME    this class only            +vectors=DIR  where the vectors are
//   +wave          a waveform of everything   +nowave       none of the first mismatch
\`timescale 1ns / 1ps
module ${bench};
  localparam integer WIDTH = ${layout.wordBits};
  localparam integer LONGEST = ${Math.max(...sets.map(({ count }) => count))};
  localparam integer LINE_BYTES = ${layout.lineBytes};
  localparam integer SETS = ${sets.length};

  reg [WIDTH-1:0] vectors [0:LONGEST-1];
  reg [WIDTH-1:0] line;  // on the ports of the device
  reg clk;
${outputs.map(({ field }) => `  wire ${rangeText(field.width)}found_${field.name};`).join('\n')}

  ${adapterName(plan)} dut (
    ${pins.join(',\n    ')}
  );

  string folder, only, file, name;
  integer set, count, index, handle, unused, cycles, compared, wrong, set_wrong, told;
  integer wrong_set, wrong_cycle, replaying;

${loadText(sets)}

  task compare(input integer cycle);
    begin
      told = 0;
${compares.join('\n')}
      if (told != 0) begin
        if (wrong == 0) begin
          wrong_set = set;
          wrong_cycle = cycle;
        end
        wrong = wrong + 1;
        set_wrong = set_wrong + 1;
      end
    end
  endtask

${dumpText(bench, `${plan.id}_stream.vcd`)}

  task begin_at(input integer cycle);
    begin
      index = cycle;
      set_wrong = 0;
      line <= vectors[cycle];
    end
  endtask

${nextSetText(['begin_at(0);'], 'finish;')}

  // All sets are done.
  task finish;
    begin
      if (compared == 0) $fatal(1, "there is nothing to play: +class=%0s", only);
      else if (wrong == 0) begin
        $display("PASS ${bench}: %0d cycles, %0d values", cycles, compared);
        $finish;
      end else begin
        $display("FAIL ${bench}: %0d of %0d cycles wrong", wrong, cycles);
        if ($test$plusargs("wave") || $test$plusargs("nowave")) $fatal(1, "the device differs from its stream");
        replaying = 1;
        set = wrong_set;
        choose_set;
        load;
        count = wrong_cycle + 2 > count ? count : wrong_cycle + 2;
        dump;
        begin_at(wrong_cycle - wrong_cycle % ${BLOCK_VECTORS});  // a reset
      end
    end
  endtask

  task end_of_set;
    begin
      if (replaying != 0) begin
        $display("the cycles before it, played again: ${plan.id}_stream.vcd");
        $fatal(1, "the device differs from its stream");
      end
      $display("%0s: %0d cycles, %0d wrong", name, count, set_wrong);
      cycles = cycles + count;
      next_set;
    end
  endtask

  initial begin
    line = {WIDTH{1'b0}};
    if (!$value$plusargs("vectors=%s", folder)) folder = ".";
    if (!$value$plusargs("class=%s", only)) only = "";
    cycles = 0;
    compared = 0;
    wrong = 0;
    replaying = 0;
    if ($test$plusargs("wave")) dump;
    set = -1;
    index = -1;
  end

  initial clk = 1'b0;
  always #5 clk = ~clk;

  always @(posedge clk) begin
    if (index < 0) next_set;
    else begin
      compare(index);
      index = index + 1;
      if (index == count) end_of_set;
      else line <= vectors[index];
    end
  end
endmodule
`;
}

/** Outputs of the stream that the device has: the bit of `care` of each, and its pin of the adapter. */
function outputsOf({ device, results }: BenchPlan, fields: readonly PlacedField[], done: string | undefined) {
  const pinOf = ({ name }: PlacedField) => {
    if (name === done) return device.done === undefined ? undefined : 'done';
    return results.find((result) => result.name === name)?.name;
  };
  return fields
    .filter(({ role }) => role === 'result')
    .map((field, place) => ({ field, place, pin: pinOf(field) }))
    .filter(({ pin }) => pin !== undefined);
}
