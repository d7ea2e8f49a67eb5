/**
 * The interpreter's netlist of words as generated JavaScript: the same results about a thousand times as fast, one
 * lane at a time. It knows words and nothing of gates, so it is a second opinion on everything that bit-blasting does.
 *
 * Not modelled: as in the interpreter.
 */
import type { Cell, CellShape, Netlist } from '../hdl/index.js';
import { type PlacedNet, readsPlaces, WORD_CODE, WORD_HELPERS, wordsFor } from './word-code.js';

/** Cells in one generated function: small enough for the just-in-time compiler to bother. */
const CELLS_PER_FUNCTION = 150;

interface Compiled {
  settle(): void;
  load(): void;
}

export class WordSimulation {
  readonly netlist: Netlist;
  /** The values of all nets; see `placeOf`. Writing inputs here is what fast drivers do. */
  readonly words: Int32Array;
  readonly #places: readonly PlacedNet[];
  readonly #names: ReadonlyMap<string, number>;
  readonly #compiled: Compiled;

  constructor(netlist: Netlist) {
    this.netlist = netlist;
    let size = 0;
    this.#places = netlist.nets.map(({ width }) => {
      const place = { at: size, width };
      size += wordsFor(width);
      return place;
    });
    this.words = new Int32Array(size);
    const registers = netlist.registers.map(({ name, output }) => ({ name, net: output }));
    const all = [...registers, ...netlist.outputs, ...netlist.inputs];
    this.#names = new Map(all.map(({ name, net }) => [name, net]));
    this.#compiled = compiled(netlist, this.#places, this.words);
    this.reset();
  }

  /** Where a port or a register stands in `words`. Throws `RangeError` if there is none. */
  placeOf(name: string): PlacedNet {
    const net = this.#names.get(name);
    if (net === undefined) throw new RangeError(`no net ${name}`);
    return this.#places[net]!;
  }

  /** Sets an input port. Bits above its width are cut. */
  set(name: string, value: bigint | number): void {
    this.#write(this.placeOf(name), BigInt(value));
  }

  /** The value of a port or a register, as of the last `settle` or `clock`. */
  get(name: string): bigint {
    const { at, width } = this.placeOf(name);
    let value = 0n;
    for (let j = wordsFor(width) - 1; j >= 0; j--) value = (value << 32n) | BigInt(this.words[at + j]! >>> 0);
    return value;
  }

  /** Evaluates everything between registers. */
  settle(): void {
    this.#compiled.settle();
  }

  /** One clock edge: settles, then every enabled register loads. */
  clock(): void {
    this.#compiled.settle();
    this.#compiled.load();
  }

  /** The clock edge alone, for those who have settled already. */
  load(): void {
    this.#compiled.load();
  }

  /** All registers to their reset values. */
  reset(): void {
    for (const { output, reset } of this.netlist.registers) this.#write(this.#places[output]!, reset);
  }

  #write({ at, width }: PlacedNet, value: bigint): void {
    const kept = BigInt.asUintN(width, value);
    for (let j = 0; j < wordsFor(width); j++)
      this.words[at + j] = Number(BigInt.asIntN(32, kept >> BigInt(32 * j)));
  }
}

/** Compiles the cells in groups, and the loading of the registers. */
function compiled(netlist: Netlist, places: readonly PlacedNet[], words: Int32Array): Compiled {
  const settling = settleGroups(netlist, places);
  const { fetches, stores, count } = registerCode(netlist, places);
  const parts = { settle: settling, fetch: grouped(fetches), store: grouped(stores) };
  const functions = Object.entries(parts).flatMap(([name, bodies]) =>
    bodies.map((body, i) => `const ${name}${i} = () => { ${body} };`),
  );
  const text = [
    WORD_HELPERS,
    `const N = new Int32Array(${count});`,
    ...constantCode(netlist, places),
    ...functions,
    `return {
      settle() { ${calls('settle', parts.settle.length)} },
      load() { ${calls('fetch', parts.fetch.length)} ${calls('store', parts.store.length)} },
    };`,
  ].join('\n');
  return new Function('V', text)(words) as Compiled;
}

function shapeOf({ nets }: Netlist, { inputs, output, parameters }: Cell): CellShape {
  return { inputWidths: inputs.map((net) => nets[net]!.width), width: nets[output]!.width, parameters };
}

/** Constants are written once, at the start. */
function constantCode(netlist: Netlist, places: readonly PlacedNet[]): string[] {
  const constants = netlist.cells.filter(({ kind }) => kind === 'constant');
  return constants.map((cell) => WORD_CODE.constant(places[cell.output]!, [], shapeOf(netlist, cell)));
}

/** The cells that somebody reads, in groups; a word that only its own group reads lives in a variable. */
function settleGroups(netlist: Netlist, places: readonly PlacedNet[]): string[] {
  const cells = liveCells(netlist);
  const groupOf = new Map(cells.map(({ output }, i) => [output, Math.floor(i / CELLS_PER_FUNCTION)]));
  const placed = [...places];
  for (const net of localNets(netlist, cells, groupOf)) placed[net] = { ...places[net]!, local: `w${net}` };
  for (const { kind, output, parameters } of netlist.cells) {
    const isWord = kind === 'constant' && places[output]!.width <= 32;
    if (isWord) placed[output] = { ...places[output]!, local: `${BigInt.asIntN(32, parameters.value!)}` };
  }
  const code = cells.map((cell) => {
    const output = placed[cell.output]!;
    const text = WORD_CODE[cell.kind](
      output,
      cell.inputs.map((net) => placed[net]!),
      shapeOf(netlist, cell),
    );
    return output.local === undefined ? text : `let ${output.local} = 0; ${text}`;
  });
  return grouped(code);
}

/** Cells but constants on which an output or a register depends. */
function liveCells({ cells, nets, outputs, registers }: Netlist): Cell[] {
  const live = new Uint8Array(nets.length);
  for (const { net } of outputs) live[net] = 1;
  for (const { next, enable } of registers) for (const net of [next, enable ?? next]) live[net] = 1;
  for (const { inputs, output } of [...cells].reverse()) {
    if (live[output] === 1) for (const net of inputs) live[net] = 1;
  }
  return cells.filter(({ kind, output }) => live[output] === 1 && kind !== 'constant');
}

/** Nets of one word that nothing outside the group of their cell reads. */
function localNets(
  netlist: Netlist,
  cells: readonly Cell[],
  groupOf: ReadonlyMap<number, number>,
): Set<number> {
  const local = new Set(cells.map(({ output }) => output).filter((net) => netlist.nets[net]!.width <= 32));
  for (const { net } of netlist.outputs) local.delete(net);
  for (const { next, enable } of netlist.registers)
    for (const net of [next, enable ?? next]) local.delete(net);
  for (const cell of cells) {
    const here = groupOf.get(cell.output);
    const fixed = readsPlaces(cell.kind, shapeOf(netlist, cell));
    for (const net of cell.inputs) if (fixed || groupOf.get(net) !== here) local.delete(net);
  }
  return local;
}

/** Every register first fetches what it will hold, then all take it: a register may load another one's output. */
function registerCode({ registers }: Netlist, places: readonly PlacedNet[]) {
  const [fetches, stores]: [string[], string[]] = [[], []];
  for (const { output, next, enable } of registers) {
    const [to, from] = [places[output]!, places[next]!];
    for (let j = 0; j < wordsFor(to.width); j++) {
      const loaded = `V[${from.at + j}]`;
      const kept = enable === undefined ? loaded : `V[${places[enable]!.at}] ? ${loaded} : V[${to.at + j}]`;
      stores.push(`V[${to.at + j}] = N[${fetches.length}];`);
      fetches.push(`N[${fetches.length}] = ${kept};`);
    }
  }
  return { fetches, stores, count: fetches.length };
}

function grouped(lines: readonly string[]): string[] {
  const groups: string[] = [];
  for (let i = 0; i < lines.length; i += CELLS_PER_FUNCTION) {
    groups.push(lines.slice(i, i + CELLS_PER_FUNCTION).join('\n'));
  }
  return groups;
}

const calls = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${name}${i}();`).join(' ');
