/** Tasks of the testbench: the files of vectors, and what becomes of a result. */
import type { PlacedField } from '../layout.js';
import type { BenchPlan, BenchSet } from './plan.js';
import { BUBBLE_RULE } from './rules.js';

/** Bits of a field in the word of a line. */
export const slice = (word: string, { low, width }: PlacedField) =>
  width === 1 ? `${word}[${low}]` : `${word}[${low} +: ${width}]`;

/** Tasks that choose a class, by its number, and load its vectors. */
export function loadText(sets: readonly BenchSet[]): string {
  return `  task choose_set;
    begin
      case (set)
${sets.map((set, i) => `        ${i}: begin name = "${set.name}"; count = ${set.count}; file = {folder, "/${set.file}"}; end`).join('\n')}
        default: begin name = ""; count = 0; file = ""; end
      endcase
    end
  endtask

  // Loads the vectors of a set, or says why not.
  task load;
    begin
      handle = $fopen(file, "rb");
      if (handle == 0) $fatal(1, "cannot read %0s: +vectors=DIR says where the vectors are", file);
      unused = $fseek(handle, 0, 2);
      if ($ftell(handle) != count * LINE_BYTES)
        $fatal(1, "%0s has %0d bytes, expected %0d: it is cut off, or not of this bench", file, $ftell(handle), count * LINE_BYTES);
      $fclose(handle);
      $readmemh(file, vectors, 0, count - 1);
      if (^vectors[0] === 1'bx || ^vectors[count-1] === 1'bx)
        $fatal(1, "%0s is not made of hexadecimal digits", file);
    end
  endtask`;
}

/** A task that takes the next class that was asked for: `begins` it once it is loaded, or, after the last, does `ends`. */
export const nextSetText = (begins: readonly string[], ends: string) => `  task next_set;
    begin
      set = set + 1;
      choose_set;
      while (set < SETS && only != "" && name != only) begin
        set = set + 1;
        choose_set;
      end
      if (set < SETS) begin
        load;
${begins.map((line) => `        ${line}`).join('\n')}
      end else ${ends}
    end
  endtask`;

/** The hash of the rule for idle edges. */
export const mixedText = () => `  function automatic [31:0] mixed(input [31:0] x);
    reg [31:0] y;
    begin
      y = x;
${BUBBLE_RULE.mix.map(([shift, factor]) => `      y = y ^ (y >> ${shift});${factor === undefined ? '' : `\n      y = y * 32'h${factor.toString(16)};`}`).join('\n')}
      mixed = y;
    end
  endfunction`;

/** Tasks that await a result, compare it, and tell the first mismatch. */
export function judgeText(plan: BenchPlan): string {
  const { results } = plan;
  return `  task expect_result(input integer vector);
    begin
      if (pending == PENDING) begin
        complain(vector);
        $display("  the device has not answered %0d results", PENDING);
        pending = 0;
      end
      pending_index[(head + pending) % PENDING] = vector;
      pending_due[(head + pending) % PENDING] = edges + 1 + LATENCY;
      pending = pending + 1;
    end
  endtask

  // Counts a mismatch; the first one is told in full.
  task complain(input integer vector);
    integer i;
    begin
      if (replaying == 0) begin
        wrong = wrong + 1;
        set_wrong = set_wrong + 1;
        if (wrong == 1) begin
          wrong_set = set;
          wrong_index = vector;
          $display("first mismatch: class %0s, vector %0d, edge %0d after reset", name, vector, edges);
          i = vector;
          ${plan.first === undefined ? '' : 'while (i > 0 && vector - i < 8 && !is_first(vectors[i])) i = i - 1;'}
          for (i = i; i <= vector; i = i + 1) show(i);
        end
      end
    end
  endtask

  task show(input integer i);
    begin
      $display("  vector %0d: ${plan.inputs.map(({ name }) => `${name}=%h`).join(' ')}", i${plan.inputs.map((field) => `,\n        ${slice('vectors[i]', field)}`).join('')});
    end
  endtask

  task compare(input integer vector);
    reg [WIDTH-1:0] right;
    begin
      right = vectors[vector];
      if (checked(right)) begin
        if (replaying == 0) begin
          results_seen = results_seen + 1;
          set_results = set_results + 1;
        end
        if (${differs(plan)}) begin
          complain(vector);
          if (wrong == 1 && replaying == 0) begin
${results.map((field) => `            $display("  ${field.name}: expected %h, found %h", ${slice('right', field)}, found_${field.name});`).join('\n')}
          end
        end
      end
    end
  endtask

  task take_pending;
    begin
      compare(pending_index[head]);
      head = (head + 1) % PENDING;
      pending = pending - 1;
    end
  endtask`;
}

/** The other results of a NaN are not looked at. */
function differs({ results, nan }: BenchPlan): string {
  const isOther = (field: PlacedField) => `found_${field.name} !== ${slice('right', field)}`;
  if (nan === undefined) return results.map(isOther).join(' || ');
  const [flags, others] = [
    results.filter(({ name }) => name === nan.name),
    results.filter(({ name }) => name !== nan.name),
  ];
  const number =
    others.length === 0 ? [] : [`(!${slice('right', nan)} && (${others.map(isOther).join(' || ')}))`];
  return [...flags.map(isOther), ...number].join(' || ');
}

/** Counts a vector that is taken, unless it is played again. */
export const COUNT_PLAYED = 'if (replaying == 0) vectors_played = vectors_played + 1;';

/**
 * Tasks `drive`, which puts the next vector or an idle edge onto the ports, and `rest`, an idle edge.
 *
 * @param bits of a vector
 * @param taken statements for a vector that is taken
 * @param idled statements for an idle edge
 */
export function driveText(
  bits: number,
  hasEnable: boolean,
  taken: readonly string[],
  idled: readonly string[] = [],
): string {
  const words = Math.ceil(bits / 32);
  return `  // What goes onto the ports at this edge.
  task drive;
    reg [31:0] noise;
    begin
      noise = mixed(index * 64 + idle);
      if (index == to) begin
        phase = DRAINING;
        idle = 0;
        rest(noise);
      end else if ((is_first(vectors[index]) && since_first < INTERVAL)
          || (index[${Math.log2(BUBBLE_RULE.every)}] && {28'd0, noise[3:0]} < bubbles && idle < 63)) begin
        idle = idle + 1;
        since_first = since_first + 1;
        rest(noise);
      end else begin
        if (is_first(vectors[index])) since_first = 0;
        since_first = since_first + 1;
        idle = 0;
        en <= 1'b1;
        line <= vectors[index];
${taken.map((statement) => `        ${statement}\n`).join('')}        index = index + 1;
      end
    end
  endtask

  // An idle edge: the other ports carry noise, which the device must not see.
  task rest(input [31:0] noise);
    reg [${32 * words - 1}:0] wide;
    begin
      wide = {${words}{noise}};
      en <= 1'b0;
      line <= ${hasEnable ? 'wide[WIDTH-1:0]' : "{WIDTH{1'b0}}"};
${idled.map((statement) => `      ${statement}\n`).join('')}    end
  endtask`;
}

/** Task `dump`: a waveform of the bench. */
export function dumpText(bench: string, file: string): string {
  return `  task dump;
    begin
      $dumpfile("${file}");
      $dumpvars(0, ${bench});
    end
  endtask`;
}
