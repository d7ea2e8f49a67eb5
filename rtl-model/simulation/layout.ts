/** Where the compiled simulator keeps what in its memory: ports, registers, slots, counters; one vector a bit. */
import { type GateNetlist, HardwareError, Place } from '../hdl/index.js';
import type { Schedule } from './schedule.js';

/** Bytes of a vector of lanes. */
export const VECTOR_BYTES = 16;
export const PAGE_BYTES = 65536;

/** Where everything lives in memory, in bytes. */
export interface Layout {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly registers: readonly number[];
  /** Next values, parallel to `registers`. */
  readonly nexts: readonly number[];
  /** Enable of each register, or −1. */
  readonly enables: readonly number[];
  readonly slots: number;
  /** Previous values and counters for toggle counting, one vector a node each; −1 when not counting. */
  readonly previous: number;
  readonly counters: number;
  readonly bytes: number;
}

/** Gives every port, register and slot its place; `slots` is how many slots the programs need. */
export function layOut(gates: GateNetlist, slots: number, toggles: boolean): Layout {
  let bytes = 0;
  const take = (vectors: number) => {
    const address = bytes;
    bytes += vectors * VECTOR_BYTES;
    return address;
  };
  const clocks = new Set(gates.registers.map(({ clock }) => clock));
  if (clocks.size > 1) {
    throw new HardwareError(
      `${gates.name}: clock domains ${[...clocks].join(', ')} in one design`,
      Place.here(),
    );
  }
  return {
    inputs: gates.inputs.map(({ bits }) => take(bits.length)),
    registers: gates.registers.map(({ output }) => take(output.length)),
    slots: take(slots),
    nexts: gates.registers.map(({ output }) => take(output.length)),
    enables: gates.registers.map(({ enable }) => (enable < 0 ? -1 : take(1))),
    outputs: gates.outputs.map(({ bits }) => take(bits.length)),
    previous: toggles ? take(gates.kinds.length) : -1,
    counters: toggles ? take(gates.kinds.length) : -1,
    bytes: Math.max(bytes, PAGE_BYTES),
  };
}

/** Byte address of every node that lives in memory (inputs, register outputs, slots); −1 for all others. */
export function addressOf(gates: GateNetlist, plan: Schedule, layout: Layout): Int32Array {
  const addresses = new Int32Array(gates.kinds.length).fill(-1);
  const place = (bits: Int32Array, base: number) =>
    bits.forEach((node, i) => {
      if (node > 1) addresses[node] = base + i * VECTOR_BYTES;
    });
  gates.inputs.forEach(({ bits }, i) => {
    place(bits, layout.inputs[i]!);
  });
  gates.registers.forEach(({ output }, i) => {
    place(output, layout.registers[i]!);
  });
  plan.slot.forEach((slot, node) => {
    if (slot >= 0) addresses[node] = layout.slots + slot * VECTOR_BYTES;
  });
  return addresses;
}
