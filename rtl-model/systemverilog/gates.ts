/** A gate-level netlist as one flat module of one-bit assignments, for tools that are to see exactly these gates. */
import { GATE_KINDS, GATES, type GateKind, type GateNetlist, type GatePort } from '../hdl/index.js';
import type { EmittedFile } from './emit.js';
import { range } from './layout.js';

type Operands = readonly [a: string, b: string, c: string];

/** How each kind of gate is written; sources have no text. */
const EXPRESSIONS: Partial<Record<GateKind, (operands: Operands) => string>> = {
  not: ([a]) => `~${a}`,
  and: ([a, b]) => `${a} & ${b}`,
  or: ([a, b]) => `${a} | ${b}`,
  xor: ([a, b]) => `${a} ^ ${b}`,
  mux: ([select, one, zero]) => `${select} ? ${one} : ${zero}`,
};

/** The netlist as a module of this name with ports clk, rst_n and those of the design. */
export function emitGates(gates: GateNetlist, name: string): EmittedFile {
  const node = (id: number) => (id <= 1 ? `1'b${id}` : `n${id}`);
  const wires: string[] = [];
  gates.kinds.forEach((code, id) => {
    if (code < GATES.not.code) return;
    const text = EXPRESSIONS[GATE_KINDS[code]!]!;
    wires.push(`  wire n${id} = ${text([node(gates.a[id]!), node(gates.b[id]!), node(gates.c[id]!)])};`);
  });
  const inputs = gates.inputs.flatMap(({ name: port, bits }) =>
    [...bits].map((id, i) => `  wire n${id} = ${bits.length === 1 ? port : `${port}[${i}]`};`),
  );
  const outputs = gates.outputs.map(
    ({ name: port, bits }) => `  assign ${port} = {${[...bits].reverse().map(node).join(', ')}};`,
  );
  const text = [
    `module ${name} (\n  input wire clk,\n  input wire rst_n,\n${ports(gates)}\n);`,
    ...registers(gates, node),
    ...inputs,
    ...wires,
    ...outputs,
    'endmodule\n',
  ].join('\n');
  return { file: `${name}.sv`, text };
}

function ports(gates: GateNetlist): string {
  const port = (direction: string) => (p: GatePort) => `  ${direction} wire ${range(p.bits.length)}${p.name}`;
  return [...gates.inputs.map(port('input')), ...gates.outputs.map(port('output'))].join(',\n');
}

/** One clocked block a register; bits that are constant or unread have no flip-flop. */
function registers(gates: GateNetlist, node: (id: number) => string): string[] {
  const declarations: string[] = [];
  const blocks: string[] = [];
  for (const { output, next, enable, reset } of gates.registers) {
    const bits = [...output].flatMap((id, i) =>
      id > 1 ? [{ id, next: next[i]!, reset: (reset >> BigInt(i)) & 1n }] : [],
    );
    if (bits.length === 0) continue;
    declarations.push(...bits.map(({ id }) => `  reg n${id};`));
    const resets = bits.map(({ id, reset: value }) => `n${id} <= 1'b${value};`).join(' ');
    const loads = bits.map(({ id, next: from }) => `n${id} <= ${node(from)};`).join(' ');
    const condition = enable < 0 ? 'else' : `else if (${node(enable)})`;
    blocks.push(
      `  always @(posedge clk or negedge rst_n) if (!rst_n) begin ${resets} end ${condition} begin ${loads} end`,
    );
  }
  return [...declarations, ...blocks];
}
