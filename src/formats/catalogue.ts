/** Formats by name: the catalogue, and beside it what a user defines in a file. */
import { ConfigurationError, suggest } from '../numerics/index.js';
import type { BlockFormat } from './block.js';
import { BLOCK_FORMATS } from './blocks.js';
import { loadFormats } from './custom.js';
import type { ElementFormat } from './element.js';
import { ELEMENT_FORMATS } from './elements.js';

export interface FormatCatalogue {
  readonly elements: ReadonlyMap<string, ElementFormat>;
  readonly blocks: ReadonlyMap<string, BlockFormat>;
}

/** The built-in formats, with those of a YAML file if one is given. Throws `ConfigurationError` for a bad file. */
export function formatCatalogue(definitions?: string): FormatCatalogue {
  if (definitions === undefined) return { elements: ELEMENT_FORMATS, blocks: BLOCK_FORMATS };
  const { elements, blocks } = loadFormats(definitions);
  return {
    elements: new Map([...ELEMENT_FORMATS, ...elements]),
    blocks: new Map([...BLOCK_FORMATS, ...blocks]),
  };
}

/** The format of that name, block formats first, or a `ConfigurationError` with the nearest one. */
export function formatNamed(
  { elements, blocks }: FormatCatalogue,
  name: string,
): BlockFormat | ElementFormat {
  const format = blocks.get(name) ?? elements.get(name);
  if (format !== undefined) return format;
  throw new ConfigurationError(
    `unknown format "${name}"`,
    suggest(name, [...blocks.keys(), ...elements.keys()]),
  );
}

/** The block format of that name, or a `ConfigurationError` with the nearest one. */
export function blockFormatNamed({ blocks }: FormatCatalogue, name: string): BlockFormat {
  const format = blocks.get(name);
  if (format !== undefined) return format;
  throw new ConfigurationError(`unknown block format "${name}"`, suggest(name, blocks.keys()));
}
