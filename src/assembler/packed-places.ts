/** Places of an object file: files and uses are kept once, in lists that the places refer to. */
import { ConfigurationError } from '../numerics/index.js';
import type { Span, Use } from './program.js';

/** `file` is an index into the files; `use` one into the uses, plus 1, or 0 for none. */
export type PackedSpan = readonly [line: number, column: number, length: number, file: number, use: number];

type Packed<U> = U extends Use ? Omit<U, 'span'> & { readonly span: PackedSpan } : never;
export type PackedUse = Packed<Use>;

/** Gathers files and uses while places are packed. A use refers to earlier uses only. */
export class PlacePacker {
  readonly files: string[] = [];
  readonly uses: PackedUse[] = [];
  readonly #fileIndex = new Map<string, number>();
  readonly #useNumber = new Map<Use, number>();

  pack({ file, line, column, length, use }: Span): PackedSpan {
    let index = this.#fileIndex.get(file);
    if (index === undefined) {
      index = this.files.push(file) - 1;
      this.#fileIndex.set(file, index);
    }
    return [line, column, length, index, use === undefined ? 0 : this.#numberOf(use)];
  }

  #numberOf(use: Use): number {
    const known = this.#useNumber.get(use);
    if (known !== undefined) return known;
    const span = this.pack(use.span);
    const number = this.uses.push({ ...use, span } as PackedUse);
    this.#useNumber.set(use, number);
    return number;
  }
}

/** The reverse. Throws `ConfigurationError` for a place that refers to a file or use that is not there. */
export function placeUnpacker(
  { files, uses }: { readonly files: readonly string[]; readonly uses: readonly PackedUse[] },
  where: string,
): (span: PackedSpan) => Span {
  const unpacked: Use[] = [];
  const unpack = ([line, column, length, index, number]: PackedSpan): Span => {
    const file = files[index];
    const use = unpacked[number - 1];
    if (file === undefined || (number > 0 && use === undefined)) {
      throw new ConfigurationError(`${where}: a place refers to what is not there`, 'the file is damaged');
    }
    return { file, line, column, length, ...(use === undefined ? {} : { use }) };
  };
  for (const use of uses) unpacked.push({ ...use, span: unpack(use.span) } as Use);
  return unpack;
}
