/**
 * The texts that the tools are given: flat synthesis for area and an impossible clock, an ideal clock, no wires.
 *
 * Synthesis is sensitive to the order in which it meets names. A run is perturbed by an unrelated module that is read
 * before the design and deleted again: it moves that order and nothing else.
 */

/** Files in the working folder of a run; those of a library by its number. */
export const FILES = {
  design: 'design.sv',
  unrelated: 'unrelated.v',
  library: (index: number) => `library${index}.lib`,
  constraints: (index: number) => `abc${index}.constr`,
  mapped: (index: number) => `mapped${index}.v`,
  statistics: (index: number) => `stat${index}.txt`,
  timing: (index: number) => `time${index}.tcl`,
} as const;

/**
 * From the text to cells, for each of a number of libraries. It has to be one script: gates that were written to a file
 * and read again come in another order, which makes some designs a quarter slower.
 */
export function synthesisScript(top: string, perturbation: number, libraries: number): string {
  const each = Array.from({ length: libraries }, (_, index) => [
    'design -load gates',
    ...mappingSteps(index),
  ]);
  return [
    ...(perturbation === 0 ? [] : [`read_verilog ${FILES.unrelated}`]),
    `read_verilog -sv ${FILES.design}`,
    ...(perturbation === 0 ? [] : ['delete unrelated']),
    `synth -flatten -top ${top}`,
    // Flip-flops are named after their registers.
    'rename -wire t:*DFF*',
    'design -save gates',
    ...each.flat(),
  ].join('; ');
}

/** From gates to the cells of a library, and what they come to. */
function mappingSteps(index: number): string[] {
  return [
    `dfflibmap -liberty ${FILES.library(index)}`,
    // A target of 1 ps cannot be met: cells are sized for speed.
    `abc -liberty ${FILES.library(index)} -constr ${FILES.constraints(index)} -D 1`,
    'opt_clean',
    `tee -o ${FILES.statistics(index)} stat -liberty ${FILES.library(index)}`,
    // OpenSTA reads no concatenation on the left of an assignment.
    `write_verilog -noattr -noexpr -simple-lhs ${FILES.mapped(index)}`,
  ];
}

/** An unrelated module whose number of names depends on the perturbation. */
export function unrelatedModule(perturbation: number): string {
  const width = 331 * perturbation + 7;
  const wires = Array.from({ length: width }, (_, i) => `  wire u${i} = a[${i}] ^ b[${(3 * i) % width}];`);
  const last = width - 1;
  return [
    `module unrelated (input [${last}:0] a, input [${last}:0] b, output [${last}:0] y);`,
    ...wires,
    ...wires.map((_, i) => `  assign y[${i}] = u${i} & a[${(i + 1) % width}];`),
    'endmodule\n',
  ].join('\n');
}

export function constraintsText(driver: string, loadFf: number): string {
  return `set_driving_cell ${driver}\nset_load ${loadFf}\n`;
}

/**
 * Every flip-flop input with its slack against a clock of next to nothing. Inputs arrive with the clock edge, from the
 * driving cell; the reset never changes (its arcs through flip-flops would count as paths).
 */
export function timingScript(
  { top, clock, reset }: { readonly top: string; readonly clock: string; readonly reset: string },
  driver: string,
  library: number,
): string {
  const ends = 'report_checks -path_delay max -format end -group_count 1000000 -endpoint_count 1 -digits 4';
  return `read_liberty ${FILES.library(library)}
set_cmd_units -time ps
read_verilog ${FILES.mapped(library)}
link_design ${top}
create_clock -period ${CLOCK_PS} -name clk ${clock}
set data {}
foreach port [all_inputs] { if {[get_property $port full_name] ni {${clock} ${reset}}} { lappend data $port } }
set_input_delay 0 -clock clk $data
set_driving_cell -lib_cell ${driver} $data
${ends} -to [all_registers -data_pins]
exit
`;
}

/** Period that the slacks are against. */
export const CLOCK_PS = 1;
