/**
 * Stamps: a note on disk that a design was compared with its oracle in this build and found equal.
 *
 * A stamp is named by a hash over the design's netlist (every cell, register and port) and over the program's own files
 * that made and judged it: another netlist or another build never finds it, whoever wrote it. It holds no secret: a
 * stamp guards against estimating a circuit that nobody checked, not against somebody who writes stamps by hand.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Design } from '../designs/index.js';
import { cacheFolder, codeHash, keepFile, netlistHash, readKept } from './cache.js';

/** What was checked. */
export interface Stamp {
  readonly configuration: string;
  /** Of the netlist and the build, 64 hex digits. */
  readonly hash: string;
  /** Slices or blocks that were run. */
  readonly vectors: number;
  /** Results that were compared; all were equal. */
  readonly results: number;
  readonly seed: number;
  /** ISO 8601, UTC. */
  readonly date: string;
}

/** The stamp of a design, or undefined if this netlist was not checked in this build. */
export function findStamp(design: Design, folder = cacheFolder('checked')): Stamp | undefined {
  const hash = checkHash(design);
  const kept = readKept(fileOf(hash, folder));
  if (kept === undefined) return undefined;
  try {
    const stamp = JSON.parse(kept.toString()) as Stamp;
    return stamp.hash === hash && stamp.configuration === design.configuration ? stamp : undefined;
  } catch {
    return undefined; // A damaged stamp is none.
  }
}

/** Notes that a design was checked. A folder that cannot be written only means that it is checked again next time. */
export function writeStamp(
  design: Design,
  check: Pick<Stamp, 'vectors' | 'results' | 'seed'>,
  folder = cacheFolder('checked'),
): Stamp {
  const { vectors, results, seed } = check;
  const { configuration } = design;
  const hash = checkHash(design);
  const stamp = { configuration, hash, vectors, results, seed, date: new Date().toISOString() };
  keepFile(fileOf(hash, folder), `${JSON.stringify(stamp, null, 1)}\n`);
  return stamp;
}

const fileOf = (hash: string, folder: string) => join(folder, `${hash}.json`);

/** Hash of the netlist and the build. */
function checkHash({ netlist, configuration }: Design): string {
  return createHash('sha256')
    .update(codeHash(JUDGES))
    .update(netlistHash(netlist))
    .update(configuration)
    .digest('hex');
}

/** Folders whose code makes a netlist, runs it and says what it must give. */
const JUDGES = [
  'src/numerics',
  'src/formats',
  'src/dot',
  'rtl-model/hdl',
  'rtl-model/library',
  'rtl-model/designs',
  'rtl-model/simulation',
  'rtl-model/proof',
];
