/**
 * A design's run as a waveform: every port, every register under the stage it ends, and beside the bits the numbers
 * they stand for (elements, scales, results, registers that hold codes of a number format).
 *
 *   nvfp4_exact_16.ports        clk, rst_n, en, first, last, a_in, …
 *   nvfp4_exact_16.operands     slice ("dot 2 slice 1 of 3"), a_0 (its code), a_0_value, a_scale_0, …
 *   nvfp4_exact_16.s1_multiply  s1_sum, s1_significand, …
 *   nvfp4_exact_16.results      acc_value, a number once `done` is 1
 *
 * One cycle takes 2 ns: inputs change at the falling edge, registers at the rising one. Of the simulated lanes the
 * first is shown.
 */
import { hasBlockScales, type OperandFormat } from '../../src/dot/index.js';
import { codecOf, ELEMENT_FORMATS, type ElementFormat } from '../../src/formats/index.js';
import {
  type Design,
  type Edge,
  edgesOf,
  elementValue,
  fieldsOf,
  type MacDesign,
  type OperandPorts,
  resultValue,
  type Segment,
  scaleValue,
  type UnitDesign,
  type UnitPort,
  wordsAt,
} from '../designs/index.js';
import { bitBlast } from '../hdl/index.js';
import { CompiledSimulation } from './compile.js';
import { type VcdKind, type VcdValue, VcdWriter } from './vcd.js';

/** Length of a clock cycle in the dump. */
const CYCLE_NS = 2;

/** What goes in at one edge. */
export interface WaveformEdge {
  /** Input ports by name; those left out are 0. */
  readonly inputs: Readonly<Record<string, bigint>>;
  /** In words. */
  readonly label: string;
}

/** One variable of the dump and where its value comes from. */
interface Signal {
  readonly scope: readonly string[];
  readonly name: string;
  readonly kind: VcdKind;
  readonly width: number;
  /** The value in the present state; `read` gives ports and registers by name. */
  value(read: (name: string) => bigint, edge: WaveformEdge): VcdValue;
}

/** The edges that feed segments to a MAC, with labels. */
export function segmentEdges(design: MacDesign, segments: readonly Segment[]): WaveformEdge[] {
  const fields = fieldsOf(design);
  let [dot, slice] = [-1, 0];
  return [...edgesOf(design, segments)].map((edge: Edge) => {
    if (edge.first) [dot, slice] = [dot + 1, 0];
    const segment = segments[dot];
    const here = segment === undefined ? 'flush' : `dot ${dot} slice ${slice} of ${segment.slices.length}`;
    if (edge.slice !== undefined) slice++;
    return { inputs: wordsAt(fields, edge), label: edge.slice === undefined ? 'bubble' : here };
  });
}

/** Runs a design from reset and returns its Value Change Dump. `version` says who wrote it. */
export function waveformOf(design: Design, edges: readonly WaveformEdge[], version: string): string {
  const engine = new CompiledSimulation(bitBlast(design.netlist, { keepUnread: true }));
  const signals = signalsOf(design);
  const writer = new VcdWriter(version, signals);
  const reads = readers(engine, design);
  const read = (name: string) => reads.get(name)!();
  const show = (time: number, edge: WaveformEdge, clock: bigint) => {
    signals.forEach((signal, i) => {
      writer.set(
        time,
        i,
        signal.name === design.netlist.registers[0]?.clock.clock ? clock : signal.value(read, edge),
      );
    });
  };
  edges.forEach((edge, cycle) => {
    for (const { name } of design.netlist.inputs) engine.input(name).fill(edge.inputs[name] ?? 0n);
    engine.settle();
    show(cycle * CYCLE_NS, edge, 0n);
    engine.clock();
    engine.settle();
    show(cycle * CYCLE_NS + CYCLE_NS / 2, edge, 1n);
  });
  return writer.text(edges.length * CYCLE_NS);
}

/** How each port and register is read. */
function readers(engine: CompiledSimulation, { netlist }: Design): Map<string, () => bigint> {
  const lane = 0;
  const reads = new Map<string, () => bigint>();
  for (const { name } of netlist.registers) reads.set(name, () => engine.register(name).get(lane));
  for (const { name } of netlist.inputs) reads.set(name, () => engine.input(name).get(lane));
  for (const { name } of netlist.outputs) reads.set(name, () => engine.output(name).get(lane));
  const domain = netlist.registers[0]?.clock;
  if (domain !== undefined) reads.set(domain.reset, () => 1n);
  return reads;
}

function signalsOf(design: Design): Signal[] {
  const top = design.module.name;
  const numbers = design.kind === 'mac' ? macNumbers(design) : unitNumbers(design);
  return [...portSignals(design), ...numbers, ...registerSignals(design)].map((signal) => ({
    ...signal,
    scope: [top, ...signal.scope],
  }));
}

function portSignals({ netlist }: Design): Signal[] {
  const domain = netlist.registers[0]?.clock;
  const clocks = domain === undefined ? [] : [domain.clock, domain.reset].map((name) => ({ name, width: 1 }));
  return [...clocks, ...netlist.inputs, ...netlist.outputs].map(({ name, width }) => ({
    scope: ['ports'],
    name,
    kind: 'wire',
    width,
    value: (read) => read(name),
  }));
}

/** Registers in the scope of their stage, and below it in that of their instance. */
function registerSignals({ netlist }: Design): Signal[] {
  return netlist.registers.flatMap(({ name, stage, output, format }) => {
    const path = name.split('.');
    const scope = [stage, ...path.slice(0, -1)];
    const own = path.at(-1)!;
    const { width } = netlist.nets[output]!;
    const bits: Signal = { scope, name: own, kind: 'reg', width, value: (read) => read(name) };
    if (format === undefined) return [bits];
    const { decode } = codecOf(elementNamed(format));
    return [bits, real(scope, `${own}_value`, (read) => decode(Number(read(name))))];
  });
}

function elementNamed(name: string): ElementFormat {
  const found = ELEMENT_FORMATS.get(name);
  if (found === undefined) throw new RangeError(`a register holds codes of an unknown format ${name}`);
  return found;
}

const real = (scope: readonly string[], name: string, value: Signal['value']): Signal => ({
  scope,
  name,
  kind: 'real',
  width: 64,
  value,
});

const slice = (word: bigint, index: number, width: number): bigint =>
  BigInt.asUintN(width, word >> BigInt(index * width));

/** Operands element by element, and the results. */
function macNumbers(design: MacDesign): Signal[] {
  const { protocol, lanes } = design;
  const label: Signal = {
    scope: ['operands'],
    name: 'slice',
    kind: 'string',
    width: 1,
    value: (_, edge) => edge.label,
  };
  const results = protocol.results.map((port) =>
    real(['results'], `${port.port}_value`, (read) => {
      const nan = protocol.nan !== undefined && read(protocol.nan) === 1n;
      const word = read(port.port);
      const number = port.kind === 'bits' ? word : BigInt.asIntN(port.width, word);
      return resultValue(design, port, nan ? null : number);
    }),
  );
  return [
    label,
    ...operandSignals('a', design.a, protocol.a, lanes),
    ...operandSignals('w', design.w, protocol.w, lanes),
    ...results,
  ];
}

function operandSignals(side: string, format: OperandFormat, ports: OperandPorts, lanes: number): Signal[] {
  const scope = ['operands'];
  const { codes, codeWidth, scales, scaleWidth, blocks } = ports;
  const scaleOf = (read: (name: string) => bigint, block: number) =>
    scales === undefined ? 0 : Number(slice(read(scales), block, scaleWidth));
  const perScale = hasBlockScales(format) ? Math.min(format.blockSize, lanes) : lanes;
  const elements = Array.from({ length: lanes }, (_, i): Signal[] => {
    const code = (read: (name: string) => bigint) => slice(read(codes), i, codeWidth);
    const name = `${side}_${i}`;
    return [
      { scope, name, kind: 'wire', width: codeWidth, value: code },
      real(scope, `${name}_value`, (read) =>
        elementValue(format, Number(code(read)), scaleOf(read, Math.floor(i / perScale))),
      ),
    ];
  });
  const scaleSignals = Array.from({ length: scales === undefined ? 0 : blocks }, (_, block): Signal[] => {
    const name = `${side}_scale_${block}`;
    const code = (read: (name: string) => bigint) => BigInt(scaleOf(read, block));
    return [
      { scope, name, kind: 'wire', width: scaleWidth, value: code },
      real(scope, `${name}_value`, (read) => scaleValue(format, Number(code(read)))),
    ];
  });
  return [...elements, ...scaleSignals].flat();
}

/** The numbers that stand side by side on a port. */
function numbersOn({ port, width, format }: UnitPort): Signal[] {
  if (format === undefined) return [];
  const { decode, width: each } = codecOf(elementNamed(format));
  const count = width / each;
  return Array.from({ length: count }, (_, i) =>
    real(['operands'], count === 1 ? `${port}_value` : `${port}_${i}_value`, (read) =>
      decode(Number(slice(read(port), i, each))),
    ),
  );
}

/** The numbers on the ports of a unit, and those that the codes of its block stand for. */
function unitNumbers({ protocol, format }: UnitDesign): Signal[] {
  const label: Signal = {
    scope: ['operands'],
    name: 'block',
    kind: 'string',
    width: 1,
    value: (_, edge) => edge.label,
  };
  const words = [...protocol.inputs, ...protocol.outputs].flatMap((port) => numbersOn(port));
  return [label, ...words, ...(format?.kind === 'block' ? blockNumbers(format) : [])];
}

function blockNumbers(format: OperandFormat & { kind: 'block' }): Signal[] {
  const scale = (read: (name: string) => bigint) => Number(read('scale_code'));
  const elements = Array.from({ length: format.blockSize }, (_, i) =>
    real(['results'], `code_${i}_value`, (read) =>
      elementValue(format, Number(slice(read('codes'), i, 4)), scale(read)),
    ),
  );
  return [...elements, real(['results'], 'scale_value', (read) => scaleValue(format, scale(read)))];
}
