/**
 * A design as data for people and programs: what is in it, at which port, in which stage. Everything but the words of
 * the registry row is derived from the design.
 */
import { bitBlast, flipFlopCount, type GateNetlist, gateCount } from '../hdl/index.js';
import type { Design, DesignDescription, MacDesign, OperandPorts, UnitDesign } from './design.js';

export interface SheetPort {
  readonly name: string;
  readonly direction: 'input' | 'output';
  /** In bits. */
  readonly width: number;
  readonly meaning: string;
}

export interface SheetStage {
  readonly name: string;
  readonly registers: readonly { readonly name: string; readonly width: number }[];
  /** Flip-flops that are left after folding: bits that neither are constant nor go unread. */
  readonly flipFlops: number;
}

export interface DesignSheet extends DesignDescription {
  readonly kind: Design['kind'];
  readonly configuration: string;
  /** Top module of the emitted SystemVerilog. */
  readonly module: string;
  readonly lanes: number;
  /** Formats by role. */
  readonly formats: Readonly<Record<string, string>>;
  /** Dot semantic of a MAC, policy of a quantise unit. */
  readonly semantic: string;
  readonly ports: readonly SheetPort[];
  /** How the ports are used, one rule a line. */
  readonly protocol: readonly string[];
  readonly stages: readonly SheetStage[];
  readonly latencyCycles: number;
  /** Two-input gates and muxes after folding. */
  readonly gates: number;
  readonly flipFlops: number;
}

/** The sheet of a design; `description` is its row of the registry. */
export function sheetOf(design: Design, description: DesignDescription): DesignSheet {
  const { name, summary, models, notModelled } = description;
  const gates = bitBlast(design.netlist);
  const isMac = design.kind === 'mac';
  return {
    name,
    summary,
    models,
    notModelled,
    kind: design.kind,
    configuration: design.configuration,
    module: design.module.name,
    lanes: design.lanes,
    formats: formatsOf(design),
    semantic: isMac ? design.semantic.name : design.policy,
    ports: portsOf(design),
    protocol: isMac ? macRules(design) : unitRules(design),
    stages: stagesOf(design, gates),
    latencyCycles: design.latencyCycles,
    gates: gateCount(gates),
    flipFlops: flipFlopCount(gates),
  };
}

function formatsOf(design: Design): Readonly<Record<string, string>> {
  if (design.kind === 'mac') return { a: design.a.name, w: design.w.name };
  return design.format === undefined ? {} : { output: design.format.name };
}

function portsOf(design: Design): SheetPort[] {
  const meanings = design.kind === 'mac' ? macMeanings(design) : unitMeanings(design);
  const port = (direction: SheetPort['direction']) => (p: { name: string; width: number }) => ({
    name: p.name,
    direction,
    width: p.width,
    meaning: meanings.get(p.name) ?? '',
  });
  const domain = design.netlist.registers[0]?.clock;
  const clocks = domain === undefined ? [] : [domain.clock, domain.reset];
  return [
    ...clocks.map((name, i) => ({
      name,
      direction: 'input' as const,
      width: 1,
      meaning: i === 0 ? 'clock, rising edge' : 'reset, asynchronous, active low',
    })),
    ...design.netlist.inputs.map(port('input')),
    ...design.netlist.outputs.map(port('output')),
  ];
}

function macMeanings({ protocol, lanes, semantic }: MacDesign): Map<string, string> {
  const meanings = new Map([
    [protocol.enable, 'a slice is taken at this edge'],
    [protocol.done, 'the result shows'],
  ]);
  const add = (port: string | undefined, meaning: string) => {
    if (port !== undefined) meanings.set(port, meaning);
  };
  add(protocol.first, 'first slice of a dot product');
  add(protocol.last, 'last slice of a dot product');
  add(protocol.addend, 'addend C, taken with the first slice');
  add(protocol.nan, 'the result is NaN');
  for (const [side, ports] of Object.entries({ a: protocol.a, w: protocol.w }))
    operandMeanings(side, ports, lanes, add);
  for (const { port, kind, unitExponent } of protocol.results) {
    const bits = semantic.result.kind === 'integer' ? "two's complement" : semantic.result.format;
    add(port, kind === 'bits' ? `result, ${bits}` : `result in units of 2^${unitExponent}, two's complement`);
  }
  return meanings;
}

function operandMeanings(
  side: string,
  ports: OperandPorts,
  lanes: number,
  add: (port: string | undefined, meaning: string) => void,
): void {
  add(ports.codes, `${lanes} element codes of ${side}, ${ports.codeWidth} bits each, element 0 lowest`);
  add(ports.scales, `${ports.blocks} scale codes of ${side}, ${ports.scaleWidth} bits each, block 0 lowest`);
  add(ports.micro, `${ports.microWidth} micro-exponent bits of ${side}, level by level`);
}

function unitMeanings({ protocol }: UnitDesign): Map<string, string> {
  const meanings = [...protocol.inputs, ...protocol.outputs].map(
    ({ port, meaning }) => [port, meaning] as const,
  );
  return new Map([
    ...meanings,
    [protocol.enable, 'a block is taken at this edge'],
    [protocol.done, 'the block is done'],
  ]);
}

const SEGMENT_ENDS: Readonly<Record<MacDesign['protocol']['segmentEnd'], string>> = {
  last: 'a dot product is the slices from `first` to `last`; `done` is 1 while its result shows',
  'next-first': 'a dot product ends where the next one begins: its result shows after the next `first`',
  each: 'every slice is a whole dot product with its addend',
};

function macRules({ protocol, latencyCycles }: MacDesign): string[] {
  const { enable, segmentEnd, segmentInterval } = protocol;
  const gap = `dot products begin at least ${segmentInterval} edges apart`;
  return [
    `one slice at each edge where ${enable} is 1; other edges are bubbles`,
    SEGMENT_ENDS[segmentEnd],
    ...(segmentInterval > 1 ? [gap] : []),
    `the result is read ${latencyCycles} edges after the edge that completes it`,
  ];
}

function unitRules({ protocol, latencyCycles }: UnitDesign): string[] {
  return [
    `one block at an edge where ${protocol.enable} is 1, at least ${protocol.interval} edges apart`,
    `the result is read ${latencyCycles} edges later, while ${protocol.done} is 1`,
  ];
}

/** Stages in the order of their first register. */
function stagesOf({ netlist }: Design, gates: GateNetlist): SheetStage[] {
  const widths = new Map(netlist.registers.map(({ name, output }) => [name, netlist.nets[output]!.width]));
  const stages = new Map<string, { name: string; width: number; flipFlops: number }[]>();
  for (const { name, stage, output } of gates.registers) {
    const flipFlops = output.filter((node) => node > 1).length;
    stages.set(stage, [...(stages.get(stage) ?? []), { name, width: widths.get(name)!, flipFlops }]);
  }
  return [...stages].map(([name, registers]) => ({
    name,
    registers: registers.map((register) => ({ name: register.name, width: register.width })),
    flipFlops: registers.reduce((sum, { flipFlops }) => sum + flipFlops, 0),
  }));
}
