/** `manifest.json`: what a folder of vectors holds, how to read it, and how to make it again. */
import { ConfigurationError } from '../numerics/index.js';
import { type Field, type Layout, layoutOf } from './layout.js';
import type { Level, UnitInterface } from './unit.js';

export const MANIFEST_FILE = 'manifest.json';
/** Changes with the meaning of the manifest or of the files. */
export const MANIFEST_SCHEMA = 'fp4sim-vectors-1';

export interface ToolIdentity {
  readonly name: 'fp4sim';
  readonly version: string;
  /** Commit of the sources, or `unknown` where the tool was installed as a package. */
  readonly commit: string;
}

export interface ManifestFile {
  readonly file: string;
  readonly format: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface ManifestClass {
  readonly name: string;
  readonly summary: string;
  /** Vectors in the files; fewer than `total` in a shard. */
  readonly vectors: number;
  readonly total: number;
  /** Vectors that have a result. */
  readonly results: number;
  readonly exhaustive: string | null;
  readonly files: readonly ManifestFile[];
}

export interface ManifestUnit {
  readonly stem: string;
  readonly unit: string;
  readonly format: string;
  readonly policy: string;
  readonly summary: string;
  readonly interface: UnitInterface | null;
  readonly rules: Readonly<Record<string, string>>;
  /** In the order of a line; `low` is the position of the field's lowest bit in the word of a line. */
  readonly fields: readonly (Field & { readonly low: number; readonly digits: number })[];
  readonly wordBits: number;
  readonly package: ManifestFile | null;
  readonly classes: readonly ManifestClass[];
}

export interface Manifest {
  readonly schema: typeof MANIFEST_SCHEMA;
  readonly tool: ToolIdentity;
  readonly target: string;
  readonly kind: string;
  readonly configuration: string;
  /** The configuration as data. */
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  readonly level: Level;
  readonly seed: number;
  /** 1 of 1 when whole. */
  readonly shard: { readonly index: number; readonly of: number };
  /** Makes the same bytes again. */
  readonly command: string;
  readonly encoding: Readonly<Record<string, string>>;
  readonly units: readonly ManifestUnit[];
}

/** What all files of a set have in common. */
export const ENCODING: Readonly<Record<string, string>> = {
  text: 'lower-case hexadecimal digits; fields joined by _, each in whole digits, most significant first; LF',
  elementOrder: 'element 0 of an operand in the lowest bits, that is the last digit of the field',
  nibbleOrder:
    'low-first: in a byte of two 4-bit elements the element of lower number is in the low four bits',
  scaleOrder: 'block 0 in the lowest bits',
  binary:
    'each field in whole bytes, least significant byte first, fields in order, no padding between vectors',
};

/** The manifest in a text. Throws `ConfigurationError` if it is none. */
export function parseManifest(text: string, name: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ConfigurationError(`${name} is not JSON`, 'a folder of vectors is written by fp4sim vectors');
  }
  const schema = (value as { schema?: unknown } | null)?.schema;
  if (schema !== MANIFEST_SCHEMA) {
    throw new ConfigurationError(
      `${name} has schema ${JSON.stringify(schema)}, expected "${MANIFEST_SCHEMA}"`,
      'make the vectors again with this version',
    );
  }
  return value as Manifest;
}

/** The layout of a unit of a manifest. */
export function layoutOfUnit({ fields }: ManifestUnit): Layout {
  return layoutOf(fields.map(bareField));
}

export function fieldsForManifest({ fields }: Layout): ManifestUnit['fields'] {
  return fields.map((field) => ({ ...bareField(field), low: field.low, digits: field.digits }));
}

function bareField({ name, width, role, meaning, stage }: Field): Field {
  return { name, width, role, meaning, ...(stage === undefined ? {} : { stage }) };
}
