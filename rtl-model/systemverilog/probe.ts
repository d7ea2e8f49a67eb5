/**
 * A wrapper that shows everything a test wants to see of a design: one wide input with all of its inputs, one wide
 * output with all of its outputs and registers, at every depth of the hierarchy.
 *
 * Each port or register is a field that starts at a multiple of 32 bits, so programs read it as 32-bit words, least
 * significant first. For simulation only: it reads registers by hierarchical names.
 */
import type { Netlist } from '../hdl/index.js';
import type { EmittedFile } from './emit.js';
import { range } from './layout.js';

export interface ProbeField {
  /** Port name, or hierarchical register name. */
  readonly name: string;
  /** In bits. */
  readonly width: number;
  /** First 32-bit word. */
  readonly word: number;
  readonly kind: 'input' | 'output' | 'register';
}

/** What the wide words of a probe hold. */
export interface ProbeLayout {
  readonly design: string;
  readonly inputs: readonly ProbeField[];
  readonly inputWords: number;
  /** Outputs of the design, then registers that are not outputs themselves. */
  readonly state: readonly ProbeField[];
  readonly stateWords: number;
  readonly clock: string | undefined;
  readonly reset: string | undefined;
}

/** Verilator keeps words of up to 64 bits in integers; wider ones, always, in arrays of 32-bit words. */
const LEAST_WORDS = 3;

/** 32-bit words of a field. */
export const wordsOfField = ({ width }: Pick<ProbeField, 'width'>) => Math.ceil(width / 32);

/** The layout for a design; one clock domain at most. */
export function probeLayout(netlist: Netlist): ProbeLayout {
  const port = (kind: ProbeField['kind']) => (p: { readonly name: string; readonly width: number }) =>
    ({ name: p.name, width: p.width, kind }) as const;
  const outputs = netlist.outputs.map(port('output'));
  const names = new Set(outputs.map(({ name }) => name));
  const registers = netlist.registers
    .filter(({ name }) => !names.has(name))
    .map(({ name, output }) => port('register')({ name, width: netlist.nets[output]!.width }));
  const inputs = placed(netlist.inputs.map(port('input')));
  const state = placed([...outputs, ...registers]);
  const domain = netlist.registers[0]?.clock;
  return {
    design: netlist.name,
    inputs,
    inputWords: Math.max(LEAST_WORDS, wordsUsed(inputs)),
    state,
    stateWords: Math.max(LEAST_WORDS, wordsUsed(state)),
    clock: domain?.clock,
    reset: domain?.reset,
  };
}

/** Name of the wrapper of a design. */
export const probeName = (layout: ProbeLayout) => `${layout.design}_probe`;

/** The wrapper. Ports: clk, rst_n (active low), stimulus, state. */
export function probeModule(layout: ProbeLayout): EmittedFile {
  const name = probeName(layout);
  const wires = layout.state.filter(({ kind }) => kind === 'output');
  const text = `// ${name}: every input, output and register of ${layout.design} in two wide words. For simulation.
module ${name} (
  input  wire  clk,
  input  wire  rst_n,
  input  wire  ${range(32 * layout.inputWords)}stimulus,
  output wire  ${range(32 * layout.stateWords)}state
);
${wires.map((port) => `  wire  ${range(port.width)}out_${port.name};`).join('\n')}
  ${layout.design} dut (
    ${pins(layout).join(',\n    ')}
  );
${stateAssignments(layout).join('\n')}
endmodule
`;
  return { file: `${name}.sv`, text };
}

function pins({ clock, reset, inputs, state }: ProbeLayout): string[] {
  const outputs = state.filter(({ kind }) => kind === 'output');
  return [
    ...(clock === undefined ? [] : [`.${clock}(clk)`, `.${reset}(rst_n)`]),
    ...inputs.map(({ name, width, word }) => `.${name}(stimulus[${32 * word} +: ${width}])`),
    ...outputs.map(({ name }) => `.${name}(out_${name})`),
  ];
}

function stateAssignments(layout: ProbeLayout): string[] {
  const assign = (low: number, width: number, value: string) =>
    `  assign state[${low} +: ${width}] = ${value};`;
  const lines = layout.state.map((field) => {
    const { name, width, word, kind } = field;
    const source = kind === 'output' ? `out_${name}` : `dut.${name}`;
    const padding = 32 * wordsOfField(field) - width;
    return assign(32 * word, width + padding, padding === 0 ? source : `{${padding}'d0, ${source}}`);
  });
  const rest = layout.stateWords - wordsUsed(layout.state);
  if (rest > 0) lines.push(assign(32 * wordsUsed(layout.state), 32 * rest, `${32 * rest}'d0`));
  return lines;
}

function placed(ports: readonly Omit<ProbeField, 'word'>[]): ProbeField[] {
  let word = 0;
  return ports.map((port) => {
    const field = { ...port, word };
    word += wordsOfField(port);
    return field;
  });
}

function wordsUsed(fields: readonly ProbeField[]): number {
  const last = fields.at(-1);
  return last === undefined ? 0 : last.word + wordsOfField(last);
}
