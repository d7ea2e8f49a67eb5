/** Files in and out: read with a clear error, written whole or not at all. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigurationError } from '../numerics/index.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'no space left on the device',
  EFBIG: 'the file is larger than is allowed here',
  EROFS: 'the file system is read-only',
  EPERM: 'operation not permitted',
  EPIPE: 'its reader has gone away',
};

/** The bytes of a file. Throws `ConfigurationError` with the reason. */
export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigurationError(`cannot read ${path}: ${reasonOf(error)}`);
  }
}

/** The path that stands for standard input. */
export const STANDARD_INPUT = '-';
const PIECE_BYTES = 1 << 20;

/** A file, or standard input, piece by piece; a piece is used up before the next one. Throws `ConfigurationError`. */
export function* piecesOf(path: string): Generator<Uint8Array> {
  try {
    const file = path === STANDARD_INPUT ? process.stdin.fd : openSync(path, 'r');
    try {
      const piece = Buffer.alloc(PIECE_BYTES);
      for (let size = readSync(file, piece); size > 0; size = readSync(file, piece))
        yield piece.subarray(0, size);
    } finally {
      if (path !== STANDARD_INPUT) closeSync(file);
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error)
      throw new ConfigurationError(`cannot read ${path}: ${reasonOf(error)}`);
    throw error;
  }
}

/**
 * Writes a file under a temporary name in the same folder and renames it: no reader ever sees half of it. A pipe or
 * device is written as it is, not replaced.
 */
export function writeWhole(path: string, bytes: Uint8Array | string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
      writeTo(path, data);
      return;
    }
    writeAndSync(temporary, data);
    renameSync(temporary, path);
  } catch (error) {
    removeQuietly(temporary);
    throw new ConfigurationError(`cannot write ${path}: ${reasonOf(error)}`);
  }
}

/** Removes what may be there, with all that is in it; a path that cannot be holds nothing to remove. */
export function removeQuietly(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // What went wrong before is told, not this.
  }
}

/**
 * Makes a folder and those that it is in. Unlike `mkdir -p` of the library, which tries for ever where the system
 * says that a folder is not there although its parent is (under /proc).
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  mkdirSync(path);
}

/** A file of a folder that is written as a whole. */
export interface FolderFile {
  readonly file: string;
  readonly text: string;
}

/**
 * Writes files into a folder. They are all written beside it first: a full disk leaves nothing behind. A folder with
 * something in it is refused, or with `force` keeps what has other names.
 */
export function writeFolder(
  path: string,
  files: readonly FolderFile[],
  { force }: { readonly force: boolean },
): void {
  let temporary: string | undefined;
  try {
    checkTarget(path, force);
    temporary = mkdtempSync(`${path.replace(/[\\/]+$/, '')}.`);
    for (const { file, text } of files) writeAndSync(join(temporary, file), Buffer.from(text));
    makeFolder(path);
    for (const { file } of files) renameSync(join(temporary, file), join(path, file));
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    throw new ConfigurationError(`cannot write ${path}: ${reasonOf(error)}`);
  } finally {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  }
}

function checkTarget(path: string, force: boolean): void {
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory()) throw new ConfigurationError(`cannot write ${path}: it is a file`);
  if (force || readdirSync(path).length === 0) return;
  throw new ConfigurationError(`${path} is not empty`, 'name another folder, or add --force');
}

function writeAndSync(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'w');
  try {
    writeAll(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A pipe or device: there is nothing to sync. */
function writeTo(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'w');
  try {
    writeAll(file, bytes);
  } finally {
    closeSync(file);
  }
}

/** How long to wait for the reader of a pipe that is full. */
const PIPE_WAIT_MS = 1;

/** Writes all bytes, and waits where a pipe is full. */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(file, bytes, at);
    } catch (error) {
      if (!isFileError(error) || error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PIPE_WAIT_MS);
    }
  }
}

export function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

/** Why the system refused, in words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
