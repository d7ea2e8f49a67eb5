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

class Flattener {
  readonly #nets: Net[] = [];
  /** Union-find over nets: a port and what is connected to it are one net. */
  readonly #alias: number[] = [];
  readonly #cells: ScopedCell[] = [];
  readonly #registers: ScopedRegister[] = [];
  readonly #names: NetName[] = [];
  readonly #hierarchy: Scope[] = [];
  readonly #modules = new Map<string, Module>();

  /** Copies a module's hardware under `path`; returns the number of its first net. */
  add(module: Module, path: string, parent: number): number {
    this.#checkName(module);
    const scope = this.#hierarchy.push({ path, module: module.name, parent }) - 1;
    const base = this.#nets.length;
    const prefix = path === '' ? '' : `${path}.`;
    module.nets.forEach((net, i) => {
      this.#nets.push(net);
      this.#alias.push(base + i);
      if (net.name !== undefined) this.#names.push({ name: prefix + net.name, net: base + i, scope });
    });
    for (const { name, net } of module.outputs) {
      if (module.nets[net]!.name !== name) this.#names.push({ name: prefix + name, net: base + net, scope });
    }
    for (const cell of module.cells) {
      const inputs = cell.inputs.map((net) => base + net);
      this.#cells.push({ ...cell, inputs, output: base + cell.output, scope });
    }
    for (const register of module.registers) {
      const enable = register.enable === undefined ? undefined : base + register.enable;
      const nets = { output: base + register.output, next: base + register.next, enable };
      this.#registers.push({ ...register, ...nets, name: prefix + register.name, scope });
    }
    for (const { name, module: child, connections } of module.instances) {
      const childBase = this.add(child, prefix + name, scope);
      for (const port of child.inputs) this.#join(childBase + port.net, base + connections[port.name]!);
      for (const port of child.outputs) this.#join(base + connections[port.name]!, childBase + port.net);
    }
    return base;
  }

  netlist(top: Module, base: number): Netlist {
    const { ids, nets } = this.#compact();
    const at = (net: number) => ids[this.#root(net)]!;
    const cells = this.#cells.map((c) => ({ ...c, inputs: c.inputs.map(at), output: at(c.output) }));
    const registers = this.#registers.map((r) => {
      const enable = r.enable === undefined ? undefined : at(r.enable);
      return { ...r, output: at(r.output), next: at(r.next), enable };
    });
    const port = (p: Port) => ({ name: p.name, width: p.width, net: at(base + p.net) });
    return {
      name: top.name,
      nets,
      cells: inTopologicalOrder(cells, nets, this.#hierarchy),
      registers,
      inputs: top.inputs.map(port),
      outputs: top.outputs.map(port),
      names: this.#names.map((n) => ({ ...n, net: at(n.net) })),
      hierarchy: this.#hierarchy,
    };
  }

  /** Dense numbers for the nets that remain; a net takes the name of whichever alias has one. */
  #compact(): { ids: number[]; nets: Net[] } {
    const ids: number[] = [];
    const nets: Net[] = [];
    this.#nets.forEach((net, i) => {
      const root = this.#root(i);
      ids[root] ??= nets.push(this.#nets[root]!) - 1;
      const id = ids[root]!;
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
  for (let start = 0; start < cells.length; start++) {
    const stack = [start];
    while (stack.length > 0) {
      const index = stack.at(-1)!;
      const cell = cells[index]!;
      if (state[index] === 0) {
        state[index] = 1;
        for (const input of [...cell.inputs].reverse()) {
          const source = driver[input]!;
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
