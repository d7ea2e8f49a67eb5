/**
 * Hierarchical SystemVerilog of a design: one file a module, instances before the modules that use them.
 *
 * The text depends on the design alone: emitting twice gives the same bytes. Names, stages and summaries are the
 * designer's. Parameters do not appear: a module is emitted for one configuration, its named constants are local.
 */
import { type ClockDomain, HardwareError, type Module } from '../hdl/index.js';
import { moduleText } from './module-text.js';

export interface EmittedFile {
  /** `<module>.sv` */
  readonly file: string;
  readonly text: string;
}

/** All modules of a design, the design itself last. Throws `HardwareError` when two modules share a name. */
export function emitModules(top: Module): EmittedFile[] {
  const emitter = new Emitter();
  emitter.add(top);
  return emitter.files();
}

class Emitter {
  readonly #texts = new Map<string, string>();
  readonly #done = new Set<Module>();
  readonly #domains = new Map<Module, readonly ClockDomain[]>();

  add(module: Module): void {
    if (this.#done.has(module)) return;
    this.#done.add(module);
    for (const { module: child } of module.instances) this.add(child);
    const text = moduleText(module, (any) => this.#domainsOf(any));
    const before = this.#texts.get(module.name);
    if (before !== undefined && before !== text) {
      throw new HardwareError(`two different modules are called ${module.name}`, module.place);
    }
    this.#texts.set(module.name, text);
  }

  files(): EmittedFile[] {
    return [...this.#texts].map(([name, text]) => ({ file: `${name}.sv`, text }));
  }

  /** Clock domains of the registers in a module and below it. */
  #domainsOf(module: Module): readonly ClockDomain[] {
    let known = this.#domains.get(module);
    if (known === undefined) {
      const below = module.instances.flatMap(({ module: child }) => this.#domainsOf(child));
      const all = [...module.registers.map(({ clock }) => clock), ...below];
      const byName = new Map(all.map((domain) => [`${domain.clock} ${domain.reset}`, domain]));
      known = [...byName.values()];
      this.#domains.set(module, known);
    }
    return known;
  }
}
