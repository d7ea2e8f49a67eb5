/**
 * From words to gates: every cell of a flat netlist becomes folded, shared gates.
 *
 * Constants travel through registers as well: a register bit that is reset to a constant and can only ever load it is
 * that constant. All register bits start out assumed constant; those found to load something else are released, until
 * nothing changes, so the remaining assumptions hold by induction over time. (Trials with random values first release
 * what visibly changes; they only save passes.) This is the width folding that makes estimates of designs with partly
 * constant words come out right.
 */
import { Random } from '../../src/numerics/index.js';
import { CELLS } from './cells.js';
import type { AdderArchitecture } from './circuits.js';
import {
  evaluateGate,
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
  const allFree = netlist.registers.map((register) => new Uint8Array(widthOf(netlist, register)));
  const free = blastOnce(netlist, adder, allFree);
  const constant = unchangedBits(free);
  const isAnyLeft = () => constant.some((bits) => bits.includes(1));
  while (isAnyLeft() && release(underAssumptions(free, constant), constant));
  return isAnyLeft() ? blastOnce(netlist, adder, constant) : free;
}

/** For every bit of every register: 1 while it is assumed to keep its reset value for ever. */
type AssumedConstant = readonly Uint8Array[];

/** Rounds without a release after which the trial ends, and its seed. */
const QUIET_ROUNDS = 8;
const TRIAL_SEED = 1;

/**
 * The bits that stay assumed constant when values are tried, 32 sets at once: inputs and released bits take random
 * values, the others their reset value. A bit that loads something else is released. A gate that folds to a constant
 * under the same assumptions has that value in every trial, so `release` would drop such a bit as well; this only saves
 * passes. All registers of the argument must be free.
 */
function unchangedBits({ netlist, gates, bits }: Blasted): AssumedConstant {
  const random = new Random(TRIAL_SEED);
  const values = new Int32Array(gates.count);
  values[1] = -1;
  const resets = netlist.registers.map((register) =>
    Int32Array.from(bits[register.output]!, (_, i) => -resetBit(register, i)),
  );
  const constant = resets.map(({ length }) => new Uint8Array(length).fill(1));
  for (let quiet = 0; quiet < QUIET_ROUNDS; quiet++) {
    for (const { net } of netlist.inputs) for (const node of bits[net]!) values[node] = random.uint32();
    netlist.registers.forEach(({ output }, r) => {
      const [assumed, reset] = [constant[r]!, resets[r]!];
      bits[output]!.forEach((node, i) => {
        values[node] = assumed[i] === 1 ? reset[i]! : random.uint32();
      });
    });
    evaluateGates(gates, values);
    netlist.registers.forEach(({ next, enable }, r) => {
      const [assumed, reset] = [constant[r]!, resets[r]!];
      if (enable !== undefined && values[bits[enable]![0]!] === 0) return;
      bits[next]!.forEach((node, i) => {
        if (assumed[i] === 0 || values[node] === reset[i]) return;
        assumed[i] = 0;
        quiet = -1;
      });
    });
  }
  return constant;
}

/** Values of all gates, 32 trials a number, from those of inputs and registers. */
function evaluateGates({ count, kinds, a, b, c }: GateBuilder, values: Int32Array): void {
  for (let node = 2; node < count; node++) {
    const kind = kinds[node]!;
    if (kind < GATES.not.code) continue;
    values[node] = evaluateGate(kind, values[a[node]!]!, values[b[node]!]!, values[c[node]!]!);
  }
}

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

/** About as many gates a cell of a design has: room for them is made at once. */
const GATES_PER_CELL = 4;

function blastOnce(netlist: Netlist, adder: AdderArchitecture, constant: AssumedConstant): Blasted {
  const gates = new GateBuilder(adder, GATES_PER_CELL * netlist.cells.length);
  const bits: (readonly number[])[] = new Array(netlist.nets.length).fill([]);
  for (const { net, width } of netlist.inputs) {
    bits[net] = Array.from({ length: width }, () => gates.source('input'));
  }
  netlist.registers.forEach((register, r) => {
    gates.scope = register.scope;
    bits[register.output] = Array.from(constant[r]!, (known, i) =>
      known === 1 ? resetBit(register, i) : gates.source('register'),
    );
  });
  for (const cell of netlist.cells) {
    gates.scope = cell.scope;
    bits[cell.output] = blastCellOf(netlist, gates, cell, bits);
  }
  return { netlist, gates, bits };
}

/** The same netlist under assumptions: what depends on an assumed bit is made anew, beside the gates there are. */
function underAssumptions(free: Blasted, constant: AssumedConstant): Blasted {
  const { netlist } = free;
  const gates = free.gates.copy();
  const bits = [...free.bits];
  const differs = new Uint8Array(netlist.nets.length);
  const put = (net: number, nodes: readonly number[]) => {
    if (nodes.every((node, i) => node === bits[net]![i])) return;
    bits[net] = nodes;
    differs[net] = 1;
  };
  netlist.registers.forEach((register, r) => {
    if (!constant[r]!.includes(1)) return;
    const reset = (i: number) => resetBit(register, i);
    put(
      register.output,
      bits[register.output]!.map((node, i) => (constant[r]![i] === 1 ? reset(i) : node)),
    );
  });
  for (const cell of netlist.cells) {
    if (cell.inputs.some((net) => differs[net] === 1))
      put(cell.output, blastCellOf(netlist, gates, cell, bits));
  }
  return { netlist, gates, bits };
}

function blastCellOf(
  netlist: Netlist,
  gates: GateBuilder,
  cell: Cell,
  bits: Blasted['bits'],
): readonly number[] {
  const width = netlist.nets[cell.output]!.width;
  return blastCell(
    gates,
    cell,
    width,
    cell.inputs.map((net) => bits[net]!),
  );
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
function release({ netlist, bits }: Blasted, constant: AssumedConstant): boolean {
  let changed = false;
  netlist.registers.forEach((register, r) => {
    const neverLoads = register.enable !== undefined && bits[register.enable]![0] === 0;
    bits[register.next]!.forEach((node, i) => {
      if (constant[r]![i] === 0 || neverLoads || node === resetBit(register, i)) return;
      constant[r]![i] = 0;
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
  let count = 0;
  for (let node = 0; node < gates.count; node++) if (live[node] === 1) number[node] = count++;
  /** One figure of every node that stays. */
  const kept = <A extends Uint8Array | Int32Array>(from: A, into: A): A => {
    for (let node = 0; node < gates.count; node++) if (live[node] === 1) into[number[node]!] = from[node]!;
    return into;
  };
  const operand = (from: Int32Array) => {
    const nodes = kept(from, new Int32Array(count));
    for (let i = 0; i < count; i++) nodes[i] = number[nodes[i]!]!;
    return nodes;
  };
  const nodesOf = (net: number) => {
    const nodes = Int32Array.from(bits[net]!);
    for (let i = 0; i < nodes.length; i++) nodes[i] = number[nodes[i]!]!;
    return nodes;
  };
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
    kinds: kept(gates.kinds, new Uint8Array(count)),
    a: operand(gates.a),
    b: operand(gates.b),
    c: operand(gates.c),
    scopes: kept(gates.scopes, new Int32Array(count)),
    inputs: netlist.inputs.map(port),
    outputs: netlist.outputs.map(port),
    registers,
    probes: netlist.names.map(port),
    hierarchy: netlist.hierarchy,
  };
}

/** Nodes that outputs read (and registers, if all are kept), directly or through gates and registers, are 1. */
function liveNodes({ netlist, gates, bits }: Blasted, keepUnread: boolean): Uint8Array {
  const live = new Uint8Array(gates.count);
  const stack: number[] = [];
  const mark = (node: number) => {
    if (live[node] === 1) return;
    live[node] = 1;
    stack.push(node);
  };
  const loads = registerLoads(netlist, bits);
  for (const node of [0, 1]) mark(node);
  const registers = keepUnread ? netlist.registers.map(({ output }) => ({ net: output })) : [];
  for (const { net } of [...netlist.inputs, ...netlist.outputs, ...registers])
    for (const node of bits[net]!) mark(node);
  while (stack.length > 0) {
    const node = stack.pop()!;
    const kind = gates.kinds[node]!;
    if (kind === GATES.register.code) for (const read of loads.get(node)!) mark(read);
    if (kind < GATES.not.code) continue;
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
