/**
 * From words to gates: every cell of a flat netlist becomes folded, shared gates.
 *
 * Constants travel through registers as well: a register bit that is reset to a constant and can only ever load it is
 * that constant. All register bits start out assumed constant; those found to load something else are released, until
 * nothing changes, so the remaining assumptions hold by induction over time. (A short simulation first releases what
 * visibly changes; it only saves passes.) This is the width folding that makes
 * estimates of designs with partly constant words come out right.
 */
import { Random } from '../../src/numerics/index.js';
import { CELLS } from './cells.js';
import type { AdderArchitecture } from './circuits.js';
import {
  GATE_KINDS,
  GATES,
  GateBuilder,
  type GateNetlist,
  type GatePort,
  type GateRegister,
} from './gates.js';
import type { Cell, Netlist, ScopedRegister } from './module.js';

export interface BitBlastOptions {
  /** Architecture of adders that do not ask for one. Default `ripple`: the fewest gates, fastest to simulate. */
  readonly adder?: AdderArchitecture;
  /** Keeps register bits that nothing reads, for those who look at registers themselves. Default false. */
  readonly keepUnread?: boolean;
}

/** The gate-level netlist. Gates that no output and no register reads are left out. */
export function bitBlast(netlist: Netlist, options: BitBlastOptions = {}): GateNetlist {
  return sweep(blastNets(netlist, options), options.keepUnread ?? false);
}

/** All gates, with the nodes of every net: for building on, where `bitBlast` gives the finished netlist. */
export function blastNets(netlist: Netlist, { adder = 'ripple' }: BitBlastOptions = {}): Blasted {
  const free = blastOnce(
    netlist,
    adder,
    netlist.registers.map((register) => new Array<boolean>(widthOf(netlist, register)).fill(false)),
  );
  // Bits that are seen to change are not constant: assuming so would only cost passes.
  const constant = unchangedBits(free);
  if (!constant.some((bits) => bits.includes(true))) return free;
  for (;;) {
    const blasted = blastOnce(netlist, adder, constant);
    if (!release(blasted, constant)) return blasted;
  }
}

/** Cycles and the seed of the short simulation that looks for bits that change. */
const TRIAL_CYCLES = 12;
const TRIAL_SEED = 1;

/** For every register bit: whether it kept its reset value in 32 short random runs. All registers must be free. */
function unchangedBits({ netlist, gates, bits }: Blasted): boolean[][] {
  const random = new Random(TRIAL_SEED);
  const values = new Int32Array(gates.count);
  values[1] = -1;
  const reset = netlist.registers.map((register) =>
    bits[register.output]!.map((_, i) => -resetBit(register, i)),
  );
  const unchanged = reset.map((word) => word.map(() => true));
  let state = reset;
  for (let cycle = 0; cycle < TRIAL_CYCLES; cycle++) {
    for (const { net } of netlist.inputs) for (const node of bits[net]!) values[node] = random.uint32();
    netlist.registers.forEach(({ output }, r) => {
      bits[output]!.forEach((node, i) => {
        values[node] = state[r]![i]!;
      });
    });
    evaluateGates(gates, values);
    state = netlist.registers.map(({ next, enable }, r) => {
      const loads = enable === undefined ? -1 : values[bits[enable]![0]!]!;
      return bits[next]!.map((node, i) => {
        const loaded = (values[node]! & loads) | (state[r]![i]! & ~loads);
        if (loaded !== reset[r]![i]) unchanged[r]![i] = false;
        return loaded;
      });
    });
  }
  return unchanged;
}

/** Values of all gates, 32 runs a number, from those of inputs and registers. */
function evaluateGates({ count, kinds, a, b, c }: GateBuilder, values: Int32Array): void {
  for (let node = 2; node < count; node++) {
    const kind = kinds[node]!;
    if (kind < GATES.not.code) continue;
    values[node] = EVALUATE[kind]!(values[a[node]!]!, values[b[node]!]!, values[c[node]!]!);
  }
}

const EVALUATE = GATE_KINDS.map((kind) => GATES[kind].evaluate);

/** A netlist as gates, before anything is left out. A register bit that never changes is a constant node. */
export interface Blasted {
  readonly netlist: Netlist;
  readonly gates: GateBuilder;
  /** Nodes of each net. */
  readonly bits: readonly (readonly number[])[];
}

function widthOf(netlist: Netlist, register: ScopedRegister): number {
  return netlist.nets[register.output]!.width;
}

function blastOnce(netlist: Netlist, adder: AdderArchitecture, constant: readonly boolean[][]): Blasted {
  const gates = new GateBuilder(adder);
  const bits: (readonly number[])[] = new Array(netlist.nets.length).fill([]);
  for (const { net, width } of netlist.inputs) {
    bits[net] = Array.from({ length: width }, () => gates.source('input'));
  }
  netlist.registers.forEach((register, r) => {
    gates.scope = register.scope;
    bits[register.output] = constant[r]!.map((known, i) =>
      known ? resetBit(register, i) : gates.source('register'),
    );
  });
  for (const cell of netlist.cells) {
    gates.scope = cell.scope;
    bits[cell.output] = blastCell(
      gates,
      cell,
      netlist.nets[cell.output]!.width,
      cell.inputs.map((net) => bits[net]!),
    );
  }
  return { netlist, gates, bits };
}

/** Nodes of a cell's output, given those of its inputs. */
export function blastCell(
  gates: GateBuilder,
  { kind, parameters }: Cell,
  width: number,
  inputs: readonly (readonly number[])[],
): readonly number[] {
  const shape = { inputWidths: inputs.map((bits) => bits.length), width, parameters };
  return CELLS[kind].bitBlast(gates, inputs, shape);
}

/** Drops the assumption on every register bit that can load another value; true if any was dropped. */
function release({ netlist, bits }: Blasted, constant: readonly boolean[][]): boolean {
  let changed = false;
  netlist.registers.forEach((register, r) => {
    const neverLoads = register.enable !== undefined && bits[register.enable]![0] === 0;
    bits[register.next]!.forEach((node, i) => {
      if (!constant[r]![i] || neverLoads || node === resetBit(register, i)) return;
      constant[r]![i] = false;
      changed = true;
    });
  });
  return changed;
}

function resetBit(register: ScopedRegister, i: number): number {
  return Number((register.reset >> BigInt(i)) & 1n);
}

/** The netlist with only the nodes that matter, renumbered; inputs and constants always stay. */
function sweep(blasted: Blasted, keepUnread: boolean): GateNetlist {
  const { netlist, gates, bits } = blasted;
  const live = liveNodes(blasted, keepUnread);
  const number = new Int32Array(gates.count).fill(-1);
  const kept: number[] = [];
  live.forEach((wanted, node) => {
    if (wanted) number[node] = kept.push(node) - 1;
  });
  const nodesOf = (net: number) => Int32Array.from(bits[net]!, (node) => number[node]!);
  const operand = (from: Int32Array) => Int32Array.from(kept, (node) => number[from[node]!]!);
  const port = ({ name, net }: { name: string; net: number }): GatePort => ({ name, bits: nodesOf(net) });
  const registers = netlist.registers.map((register): GateRegister => {
    const { name, stage, clock, scope, reset } = register;
    const output = nodesOf(register.output);
    const next = output.map((node, i) => (node <= 1 ? node : number[bits[register.next]![i]!]!));
    const idle = register.enable === undefined || output.every((node) => node <= 1);
    const enable = idle ? -1 : number[bits[register.enable!]![0]!]!;
    return { name, stage, clock: clock.clock, scope, output, next, enable, reset };
  });
  return {
    name: netlist.name,
    kinds: Uint8Array.from(kept, (node) => gates.kinds[node]!),
    a: operand(gates.a),
    b: operand(gates.b),
    c: operand(gates.c),
    scopes: Int32Array.from(kept, (node) => gates.scopes[node]!),
    inputs: netlist.inputs.map(port),
    outputs: netlist.outputs.map(port),
    registers,
    probes: netlist.names.map(port),
    hierarchy: netlist.hierarchy,
  };
}

/** Nodes that outputs read (and registers, if all are kept), directly or through gates and registers. */
function liveNodes({ netlist, gates, bits }: Blasted, keepUnread: boolean): readonly boolean[] {
  const live = new Array<boolean>(gates.count).fill(false);
  const stack: number[] = [];
  const mark = (node: number) => {
    if (live[node]) return;
    live[node] = true;
    stack.push(node);
  };
  const loads = registerLoads(netlist, bits);
  for (const node of [0, 1]) mark(node);
  const registers = keepUnread ? netlist.registers.map(({ output }) => ({ net: output })) : [];
  for (const { net } of [...netlist.inputs, ...netlist.outputs, ...registers])
    for (const node of bits[net]!) mark(node);
  while (stack.length > 0) {
    const node = stack.pop()!;
    for (const read of loads.get(node) ?? []) mark(read);
    if (gates.kinds[node]! < GATES.not.code) continue;
    mark(gates.a[node]!);
    mark(gates.b[node]!);
    mark(gates.c[node]!);
  }
  return live;
}

/** For the output node of every flip-flop: the nodes it loads from. */
function registerLoads(netlist: Netlist, bits: readonly (readonly number[])[]): Map<number, number[]> {
  const loads = new Map<number, number[]>();
  for (const { output, next, enable } of netlist.registers) {
    bits[output]!.forEach((node, i) => {
      if (node <= 1) return;
      const gate = enable === undefined ? [] : [bits[enable]![0]!];
      loads.set(node, [bits[next]![i]!, ...gate]);
    });
  }
  return loads;
}
