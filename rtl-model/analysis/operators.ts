/**
 * Arithmetic operators as synthesis reads them, where that differs from what a designer means by them.
 *
 * An adder with a carry in is written `a + b + carry`, two operators: if `a + b` is wanted as well, that sum is made once
 * and incremented; else three words are added, through a row of half adders. A product is a sum of partial products,
 * packed into as few words as the tallest column has bits; of each three words rows of full adders make two. A
 * comparison that is inverted, ¬(a < b), becomes b ≤ a: a subtraction of its own beside a − b, and a test for equality.
 */
import type { Cell, CellKind, Net, Netlist, ScopedCell } from '../hdl/index.js';

/** The netlist with these operators written out. */
export function withPlainOperators(netlist: Netlist): Netlist {
  return new Writer(netlist).run();
}

class Writer {
  readonly #netlist: Netlist;
  readonly #nets: Net[];
  readonly #cells: ScopedCell[] = [];
  /** Operands of the adders without a carry. */
  readonly #plainSums: ReadonlySet<string>;
  readonly #zeros: ReadonlySet<number>;
  /** Outputs that an inverter reads. */
  readonly #inverted: ReadonlySet<number>;

  constructor(netlist: Netlist) {
    this.#netlist = netlist;
    this.#nets = [...netlist.nets];
    const plain = netlist.cells.filter(({ kind, inputs }) => kind === 'add' && inputs.length === 2);
    this.#plainSums = new Set(plain.map(({ inputs }) => inputs.join()));
    const constants = netlist.cells.filter(({ kind }) => kind === 'constant');
    this.#zeros = new Set(constants.filter(({ parameters }) => parameters.value === 0n).map((c) => c.output));
    this.#inverted = new Set(
      netlist.cells.filter(({ kind }) => kind === 'not').map(({ inputs }) => inputs[0]!),
    );
  }

  run(): Netlist {
    for (const cell of this.#netlist.cells) {
      const [a, b, carry] = cell.inputs;
      const addsThree =
        cell.kind === 'add' && carry !== undefined && !this.#zeros.has(a!) && !this.#zeros.has(b!);
      if (addsThree) this.#addThree(cell, a!, b!, carry);
      else if (cell.kind === 'multiply') this.#multiply(cell, a!, b!);
      else if (cell.kind === 'lessThan' && this.#inverted.has(cell.output)) this.#notLess(cell, a!, b!);
      else this.#cells.push(cell);
    }
    return { ...this.#netlist, nets: this.#nets, cells: this.#cells };
  }

  #addThree(cell: ScopedCell, a: number, b: number, carry: number): void {
    const width = this.#widthOf(cell.output);
    if (this.#plainSums.has([a, b].join()) || width === 1) {
      const sum = this.#make(cell, 'add', [a, b], width);
      this.#finish(cell, [sum, this.#make(cell, 'zeroExtend', [carry], width)]);
      return;
    }
    const carries = this.#make(cell, 'and', [a, b], width);
    const half = this.#make(cell, 'xor', [a, b], width);
    this.#finish(cell, [half, this.#shifted(cell, carries, carry)]);
  }

  /** ¬(a < b) is read as b ≤ a: below, or equal. */
  #notLess(cell: ScopedCell, a: number, b: number): void {
    const below = this.#make(cell, 'lessThan', [b, a], 1);
    const equal = this.#make(cell, 'equal', [b, a], 1);
    const either = this.#make(cell, 'or', [below, equal], 1);
    this.#cells.push({ ...cell, kind: 'not', inputs: [either] });
  }

  #multiply(cell: ScopedCell, a: number, b: number): void {
    const width = this.#widthOf(cell.output);
    const zero = this.#make(cell, 'constant', [], 1, { value: 0n });
    let words = this.#partialProducts(cell, a, b).map((bits) =>
      this.#make(cell, 'concat', Array.from({ length: width }, (_, i) => bits[i] ?? zero).reverse(), width),
    );
    while (words.length > 2) {
      const fewer: number[] = [];
      for (let i = 0; i < words.length; i += 3) {
        const [x, y, z] = words.slice(i, i + 3);
        if (z === undefined) fewer.push(...words.slice(i));
        else fewer.push(...this.#fullAdders(cell, x!, y!, z, zero));
      }
      words = fewer;
    }
    this.#finish(cell, [words[0]!, words[1] ?? this.#make(cell, 'constant', [], width, { value: 0n })]);
  }

  /** Word k has the k-th product of two bits of each column; columns beyond the result are dropped. */
  #partialProducts(cell: ScopedCell, a: number, b: number): number[][] {
    const width = this.#widthOf(cell.output);
    const words: number[][] = [];
    const bits = (net: number) =>
      Array.from({ length: this.#widthOf(net) }, (_, low) => this.#make(cell, 'slice', [net], 1, { low }));
    const [bitsA, bitsB] = [bits(a), bits(b)];
    const heights = new Array<number>(width).fill(0);
    bitsB.forEach((bitB, i) => {
      bitsA.forEach((bitA, j) => {
        if (i + j >= width) return;
        const height = heights[i + j]!++;
        if (height === words.length) words.push([]);
        words[height]![i + j] = this.#make(cell, 'and', [bitA, bitB], 1);
      });
    });
    return words;
  }

  /** Sum and carries of three words. */
  #fullAdders(
    cell: ScopedCell,
    x: number,
    y: number,
    z: number,
    zero: number,
  ): [sum: number, carries: number] {
    const width = this.#widthOf(x);
    const half = this.#make(cell, 'xor', [x, y], width);
    const both = [this.#make(cell, 'and', [x, y], width), this.#make(cell, 'and', [half, z], width)];
    const sum = this.#make(cell, 'xor', [half, z], width);
    return [sum, this.#shifted(cell, this.#make(cell, 'or', both, width), zero)];
  }

  /** A word one place up, with a bit below. */
  #shifted(cell: ScopedCell, word: number, bit: number): number {
    const width = this.#widthOf(word);
    if (width === 1) return bit;
    return this.#make(cell, 'concat', [this.#make(cell, 'slice', [word], width - 1, { low: 0 }), bit], width);
  }

  #widthOf(net: number): number {
    return this.#nets[net]!.width;
  }

  /** The sum of two words in place of a cell. */
  #finish(cell: ScopedCell, inputs: readonly [number, number]): void {
    this.#cells.push({ ...cell, kind: 'add', inputs });
  }

  /** A cell beside another one; its output. */
  #make(
    { place, scope }: ScopedCell,
    kind: CellKind,
    inputs: readonly number[],
    width: number,
    parameters: Cell['parameters'] = {},
  ): number {
    const output = this.#nets.push({ width, name: undefined, place }) - 1;
    this.#cells.push({ kind, inputs, output, parameters, place, scope });
    return output;
  }
}
