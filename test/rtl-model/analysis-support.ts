import {
  type Logic,
  logicOf,
  type MappedNetlist,
  MappedSimulation,
  mapToTechnology,
  PINS,
} from '../../rtl-model/analysis/index.js';
import {
  bitBlast,
  evaluateGate,
  flatten,
  GATE_KINDS,
  GATES,
  GateBuilder,
  type GateNetlist,
  type Module,
} from '../../rtl-model/hdl/index.js';
import { technologyByName } from '../../rtl-model/technology/index.js';
import { Random } from '../../src/numerics/index.js';

export const gatesOf = (module: Module) => bitBlast(flatten(module), { adder: 'brent-kung' });
export const unit = technologyByName('unit');

/** What the sinks of a gate netlist are for the given values of its sources, by the gates' own definition. */
export function gateValues(gates: GateNetlist, sources: Int32Array): number[] {
  const values = new Int32Array(gates.kinds.length);
  const ports = gates.inputs.flatMap((port) => [...port.bits]);
  const registered = gates.registers.flatMap(({ output }) => [...output].filter((node) => node > 1));
  [...ports, ...registered].forEach((node, i) => {
    values[node] = sources[i]!;
  });
  gates.kinds.forEach((kind, node) => {
    const row = GATES[GATE_KINDS[kind]!];
    if (row.operands === 0 && kind > GATES.one.code) return;
    const operands = [gates.a, gates.b, gates.c].map((from) => values[from[node]!]!);
    values[node] = evaluateGate(kind, operands[0]!, operands[1]!, operands[2]!);
  });
  const loads = gates.registers.flatMap(({ output, next, enable }) =>
    [...output].flatMap((node, bit) => {
      if (node <= 1) return [];
      const loaded = values[next[bit]!]!;
      const gate = enable < 0 ? -1 : values[enable]!;
      return [(loaded & gate) | (values[node]! & ~gate)];
    }),
  );
  return [...gates.outputs.flatMap((port) => [...port.bits]).map((node) => values[node]!), ...loads];
}

export function logicValues({ aig, sources, outputs, flipFlops }: Logic, inputs: Int32Array): number[] {
  const values = new Int32Array(aig.count);
  const value = (literal: number) => values[literal >> 1]! ^ -(literal & 1);
  sources.forEach((source, i) => {
    values[source >> 1] = inputs[i]! ^ -(source & 1);
  });
  for (let node = 1; node < aig.count; node++) {
    if (aig.isAnd(node)) values[node] = value(aig.left[node]!) & value(aig.right[node]!);
  }
  return [...outputs, ...flipFlops.map(({ next }) => next)].map(value);
}

export function mappedValues(netlist: MappedNetlist, sources: Int32Array): number[] {
  const simulation = new MappedSimulation(netlist);
  const inputs = netlist.sourceCount - 2 - netlist.flipFlops.length;
  const inverted = netlist.technology.flipFlops.reset0?.invertedOutput === true ? -1 : 0;
  netlist.flipFlops.forEach(({ output }, i) => {
    simulation.values[output] = sources[inputs + i]! ^ inverted;
  });
  simulation.settle(sources.slice(0, inputs));
  return [...netlist.outputs, ...netlist.flipFlops.map(({ next }) => next)].map(
    (net) => simulation.values[net]!,
  );
}

export const sourceCountOf = (gates: GateNetlist) => logicOf(gates).sources.length;

export function randomSources(random: Random, count: number): Int32Array {
  return Int32Array.from({ length: count }, () => random.uint32() | 0);
}

/** A random netlist of folded gates, every eighth of them an output. */
export function randomGates(seed: number, inputs: number, gateTries: number): GateNetlist {
  const random = new Random(seed);
  const builder = new GateBuilder('ripple');
  const nodes = Array.from({ length: inputs }, () => builder.source('input'));
  const pick = () => nodes[random.uint32() % nodes.length]!;
  for (let i = 0; i < gateTries; i++) {
    const makes = [
      () => builder.and(pick(), pick()),
      () => builder.or(pick(), pick()),
      () => builder.xor(pick(), pick()),
      () => builder.mux(pick(), pick(), pick()),
      () => builder.not(pick()),
    ];
    nodes.push(makes[random.uint32() % makes.length]!());
  }
  const cut = (array: Int32Array) => array.slice(0, builder.count);
  return {
    name: 'random',
    kinds: builder.kinds.slice(0, builder.count),
    a: cut(builder.a),
    b: cut(builder.b),
    c: cut(builder.c),
    scopes: cut(builder.scopes),
    inputs: [{ name: 'x', bits: Int32Array.from(nodes.slice(0, inputs)) }],
    outputs: [{ name: 'y', bits: Int32Array.from(nodes.filter((_, i) => i % 8 === 7)) }],
    registers: [],
    probes: [],
    hierarchy: [{ path: '', module: 'random', parent: -1 }],
  };
}

/** A mapped netlist of random NAND2 cells; for measuring only. */
export function randomMapped(seed: number, inputs: number, cells: number): MappedNetlist {
  const random = new Random(seed);
  const template = mapToTechnology(logicOf(randomGates(seed, inputs, 10)), unit);
  const { sourceCount } = template;
  const read = (cell: number) => 2 + (random.uint32() % (sourceCount - 2 + cell));
  return {
    ...template,
    classes: new Uint8Array(cells).fill(unit.classes.findIndex(({ name }) => name === 'nand2')),
    drives: new Uint8Array(cells),
    pins: Int32Array.from({ length: PINS * cells }, (_, pin) =>
      pin % PINS < 2 ? read(Math.floor(pin / PINS)) : -1,
    ),
    scopes: new Int32Array(cells),
    outputs: Int32Array.of(sourceCount + cells - 1),
  };
}
