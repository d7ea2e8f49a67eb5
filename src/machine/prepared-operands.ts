/** Parts of operand matrices as the kernels read them, kept while there is room: a part is prepared once for many MMAs. */
import type { DotSemantic } from '../dot/index.js';
import type { Kernels, PreparedTile } from '../kernels/index.js';
import { cutOut, type OperandMatrix, type Window } from './operand-matrix.js';

interface Kept {
  readonly tile: PreparedTile;
  readonly elements: number;
}

export class PreparedOperands {
  readonly #numbers = new WeakMap<OperandMatrix, number>();
  #matrices = 0;
  /** The least recently used first. */
  readonly #kept = new Map<string, Kept>();
  #elements = 0;

  /** @param room elements that are kept at most; about three bytes each in the native engine. */
  constructor(
    private readonly kernels: Kernels,
    private readonly room: number,
  ) {}

  /** rows × depth elements of a window. The tile stays valid until the call after next. */
  get(window: Window, rows: number, depth: number, side: 'a' | 'b', semantic: DotSemantic): PreparedTile {
    const { matrix, row, col } = window;
    const key = `${this.#numberOf(matrix)} ${side} ${row} ${col} ${rows} ${depth} ${semantic.name}`;
    let found = this.#kept.get(key);
    if (found === undefined) {
      const operand = { format: matrix.format, rows, depth, ...cutOut(window, rows, depth) };
      found = { tile: this.kernels.prepare(operand, side, semantic), elements: rows * depth };
      this.#elements += found.elements;
    } else {
      this.#kept.delete(key);
    }
    this.#kept.set(key, found);
    this.#makeRoom();
    return found.tile;
  }

  #numberOf(matrix: OperandMatrix): number {
    let number = this.#numbers.get(matrix);
    if (number === undefined) {
      number = this.#matrices++;
      this.#numbers.set(matrix, number);
    }
    return number;
  }

  /** Lets go of everything. */
  release(): void {
    for (const { tile } of this.#kept.values()) tile.release();
    this.#kept.clear();
    this.#elements = 0;
  }

  /** Lets go of what was not used for longest, but never of the last two. */
  #makeRoom(): void {
    for (const [key, { tile, elements }] of this.#kept) {
      if (this.#elements <= this.room || this.#kept.size <= 2) return;
      this.#kept.delete(key);
      this.#elements -= elements;
      tile.release();
    }
  }
}
