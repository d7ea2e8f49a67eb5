/** A timing path in the designer's terms: cells in a row that belong to one instance, with the named nets passed. */
import type { MappedNetlist } from './mapped.js';
import type { TimingPath } from './paths.js';

export interface PathSection {
  /** Hierarchical name; empty for the design itself. */
  readonly instance: string;
  /** The module that the instance is of: `float_adder_fp32`. */
  readonly module: string;
  /** Named nets that the path passes, in order, each once, without bit numbers. */
  readonly nets: readonly string[];
  readonly cells: number;
  readonly delayPs: number;
}

/** Sections of a path in order; the register or input that it starts from is the first net of the first one. */
export function pathSections({ steps }: TimingPath, { gates }: MappedNetlist): PathSection[] {
  const modules = new Map(gates.hierarchy.map(({ path, module }) => [path, module]));
  const sections: { instance: string; module: string; nets: string[]; cells: number; delayPs: number }[] = [];
  for (const { instance, net, delayPs } of steps) {
    let section = sections.at(-1);
    if (section?.instance !== instance) {
      section = { instance, module: modules.get(instance) ?? '', nets: [], cells: 0, delayPs: 0 };
      sections.push(section);
    }
    section.cells++;
    section.delayPs += delayPs;
    const name = net?.replace(/\[\d+\]$/, '');
    if (name !== undefined && section.nets.at(-1) !== name) section.nets.push(name);
  }
  return sections;
}
