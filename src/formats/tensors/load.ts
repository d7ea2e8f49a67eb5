/** Tensors from the file system: which reader a file needs, and which tensor of it is meant. */
import { readFileSync } from 'node:fs';
import { ConfigurationError, suggest } from '../../numerics/index.js';
import type { Matrix } from '../matrix.js';
import { isNpy, readNpy } from './npy.js';
import { readSafetensors } from './safetensors.js';
import { type Tensor, type TensorFile, toMatrix } from './tensor.js';

/** The name under which the array of a `.npy` file, which has none, is listed. */
export const NPY_KEY = 'array';

/** All tensors of a `.npy` or safetensors file (told apart by the magic bytes, not by the name). */
export function loadTensors(path: string): TensorFile {
  const bytes = readBytes(path);
  if (!isNpy(bytes)) return readSafetensors(bytes, path);
  return { tensors: new Map([[NPY_KEY, readNpy(bytes, path)]]), metadata: new Map() };
}

/**
 * One tensor of a file as a matrix; see `toMatrix`. Without a key, the file must hold exactly one tensor.
 *
 * @param path a `.npy` or safetensors file.
 */
export function loadMatrix(path: string, key?: string): Matrix {
  const { tensors } = loadTensors(path);
  const [name, tensor] = select(tensors, path, key);
  return toMatrix(tensor, `${path}#${name}`);
}

/** `FILE#KEY` or `FILE` as path and key. A `#` in a directory name is fine; one in the key is not. */
export function parseTensorReference(reference: string): { path: string; key: string | undefined } {
  const at = reference.lastIndexOf('#');
  if (at < 0) return { path: reference, key: undefined };
  const key = reference.slice(at + 1);
  if (at === 0 || key === '') {
    throw new ConfigurationError(`"${reference}" is not FILE#KEY`, 'for example weights.safetensors#layer.0');
  }
  return { path: reference.slice(0, at), key };
}

function select(tensors: ReadonlyMap<string, Tensor>, path: string, key?: string): [string, Tensor] {
  const names = [...tensors.keys()];
  if (key === undefined) {
    const only = names.length === 1 ? names[0]! : undefined;
    if (only !== undefined) return [only, tensors.get(only)!];
    const hint = names.length === 0 ? undefined : `write ${path}#KEY; known: ${names.join(', ')}`;
    throw new ConfigurationError(`${path}: holds ${names.length} tensors; say which`, hint);
  }
  const tensor = tensors.get(key);
  if (tensor === undefined) {
    throw new ConfigurationError(`${path}: has no tensor "${key}"`, suggest(key, names));
  }
  return [key, tensor];
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const reason = { ENOENT: 'no such file', EACCES: 'permission denied', EISDIR: 'it is a directory' }[code];
    throw new ConfigurationError(`cannot read ${path}: ${reason ?? code}`);
  }
}
