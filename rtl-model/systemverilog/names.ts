/** Identifiers for all nets of a module that need one: the designer's, or made from what drives the net. */
import type { CellKind, Module } from '../hdl/index.js';

/** What the value of a cell is called when the designer did not say. */
const STEMS: Record<CellKind, string> = {
  constant: 'constant',
  buffer: 'copy',
  not: 'inverted',
  and: 'both',
  or: 'either',
  xor: 'differing',
  mux: 'chosen',
  add: 'sum',
  subtract: 'difference',
  multiply: 'product',
  shiftLeft: 'shifted',
  shiftRight: 'shifted',
  shiftRightArithmetic: 'shifted',
  equal: 'equal',
  lessThan: 'less',
  lessThanSigned: 'less',
  reduceAnd: 'all',
  reduceOr: 'any',
  reduceXor: 'parity',
  concat: 'joined',
  slice: 'part',
  zeroExtend: 'extended',
  signExtend: 'extended',
};

/** Gives names on demand, none twice; the same module always gets the same names. */
export class Names {
  readonly #module: Module;
  readonly #taken = new Set<string>();
  readonly #counts = new Map<string, number>();
  readonly #given = new Map<number, string>();

  constructor(module: Module, reserved: readonly string[]) {
    this.#module = module;
    for (const name of reserved) this.#taken.add(name);
    for (const { name } of module.nets) if (name !== undefined) this.#taken.add(name);
    for (const { name } of [...module.outputs, ...module.instances]) this.#taken.add(name);
  }

  /** The name of a net that a cell of this kind drives. */
  ofCell(net: number, kind: CellKind): string {
    return this.#named(net) ?? this.#give(net, this.#numbered(STEMS[kind]));
  }

  /** The name of a net that an instance drives: `lane3_product` unless the designer named it. */
  ofInstanceOutput(net: number, instance: string, port: string): string {
    return this.#named(net) ?? this.#give(net, this.#fresh(`${instance}_${port}`));
  }

  /** A name that nothing else has, as close to `wanted` as possible. */
  fresh(wanted: string): string {
    return this.#fresh(wanted);
  }

  #named(net: number): string | undefined {
    return this.#module.nets[net]!.name ?? this.#given.get(net);
  }

  #give(net: number, name: string): string {
    this.#given.set(net, name);
    return name;
  }

  #fresh(wanted: string): string {
    const name = this.#taken.has(wanted) ? this.#numbered(wanted) : wanted;
    this.#taken.add(name);
    return name;
  }

  #numbered(stem: string): string {
    let count = this.#counts.get(stem) ?? 0;
    let name: string;
    do name = `${stem}_${++count}`;
    while (this.#taken.has(name));
    this.#counts.set(stem, count);
    this.#taken.add(name);
    return name;
  }
}
