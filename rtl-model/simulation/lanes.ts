/**
 * The value of a word in 128 lanes, bit-sliced: bit i of the word in lane n is bit n of vector i.
 *
 * Tests and stimulus work on whole vectors wherever they can; `write` and `read` transpose between one number a lane
 * and the bit-sliced form, 32 lanes × 32 bits at a time.
 */

/** Lanes of a vector. */
export const LANES = 128;
/** 32-bit words of a vector. */
export const WORDS_PER_VECTOR = LANES / 32;

/** Bit n of vector `i < 7` is bit i of n: the lane number, for counting stimulus. 4 words a vector. */
export const LANE_NUMBER_BITS: readonly Uint32Array[] = Array.from({ length: 7 }, (_, bit) =>
  Uint32Array.from({ length: WORDS_PER_VECTOR }, (_, word) => {
    let bits = 0;
    for (let n = 0; n < 32; n++) bits |= (((word * 32 + n) >> bit) & 1) << n;
    return bits >>> 0;
  }),
);

export class LaneWord {
  /** In bits. */
  readonly width: number;
  /** The vectors of bits 0 … width − 1, 4 words each. A view: writing it writes the simulation's memory. */
  readonly vectors: Uint32Array;

  /** @param memory words of a simulation; @param offset index of the first word of bit 0 */
  constructor(memory: Uint32Array, offset: number, width: number) {
    this.width = width;
    this.vectors = memory.subarray(offset, offset + width * WORDS_PER_VECTOR);
  }

  /** A word that belongs to no simulation. */
  static detached(width: number): LaneWord {
    return new LaneWord(new Uint32Array(width * WORDS_PER_VECTOR), 0, width);
  }

  /** The same value in every lane. */
  fill(value: bigint | number): void {
    const wide = BigInt(value);
    for (let bit = 0; bit < this.width; bit++) {
      const ones = (wide >> BigInt(bit)) & 1n ? 0xffffffff : 0;
      this.vectors.fill(ones, bit * WORDS_PER_VECTOR, (bit + 1) * WORDS_PER_VECTOR);
    }
  }

  /** The value in one lane. For looking at single lanes; not for hot loops. */
  get(lane: number): bigint {
    let value = 0n;
    for (let bit = this.width - 1; bit >= 0; bit--) {
      const word = this.vectors[bit * WORDS_PER_VECTOR + (lane >> 5)]!;
      value = (value << 1n) | BigInt((word >>> (lane & 31)) & 1);
    }
    return value;
  }

  /** Sets the value in one lane. */
  set(lane: number, value: bigint | number): void {
    const wide = BigInt(value);
    for (let bit = 0; bit < this.width; bit++) {
      const index = bit * WORDS_PER_VECTOR + (lane >> 5);
      const mask = 1 << (lane & 31);
      if ((wide >> BigInt(bit)) & 1n) this.vectors[index]! |= mask;
      else this.vectors[index]! &= ~mask;
    }
  }

  /** Bits `low` … `low + width − 1` of all lanes from one number a lane; width ≤ 32, `values` has 128 numbers. */
  write(values: ArrayLike<number>, low = 0, width = Math.min(this.width - low, 32)): void {
    const { vectors } = this;
    for (let word = 0; word < WORDS_PER_VECTOR; word++) {
      for (let n = 0; n < 32; n++) block[n] = values[word * 32 + n]!;
      if (width <= NARROW_BITS) {
        for (let i = 0; i < width; i++) vectors[(low + i) * WORDS_PER_VECTOR + word] = bitOfBlock(i);
        continue;
      }
      transpose32(block);
      for (let i = 0; i < width; i++) vectors[(low + i) * WORDS_PER_VECTOR + word] = block[i]!;
    }
  }

  /** Bits `low` … `low + width − 1` of all lanes as one number a lane; width ≤ 32. */
  read(low = 0, width = Math.min(this.width - low, 32), into = new Uint32Array(LANES)): Uint32Array {
    const { vectors } = this;
    for (let word = 0; word < WORDS_PER_VECTOR; word++) {
      if (width === 1) {
        const bits = vectors[low * WORDS_PER_VECTOR + word]!;
        for (let n = 0; n < 32; n++) into[word * 32 + n] = (bits >>> n) & 1;
        continue;
      }
      block.fill(0);
      for (let i = 0; i < width; i++) block[i] = vectors[(low + i) * WORDS_PER_VECTOR + word]!;
      transpose32(block);
      into.set(block, word * 32);
    }
    return into;
  }
}

/** Up to this width, picking the bits out one by one is faster than a transposition. */
const NARROW_BITS = 4;
/** What is being transposed; nothing is kept in it between calls. */
const block = new Uint32Array(32);

/** Bit i of the 32 numbers of the block, side by side. */
function bitOfBlock(i: number): number {
  let bits = 0;
  for (let n = 31; n >= 0; n--) bits = (bits << 1) | ((block[n]! >>> i) & 1);
  return bits >>> 0;
}

/** Transposes a 32 × 32 bit matrix in place: bit j of word i becomes bit i of word j. */
export function transpose32(rows: Uint32Array): void {
  let mask = 0x0000ffff;
  for (let distance = 16; distance > 0; distance >>= 1) {
    for (let i = 0; i < 32; i = (i + distance + 1) & ~distance) {
      const swap = ((rows[i]! >>> distance) ^ rows[i + distance]!) & mask;
      rows[i + distance]! ^= swap;
      rows[i]! ^= swap << distance;
    }
    mask ^= mask << (distance >> 1);
  }
}
