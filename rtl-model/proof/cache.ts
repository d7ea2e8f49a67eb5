/**
 * What is kept on disk from one run to the next: files in the user's cache folder, or brought by a build, each named by a
 * hash over what it was made of and the code that made it. Whatever else is there, or is damaged, counts as nothing.
 *
 * Nothing here throws because of the disk: what cannot be kept is made again next time.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Netlist } from '../hdl/index.js';

/** `$XDG_CACHE_HOME/fp4sim/<kind>`, else `~/.cache/fp4sim/<kind>`. */
export function cacheFolder(kind: string, environment: NodeJS.ProcessEnv = process.env): string {
  const cache = environment.XDG_CACHE_HOME;
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'fp4sim', kind);
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Where a build brings kept files with it: `kept/<kind>` beside its code. Those who run it read there, and write nothing. */
export function buildFolder(kind: string): string {
  return join(ROOT, 'kept', kind);
}

/** The file's bytes; undefined if there is no such file or it cannot be read. */
export function readKept(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Writes a file as a whole, with the folders that it lies in: readers find all of it or what was there before. */
export function keepFile(file: string, content: string | Uint8Array): void {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(temporary, content, { flag: 'wx' });
    renameSync(temporary, file);
  } catch {
    removeFile(temporary);
  }
}

/** A name that `keepFile` gives to files named by a hash, or to those that it had no time to rename. */
const KEPT_NAME = /^[0-9a-f]{64}\./;

/** Removes the oldest of a folder's kept files until the others take no more than so many bytes. */
export function removeOldest(folder: string, most: number): void {
  const kept = namesIn(folder)
    .filter((name) => KEPT_NAME.test(name))
    .flatMap((name) => {
      const file = join(folder, name);
      const found = statistics(file);
      return found?.isFile() ? [{ file, bytes: found.size, time: found.mtimeMs }] : [];
    })
    .sort((a, b) => b.time - a.time);
  let bytes = 0;
  for (const { file, bytes: more } of kept) {
    bytes += more;
    if (bytes > most) removeFile(file);
  }
}

/** Removes a folder's kept files but for those of these names. */
export function removeOthers(folder: string, names: ReadonlySet<string>): void {
  for (const name of namesIn(folder)) {
    if (KEPT_NAME.test(name) && !names.has(name)) removeFile(join(folder, name));
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Undefined if another process has removed the file meanwhile. */
function statistics(file: string) {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}

function removeFile(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // Not there, or to stay.
  }
}

const netlistHashes = new WeakMap<Netlist, string>();

/** Hash of a netlist alone, 64 hex digits: what was found out about it holds as long as it is the same. */
export function netlistHash(netlist: Netlist): string {
  let hash = netlistHashes.get(netlist);
  if (hash === undefined) {
    hash = createHash('sha256').update(netlistText(netlist)).digest('hex');
    netlistHashes.set(netlist, hash);
  }
  return hash;
}

/** The netlist as text: all of it but the places in source files, which nobody has asked for yet and cost much to tell. */
function netlistText(netlist: Netlist): string {
  return JSON.stringify(netlist, (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    return typeof value === 'object' && value !== null && 'place' in value
      ? { ...value, place: undefined }
      : value;
  });
}

const folderHashes = new Map<string, string>();

/** Hash over the program's code in some of its folders, whether built or not, 64 hex digits. */
export function codeHash(folders: readonly string[], root = ROOT): string {
  const hash = createHash('sha256');
  for (const folder of folders) hash.update(`${folder}\0${folderHash(join(root, folder))}`);
  return hash.digest('hex');
}

function folderHash(folder: string): string {
  let digest = folderHashes.get(folder);
  if (digest === undefined) {
    const hash = createHash('sha256');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    for (const file of files.filter(isCode).sort()) {
      hash.update(`${file}\0`).update(readFileSync(join(folder, file)));
    }
    digest = hash.digest('hex');
    folderHashes.set(folder, digest);
  }
  return digest;
}

/** Declarations of types decide nothing when the program runs. */
const isCode = (file: string) => /\.(js|ts)$/.test(file) && !file.endsWith('.d.ts');
