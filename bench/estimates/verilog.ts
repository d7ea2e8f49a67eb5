/** A gate netlist as flat, structural Verilog-2001: what synthesis is given when estimates are compared with it. */
import { GATES, type GateNetlist } from '../../rtl-model/hdl/index.js';

const EXPRESSIONS: Readonly<Record<number, (a: string, b: string, c: string) => string>> = {
  [GATES.not.code]: (a) => `~${a}`,
  [GATES.and.code]: (a, b) => `${a} & ${b}`,
  [GATES.or.code]: (a, b) => `${a} | ${b}`,
  [GATES.xor.code]: (a, b) => `${a} ^ ${b}`,
  [GATES.mux.code]: (a, b, c) => `${a} ? ${b} : ${c}`,
};

/** The module `top` with ports clk, rst_n and those of the netlist. */
export function gateVerilog(gates: GateNetlist, top: string): string {
  const names = nodeNames(gates);
  const name = (node: number) => names[node]!;
  const ports = [
    ['input', 'clk', 1],
    ['input', 'rst_n', 1],
    ...gates.inputs.map((port) => ['input', port.name, port.bits.length]),
    ...gates.outputs.map((port) => ['output', port.name, port.bits.length]),
  ] as const;
  const lines = [`module ${top} (${ports.map(([d, n, w]) => `${d} [${Number(w) - 1}:0] ${n}`).join(', ')});`];
  gates.kinds.forEach((kind, node) => {
    const expression = EXPRESSIONS[kind];
    if (expression === undefined) return;
    const operands = [gates.a, gates.b, gates.c].map((array) => name(array[node]!));
    lines.push(`  wire ${name(node)} = ${expression(operands[0]!, operands[1]!, operands[2]!)};`);
  });
  for (const { name: port, bits } of gates.outputs) {
    bits.forEach((node, i) => lines.push(`  assign ${port}[${i}] = ${name(node)};`));
  }
  return [...lines, ...registerLines(gates, name), 'endmodule', ''].join('\n');
}

function nodeNames(gates: GateNetlist): string[] {
  const names = [...gates.kinds.keys()].map((node) => `n${node}`);
  names[0] = "1'b0";
  names[1] = "1'b1";
  for (const { name, bits } of gates.inputs) {
    bits.forEach((node, i) => {
      names[node] = `${name}[${i}]`;
    });
  }
  return names;
}

function registerLines(gates: GateNetlist, name: (node: number) => string): string[] {
  return gates.registers.flatMap(({ output, next, enable, reset }) =>
    [...output].flatMap((node, bit) => {
      if (node <= 1) return [];
      const value = (reset >> BigInt(bit)) & 1n;
      const load = `${enable < 0 ? '' : `if (${name(enable)}) `}${name(node)} <= ${name(next[bit]!)};`;
      return [
        `  reg ${name(node)};`,
        `  always @(posedge clk or negedge rst_n) if (!rst_n) ${name(node)} <= 1'b${value}; else ${load}`,
      ];
    }),
  );
}
