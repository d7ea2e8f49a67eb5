/**
 * The cleaned logic of a netlist, kept on disk: the clean-up takes seconds, is the same every time, and does not depend
 * on a technology.
 *
 * A file holds a logic, and before it a hash over the file's name and all the rest. The name is a hash over the netlist
 * and the code that decides which gates and which logic are made of it.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Netlist } from '../hdl/index.js';
import {
  buildFolder,
  cacheFolder,
  codeHash,
  keepFile,
  netlistHash,
  readKept,
  removeOldest,
  removeOthers,
} from '../proof/index.js';
import { Aig } from './aig.js';
import { cleanUp, estimatedGates } from './estimate.js';
import type { Logic } from './logic.js';

/** Folders whose code makes the gates of a netlist and cleans them up, or keeps what comes of it. */
const MAKERS = [
  'src/numerics',
  'rtl-model/hdl',
  'rtl-model/proof',
  'rtl-model/technology',
  'rtl-model/analysis',
];
/** Bytes that all files together may take: the largest designs take 3 MB each. */
const MOST_BYTES = 2 ** 26;

export interface KeptLogicOptions {
  /** Where files are kept. */
  readonly folder?: string;
  /** Where they are looked for first: a folder that comes with a build. */
  readonly brought?: string;
  /** Hash over the code that makes the logic. */
  readonly code?: string;
  /** Bytes that the folder may grow to. */
  readonly mostBytes?: number;
}

/** `cleanUp(estimatedGates(netlist))`, found if this very build has kept it for this very netlist, else made and kept. */
export function keptLogic(
  netlist: Netlist,
  {
    folder = cacheFolder('logic'),
    brought = buildFolder('logic'),
    code = codeHash(MAKERS),
    mostBytes = MOST_BYTES,
  }: KeptLogicOptions = {},
): Logic {
  const name = nameOf(netlist, code);
  for (const place of [brought, folder]) {
    const kept = unsealed(readKept(join(place, fileName(name))), name);
    if (kept !== undefined) return kept;
  }
  const logic = cleanUp(estimatedGates(netlist));
  keepFile(join(folder, fileName(name)), sealed(logic, name));
  removeOldest(folder, mostBytes);
  return logic;
}

/** Keeps the logic of these netlists, and of no others, in the folder that a build brings with it. */
export function bringLogic(netlists: readonly Netlist[], folder = buildFolder('logic')): void {
  const code = codeHash(MAKERS);
  for (const netlist of netlists) {
    keptLogic(netlist, { folder, brought: folder, code, mostBytes: Number.POSITIVE_INFINITY });
  }
  removeOthers(folder, new Set(netlists.map((netlist) => fileName(nameOf(netlist, code)))));
}

function nameOf(netlist: Netlist, code: string): string {
  return createHash('sha256').update(code).update(netlistHash(netlist)).digest('hex');
}

const fileName = (name: string) => `${name}.logic`;

/** A logic as plain values: its graph as columns. */
interface StoredLogic extends Omit<Logic, 'aig'> {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly scopes: Int32Array;
}

const DIGEST_BYTES = 32;

function sealed({ aig, ...ends }: Logic, name: string): Buffer {
  const column = (values: Int32Array) => values.subarray(0, aig.count);
  const [left, right, scopes] = [column(aig.left), column(aig.right), column(aig.scopes)];
  const body = serialize({ ...ends, left, right, scopes } satisfies StoredLogic);
  return Buffer.concat([digestOf(name, body), body]);
}

/** Undefined if the bytes are not whole, or not those that were sealed under this name. */
function unsealed(bytes: Buffer | undefined, name: string): Logic | undefined {
  if (bytes === undefined || bytes.length <= DIGEST_BYTES) return undefined;
  const body = bytes.subarray(DIGEST_BYTES);
  if (!digestOf(name, body).equals(bytes.subarray(0, DIGEST_BYTES))) return undefined;
  try {
    const { left, right, scopes, ...ends } = deserialize(body) as StoredLogic;
    return { ...ends, aig: Aig.of(left, right, scopes) };
  } catch {
    return undefined; // Written by a later version of Node.
  }
}

function digestOf(name: string, body: Uint8Array): Buffer {
  return createHash('sha256').update(name).update(body).digest();
}
