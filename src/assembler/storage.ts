/** What a format name stands for, and how many bytes elements of it take in memory. */
import { BLOCK_FORMATS, ELEMENT_FORMATS, widthOf } from '../formats/index.js';

/** How a format lies in memory. */
export interface StoredFormat {
  /** As in the catalogue of formats. */
  readonly name: string;
  /** Bits of one element code. */
  readonly elementBits: number;
  /** Elements along a row that share a scale; 1 for a format without blocks. */
  readonly blockSize: number;
  /** Bits of a block beside its elements: one byte for a scale, and its micro-exponents. */
  readonly blockBits: number;
}

/** A format's name as a program writes it: names have no hyphens there. */
export function formatText(name: string): string {
  return name.replaceAll('-', '_');
}

/** The formats of the catalogue by the name that a program writes. */
const FORMATS: ReadonlyMap<string, StoredFormat> = new Map(
  [...[...BLOCK_FORMATS.keys()].map(storedBlock), ...[...ELEMENT_FORMATS.keys()].map(storedElement)].map(
    (format) => [formatText(format.name), format],
  ),
);

/** Names of all formats that memory can hold, as a program writes them. */
export const FORMAT_NAMES: readonly string[] = [...FORMATS.keys()];

function storedBlock(name: string): StoredFormat {
  const { choices, blockSize, scale, microGroups = [] } = BLOCK_FORMATS.get(name)!;
  const elementBits = Math.max(...choices.map(({ element }) => widthOf(element)));
  const scaleBits = widthOf(scale) === 0 ? 0 : 8;
  const blockBits = microGroups.reduce((bits, size) => bits + blockSize / size, scaleBits);
  return { name, elementBits, blockSize, blockBits };
}

function storedElement(name: string): StoredFormat {
  return { name, elementBits: widthOf(ELEMENT_FORMATS.get(name)!), blockSize: 1, blockBits: 0 };
}

/** The format of a name, with hyphens or as a program writes it; undefined if there is none. */
export function storedFormat(name: string): StoredFormat | undefined {
  return FORMATS.get(formatText(name));
}

/**
 * Bytes of a rows × cols matrix: packed codes and what each block has beside them (NVFP4: 9 bytes for 16 elements),
 * rounded up to whole bytes. Blocks run along the columns. A factor of the whole tensor or of a row is not counted.
 */
export function storedBytes(
  { elementBits, blockSize, blockBits }: StoredFormat,
  rows: number,
  cols: number,
): number {
  return Math.ceil((rows * cols * elementBits + rows * Math.ceil(cols / blockSize) * blockBits) / 8);
}
