/**
 * What a device answered, in any of the file formats: result fields alone, or whole vectors with the results filled
 * in. Numbers are checked strictly for their width: a register that was printed too narrow must not pass.
 */
import { ConfigurationError } from '../../numerics/index.js';
import { bytesOfField } from '../files/formats.js';
import { isDriven, type Layout, type PlacedField, withRole } from '../layout.js';
import { type ByteSource, linesOf, recordsOf, vectorLines } from './source.js';

export type ResponseFormat = 'text' | 'jsonl' | 'bin' | 'parquet';

/** A value, or the digits of one that has unknown bits (X or Z). */
export type ResponseValue = bigint | string;

export interface Response {
  /** Line or record number in the response, from 1. */
  readonly at: number;
  /** Of the result fields, in order. */
  readonly results: readonly ResponseValue[];
  /** Of the fields before them, if the response repeats whole vectors. */
  readonly operands?: readonly ResponseValue[];
  /** Number of the vector, where the response says it. */
  readonly vector?: number;
}

/** The response format of a file name; text for anything unknown. */
export function responseFormatOf(name: string): ResponseFormat {
  if (/\.(jsonl|json|ndjson)$/i.test(name)) return 'jsonl';
  if (/\.parquet$/i.test(name)) return 'parquet';
  return /\.bin$/i.test(name) ? 'bin' : 'text';
}

/**
 * The responses in a file, of Parquet as `linesOfParquet` has it. Throws `ConfigurationError` with the place of what cannot
 * be read.
 */
export function* readResponses(
  source: ByteSource,
  format: ResponseFormat,
  layout: Layout,
  name: string,
): Generator<Response> {
  const readers = {
    text: textResponses,
    jsonl: jsonResponses,
    bin: binaryResponses,
    parquet: parquetResponses,
  } as const satisfies Record<ResponseFormat, unknown>;
  yield* readers[format](source, layout, name);
}

function* textResponses(source: ByteSource, layout: Layout, name: string): Generator<Response> {
  for (const { number, text, isOpen } of vectorLines(source, name))
    yield whole(isOpen, name, number, () => textResponse(layout, text, number, name));
}

/** What `parse` makes of a line; where that fails on a line that nothing ends, the file was cut off in it. */
function whole<T>(isOpen: boolean, name: string, number: number, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!isOpen || !(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(`${name} is cut off within line ${number}`, error.message);
  }
}

function textResponse(layout: Layout, text: string, number: number, name: string): Response {
  const results = withRole(layout, 'result');
  const parts = text.split(/[_\s,]+/).map((part) => part.replace(/^0x/i, ''));
  const place = `${name}:${number}`;
  if (parts.length !== layout.fields.length || parts.length === results.length)
    return { at: number, results: resultsOf(results, parts, place) };
  const values = layout.fields.map((field, i) => parsed(field, parts[i]!, place));
  return {
    at: number,
    results: values.filter((_, i) => layout.fields[i]!.role === 'result'),
    operands: values.filter((_, i) => isDriven(layout.fields[i]!)),
  };
}

/** Result fields as parts, or all in one word. */
function resultsOf(fields: readonly PlacedField[], parts: readonly string[], place: string): ResponseValue[] {
  if (parts.length === fields.length) return fields.map((field, i) => parsed(field, parts[i]!, place));
  const digits = fields.reduce((sum, field) => sum + field.digits, 0);
  if (parts.length === 1 && parts[0]!.length === digits) {
    let at = 0;
    return fields.map((field) => {
      at += field.digits;
      return parsed(field, parts[0]!.slice(at - field.digits, at), place);
    });
  }
  const expected = fields.map(({ name, digits: d }) => `${name} (${d})`).join('_');
  throw new ConfigurationError(
    `${place}: ${parts.length} fields of ${parts.map((part) => part.length).join(', ')} digits`,
    `expected ${expected}, or whole vectors; digits in parentheses`,
  );
}

function parsed({ name, digits, width }: PlacedField, text: string, place: string): ResponseValue {
  if (text.length !== digits) {
    throw new ConfigurationError(
      `${place}: ${name} has ${text.length} digits; ${width} bits take ${digits}`,
      'print every field in whole digits with leading zeros, as $writememh and %h do',
    );
  }
  if (/[xz?]/i.test(text)) return text.toLowerCase();
  if (!/^[0-9a-f]+$/i.test(text))
    throw new ConfigurationError(`${place}: "${text}" is not hexadecimal (field ${name})`);
  const value = BigInt(`0x${text}`);
  if (value >> BigInt(width) !== 0n)
    throw new ConfigurationError(`${place}: ${name} = 0x${text} has more than ${width} bits`);
  return value;
}

const parquetResponses = (source: ByteSource, layout: Layout, name: string) =>
  jsonResponses(source, layout, name, ({ digits }, text) => text.padStart(digits, '0'));

/** @param whole puts leading zeros before numbers */
function* jsonResponses(
  source: ByteSource,
  layout: Layout,
  name: string,
  whole = (_: PlacedField, text: string) => text,
): Generator<Response> {
  const results = withRole(layout, 'result');
  for (const { number, text } of linesOf(source, name)) {
    if (text.trim() === '') continue;
    const place = `${name}:${number}`;
    const row = jsonObject(text, place);
    const values = results.map((field) => {
      const value = row[field.name];
      if (typeof value !== 'string')
        throw new ConfigurationError(`${place}: no "${field.name}" as hexadecimal text`);
      return parsed(field, whole(field, value.replace(/^0x/i, '')), place);
    });
    const { vector } = row;
    yield {
      at: number,
      results: values,
      ...(typeof vector === 'number' && Number.isSafeInteger(vector) ? { vector } : {}),
    };
  }
}

function jsonObject(text: string, place: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new ConfigurationError(`${place}: not a JSON object`);
}

function* binaryResponses(source: ByteSource, layout: Layout, name: string): Generator<Response> {
  const results = withRole(layout, 'result');
  const size = results.reduce((sum, field) => sum + bytesOfField(field), 0);
  let at = 0;
  for (const record of recordsOf(source, size, name)) {
    at++;
    let byte = 0;
    const values = results.map((field) => {
      let value = 0n;
      const end = byte + bytesOfField(field);
      for (let i = end - 1; i >= byte; i--) value = (value << 8n) | BigInt(record[i]!);
      byte = end;
      if (value >> BigInt(field.width) !== 0n)
        throw new ConfigurationError(
          `${name}: record ${at}: ${field.name} has more than ${field.width} bits`,
          'binary responses are the result fields alone, each in whole bytes',
        );
      return value;
    });
    yield { at, results: values };
  }
}
