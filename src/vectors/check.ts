/**
 * A folder checked against its manifest: sizes and hashes of every file, no file that it does not know, and a sample
 * of blocks made again by the oracle and compared with what the files hold.
 */
import { createHash } from 'node:crypto';
import { ConfigurationError, Random } from '../numerics/index.js';
import { type Columns, createColumns, type Layout } from './layout.js';
import { layoutOfUnit, MANIFEST_FILE, type Manifest, type ManifestFile } from './manifest.js';
import { BLOCK_VECTORS, type BlockRange, blocksOf, randomOf, type VectorTarget } from './unit.js';
import { readableFile, readVectors } from './verify/expected.js';
import { classesOf } from './verify/session.js';
import type { ByteSource } from './verify/source.js';
import type { VerifiedClass } from './verify/verify.js';

/** A folder that is read. */
export interface InputFolder {
  readonly files: readonly string[];
  open(file: string): ByteSource;
}

export interface CheckReport {
  readonly files: number;
  readonly bytes: number;
  /** Vectors that were made again. */
  readonly regenerated: number;
  /** What is wrong, one sentence each. */
  readonly problems: readonly string[];
}

/**
 * Throws `ConfigurationError` only for a manifest whose target is not known; all else is reported.
 *
 * @param program the target of a program, which has to be run for it; without it, its vectors are not made again
 */
export function checkFolder(manifest: Manifest, folder: InputFolder, program?: VectorTarget): CheckReport {
  const listed = manifest.units.flatMap((unit) => [
    ...(unit.package === null ? [] : [unit.package]),
    ...unit.classes.flatMap(({ files }) => files),
  ]);
  const names = new Set([MANIFEST_FILE, ...listed.map(({ file }) => file)]);
  const strangers = folder.files
    .filter((file) => !names.has(file))
    .map((file) => `${file}: not in the manifest`);
  const damaged = listed.flatMap((file) => problemOf(file, folder));
  const sound = damaged.length === 0;
  const isKnown = manifest.kind !== 'program' || program !== undefined;
  const classes = sound && isKnown ? classesOf(manifest, program?.units) : [];
  const samples = classes.map((one) => regenerate(manifest, one, folder));
  return {
    files: listed.length,
    bytes: listed.reduce((sum, { bytes }) => sum + bytes, 0),
    regenerated: samples.reduce((sum, { vectors }) => sum + vectors, 0),
    problems: [...strangers, ...damaged, ...samples.flatMap(({ problems }) => problems)],
  };
}

function problemOf({ file, bytes, sha256 }: ManifestFile, { files, open }: InputFolder): string[] {
  if (!files.includes(file)) return [`${file}: missing`];
  const hash = createHash('sha256');
  let size = 0;
  for (const piece of open(file)) {
    hash.update(piece);
    size += piece.length;
  }
  if (size !== bytes) return [`${file}: ${size} bytes, the manifest says ${bytes}`];
  return hash.digest('hex') === sha256 ? [] : [`${file}: its SHA-256 is not that of the manifest`];
}

interface Sample {
  readonly vectors: number;
  readonly problems: readonly string[];
}

/** Makes one block of a class again, chosen by the seed, and compares it with the file. */
function regenerate(manifest: Manifest, verified: VerifiedClass, folder: InputFolder): Sample {
  const { unit, manifestUnit, set } = verified;
  const made = unit.classes.find(({ name, level }) => name === set.name && level === manifest.level);
  if (made === undefined)
    throw new ConfigurationError(`${manifest.target} has no class ${set.name} any more`);
  const { shard, seed } = manifest;
  const blocks = [...blocksOf(set.total, shard.index - 1, shard.of)];
  if (blocks.length === 0) return { vectors: 0, problems: [] };
  const chosen = new Random(seed).split(`check ${set.name}`).below(blocks.length);
  const range = blocks[chosen]!;
  const layout = layoutOfUnit(manifestUnit);
  const columns = createColumns(layout, BLOCK_VECTORS);
  made.fill(columns, range, randomOf(seed, unit, made, range.block));
  const file = readableFile(set);
  const found = nthBlock(readVectors(folder.open(file.file), file, layout), chosen);
  const wrong = found === undefined ? 0 : firstDifference(layout, columns, found, range);
  const problems = wrong < 0 ? [] : [`${file.file}: vector ${range.first + wrong} is made differently now`];
  return { vectors: range.count, problems };
}

function nthBlock(blocks: Iterable<{ readonly columns: Columns }>, n: number): Columns | undefined {
  let at = 0;
  for (const { columns } of blocks) if (at++ === n) return columns;
  return undefined;
}

/** The first vector in which two blocks differ, or −1. */
function firstDifference(
  { columns: limbs }: Layout,
  one: Columns,
  other: Columns,
  { count }: BlockRange,
): number {
  for (let line = 0; line < count; line++) {
    for (let c = 0; c < limbs; c++) if (one[c]![line] !== other[c]![line]) return line;
  }
  return -1;
}
