/**
 * Writing a module: `defineModule` runs a body that makes words, registers and instances, and gives back the module
 * as a plain, checked value.
 *
 * Errors (`HardwareError`, naming the place): widths that do not fit, a net without or with two drivers, a register
 * without a clock domain or without a next value, a name used twice, a word of another module, a missing or unknown
 * port. Combinational loops may cross modules and are found by `flatten`.
 */
import { ConfigurationError } from '../../src/numerics/index.js';
import type { CellKind, CellParameters } from './cell-kinds.js';
import { CELLS, evaluateCell } from './cells.js';
import { HardwareError } from './errors.js';
import type { Cell, ClockDomain, Instance, Module, Net, Port, Register } from './module.js';
import { Place } from './place.js';
import { RESERVED_WORDS } from './reserved-words.js';
import { type CellQuery, SIMPLIFICATIONS } from './simplify.js';
import { Word, type WordContext } from './word.js';

/** Widths in bits of named ports. */
export type Widths = Readonly<Record<string, number>>;
/** A word for every port named in `T`. */
export type Words<T> = { readonly [P in keyof T]: Word };

export interface ModuleDefinition<I extends Widths, O extends string> {
  /** A Verilog identifier, unique among the modules of a design. */
  readonly name: string;
  /** The arithmetic in a sentence or two. */
  readonly summary: string;
  readonly inputs: I;
  /** Domain of the module's registers; a module without registers needs none. */
  readonly clock?: ClockDomain;
  /** Makes the hardware; returns the word on every output. */
  body(builder: ModuleBuilder, inputs: Words<I>): Record<O, Word>;
}

export interface RegisterOptions {
  readonly stage: string;
  /** Name of the number format of its codes, for those who show values. */
  readonly format?: string;
  /** The register loads only at edges where this one-bit word is 1. */
  readonly enable?: Word;
  /** Value after reset; 0 by default. */
  readonly reset?: bigint;
  /** Overrides the module's domain. */
  readonly clock?: ClockDomain;
}

const IDENTIFIER = /^[a-z][a-z0-9_]*$/i;

/** The module that `definition.body` describes. Throws `HardwareError` on malformed hardware. */
export function defineModule<const I extends Widths, O extends string>(
  definition: ModuleDefinition<I, O>,
): Module<keyof I & string, O> {
  const place = Place.here();
  checkName(definition.name, place);
  const builder = new ModuleBuilder(definition.name, definition.clock);
  const inputs: Record<string, Word> = {};
  for (const [name, width] of Object.entries(definition.inputs)) inputs[name] = builder.input(name, width);
  const outputs = definition.body(builder, inputs as Words<I>);
  const module = builder.finish(definition.summary, outputs, place);
  return module as Module<keyof I & string, O>;
}

/** The hardware of one module while it is being written. */
export class ModuleBuilder implements WordContext {
  readonly name: string;
  readonly #clock: ClockDomain | undefined;
  readonly #nets: Net[] = [];
  readonly #cells: Cell[] = [];
  readonly #instances: Instance[] = [];
  readonly #inputs: Port[] = [];
  readonly #words: Word[] = [];
  /** Cell that drives a net; other drivers (inputs, registers, instances) are only counted. */
  readonly #drivingCell = new Map<number, Cell>();
  readonly #driven = new Map<number, Place>();
  readonly #constants = new Map<string, Word>();
  readonly #names = new Map<string, Place>();
  readonly #registers: (Omit<Register, 'next' | 'enable'> & {
    next: number | undefined;
    enable: number | undefined;
  })[] = [];

  constructor(name: string, clock: ClockDomain | undefined) {
    this.name = name;
    this.#clock = clock;
  }

  /** An input port. Only for `defineModule`, which declares them all. */
  input(name: string, width: number): Word {
    const place = Place.here();
    const word = this.#net(width, name, place);
    this.#drive(word, place);
    this.#inputs.push({ name, net: word.net, width });
    return word;
  }

  /** A constant; negative values in two's complement. */
  constant(width: number, value: number | bigint): Word {
    const wide = BigInt(value);
    const limit = 1n << BigInt(width);
    if (wide >= limit || wide < -limit / 2n) {
      throw new HardwareError(`${this.name}: constant ${value} does not fit in ${width} bits`, Place.here());
    }
    const key = `${width}:${BigInt.asUintN(width, wide)}`;
    let word = this.#constants.get(key);
    if (word === undefined) {
      word = this.#emit('constant', [], width, { value: BigInt.asUintN(width, wide) }, Place.here());
      this.#constants.set(key, word);
    }
    return word;
  }

  /**
   * The output of a cell: a new one, or a simpler word of the same value.
   * Words call this; designers use the operators of `Word`.
   */
  cell(kind: CellKind, inputs: readonly Word[], width: number, parameters: CellParameters = {}): Word {
    const place = Place.here();
    for (const word of inputs) this.#checkOwner(word, place);
    const shape = { inputWidths: inputs.map((word) => word.width), width, parameters };
    const complaint = width < 1 ? `a word of ${width} bits` : CELLS[kind].complaint(shape);
    if (complaint !== undefined) throw new HardwareError(`${this.name}: ${kind}: ${complaint}`, place);
    const values = inputs.map((word) => this.#constantOf(word));
    if (values.every((value) => value !== undefined) && kind !== 'constant') {
      return this.constant(width, evaluateCell(kind, values, shape));
    }
    const simpler = SIMPLIFICATIONS[kind]?.(this.#query(inputs, width, parameters));
    return simpler ?? this.#emit(kind, inputs, width, parameters, place);
  }

  /** The same value on a net with this name. */
  named(word: Word, name: string): Word {
    const place = Place.here();
    this.#checkOwner(word, place);
    const net = this.#nets[word.net]!;
    if (net.name === name) return word;
    const anonymous = net.name === undefined && this.#drivingCell.get(word.net)?.kind !== 'constant';
    if (!anonymous) return this.#emit('buffer', [word], word.width, {}, place, name);
    this.#claim(name, place);
    this.#nets[word.net] = { ...net, name };
    return word;
  }

  /** A net to be driven later by `drive`, for hardware that refers to itself. */
  wire(name: string, width: number): Word {
    return this.#net(width, name, Place.here());
  }

  /** Connects a word to a net made by `wire`. */
  drive(wire: Word, value: Word): void {
    const place = Place.here();
    this.#checkOwner(wire, place);
    this.#checkOwner(value, place);
    if (wire.width !== value.width) {
      throw new HardwareError(`${this.name}: ${value.width} bits drive ${this.#label(wire)}`, place);
    }
    this.#drive(wire, place);
    this.#record({ kind: 'buffer', inputs: [value.net], output: wire.net, parameters: {}, place });
  }

  /** A register that loads `next` at the clock edge; returns its output. */
  register(name: string, next: Word, options: RegisterOptions): Word {
    const output = this.feedbackRegister(name, next.width, options);
    this.setNext(output, next);
    return output;
  }

  /** A register whose next value depends on its output; `setNext` gives it. */
  feedbackRegister(name: string, width: number, options: RegisterOptions): Word {
    const place = Place.here();
    const clock = options.clock ?? this.#clock;
    if (clock === undefined) {
      throw new HardwareError(`${this.name}: register ${name} has no clock domain`, place);
    }
    const { enable, stage, format, reset = 0n } = options;
    if (enable !== undefined) this.#checkOwner(enable, place);
    if (enable !== undefined && enable.width !== 1) {
      throw new HardwareError(`${this.name}: the enable of ${name} has ${enable.width} bits`, place);
    }
    if (reset < 0n || reset >= 1n << BigInt(width)) {
      throw new HardwareError(`${this.name}: reset value ${reset} of ${name} in ${width} bits`, place);
    }
    const word = this.#net(width, name, place);
    this.#drive(word, place);
    const net = { output: word.net, next: undefined, enable: enable?.net };
    this.#registers.push({ name, stage, format, clock, reset, place, ...net });
    return word;
  }

  /** The value that a register made by `feedbackRegister` loads. */
  setNext(register: Word, next: Word): void {
    const place = Place.here();
    this.#checkOwner(register, place);
    this.#checkOwner(next, place);
    const found = this.#registers.find(({ output }) => output === register.net);
    if (found === undefined) {
      throw new HardwareError(`${this.name}: ${this.#label(register)} is not a register`, place);
    }
    if (found.next !== undefined) {
      throw new HardwareError(`${this.name}: register ${found.name} has two next values`, place);
    }
    if (next.width !== register.width) {
      throw new HardwareError(
        `${this.name}: register ${found.name} of ${register.width} bits loads ${next.width} bits`,
        place,
      );
    }
    found.next = next.net;
  }

  /** An instance of a module; every input port gets a word, every output port gives one. */
  instance<I extends string, O extends string>(
    name: string,
    module: Module<I, O>,
    inputs: Readonly<Record<I, Word>>,
  ): Record<O, Word> {
    const place = Place.here();
    this.#claim(name, place);
    const connections: Record<string, number> = {};
    for (const port of module.inputs) {
      const word: Word | undefined = inputs[port.name];
      if (word === undefined) this.#fail(`instance ${name} leaves port ${port.name} open`, place);
      this.#checkOwner(word!, place);
      if (word!.width !== port.width) {
        this.#fail(`${word!.width} bits on port ${port.name} (${port.width} bits) of ${name}`, place);
      }
      connections[port.name] = word!.net;
    }
    const outputs = {} as Record<O, Word>;
    for (const port of module.outputs) {
      const word = this.#net(port.width, undefined, place);
      this.#drive(word, place);
      connections[port.name] = word.net;
      outputs[port.name] = word;
    }
    this.#instances.push({ name, module, connections, place });
    return outputs;
  }

  /** The finished module. Only for `defineModule`. */
  finish(summary: string, outputs: Readonly<Record<string, Word>>, place: Place): Module {
    const ports = Object.entries(outputs).map(([name, word]) => {
      this.#checkOwner(word, place);
      const net = this.#nets[word.net]!;
      if (net.name !== name) this.#claim(name, place);
      if (net.name === undefined) this.#nets[word.net] = { ...net, name };
      return { name, net: word.net, width: word.width };
    });
    this.#nets.forEach((net, id) => {
      if (!this.#driven.has(id)) this.#fail(`nothing drives ${net.name ?? `net ${id}`}`, net.place);
    });
    const registers = this.#registers.map((register) => {
      if (register.next === undefined) {
        this.#fail(`register ${register.name} has no next value`, register.place);
      }
      return { ...register, next: register.next! };
    });
    const { name } = this;
    const parts = { nets: this.#nets, cells: this.#cells, registers, instances: this.#instances };
    return { name, summary, ...parts, inputs: this.#inputs, outputs: ports, place };
  }

  #emit(
    kind: CellKind,
    inputs: readonly Word[],
    width: number,
    parameters: CellParameters,
    place: Place,
    name?: string,
  ): Word {
    const word = this.#net(width, name, place);
    this.#drive(word, place);
    this.#record({ kind, inputs: inputs.map(({ net }) => net), output: word.net, parameters, place });
    return word;
  }

  #record(cell: Cell): void {
    this.#cells.push(cell);
    this.#drivingCell.set(cell.output, cell);
  }

  #net(width: number, name: string | undefined, place: Place): Word {
    if (!Number.isInteger(width) || width < 1) this.#fail(`${name ?? 'a net'} of ${width} bits`, place);
    if (name !== undefined) this.#claim(name, place);
    const word = new Word(this, this.#nets.length, width);
    this.#nets.push({ width, name, place });
    this.#words.push(word);
    return word;
  }

  #drive(word: Word, place: Place): void {
    const before = this.#driven.get(word.net);
    if (before !== undefined) this.#fail(`${this.#label(word)} has two drivers, first ${before}`, place);
    this.#driven.set(word.net, place);
  }

  #claim(name: string, place: Place): void {
    checkName(name, place);
    const before = this.#names.get(name);
    if (before !== undefined) this.#fail(`the name ${name} is already used at ${before}`, place);
    this.#names.set(name, place);
  }

  #checkOwner(word: Word, place: Place): void {
    if (word.context !== this) this.#fail('a word of another module is used here', place);
  }

  #label(word: Word): string {
    const { name } = this.#nets[word.net]!;
    return `${name ?? 'a net'} of ${word.width} bits`;
  }

  #fail(problem: string, place: Place): never {
    throw new HardwareError(`${this.name}: ${problem}`, place);
  }

  #constantOf(word: Word): bigint | undefined {
    const driver = this.#drivingCell.get(word.net);
    return driver?.kind === 'constant' ? driver.parameters.value : undefined;
  }

  #query(inputs: readonly Word[], width: number, parameters: CellParameters): CellQuery {
    return {
      inputs,
      width,
      parameters,
      constantOf: (word) => this.#constantOf(word),
      driverOf: (word) => {
        // A net that the designer named stays in sight: its bits are taken from it, not from behind it.
        if (this.#nets[word.net]!.name !== undefined) return undefined;
        const cell = this.#drivingCell.get(word.net);
        return cell && { ...cell, inputs: cell.inputs.map((net) => this.#words[net]!) };
      },
    };
  }
}

function checkName(name: string, place: Place): void {
  if (!IDENTIFIER.test(name) || RESERVED_WORDS.has(name)) {
    throw new HardwareError(
      `"${name}" cannot name hardware`,
      place,
      'Use a letter, then letters, digits, _.',
    );
  }
}

/** A module generator that makes one module per configuration text, so that equal instances share their module. */
export function memoizedModule<A extends readonly unknown[], M>(
  generate: (...configuration: A) => M,
): (...configuration: A) => M {
  const made = new Map<string, M>();
  return (...configuration) => {
    const key = JSON.stringify(configuration, (_, value) =>
      typeof value === 'bigint' ? `${value}n` : (value as unknown),
    );
    if (key === undefined) throw new ConfigurationError('a module generator needs a plain configuration');
    let module = made.get(key);
    if (module === undefined) {
      module = generate(...configuration);
      made.set(key, module);
    }
    return module;
  };
}
