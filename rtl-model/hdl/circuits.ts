/**
 * Arithmetic circuits over an abstract bit: adders of four prefix architectures, column compression, multiplication,
 * shifting, comparison. Words are arrays of bits, least significant first.
 *
 * Not modelled: transistor sizing, fan-out buffers and wires; those belong to the estimates.
 */
import type { BitAlgebra, Bits } from './bit-algebra.js';

/**
 * How the carries of an adder are computed.
 * - `ripple`: w − 1 combine steps in a chain: fewest gates, depth w
 * - `sklansky`: (w/2)·log2 w steps, depth log2 w, fan-out up to w/2
 * - `kogge-stone`: w·log2 w steps, depth log2 w, fan-out 2
 * - `brent-kung`: 2w steps, depth 2·log2 w, fan-out 2
 * Source: D. Harris, "A Taxonomy of Parallel Prefix Networks", Asilomar 2003.
 */
export type AdderArchitecture = 'ripple' | 'sklansky' | 'kogge-stone' | 'brent-kung';

/** One step of a prefix network: position `to` absorbs position `from`, where from < to. */
export interface PrefixStep {
  readonly to: number;
  readonly from: number;
}

const PREFIX_NETWORKS: Record<AdderArchitecture, (width: number) => PrefixStep[][]> = {
  ripple: (width) => Array.from({ length: Math.max(width - 1, 0) }, (_, i) => [{ to: i + 1, from: i }]),
  sklansky: (width) =>
    levels(width, (distance) =>
      positions(width, (i) => (i & distance) !== 0).map((i) => ({ to: i, from: (i & -distance) - 1 })),
    ),
  'kogge-stone': (width) =>
    levels(width, (distance) =>
      positions(width, (i) => i >= distance).map((i) => ({ to: i, from: i - distance })),
    ),
  'brent-kung': (width) => {
    const up = levels(width, (distance) =>
      positions(width, (i) => (i + 1) % (2 * distance) === 0).map((i) => ({ to: i, from: i - distance })),
    );
    const down = levels(width, (distance) =>
      positions(width, (i) => i >= 2 * distance && (i + 1) % (2 * distance) === distance).map((i) => ({
        to: i,
        from: i - distance,
      })),
    ).reverse();
    return [...up, ...down].filter((level) => level.length > 0);
  },
};

export const ADDER_ARCHITECTURES = Object.keys(PREFIX_NETWORKS) as readonly AdderArchitecture[];

/** The combine steps of a prefix network over `width` positions, level by level; steps of one level read old values. */
export function prefixNetwork(architecture: AdderArchitecture, width: number): readonly PrefixStep[][] {
  const key = `${architecture} ${width}`;
  let network = networks.get(key);
  if (network === undefined) {
    network = PREFIX_NETWORKS[architecture](width);
    networks.set(key, network);
  }
  return network;
}

/** Networks made so far: designs have many adders of few widths. */
const networks = new Map<string, readonly PrefixStep[][]>();

/** a + b + carryIn modulo 2^w, w = a.length = b.length. */
export function addBits<B>(
  algebra: BitAlgebra<B>,
  a: Bits<B>,
  b: Bits<B>,
  carryIn: B,
  architecture: AdderArchitecture,
): B[] {
  const half = a.map((bit, i) => algebra.xor(bit, b[i]!));
  const carries = carriesOf(algebra, a, b, half, carryIn, architecture);
  return half.map((bit, i) => algebra.xor(bit, i === 0 ? carryIn : carries[i - 1]!));
}

/** The carry out of a + b + carryIn: 1 when the sum reaches 2^w. */
export function carryOutBits<B>(
  algebra: BitAlgebra<B>,
  a: Bits<B>,
  b: Bits<B>,
  carryIn: B,
  architecture: AdderArchitecture,
): B {
  const half = a.map((bit, i) => algebra.xor(bit, b[i]!));
  return carriesOf(algebra, a, b, half, carryIn, architecture).at(-1) ?? carryIn;
}

/** Carry out of every position. */
function carriesOf<B>(
  algebra: BitAlgebra<B>,
  a: Bits<B>,
  b: Bits<B>,
  half: Bits<B>,
  carryIn: B,
  architecture: AdderArchitecture,
): B[] {
  const generate = a.map((bit, i) => algebra.and(bit, b[i]!));
  const propagate = [...half];
  if (generate.length > 0) generate[0] = algebra.or(generate[0]!, algebra.and(propagate[0]!, carryIn));
  for (const level of prefixNetwork(architecture, a.length)) {
    const absorbed = level.map(({ to, from }) => {
      const carry = algebra.or(generate[to]!, algebra.and(propagate[to]!, generate[from]!));
      // A position whose group already reaches bit 0 is final: its propagate is never read again in a chain.
      const passes =
        architecture === 'ripple' ? propagate[to]! : algebra.and(propagate[to]!, propagate[from]!);
      return { to, carry, passes };
    });
    for (const { to, carry, passes } of absorbed) [generate[to], propagate[to]] = [carry, passes];
  }
  return generate;
}

/** Sum and carry of three bits. */
export function fullAdder<B>(algebra: BitAlgebra<B>, a: B, b: B, c: B): { sum: B; carry: B } {
  const half = algebra.xor(a, b);
  return {
    sum: algebra.xor(half, c),
    carry: algebra.or(algebra.and(a, b), algebra.and(half, c)),
  };
}

/**
 * Columns of equal-weight bits reduced to at most two bits a column by full and half adders, by Dadda's sequence of
 * column heights (2, 3, 4, 6, 9, 13, 19, …). Column i has weight 2^i; carries beyond the last column are dropped
 * (sums are modulo 2^columns).
 * Source: L. Dadda, "Some schemes for parallel multipliers", Alta Frequenza 1965.
 */
export function compressColumns<B>(algebra: BitAlgebra<B>, columns: readonly (readonly B[])[]): B[][] {
  let current = columns.map((column) => column.filter((bit) => bit !== algebra.zero));
  const heights = [2];
  const tallest = Math.max(2, ...current.map((column) => column.length));
  while (heights.at(-1)! < tallest) heights.push(Math.floor((heights.at(-1)! * 3) / 2));
  for (const height of heights.slice(0, -1).reverse()) current = compressTo(algebra, current, height);
  return current;
}

/** One Dadda stage: every column to at most `height` bits. */
function compressTo<B>(algebra: BitAlgebra<B>, columns: readonly (readonly B[])[], height: number): B[][] {
  const result: B[][] = columns.map(() => []);
  columns.forEach((column, weight) => {
    const pending = [...column];
    const carry = (bit: B): void => {
      if (bit !== algebra.zero) result[weight + 1]?.push(bit);
    };
    while (pending.length + result[weight]!.length > height && pending.length >= 2) {
      const excess = pending.length + result[weight]!.length - height;
      const takeThree = excess >= 2 && pending.length >= 3;
      const [a, b] = [pending.shift()!, pending.shift()!];
      const sum = takeThree
        ? fullAdder(algebra, a, b, pending.shift()!)
        : { sum: algebra.xor(a, b), carry: algebra.and(a, b) };
      result[weight]!.push(sum.sum);
      carry(sum.carry);
    }
    result[weight]!.push(...pending);
  });
  return result.map((column) => column.filter((bit) => bit !== algebra.zero));
}

/** Columns of at most two bits as two words of equal width. */
export function twoRows<B>(algebra: BitAlgebra<B>, columns: readonly (readonly B[])[]): [B[], B[]] {
  return [
    columns.map((column) => column[0] ?? algebra.zero),
    columns.map((column) => column[1] ?? algebra.zero),
  ];
}

/** Unsigned a × b modulo 2^width: an AND array, column compression, one adder. */
export function multiplyBits<B>(
  algebra: BitAlgebra<B>,
  a: Bits<B>,
  b: Bits<B>,
  width: number,
  architecture: AdderArchitecture,
): B[] {
  const columns: B[][] = Array.from({ length: width }, () => []);
  a.forEach((bitA, i) => {
    b.forEach((bitB, j) => {
      columns[i + j]?.push(algebra.and(bitA, bitB));
    });
  });
  const [left, right] = twoRows(algebra, compressColumns(algebra, columns));
  return addBits(algebra, left, right, algebra.zero, architecture);
}

/** a shifted by `amount` positions through log2 stages of muxes; vacated positions get `fill`. */
export function shiftBits<B>(
  algebra: BitAlgebra<B>,
  a: Bits<B>,
  amount: Bits<B>,
  direction: 'left' | 'right',
  fill: B,
): B[] {
  let current = [...a];
  amount.forEach((bit, stage) => {
    const distance = 2 ** stage;
    const source = (i: number) => current[direction === 'left' ? i - distance : i + distance] ?? fill;
    current = current.map((old, i) => algebra.mux(bit, source(i), old));
  });
  return current;
}

/** A balanced tree over one associative operation; `empty` when there are no bits. */
export function reduceBits<B>(bits: Bits<B>, operation: (a: B, b: B) => B, empty: B): B {
  let row = [...bits];
  while (row.length > 1) {
    const next: B[] = [];
    for (let i = 0; i + 1 < row.length; i += 2) next.push(operation(row[i]!, row[i + 1]!));
    if (row.length % 2 === 1) next.push(row.at(-1)!);
    row = next;
  }
  return row[0] ?? empty;
}

/** 1 when a = b. */
export function equalBits<B>(algebra: BitAlgebra<B>, a: Bits<B>, b: Bits<B>): B {
  const same = a.map((bit, i) => algebra.not(algebra.xor(bit, b[i]!)));
  return reduceBits(same, (x, y) => algebra.and(x, y), algebra.one);
}

/** 1 when a < b as unsigned numbers: no carry out of a + ¬b + 1. */
export function lessThanBits<B>(
  algebra: BitAlgebra<B>,
  a: Bits<B>,
  b: Bits<B>,
  architecture: AdderArchitecture,
): B {
  const inverted = b.map((bit) => algebra.not(bit));
  return algebra.not(carryOutBits(algebra, a, inverted, algebra.one, architecture));
}

function levels(width: number, level: (distance: number) => PrefixStep[]): PrefixStep[][] {
  const result: PrefixStep[][] = [];
  for (let distance = 1; distance < width; distance *= 2) result.push(level(distance));
  return result;
}

function positions(width: number, wanted: (i: number) => boolean): number[] {
  return Array.from({ length: width }, (_, i) => i).filter(wanted);
}
