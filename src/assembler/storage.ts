/** What a format name stands for, and how many bytes elements of it take in memory. */
import { BLOCK_FORMATS, ELEMENT_FORMATS, widthOf } from '../formats/index.js';

/** How a format lies in memory. */
export interface StoredFormat {
  readonly name: string;
  /** Bits of one element code. */
  readonly elementBits: number;
  /** Elements along a row that share a scale of one byte; undefined for a format without blocks. */
  readonly blockSize: number | undefined;
}

/** Names of all formats that memory can hold. */
export const FORMAT_NAMES: readonly string[] = [...BLOCK_FORMATS.keys(), ...ELEMENT_FORMATS.keys()];

/** The format of a name, or undefined if there is none. */
export function storedFormat(name: string): StoredFormat | undefined {
  const block = BLOCK_FORMATS.get(name);
  if (block !== undefined) {
    const elementBits = Math.max(...block.choices.map(({ element }) => widthOf(element)));
    return { name, elementBits, blockSize: block.blockSize };
  }
  const element = ELEMENT_FORMATS.get(name);
  return element && { name, elementBits: widthOf(element), blockSize: undefined };
}

/**
 * Bytes of a rows × cols matrix: packed codes, rounded up to whole bytes, and one byte a block for its scale. Blocks
 * run along the columns.
 */
export function storedBytes({ elementBits, blockSize }: StoredFormat, rows: number, cols: number): number {
  const scales = blockSize === undefined ? 0 : rows * Math.ceil(cols / blockSize);
  return Math.ceil((rows * cols * elementBits) / 8) + scales;
}
