/**
 * Hardware as plain values: a module as it is written (with instances of other modules), and the flat netlist that
 * all interpretations but SystemVerilog read.
 */
import type { CellKind, CellParameters } from './cell-kinds.js';
import type { Scope } from './gates.js';
import type { Place } from './place.js';

/**
 * A clock domain: the signals that registers share. The reset is active low and asynchronous, and loads every
 * register's reset value.
 */
export interface ClockDomain {
  readonly clock: string;
  readonly reset: string;
}

/** The domain that every design of this project uses. */
export const CLOCK: ClockDomain = { clock: 'clk', reset: 'rst_n' };

export interface Net {
  readonly width: number;
  /** The designer's name, or undefined for an intermediate value. */
  readonly name: string | undefined;
  readonly place: Place;
}

export interface Cell {
  readonly kind: CellKind;
  /** Nets read, in the order of the kind's operands. */
  readonly inputs: readonly number[];
  /** Net driven. */
  readonly output: number;
  readonly parameters: CellParameters;
  readonly place: Place;
}

export interface Register {
  readonly name: string;
  /** The pipeline stage that ends in this register, `s1_multiply`; the unit of timing and of stage vectors. */
  readonly stage: string;
  /** Name of the number format of its codes, `fp32`, for those who show values; undefined for anything else. */
  readonly format: string | undefined;
  readonly clock: ClockDomain;
  readonly output: number;
  readonly next: number;
  /** One-bit net that must be 1 for the register to load, or undefined when it loads at every edge. */
  readonly enable: number | undefined;
  readonly reset: bigint;
  readonly place: Place;
}

export interface Port {
  readonly name: string;
  readonly net: number;
  readonly width: number;
}

export interface Instance {
  readonly name: string;
  readonly module: Module;
  /** Net of the parent for every input and output port of the module. */
  readonly connections: Readonly<Record<string, number>>;
  readonly place: Place;
}

/** A module as written. `I` and `O` are the names of its ports. */
export interface Module<I extends string = string, O extends string = string> {
  readonly name: string;
  /** The arithmetic in a sentence or two; becomes the header comment in SystemVerilog. */
  readonly summary: string;
  readonly nets: readonly Net[];
  readonly cells: readonly Cell[];
  readonly registers: readonly Register[];
  readonly instances: readonly Instance[];
  readonly inputs: readonly (Port & { readonly name: I })[];
  readonly outputs: readonly (Port & { readonly name: O })[];
  readonly place: Place;
}

export interface ScopedCell extends Cell {
  /** Index into the netlist's hierarchy. */
  readonly scope: number;
}

export interface ScopedRegister extends Register {
  readonly scope: number;
}

/** A named net of one scope; several names may stand for one net (a port and what is connected to it). */
export interface NetName {
  /** Hierarchical: `lane3.product`. */
  readonly name: string;
  readonly net: number;
  readonly scope: number;
}

/** A whole design without hierarchy in its connections; instances are remembered as scopes. */
export interface Netlist {
  readonly name: string;
  readonly nets: readonly Net[];
  /** Topological: a cell's operands are driven by earlier cells, registers or inputs. */
  readonly cells: readonly ScopedCell[];
  /** Names are hierarchical. */
  readonly registers: readonly ScopedRegister[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly names: readonly NetName[];
  readonly hierarchy: readonly Scope[];
}
