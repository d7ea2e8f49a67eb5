/** What keeps a period from being shorter, said in the designer's terms. */
import { driverOf } from './feedback.js';
import type { MappedNetlist } from './mapped.js';

/**
 * `s3_accumulate, from s3_acc[0] through accumulate.total[12] to s3_acc[57] (21 cells)`: the stage, and the path of the
 * given cells (operands first) with the registers that it runs between and the named nets that it passes, one a word.
 */
export function describeLimit(netlist: MappedNetlist, path: readonly number[]): string {
  const { gates, flipFlops } = netlist;
  const registerName = (index: number) => {
    const { register, bit } = flipFlops[index]!;
    return `${gates.registers[register]!.name}[${bit}]`;
  };
  const cells = netlist.classes.length;
  const last = path.at(-1)!;
  const end = flipFlops.findIndex(({ next }) => driverOf(netlist, next) === last);
  const [first] = path;
  const start = first! >= cells ? registerName(first! - cells) : undefined;
  const through = namedNets(netlist, new Set(path));
  return [
    end < 0 ? [] : [`${gates.registers[flipFlops[end]!.register]!.stage},`],
    start === undefined ? [] : ['from', start],
    through.length === 0 ? [] : ['through', through.join(', ')],
    end < 0 ? [] : ['to', registerName(end)],
    [`(${path.filter((node) => node < cells).length} cells)`],
  ]
    .flat()
    .join(' ');
}

/** Words with a bit on the path, in its order, each once; those of registers aside. */
function namedNets(netlist: MappedNetlist, path: ReadonlySet<number>): string[] {
  const { gates, netOfGate } = netlist;
  const registers = new Set(gates.registers.map(({ name }) => name));
  const found = new Map<string, number>();
  for (const { name, bits } of gates.probes) {
    if (registers.has(name)) continue;
    for (const bit of bits) {
      const node = bit < 2 || netOfGate[bit]! < 0 ? -1 : driverOf(netlist, netOfGate[bit]!);
      if (path.has(node) && !found.has(name)) found.set(name, node);
    }
  }
  return [...found].sort(([, a], [, b]) => a - b).map(([name]) => name);
}

/** The nodes that make the last one as late as it is, operands first. */
export function latestPath(
  last: number,
  arrival: Float64Array,
  operandsOf: (node: number) => readonly number[],
): number[] {
  const path = [last];
  for (;;) {
    const operands = operandsOf(path[0]!);
    if (operands.length === 0) return path;
    path.unshift(operands.reduce((late, node) => (arrival[node]! > arrival[late]! ? node : late)));
  }
}
