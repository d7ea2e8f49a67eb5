/**
 * safetensors files: 8 bytes of header length (little endian), a JSON header, then the tensors' bytes.
 *
 * Written for input that nobody vouches for: every length, offset, key and type is checked before it is used, and
 * the checks are those of the format's own reader: tensors must cover the data without gap or overlap.
 * Source: huggingface/safetensors README, section Format.
 */
import { ConfigurationError } from '../../numerics/index.js';
import { byteLength, checkTensor, elementCount, type Tensor, type TensorFile, tensorType } from './tensor.js';

/** Largest header that the format's own reader accepts, in bytes. */
const MAX_HEADER_BYTES = 100_000_000;
const METADATA = '__metadata__';

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * The tensors of a safetensors file. Their bytes are views of `bytes`, not copies.
 *
 * @param where name of the file, for messages.
 */
export function readSafetensors(bytes: Uint8Array, where: string): TensorFile {
  const headerBytes = readHeaderLength(bytes, where);
  const header = parseHeader(bytes.subarray(8, 8 + headerBytes), where);
  const data = bytes.subarray(8 + headerBytes);
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => readEntry(name, value, `${where}#${name}`));
  checkCover(entries, data.length, where);
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    tensors.set(name, { dtype, shape, bytes: data.subarray(begin, end) });
  }
  return { tensors, metadata: readMetadata(header[METADATA], where) };
}

/**
 * A safetensors file. Tensors are laid out by falling width of their type and then by name, so that the same
 * content always gives the same bytes.
 */
export function writeSafetensors(
  entries: ReadonlyMap<string, Tensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const ordered = [...entries].sort(
    ([a, x], [b, y]) => tensorType(y.dtype, b).bits - tensorType(x.dtype, a).bits || (a < b ? -1 : 1),
  );
  const header: [string, unknown][] = metadata.size === 0 ? [] : [[METADATA, Object.fromEntries(metadata)]];
  let offset = 0;
  for (const [name, tensor] of ordered) {
    if (name === METADATA) throw new ConfigurationError(`a tensor cannot be called "${METADATA}"`);
    checkTensor(tensor, name);
    const end = offset + tensor.bytes.length;
    header.push([name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const members = header.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const text = new TextEncoder().encode(`{${members.join(',')}}`);
  const headerBytes = Math.ceil(text.length / 8) * 8; // padded with spaces, so that the data is aligned
  const out = new Uint8Array(8 + headerBytes + offset).fill(0x20, 8, 8 + headerBytes);
  new DataView(out.buffer).setBigUint64(0, BigInt(headerBytes), true);
  out.set(text, 8);
  let at = 8 + headerBytes;
  for (const [, tensor] of ordered) {
    out.set(tensor.bytes, at);
    at += tensor.bytes.length;
  }
  return out;
}

function readHeaderLength(bytes: Uint8Array, where: string): number {
  if (bytes.length < 8) {
    throw new ConfigurationError(
      `${where}: ${bytes.length} bytes are too few for a safetensors file`,
      'the file is truncated, or of another kind',
    );
  }
  const declared = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  const available = bytes.length - 8;
  if (declared > BigInt(MAX_HEADER_BYTES) || declared > BigInt(available)) {
    throw new ConfigurationError(
      `${where}: the header is said to have ${declared} bytes, but ${available} follow`,
      'the file is truncated, or not a safetensors file',
    );
  }
  return Number(declared);
}

function parseHeader(bytes: Uint8Array, where: string): Record<string, unknown> {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (error) {
    throw new ConfigurationError(`${where}: the header is not JSON: ${messageOf(error)}`);
  }
  if (!isRecord(header)) throw new ConfigurationError(`${where}: the header is not a JSON object`);
  const duplicate = duplicateKey(text);
  if (duplicate !== undefined) {
    throw new ConfigurationError(`${where}: the header has the key "${duplicate}" twice`);
  }
  return header;
}

/** The first key that an object of a valid JSON text holds twice (JSON.parse silently keeps the last). */
function duplicateKey(json: string): string | undefined {
  const open: (Set<string> | null)[] = []; // one entry a container: the keys so far, or null for an array
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '{') open.push(new Set());
    else if (character === '[') open.push(null);
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = endOfString(json, at);
      if (isBeforeColon(json, end)) {
        const key = JSON.parse(json.slice(at, end)) as string;
        if (open.at(-1)?.has(key)) return key;
        open.at(-1)?.add(key);
      }
      at = end - 1;
    }
  }
  return undefined;
}

/** The position after the string that starts at `start`. (A regular expression overflows its stack on long ones.) */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}

function isBeforeColon(json: string, position: number): boolean {
  let at = position;
  while (' \t\r\n'.includes(json[at] ?? ':')) at++;
  return json[at] === ':';
}

function readEntry(name: string, value: unknown, where: string): Entry {
  if (!isRecord(value)) throw new ConfigurationError(`${where}: expected an object that describes a tensor`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string') throw new ConfigurationError(`${where}: dtype must be a text`);
  if (!isNumbers(shape)) throw new ConfigurationError(`${where}: shape must be a list of sizes`);
  if (!isNumbers(offsets) || offsets.length !== 2) {
    throw new ConfigurationError(`${where}: data_offsets must be two byte positions`);
  }
  const [begin, end] = offsets as [number, number];
  if (!Number.isSafeInteger(begin) || !Number.isSafeInteger(end) || begin < 0 || end < begin) {
    throw new ConfigurationError(`${where}: data_offsets [${begin}, ${end}] are not an interval`);
  }
  const expected = byteLength(dtype, elementCount(shape, where), where);
  if (end - begin !== expected) {
    throw new ConfigurationError(
      `${where}: ${dtype} [${shape.join(', ')}] needs ${expected} bytes, data_offsets give ${end - begin}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** Tensors in order of position must follow one another from 0 to the end of the data. */
function checkCover(entries: readonly Entry[], dataBytes: number, where: string): void {
  let position = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== position) {
      const fault = begin < position ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw new ConfigurationError(
        `${where}#${name}: starts at byte ${begin} of the data, expected ${position}: ${fault}`,
      );
    }
    position = end;
  }
  if (position !== dataBytes) {
    throw new ConfigurationError(
      `${where}: the tensors take ${position} bytes, but the file holds ${dataBytes} after its header`,
      position > dataBytes ? 'the file is truncated' : 'the file has bytes that belong to no tensor',
    );
  }
}

function readMetadata(value: unknown, where: string): Map<string, string> {
  if (value === undefined) return new Map();
  const entries = isRecord(value) ? Object.entries(value) : [['', 0] as const];
  const bad = entries.find(([, text]) => typeof text !== 'string');
  if (bad !== undefined) throw new ConfigurationError(`${where}: ${METADATA} must map texts to texts`);
  return new Map(entries as [string, string][]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
