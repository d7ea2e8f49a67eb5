/**
 * Many mutants in one netlist, each behind a switch: an input `mutant_i` of one bit that is 1 where mistake i is made.
 * A netlist is compiled once for hundreds of mutants instead of once for each.
 */
import type { Net, Netlist, Port, ScopedCell } from '../hdl/index.js';
import { type Mistake, type Mutant, Patch } from './mutants.js';

/** Name of the input that makes mistake `i`. */
export const switchName = (i: number) => `mutant_${i}`;

/** The netlist of the mutants' design with all of their mistakes, none of them made while the switches are 0. */
export function withSwitches(netlist: Netlist, mutants: readonly Mutant[]): Netlist {
  const nets: Net[] = [...netlist.nets];
  const { place } = netlist.nets[0]!;
  const net = (width: number) => nets.push({ width, name: undefined, place }) - 1;
  const inputs = mutants.map((_, i): Port => ({ name: switchName(i), net: net(1), width: 1 }));
  const here = new Map<number, [number, Mistake & { kind: 'cell' }][]>();
  const enables = new Map<number, number[]>();
  mutants.forEach(({ mistake }, i) => {
    const add = <T>(map: Map<number, T[]>, key: number, item: T) =>
      map.set(key, [...(map.get(key) ?? []), item]);
    if (mistake.kind === 'cell') add(here, mistake.site.index, [inputs[i]!.net, mistake]);
    else add(enables, mistake.register, inputs[i]!.net);
  });
  const cells = netlist.cells.flatMap((cell, index): ScopedCell[] => {
    const mistakes = here.get(index);
    return mistakes === undefined ? [cell] : switched(cell, mistakes, nets, net);
  });
  const registers = netlist.registers.map((register, r) => {
    const always = enables.get(r) ?? [];
    const enable = always.reduce((before, select) => {
      const output = net(1);
      cells.push({ ...gate(register, output), kind: 'or', inputs: [before, select] });
      return output;
    }, register.enable ?? -1);
    return always.length === 0 ? register : { ...register, enable };
  });
  return { ...netlist, nets, cells, registers, inputs: [...netlist.inputs, ...inputs] };
}

/** The right cell, the wrong ones, and a mux a mistake: the last one drives what the cell drove. */
function switched(
  cell: ScopedCell,
  mistakes: readonly [number, Mistake & { kind: 'cell' }][],
  nets: Net[],
  net: (width: number) => number,
): ScopedCell[] {
  const { width } = nets[cell.output]!;
  let result = net(width);
  const cells: ScopedCell[] = [{ ...cell, output: result }];
  mistakes.forEach(([select, { site, replace }], i) => {
    const wrong = net(width);
    const patch = new Patch(site, nets.length, wrong);
    replace(patch);
    nets.push(...patch.nets);
    cells.push(...patch.cells);
    const output = i === mistakes.length - 1 ? cell.output : net(width);
    cells.push({ ...gate(cell, output), kind: 'mux', inputs: [select, wrong, result] });
    result = output;
  });
  return cells;
}

function gate({ place, scope }: Pick<ScopedCell, 'place' | 'scope'>, output: number) {
  return { place, scope, output, parameters: {} };
}
