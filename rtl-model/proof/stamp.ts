/**
 * Stamps: a note on disk that a design was compared with its oracle in this build and found equal.
 *
 * A stamp is named by a hash over the design's netlist (every cell, register and port) and over the program's own files
 * that made and judged it: another netlist or another build never finds it, whoever wrote it. It holds no secret: a
 * stamp guards against estimating a circuit that nobody checked, not against somebody who writes stamps by hand.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Design } from '../designs/index.js';
import type { Netlist } from '../hdl/index.js';

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

/** `$XDG_CACHE_HOME/fp4sim/checked`, else `~/.cache/fp4sim/checked`. */
export function stampFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const cache = environment.XDG_CACHE_HOME;
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'fp4sim', 'checked');
}

/** The stamp of a design, or undefined if this netlist was not checked in this build. */
export function findStamp(design: Design, folder = stampFolder()): Stamp | undefined {
  const hash = checkHash(design);
  const file = join(folder, `${hash}.json`);
  if (!existsSync(file)) return undefined;
  try {
    const stamp = JSON.parse(readFileSync(file, 'utf8')) as Stamp;
    return stamp.hash === hash && stamp.configuration === design.configuration ? stamp : undefined;
  } catch {
    return undefined; // A damaged stamp is none.
  }
}

/** Notes that a design was checked. A folder that cannot be written only means that it is checked again next time. */
export function writeStamp(
  design: Design,
  check: Pick<Stamp, 'vectors' | 'results' | 'seed'>,
  folder = stampFolder(),
): Stamp {
  const { vectors, results, seed } = check;
  const { configuration } = design;
  const hash = checkHash(design);
  const stamp = { configuration, hash, vectors, results, seed, date: new Date().toISOString() };
  try {
    mkdirSync(folder, { recursive: true });
    const temporary = join(folder, `${hash}.${process.pid}.tmp`);
    writeFileSync(temporary, `${JSON.stringify(stamp, null, 1)}\n`);
    renameSync(temporary, join(folder, `${hash}.json`));
  } catch {
    // Checked all the same.
  }
  return stamp;
}

/** Hash of the netlist and the build. */
function checkHash({ netlist, configuration }: Design): string {
  return createHash('sha256')
    .update(buildHash())
    .update(configuration)
    .update(netlistText(netlist))
    .digest('hex');
}

/** Hash of a netlist alone, 64 hex digits: what was found out about it holds as long as it is the same. */
export function netlistHash(netlist: Netlist): string {
  return createHash('sha256').update(netlistText(netlist)).digest('hex');
}

/** The netlist as text: all of it but the places in source files. */
function netlistText(netlist: Netlist): string {
  return JSON.stringify(netlist, (key, value: unknown) => {
    if (key === 'place') return undefined;
    return typeof value === 'bigint' ? `${value}n` : value;
  });
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
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

let build: string | undefined;

/** Hash over the program's files in those folders, whether built or not. */
function buildHash(): string {
  if (build === undefined) {
    const hash = createHash('sha256');
    for (const folder of JUDGES) {
      const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
      for (const file of files.filter((name) => /\.(js|ts)$/.test(name)).sort()) {
        hash.update(`${folder}/${file}\0`).update(readFileSync(join(ROOT, folder, file)));
      }
    }
    build = hash.digest('hex');
  }
  return build;
}
