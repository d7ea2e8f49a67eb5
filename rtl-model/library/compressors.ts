/**
 * Many-operand addition: rows of carry-save adders (3:2 compressors) until two rows are left, then one carry-
 * propagating addition. All arithmetic is modulo 2^width, so two's complement operands only need sign extension.
 * Source: C. S. Wallace, "A Suggestion for a Fast Multiplier", IEEE Trans. EC-13, 1964.
 */
import { type AdderArchitecture, concat, fromBits, fullAdder, type Word } from '../hdl/index.js';
import { wordAlgebra } from './algebra.js';

/** Three rows to two of the same width and sum: a + b + c = sum + carry modulo 2^width. */
export function carrySaveAdd(a: Word, b: Word, c: Word): { sum: Word; carry: Word } {
  const half = a.xor(b);
  const majority = a.and(b).or(half.and(c));
  const { width } = a;
  const zero = a.context.constant(1, 0);
  const carry = width === 1 ? zero : concat(majority.truncate(width - 1), zero);
  return { sum: half.xor(c), carry };
}

/** Rows of one width reduced to at most two with the same sum modulo 2^width; depth about log1.5(rows / 2). */
export function compressRows(rows: readonly Word[]): Word[] {
  let current = [...rows];
  while (current.length > 2) {
    const next: Word[] = [];
    for (let i = 0; i + 2 < current.length; i += 3) {
      const { sum, carry } = carrySaveAdd(current[i]!, current[i + 1]!, current[i + 2]!);
      next.push(sum, carry);
    }
    next.push(...current.slice(current.length - (current.length % 3)));
    current = next;
  }
  return current;
}

/** The sum of at least one row, all of one width, modulo 2^width. */
export function sumOf(rows: readonly Word[], options: { adder?: AdderArchitecture } = {}): Word {
  const [first, second] = compressRows(rows);
  if (first === undefined) throw new RangeError('a sum needs at least one row');
  return second === undefined ? first : first.plus(second, options);
}

/**
 * Columns of equal-weight bits (column i weighs 2^i) as one word, as wide as there are columns; carries beyond are
 * dropped. Full adders from the lowest column up: the fewest gates, and a carry chain through all columns.
 */
export function rippleColumns(columns: readonly (readonly Word[])[]): Word {
  const first = columns.flat()[0];
  if (first === undefined) throw new RangeError('a sum needs at least one bit');
  const algebra = wordAlgebra(first.context);
  const pending = columns.map((column) => [...column]);
  const bits = pending.map((column, weight) => {
    while (column.length > 1) {
      const [a, b, c] = column.splice(0, 3);
      const { sum, carry } =
        c === undefined ? { sum: a!.xor(b!), carry: a!.and(b!) } : fullAdder(algebra, a!, b!, c);
      column.push(sum);
      pending[weight + 1]?.push(carry);
    }
    return column[0] ?? algebra.zero;
  });
  return fromBits(bits);
}

/** How many bits of a word are 1; just wide enough. */
export function onesCount(word: Word): Word {
  const width = Math.floor(Math.log2(word.width)) + 1;
  return rippleColumns([word.bitList(), ...Array.from({ length: width - 1 }, () => [])]);
}
