/**
 * `.npy` files (format versions 1 to 3): magic, version, header length, a Python dictionary literal, then the data.
 *
 * Reads numbers in either byte order and in C or Fortran order (the latter is transposed while reading); writes
 * version 1, little endian, C order. Not modelled: structured, object, string and complex arrays, which are refused.
 * Source: numpy, doc/neps/nep-0001-npy-format.
 */
import { ConfigurationError } from '../../numerics/index.js';
import { byteLength, checkTensor, elementCount, TENSOR_TYPES, type Tensor, tensorType } from './tensor.js';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

interface Header {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** Whether the bytes start as every `.npy` file does. */
export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((value, i) => bytes[i] === value);
}

/**
 * The array of a `.npy` file, little endian and in C order whatever the file's.
 *
 * @param where name of the file, for messages.
 */
export function readNpy(bytes: Uint8Array, where: string): Tensor {
  const { text, dataStart } = splitHeader(bytes, where);
  const { descr, fortranOrder, shape } = parseHeader(text, where);
  const { dtype, bigEndian } = parseDescr(descr, where);
  const count = elementCount(shape, where);
  const expected = byteLength(dtype, count, where);
  const found = bytes.length - dataStart;
  if (found !== expected) {
    throw new ConfigurationError(
      `${where}: ${descr} (${shape.join(', ')}) needs ${expected} bytes of data, found ${found}`,
      found < expected ? 'the file is truncated' : 'the file has bytes after its array',
    );
  }
  const width = tensorType(dtype, where).bits / 8;
  let data = bytes.subarray(dataStart);
  if (bigEndian) data = swapBytes(data, width);
  if (fortranOrder && shape.length > 1) data = fortranToC(data, shape, width);
  return { dtype, shape, bytes: data };
}

/** A version 1 file. Types that numpy does not know (BF16, FP8) are refused. */
export function writeNpy(tensor: Tensor): Uint8Array {
  checkTensor(tensor, 'npy');
  const { numpy } = tensorType(tensor.dtype, 'npy');
  if (numpy === undefined) {
    throw new ConfigurationError(
      `npy: numpy has no type for ${tensor.dtype}`,
      'write it as F32, or use safetensors',
    );
  }
  const order = tensor.dtype === 'BOOL' || numpy.endsWith('1') ? '|' : '<';
  const sides = tensor.shape.length === 1 ? `${tensor.shape[0]},` : tensor.shape.join(', ');
  const dictionary = `{'descr': '${order}${numpy}', 'fortran_order': False, 'shape': (${sides}), }`;
  const total = Math.ceil((10 + dictionary.length + 1) / 64) * 64; // the data is aligned to 64 bytes
  const out = new Uint8Array(total + tensor.bytes.length).fill(0x20, 10, total);
  out.set([...MAGIC, 1, 0], 0);
  new DataView(out.buffer).setUint16(8, total - 10, true);
  out.set(new TextEncoder().encode(dictionary), 10);
  out[total - 1] = 0x0a;
  out.set(tensor.bytes, total);
  return out;
}

function splitHeader(bytes: Uint8Array, where: string): { text: string; dataStart: number } {
  if (!isNpy(bytes)) throw new ConfigurationError(`${where}: does not start with the magic bytes of .npy`);
  const version = bytes[6];
  if (version === undefined || version < 1 || version > 3) {
    throw new ConfigurationError(`${where}: .npy version ${version} is not known; expected 1, 2 or 3`);
  }
  const lengthBytes = version === 1 ? 2 : 4;
  const start = 8 + lengthBytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length =
    bytes.length < start ? -1 : version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length < 0 || start + length > bytes.length) {
    throw new ConfigurationError(
      `${where}: the header is said to have ${length} bytes, but ${Math.max(bytes.length - start, 0)} follow`,
      'the file is truncated',
    );
  }
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(
    bytes.subarray(start, start + length),
  );
  return { text, dataStart: start + length };
}

const STRING = String.raw`'([^'\\]*)'|"([^"\\]*)"`;
const MEMBER = new RegExp(
  String.raw`\s*(?:${STRING})\s*:\s*(?:(?:${STRING})|(True|False)|\(([\dL,\s]*)\))\s*(?:,|(?=\}))`,
  'y',
);

/** Reads the one Python dictionary of the header; only the three members that the format defines are allowed. */
function parseHeader(text: string, where: string): Header {
  const members = new Map<string, string | boolean | number[]>();
  const fail = (message: string): never => {
    throw new ConfigurationError(`${where}: bad .npy header: ${message}`);
  };
  const body = text.trim();
  if (!body.startsWith('{') || !body.endsWith('}')) fail('not a dictionary');
  if (/["']descr["']\s*:\s*\[/.test(body)) fail('"descr" is a structured type, which is not supported');
  MEMBER.lastIndex = 1;
  let position = 1;
  for (let match = MEMBER.exec(body); match !== null; match = MEMBER.exec(body)) {
    const key = match[1] ?? match[2] ?? '';
    if (members.has(key)) fail(`the key "${key}" appears twice`);
    members.set(key, match[3] ?? match[4] ?? (match[5] ? match[5] === 'True' : parseTuple(match[6] ?? '')));
    position = MEMBER.lastIndex;
  }
  if (body.slice(position).trim() !== '}') fail(`cannot read "${body.slice(position, position + 40)}"`);
  const { descr, fortran_order: fortranOrder, shape, ...others } = Object.fromEntries(members);
  const stray = Object.keys(others)[0];
  if (stray !== undefined) fail(`unknown key "${stray}"`);
  if (typeof descr !== 'string') return fail('"descr" must be a text');
  if (typeof fortranOrder !== 'boolean') return fail('"fortran_order" must be True or False');
  if (!Array.isArray(shape)) return fail('"shape" must be a tuple of sizes');
  return { descr, fortranOrder, shape };
}

function parseTuple(text: string): number[] {
  const items = text.split(',').map((item) => item.trim().replace(/L$/, ''));
  if (items.at(-1) === '') items.pop();
  return items.map((item) => (item === '' ? Number.NaN : Number(item)));
}

function parseDescr(descr: string, where: string): { dtype: string; bigEndian: boolean } {
  const order = descr[0] ?? '';
  const code = descr.slice(1);
  const dtype = [...TENSOR_TYPES].find(([, { numpy }]) => numpy === code)?.[0];
  if (dtype === undefined || !'<>|='.includes(order)) {
    const known = [...TENSOR_TYPES.values()].flatMap(({ numpy }) => numpy ?? []);
    throw new ConfigurationError(
      `${where}: element type '${descr}' is not supported`,
      `known: ${known.join(', ')} with < or > before it; bfloat16 needs safetensors`,
    );
  }
  return { dtype, bigEndian: order === '>' };
}

function swapBytes(data: Uint8Array, width: number): Uint8Array {
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = data[i - (i % width) + (width - 1 - (i % width))]!;
  return out;
}

/** Column-major to row-major order. */
function fortranToC(data: Uint8Array, shape: readonly number[], width: number): Uint8Array {
  const out = new Uint8Array(data.length);
  const index = new Array<number>(shape.length).fill(0);
  for (let to = 0; to < data.length; to += width) {
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) from = from * shape[axis]! + index[axis]!;
    out.set(data.subarray(from * width, (from + 1) * width), to);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return out;
}
