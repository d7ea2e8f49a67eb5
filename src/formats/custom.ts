/**
 * Formats that a user writes: in a small YAML file, or by a name such as `e3m4`.
 *
 *     name: e3m4-custom
 *     exponent-bits: 3
 *     fraction-bits: 4
 *     bias: 3                 # default 2^(exponent-bits − 1) − 1
 *     specials: all-ones-nan  # none (default), ieee, all-ones-nan, all-ones-infinity, negative-zero-nan
 *
 * A file holds one format or a list under `formats`; a block format (`kind: block`) may name elements before it.
 */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { ConfigurationError, loadYaml, onFirstUse, suggest } from '../numerics/index.js';
import { alignedChoice, type BlockFormat, plainChoice } from './block.js';
import { BLOCK_FORMATS } from './blocks.js';
import { type ElementFormat, type FloatFormat, hasNan, type IntegerFormat, widthOf } from './element.js';
import { ELEMENT_FORMATS, UE4M3 } from './elements.js';

/** Widest element, in bits: its table of values has 2^16 entries. */
const MAX_WIDTH = 16;
/** Every value must be a float32. */
const MAX_EXPONENT = 127;
const MIN_PLACE = -149;

const SPECIALS = ['none', 'ieee', 'all-ones-nan', 'all-ones-infinity', 'negative-zero-nan'] as const;

const schemas = onFirstUse(buildSchemas);

function buildSchemas({ z }: typeof import('zod')) {
  const name = z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/, 'lower-case letters, digits, _ and -, at most 32');
  const source = z.string().default('defined by the user');

  const float = z.strictObject({
    kind: z.literal('float').default('float'),
    name,
    'exponent-bits': z.int().min(0).max(8),
    'fraction-bits': z.int().min(0).max(15),
    bias: z.int().min(-126).max(254).optional(),
    signed: z.boolean().default(true),
    subnormals: z.boolean().default(true),
    specials: z.enum(SPECIALS).default('none'),
    source,
  });
  const integer = z.strictObject({
    kind: z.literal('integer'),
    name,
    bits: z.int().min(2).max(MAX_WIDTH),
    representation: z.enum(['twos-complement', 'sign-magnitude']).default('twos-complement'),
    'fraction-bits': z.int().min(0).max(32).default(0),
    'max-magnitude': z.int().min(1).optional(),
    source,
  });
  const block = z.strictObject({
    kind: z.literal('block'),
    name,
    'block-size': z.int().min(1).max(65536),
    elements: z.array(z.string()).min(1).max(2),
    scale: z.string(),
    'tensor-scale': z.enum(['none', 'fp32']).default('none'),
    source,
  });
  const kind = z.looseObject({ kind: z.enum(['float', 'integer', 'block']).default('float') });
  const list = z.strictObject({ formats: z.array(z.unknown()).min(1) });
  return { float, integer, block, kind, list };
}

/** The formats of one file, beside which the catalogue stays usable. */
export interface CustomFormats {
  readonly elements: ReadonlyMap<string, ElementFormat>;
  readonly blocks: ReadonlyMap<string, BlockFormat>;
}

/** The formats of a YAML file. Throws `ConfigurationError` naming the file, the field and what it may hold. */
export function loadFormats(path: string): CustomFormats {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigurationError(`cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
  return parseFormats(text, path);
}

/**
 * The formats of a YAML text.
 *
 * @param where name of the file, for messages.
 */
export function parseFormats(text: string, where: string): CustomFormats {
  const elements = new Map<string, ElementFormat>();
  const blocks = new Map<string, BlockFormat>();
  const taken = new Set([...ELEMENT_FORMATS.keys(), ...BLOCK_FORMATS.keys()]);
  for (const entry of entriesOf(text, where)) {
    const { kind } = validated(schemas().kind, entry, where);
    const format =
      kind === 'block' ? blockFormat(entry, where, elements) : ELEMENT_READERS[kind](entry, where);
    if (taken.has(format.name)) {
      throw new ConfigurationError(`${where}: name: "${format.name}" is already a format`, 'choose another');
    }
    taken.add(format.name);
    if (format.kind === 'block') blocks.set(format.name, format);
    else elements.set(format.name, format);
  }
  return { elements, blocks };
}

/**
 * The element format of a name: one of the catalogue, or any `e<x>m<y>` (signed, bias 2^(x−1) − 1, subnormals, every
 * code a number).
 */
export function elementFormat(name: string): ElementFormat {
  const known = ELEMENT_FORMATS.get(name);
  if (known !== undefined) return known;
  const match = /^e(\d{1,2})m(\d{1,2})$/.exec(name);
  if (match === null) {
    throw new ConfigurationError(`unknown element format "${name}"`, suggest(name, ELEMENT_FORMATS.keys()));
  }
  const entry = { name, 'exponent-bits': Number(match[1]), 'fraction-bits': Number(match[2]) };
  return floatFormat({ ...entry, source: 'generic ExMy' }, `format ${name}`);
}

/** The block format of a name, or a `ConfigurationError` with the nearest one. */
export function blockFormatOf(name: string): BlockFormat {
  const known = BLOCK_FORMATS.get(name);
  if (known !== undefined) return known;
  throw new ConfigurationError(`unknown block format "${name}"`, suggest(name, BLOCK_FORMATS.keys()));
}

function entriesOf(text: string, where: string): unknown[] {
  let document: unknown;
  try {
    document = loadYaml().parse(text, { uniqueKeys: true, maxAliasCount: 0 });
  } catch (error) {
    throw new ConfigurationError(`${where}: not YAML: ${error instanceof Error ? error.message : error}`);
  }
  const list = schemas().list.safeParse(document);
  return list.success ? list.data.formats : [document];
}

const ELEMENT_READERS = { float: floatFormat, integer: integerFormat } as const;

function floatFormat(entry: unknown, where: string): FloatFormat {
  const read = validated(schemas().float, entry, where);
  const exponentBits = read['exponent-bits'];
  const format: FloatFormat = {
    kind: 'float',
    name: read.name,
    signed: read.signed,
    exponentBits,
    fractionBits: read['fraction-bits'],
    bias: read.bias ?? Math.max(Math.ceil(2 ** (exponentBits - 1)) - 1, 0),
    subnormals: read.subnormals,
    specials: read.specials,
    source: read.source,
  };
  checkFloat(format, `${where}: ${read.name}`);
  return format;
}

/** What the fields must fulfil together. */
function checkFloat(format: FloatFormat, where: string): void {
  const { exponentBits, fractionBits, bias, subnormals, specials, signed } = format;
  const fail = (field: string, message: string): never => {
    throw new ConfigurationError(`${where}: ${field}: ${message}`);
  };
  const width = widthOf(format);
  if (exponentBits + fractionBits < 1) fail('exponent-bits', 'with fraction-bits, at least 1 bit is needed');
  if (width > MAX_WIDTH)
    fail('fraction-bits', `the format has ${width} bits, at most ${MAX_WIDTH} are allowed`);
  if (specials === 'ieee' && (fractionBits < 1 || exponentBits < 1)) {
    fail('specials', 'ieee needs exponent-bits and fraction-bits of at least 1');
  }
  if (specials === 'negative-zero-nan' && !(signed && subnormals)) {
    fail('specials', 'negative-zero-nan needs a sign and a zero (signed and subnormals)');
  }
  const highest = 2 ** exponentBits - 1 - bias + (exponentBits === 0 && subnormals ? 1 : 0);
  if (highest > MAX_EXPONENT)
    fail('bias', `2^${highest} exceeds float32; at least ${bias + highest - MAX_EXPONENT}`);
  const lowestPlace = (subnormals ? 1 : 0) - bias - fractionBits;
  if (lowestPlace < MIN_PLACE) {
    fail('bias', `2^${lowestPlace} is below float32; at most ${bias - (MIN_PLACE - lowestPlace)}`);
  }
}

function integerFormat(entry: unknown, where: string): IntegerFormat {
  const read = validated(schemas().integer, entry, where);
  const largest = 2 ** (read.bits - 1) - 1;
  const maxMagnitude = read['max-magnitude'] ?? largest;
  if (maxMagnitude > largest) {
    throw new ConfigurationError(
      `${where}: ${read.name}: max-magnitude: ${maxMagnitude} does not fit ${read.bits} bits; at most ${largest}`,
    );
  }
  return {
    kind: 'integer',
    name: read.name,
    bits: read.bits,
    representation: read.representation,
    fractionBits: read['fraction-bits'],
    maxMagnitude,
    source: read.source,
  };
}

function blockFormat(entry: unknown, where: string, own: ReadonlyMap<string, ElementFormat>): BlockFormat {
  const read = validated(schemas().block, entry, where);
  const place = `${where}: ${read.name}`;
  const [first, second] = read.elements.map((element) => narrowElement(element, own, `${place}: elements`));
  const scale = scaleFormat(read.scale, own, `${place}: scale`);
  const twoLevel = scale.fractionBits > 0;
  if (twoLevel !== (read['tensor-scale'] === 'fp32')) {
    const expected = twoLevel ? 'fp32 with a fractional scale' : 'none with a power-of-two scale';
    throw new ConfigurationError(`${place}: tensor-scale: expected ${expected}`);
  }
  if (second !== undefined && scale !== UE4M3) {
    throw new ConfigurationError(
      `${place}: scale: two elements are told apart by the sign bit of a ue4m3 scale`,
    );
  }
  return {
    kind: 'block',
    name: read.name,
    blockSize: read['block-size'],
    scale,
    tensorScale: read['tensor-scale'],
    choices: [plainChoice(first!), ...(second === undefined ? [] : [alignedChoice(second, first!)])],
    selector: second === undefined ? 'none' : 'scale-sign-bit',
    defaultPolicy: second !== undefined ? 'rule=mse' : twoLevel ? '' : 'rule=floor',
    source: read.source,
  };
}

/** An element of a block: at most 8 bits, so that a code fits a byte. */
function narrowElement(
  element: string,
  own: ReadonlyMap<string, ElementFormat>,
  where: string,
): ElementFormat {
  const format = own.get(element) ?? elementFormat(element);
  if (widthOf(format) >= 2 && widthOf(format) <= 8) return format;
  throw new ConfigurationError(`${where}: ${element} has ${widthOf(format)} bits, expected 2 to 8`);
}

function scaleFormat(scale: string, own: ReadonlyMap<string, ElementFormat>, where: string): FloatFormat {
  const format = narrowElement(scale, own, where);
  if (format.kind === 'float' && !format.signed && hasNan(format)) return format;
  throw new ConfigurationError(
    `${where}: ${scale} is no scale: expected an unsigned float with a NaN`,
    'for example ue4m3, e8m0 or e6m2',
  );
}

function validated<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join('.') || 'the format';
  throw new ConfigurationError(`${where}: ${field}: ${issue?.message ?? 'not understood'}`);
}
