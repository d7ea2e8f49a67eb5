/** Latency as a property of the netlist: how many registers lie between two ports. */
import type { Netlist } from '../hdl/index.js';

/**
 * The least number of registers on any path from an input port to an output port: a value taken at an edge shows at
 * the output after this many edges, that one included. Enables do not count as paths. Throws `RangeError` if there is
 * no such port or path.
 */
export function registerDepth(netlist: Netlist, from: string, to: string): number {
  const start = netlist.inputs.find(({ name }) => name === from);
  const end = netlist.outputs.find(({ name }) => name === to);
  if (start === undefined || end === undefined) throw new RangeError(`no port ${from} or ${to}`);
  const found = depthsFrom(netlist, [start.net])[end.net]!;
  if (!Number.isFinite(found)) throw new RangeError(`nothing leads from ${from} to ${to}`);
  return found;
}

/**
 * For each register the first edge at which it can hold something of an input, counted from the edge that takes the
 * input, which is 1; infinite for a register that no input reaches. In the order of the netlist.
 */
export function registerEdges(netlist: Netlist): number[] {
  const depth = depthsFrom(
    netlist,
    netlist.inputs.map(({ net }) => net),
  );
  return netlist.registers.map(({ output }) => depth[output]!);
}

/** By net: the least number of registers on any path from one of some nets. */
function depthsFrom(netlist: Netlist, nets: readonly number[]): number[] {
  const depth = new Array<number>(netlist.nets.length).fill(Number.POSITIVE_INFINITY);
  for (const net of nets) depth[net] = 0;
  let changed = true;
  while (changed) {
    for (const { inputs, output } of netlist.cells) {
      for (const net of inputs) if (depth[net]! < depth[output]!) depth[output] = depth[net]!;
    }
    changed = false;
    for (const { next, output } of netlist.registers) {
      if (depth[next]! + 1 >= depth[output]!) continue;
      depth[output] = depth[next]! + 1;
      changed = true;
    }
  }
  return depth;
}
