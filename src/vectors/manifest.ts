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
  const broken = missingIn(value as Manifest);
  if (broken !== undefined)
    throw new ConfigurationError(
      `${name}: ${broken} is missing or of another kind`,
      'make the vectors again',
    );
  return value as Manifest;
}

/** The first part that everything else relies on and that a manifest lacks. */
function missingIn({ target, settings, shard, units }: Manifest): string | undefined {
  if (typeof target !== 'string') return 'target';
  if (!isRecord(settings)) return 'settings';
  if (!isRecord(shard) || !isCount(shard.index) || !isCount(shard.of)) return 'shard';
  if (!isFilled(units)) return 'units';
  for (const [u, unit] of units.entries()) {
    const place = `units[${u}]`;
    if (!isRecord(unit) || typeof unit.stem !== 'string') return `${place}.stem`;
    if (!isFilled(unit.fields)) return `${place}.fields`;
    const field = unit.fields.findIndex((one) => typeof one?.name !== 'string' || !isCount(one.width));
    if (field >= 0) return `${place}.fields[${field}]`;
    if (!isFilled(unit.classes)) return `${place}.classes`;
    const set = unit.classes.findIndex((one) => typeof one?.name !== 'string' || !isFilled(one.files));
    if (set >= 0) return `${place}.classes[${set}]`;
  }
  return undefined;
}

const isRecord = (value: unknown) => typeof value === 'object' && value !== null;
const isFilled = (value: unknown) => Array.isArray(value) && value.length > 0;
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;

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
