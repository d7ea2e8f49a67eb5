/**
 * Energy of a MAC on real operands: the mapped netlist is run on 32 streams of them, and every result is compared with
 * the oracle, so that the netlist whose energy is told is one that computes the right thing.
 */
import {
  type Edge,
  edgesOf,
  expectationOf,
  fieldsOf,
  type MacDesign,
  resultAfter,
  type Segment,
} from '../designs/index.js';
import { type EnergyFigures, energyPerCycle } from './energy.js';
import type { MappedNetlist } from './mapped.js';
import { MappedSimulation, STREAMS } from './mapped-simulation.js';
import { type OperandMatrices, operandStreams } from './operand-streams.js';

export interface DesignEnergy extends EnergyFigures {
  /** Multiply-accumulates of the streams. */
  readonly macs: number;
  readonly cycles: number;
  /** Mean over all of them: cells, nets and flip-flops. */
  readonly perMacFj: number;
  /** Results compared with the oracle, and those that differed. */
  readonly results: number;
  readonly mismatches: number;
  readonly operands: string;
}

/** Slices of each stream. */
const SLICES = 64;
const IDLE: Edge = { slice: undefined, first: false, last: false, addend: 0 };

/** Energy of a MAC's mapped netlist on operands. */
export function designEnergy(
  design: MacDesign,
  netlist: MappedNetlist,
  operands: OperandMatrices,
): DesignEnergy {
  const streams = operandStreams(design, operands, STREAMS, SLICES);
  const { simulation, results, mismatches } = runMapped(design, netlist, streams);
  const figures = energyPerCycle(simulation);
  const slices = streams.flat().reduce((sum, segment) => sum + segment.slices.length, 0);
  const macs = slices * design.lanes;
  const cycles = simulation.cycles - 1;
  const perMacFj = (figures.totalFj * cycles * STREAMS) / macs;
  return { ...figures, macs, cycles, perMacFj, results, mismatches, operands: operands.name };
}

export interface MappedRun {
  readonly simulation: MappedSimulation;
  /** Results compared with the oracle, and those that differed or never came. */
  readonly results: number;
  readonly mismatches: number;
}

/** Runs up to 32 streams of segments through a mapped netlist and compares every result with the oracle. */
export function runMapped(
  design: MacDesign,
  netlist: MappedNetlist,
  streams: readonly (readonly Segment[])[],
): MappedRun {
  const { simulation, found } = run(design, netlist, streams);
  const expect = expectationOf(design);
  let [results, mismatches] = [0, 0];
  streams.forEach((segments, stream) => {
    segments.forEach((segment, i) => {
      const expected = expect(segment);
      results++;
      if (expected.some((value, k) => value !== found[stream]![i]?.[k])) mismatches++;
    });
  });
  return { simulation, results, mismatches };
}

type Results = (readonly (bigint | null)[])[];

function run(
  design: MacDesign,
  netlist: MappedNetlist,
  streams: readonly (readonly Segment[])[],
): { simulation: MappedSimulation; found: Results[] } {
  const simulation = new MappedSimulation(netlist);
  const inputs = new InputBits(design, netlist);
  const outputs = new OutputBits(netlist, simulation);
  const edges = streams.map((segments) => edgesOf(design, segments));
  const found: Results[] = streams.map(() => []);
  for (let running = true; running; ) {
    running = false;
    edges.forEach((stream, lane) => {
      const { value, done } = stream.next();
      running ||= done !== true;
      inputs.set(lane, done === true ? IDLE : value);
    });
    simulation.settle(inputs.bits);
    for (let lane = 0; lane < streams.length; lane++) {
      const result = resultAfter(design, (port) => outputs.read(port, lane));
      if (result !== undefined) found[lane]!.push(result);
    }
    simulation.clock();
  }
  return { simulation, found };
}

/** One number a bit of the input ports, a stream a bit of the number. */
class InputBits {
  readonly bits: Int32Array;
  readonly #fields;

  constructor(design: MacDesign, { gates }: MappedNetlist) {
    const starts = new Map<string, number>();
    let count = 0;
    for (const { name, bits } of gates.inputs) {
      starts.set(name, count);
      count += bits.length;
    }
    this.bits = new Int32Array(count);
    this.#fields = fieldsOf(design).map((field) => ({ field, at: starts.get(field.port)! + field.low }));
  }

  set(stream: number, edge: Edge): void {
    const mask = 1 << stream;
    for (const { field, at } of this.#fields) {
      const value = field.valueAt(edge);
      for (let bit = 0; bit < field.width; bit++) {
        const one = (value >>> bit) & 1;
        this.bits[at + bit] = one === 1 ? this.bits[at + bit]! | mask : this.bits[at + bit]! & ~mask;
      }
    }
  }
}

/** Output ports of one stream. */
class OutputBits {
  readonly #netlist: MappedNetlist;
  readonly #simulation: MappedSimulation;
  readonly #starts = new Map<string, { at: number; width: number }>();

  constructor(netlist: MappedNetlist, simulation: MappedSimulation) {
    this.#netlist = netlist;
    this.#simulation = simulation;
    let at = 0;
    for (const { name, bits } of netlist.gates.outputs) {
      this.#starts.set(name, { at, width: bits.length });
      at += bits.length;
    }
  }

  read(port: string, stream: number): bigint {
    const { at, width } = this.#starts.get(port)!;
    let value = 0n;
    for (let bit = width - 1; bit >= 0; bit--) {
      const net = this.#netlist.outputs[at + bit]!;
      value = (value << 1n) | BigInt((this.#simulation.values[net]! >>> stream) & 1);
    }
    return value;
  }
}
