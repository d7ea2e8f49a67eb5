/** A folder that appears whole or not at all, and a pipe: where sets of many large files go. */
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { ConfigurationError } from '../numerics/index.js';
import type { ByteSink, OutputFolder } from '../vectors/index.js';
import { isFileError, makeFolder, reasonOf, removeQuietly, writeAll } from './files.js';

/**
 * Runs `job` on an empty folder beside `path` and renames it to `path` when it is complete; removes it when the job
 * throws. What a run that was killed has left there is removed by the next one. A folder that exists is refused if there is anything in it; with `force` it is replaced if it holds a file
 * called `mark`, which tells what this command wrote from everything else.
 */
export function writeStreams<T>(
  path: string,
  { force, mark }: { readonly force: boolean; readonly mark: string },
  job: (folder: OutputFolder) => T,
): T {
  checkReplaceable(path, force, mark);
  const temporary = `${resolve(path)}.${hostname()}-${process.pid}.tmp`;
  try {
    makeFolder(dirname(temporary));
    removeLeftovers(path);
    mkdirSync(temporary);
    const result = job({ open: (name) => fileSink(join(temporary, name)) });
    // Another run may have been sooner.
    checkReplaceable(path, force, mark);
    rmSync(path, { recursive: true, force: true });
    renameSync(temporary, path);
    return result;
  } catch (error) {
    removeQuietly(temporary);
    if (isFileError(error)) throw new ConfigurationError(`cannot write ${path}: ${reasonOf(error)}`);
    throw error;
  }
}

/** Removes the temporary folders of processes of this machine that are no more. */
function removeLeftovers(path: string): void {
  const folder = dirname(resolve(path));
  const [start, end] = [`${basename(resolve(path))}.${hostname()}-`, '.tmp'];
  for (const name of readdirSync(folder)) {
    const id = name.slice(start.length, -end.length);
    const isOurs = name.startsWith(start) && name.endsWith(end) && /^\d+$/.test(id);
    if (isOurs && !isRunning(Number(id))) removeQuietly(join(folder, name));
  }
}

function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function checkReplaceable(path: string, force: boolean, mark: string): void {
  if (!existsSync(path)) return;
  const entries = namesIn(path);
  if (entries.length === 0) return;
  if (!force) throw new ConfigurationError(`${path} is there already`, '--force replaces it');
  if (entries.includes(mark)) return;
  throw new ConfigurationError(
    `${path} holds something else: there is no ${mark} in it`,
    'only a set that this command wrote is replaced',
  );
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    throw new ConfigurationError(`cannot write ${path}: ${reasonOf(error)}`);
  }
}

function fileSink(path: string): ByteSink & { close(): void } {
  const file = openSync(path, 'wx');
  return {
    write: (bytes) => writeAll(file, bytes),
    close: () => closeSync(file),
  };
}

/** Standard output as a sink. The process ends quietly when the reader has gone away. */
export function pipeSink(): ByteSink {
  return {
    write: (bytes) => {
      try {
        writeAll(process.stdout.fd, bytes);
      } catch (error) {
        if (isFileError(error) && error.code === 'EPIPE') process.exit(0);
        if (isFileError(error)) throw new ConfigurationError(`cannot write the output: ${reasonOf(error)}`);
        throw error;
      }
    },
  };
}
