/** Reading witness files: what is missing, truncated or not understood is an error that names the place. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ConfigurationError } from '../../numerics/index.js';

/** Content of a file. */
export function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigurationError(`cannot read ${path}: ${(error as Error).message}`);
  }
}

/** Content of a gzip file, unpacked. */
export function readGzip(path: string): Buffer {
  try {
    return gunzipSync(readBytes(path));
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    throw new ConfigurationError(`${basename(path)} is not a whole gzip file: ${(error as Error).message}`);
  }
}

/** Content of a JSON file. */
export function readJson(path: string): unknown {
  return parseJson(readBytes(path).toString('utf8'), basename(path));
}

/** @param place named in the error */
export function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigurationError(`${place} is not JSON: ${(error as Error).message}`);
  }
}

/** `count` little-endian integers of `bytes` bytes each, from `offset` on. */
export function littleEndian(data: Buffer, offset: number, count: number, bytes: 2 | 4): Uint32Array {
  const out = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    out[i] = bytes === 4 ? data.readUInt32LE(offset + 4 * i) : data.readUInt16LE(offset + 2 * i);
  }
  return out;
}
