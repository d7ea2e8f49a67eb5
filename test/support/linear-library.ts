/** Liberty texts whose tables are linear, so that what a fit must give is known. */

/** A table that is exactly base + perFf × load + perPs × slew, in the liberty file's ps and fF. */
function linearTable(name: string, base: number, perFf: number, perPs: number): string {
  const row = (slew: number) => [1, 10, 100].map((load) => base + perFf * load + perPs * slew).join(', ');
  return `${name} (t) { values (${[1, 10, 100].map((slew) => `"${row(slew)}"`).join(', ')}); }`;
}

const TABLES = [
  linearTable('cell_rise', 5, 2, 0.3),
  linearTable('cell_fall', 7, 3, 0.2),
  linearTable('rise_transition', 4, 1.5, 0.1),
  linearTable('fall_transition', 6, 2.5, 0.1),
].join(' ');

/** A gate with an output Y. */
export function linearCell(name: string, inputs: readonly string[], text: string, area: number): string {
  const pins = inputs.map((pin) => `pin (${pin}) { direction : input; capacitance : 2; }`);
  const arcs = inputs.map((pin) => `timing () { related_pin : "${pin}"; ${TABLES} }`).join(' ');
  return `cell (${name}) { area : ${area}; ${pins.join(' ')} pin (Y) { direction : output; function : "${text}"; ${arcs} } }`;
}

/** A flip-flop with a reset to 0. */
export const LINEAR_FLIP_FLOP = `cell (DFF) { area : 8;
  ff (IQ, IQN) { clocked_on : "CK"; next_state : "D"; clear : "!R"; }
  pin (CK) { direction : input; clock : true; capacitance : 1; } pin (R) { direction : input; capacitance : 1; }
  pin (D) { direction : input; capacitance : 2; }
  pin (Q) { direction : output; function : "IQ"; timing () { related_pin : "CK"; timing_type : rising_edge; ${TABLES} } } }`;

/** A library in ps and fF. */
export function linearLibrary(cells: readonly string[]): string {
  return `library (linear) {
  time_unit : 1ps; capacitive_load_unit (1, ff); nom_voltage : 0.9;
  lu_table_template (t) { variable_1 : input_net_transition; variable_2 : total_output_net_capacitance;
    index_1 ("1, 10, 100"); index_2 ("1, 10, 100"); }
  ${cells.join(' ')}
}`;
}
