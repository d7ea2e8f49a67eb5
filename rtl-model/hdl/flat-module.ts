/** The way back from a netlist to a module, without its hierarchy: for mutants, which exist as netlists alone. */
import type { Module, Net, Netlist, Port } from './module.js';

/** A module of one level: ports and registers have names, and constants where SystemVerilog needs one. */
export function flatModule(netlist: Netlist, name: string): Module {
  const { inputs, registers, cells, outputs } = netlist;
  // Nets are numbered as they are driven: SystemVerilog declares them in that order.
  const driven = [...inputs.map(({ net }) => net), ...registers.map(({ output }) => output)];
  const order = [...driven, ...cells.map(({ output }) => output)];
  const numbers = new Map(order.map((net, number) => [net, number]));
  // Constants that are cut into slices need a name: there are no slices of numbers.
  const sliced = new Set(cells.filter(({ kind }) => kind === 'slice').map((cell) => cell.inputs[0]));
  const constants = cells.map(({ kind, output }, i) =>
    kind === 'constant' && sliced.has(output) ? `constant_k${i}` : undefined,
  );
  const names = [
    ...inputs.map((port) => port.name),
    ...registers.map((register, i) => registerName(register.name, i)),
    ...constants,
  ];
  const nets = order.map((net, i): Net => ({ ...netlist.nets[net]!, name: names[i] }));
  const at = (net: number) => numbers.get(net)!;
  const port = (one: Port) => ({ ...one, net: at(one.net) });
  return {
    name,
    summary: `${netlist.name} without hierarchy`,
    nets,
    cells: cells.map((cell) => ({ ...cell, inputs: cell.inputs.map(at), output: at(cell.output) })),
    registers: registers.map((register, i) => ({
      ...register,
      name: registerName(register.name, i),
      output: at(register.output),
      next: at(register.next),
      enable: register.enable === undefined ? undefined : at(register.enable),
    })),
    instances: [],
    inputs: inputs.map(port),
    outputs: outputs.map(port),
    place: netlist.nets[0]!.place,
  };
}

/** Numbered, so that it is no port's name. */
function registerName(path: string, index: number): string {
  return `r${index}_${path.replaceAll('.', '_')}`;
}
