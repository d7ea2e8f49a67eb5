/**
 * A pipelined design against an unpipelined one, in two steps that together hold for every input sequence:
 * 1. balance: on every path from an input to the registers that both designs have, the pipeline's own registers are
 *    equally many, none of them has an enable or lies on a loop (checked here, on the netlist);
 * 2. function: with those registers made transparent, the pipelined design is the unpipelined one (proved by SAT).
 *
 * Not covered: the first cycles after reset, in which the pipeline holds bubbles; simulation compares those.
 */
import { type Cell, flatten, HardwareError, type Module, type Netlist } from '../hdl/index.js';

/** The module with these registers of its own replaced by wires. Throws `HardwareError` for an unknown register. */
export function transparent(module: Module, names: ReadonlySet<string>): Module {
  const known = new Set(module.registers.map(({ name }) => name));
  for (const name of names) {
    if (!known.has(name)) throw new HardwareError(`${module.name} has no register ${name}`, module.place);
  }
  const wires = module.registers.filter(({ name }) => names.has(name));
  const buffers = wires.map(({ next, output, place }): Cell => {
    return { kind: 'buffer', inputs: [next], output, parameters: {}, place };
  });
  return {
    ...module,
    name: `${module.name}_transparent`,
    registers: module.registers.filter(({ name }) => !names.has(name)),
    cells: [...module.cells, ...buffers],
  };
}

/** Registers that `pipelined` has and `plain` has not. */
export function pipelineRegisters(pipelined: Module, plain: Module): Set<string> {
  const common = new Set(plain.registers.map(({ name }) => name));
  return new Set(pipelined.registers.map(({ name }) => name).filter((name) => !common.has(name)));
}

/**
 * How many of the named registers lie between the inputs and everything else: the same number on every path. Throws
 * `HardwareError` naming a net where paths of different depth meet, or a register that has an enable.
 */
export function pipelineDepth(module: Module, names: ReadonlySet<string>): number {
  const netlist = flatten(module);
  const gated = netlist.registers.find(({ name, enable }) => names.has(name) && enable !== undefined);
  if (gated !== undefined)
    throw new HardwareError(`pipeline register ${gated.name} has an enable`, gated.place);
  const depths = netDepths(netlist, names);
  const ends = netlist.registers.filter(({ name }) => !names.has(name));
  const found = new Set(
    ends.flatMap(({ next, enable }) => [depths[next], enable === undefined ? undefined : depths[enable]]),
  );
  found.delete(undefined);
  if (found.size !== 1) {
    throw new HardwareError(`${module.name}: paths of depths ${[...found].join(', ')}`, module.place);
  }
  return [...found][0]!;
}

/** Pipeline registers before each net; undefined for constants. A register that stays is in step with what it loads. */
function netDepths(netlist: Netlist, names: ReadonlySet<string>): (number | undefined)[] {
  const depths = new Array<number | undefined>(netlist.nets.length).fill(undefined);
  let changed = true;
  const set = (net: number, depth: number | undefined) => {
    if (depth === undefined || depths[net] === depth) return;
    if (depths[net] !== undefined) {
      const { name, place } = netlist.nets[net]!;
      throw new HardwareError(
        `${netlist.name}: depths ${depths[net]} and ${depth} meet at ${name ?? 'a net'}`,
        place,
      );
    }
    depths[net] = depth;
    changed = true;
  };
  for (const { net } of netlist.inputs) set(net, 0);
  while (changed) {
    changed = false;
    for (const { inputs, output } of netlist.cells) for (const net of inputs) set(output, depths[net]);
    for (const { name, next, enable, output } of netlist.registers) {
      const loaded = depths[next];
      if (names.has(name)) set(output, loaded === undefined ? undefined : loaded + 1);
      else for (const net of enable === undefined ? [next] : [next, enable]) set(output, depths[net]);
    }
  }
  return depths;
}
