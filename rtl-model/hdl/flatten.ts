/**
 * From a module with instances to a flat netlist: one net for everything that is connected, cells in topological
 * order, instances remembered as scopes. Finds combinational loops and different modules of one name.
 */

import { HardwareError } from './errors.js';
import type { Scope } from './gates.js';
import type { Module, Net, Netlist, NetName, Port, ScopedCell, ScopedRegister } from './module.js';

/** The flat netlist of a design. Throws `HardwareError` on combinational loops and clashing module names. */
export function flatten(top: Module): Netlist {
  const flattener = new Flattener();
  const base = flattener.add(top, '', -1);
  return flattener.netlist(top, base);
}

/** A module at one place in the hierarchy; its nets follow one another from `base` on. */
interface Placed {
  readonly module: Module;
  readonly base: number;
  readonly scope: number;
  /** What its names begin with. */
  readonly prefix: string;
}

class Flattener {
  readonly #nets: Net[] = [];
  /** Union-find over nets: a port and what is connected to it are one net. */
  readonly #alias: number[] = [];
  readonly #placed: Placed[] = [];
  readonly #hierarchy: Scope[] = [];
  readonly #modules = new Map<string, Module>();

  /** Places a module and its instances under `path`; returns the number of its first net. */
  add(module: Module, path: string, parent: number): number {
    this.#checkName(module);
    const scope = this.#hierarchy.push({ path, module: module.name, parent }) - 1;
    const base = this.#nets.length;
    const prefix = path === '' ? '' : `${path}.`;
    for (const net of module.nets) {
      this.#alias.push(this.#nets.length);
      this.#nets.push(net);
    }
    this.#placed.push({ module, base, scope, prefix });
    for (const { name, module: child, connections } of module.instances) {
      const childBase = this.add(child, prefix + name, scope);
      for (const port of child.inputs) this.#join(childBase + port.net, base + connections[port.name]!);
      for (const port of child.outputs) this.#join(base + connections[port.name]!, childBase + port.net);
    }
    return base;
  }

  netlist(top: Module, base: number): Netlist {
    const { ids, nets } = this.#compact();
    const cells: ScopedCell[] = [];
    const registers: ScopedRegister[] = [];
    const names: NetName[] = [];
    for (const { module, base: first, scope, prefix } of this.#placed) {
      const at = (net: number) => ids[first + net]!;
      for (const { kind, inputs, output, parameters, place } of module.cells) {
        cells.push({ kind, inputs: inputs.map(at), output: at(output), parameters, place, scope });
      }
      for (const register of module.registers) {
        const enable = register.enable === undefined ? undefined : at(register.enable);
        const connected = { output: at(register.output), next: at(register.next), enable };
        registers.push({ ...register, ...connected, name: prefix + register.name, scope });
      }
      module.nets.forEach(({ name }, net) => {
        if (name !== undefined) names.push({ name: prefix + name, net: at(net), scope });
      });
      for (const { name, net } of module.outputs) {
        if (module.nets[net]!.name !== name) names.push({ name: prefix + name, net: at(net), scope });
      }
    }
    const port = ({ name, width, net }: Port) => ({ name, width, net: ids[base + net]! });
    return {
      name: top.name,
      nets,
      cells: inTopologicalOrder(cells, nets, this.#hierarchy),
      registers,
      inputs: top.inputs.map(port),
      outputs: top.outputs.map(port),
      names,
      hierarchy: this.#hierarchy,
    };
  }

  /** The number of each net among those that remain; a net takes the name of whichever alias has one. */
  #compact(): { ids: Int32Array; nets: Net[] } {
    const ids = new Int32Array(this.#nets.length).fill(-1);
    const nets: Net[] = [];
    this.#nets.forEach((net, i) => {
      const root = this.#root(i);
      if (ids[root] === -1) ids[root] = nets.push(this.#nets[root]!) - 1;
      const id = ids[root]!;
      ids[i] = id;
      if (nets[id]!.name === undefined && net.name !== undefined) nets[id] = net;
    });
    return { ids, nets };
  }

  /** `net` becomes another name of `driver`. */
  #join(net: number, driver: number): void {
    this.#alias[this.#root(net)] = this.#root(driver);
  }

  #root(net: number): number {
    let root = net;
    while (this.#alias[root] !== root) root = this.#alias[root]!;
    this.#alias[net] = root;
    return root;
  }

  #checkName(module: Module): void {
    const before = this.#modules.get(module.name);
    if (before === undefined) this.#modules.set(module.name, module);
    else if (before !== module && structureOf(before) !== structureOf(module)) {
      throw new HardwareError(
        `two different modules are called ${module.name}, the first at ${before.place}`,
        module.place,
      );
    }
  }
}

/** A text that is equal for modules with the same hardware. */
function structureOf(module: Module): string {
  return JSON.stringify(module, (key, value: unknown) => {
    if (key === 'place') return undefined;
    return typeof value === 'bigint' ? `${value}n` : value;
  });
}

/** Depth-first from every cell in written order: operands first. */
function inTopologicalOrder(
  cells: readonly ScopedCell[],
  nets: readonly Net[],
  hierarchy: readonly Scope[],
): ScopedCell[] {
  const driver = new Int32Array(nets.length).fill(-1);
  cells.forEach((cell, i) => {
    driver[cell.output] = i;
  });
  const state = new Uint8Array(cells.length); // 0 new, 1 open, 2 done
  const ordered: ScopedCell[] = [];
  const stack: number[] = [];
  for (let start = 0; start < cells.length; start++) {
    stack.push(start);
    while (stack.length > 0) {
      const index = stack.at(-1)!;
      const cell = cells[index]!;
      if (state[index] === 0) {
        state[index] = 1;
        for (let i = cell.inputs.length - 1; i >= 0; i--) {
          const source = driver[cell.inputs[i]!]!;
          if (source < 0 || state[source] === 2) continue;
          if (state[source] === 1) throw loopError(source, stack, cells, state, nets, hierarchy);
          stack.push(source);
        }
      } else {
        stack.pop();
        if (state[index] === 1) {
          state[index] = 2;
          ordered.push(cell);
        }
      }
    }
  }
  return ordered;
}

/** Names the cells of the loop that closes at cell `closing`: those on the stack that are open, from it on. */
function loopError(
  closing: number,
  stack: readonly number[],
  cells: readonly ScopedCell[],
  state: Uint8Array,
  nets: readonly Net[],
  hierarchy: readonly Scope[],
): HardwareError {
  const open = stack.filter((index, i) => state[index] === 1 && stack.lastIndexOf(index) === i);
  const loop = open.slice(open.indexOf(closing));
  const steps = loop.map((index) => {
    const { kind, output, scope, place } = cells[index]!;
    const { path } = hierarchy[scope]!;
    const where = path === '' ? '' : `${path}.`;
    return `${where}${nets[output]!.name ?? kind} (${place})`;
  });
  return new HardwareError(`combinational loop: ${steps.join(' → ')}`, cells[closing]!.place);
}
