/**
 * The cleaned logic of a netlist, kept on disk: the clean-up takes seconds, is the same every time, and does not depend
 * on a technology.
 *
 * A file holds the graph and its ends, and before them a hash over the file's name and all the rest. The name is a hash
 * over the netlist and the code that decides what the clean-up makes of it. The gates are made anew every time.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { GateNetlist, Netlist } from '../hdl/index.js';
import { cacheFolder, codeHash, keepFile, netlistHash, readKept, removeOldest } from '../proof/index.js';
import { Aig } from './aig.js';
import { cleanUp, estimatedGates } from './estimate.js';
import type { Logic } from './logic.js';

/** Folders whose code makes the gates of a netlist and cleans them up, or keeps what comes of it. */
const MAKERS = ['src/numerics', 'rtl-model/hdl', 'rtl-model/proof', 'rtl-model/analysis'];
/** Bytes that all files together may take: some hundred designs. */
const MOST_BYTES = 2 ** 26;

export interface KeptLogicOptions {
  /** Where the files are. */
  readonly folder?: string;
  /** Hash over the code that makes the logic. */
  readonly code?: string;
  /** Bytes that the folder may grow to. */
  readonly mostBytes?: number;
}

/** `cleanUp(estimatedGates(netlist))`, found if this very build has kept it for this very netlist, else made and kept. */
export function keptLogic(
  netlist: Netlist,
  { folder = cacheFolder('logic'), code = codeHash(MAKERS), mostBytes = MOST_BYTES }: KeptLogicOptions = {},
): Logic {
  const name = createHash('sha256').update(code).update(netlistHash(netlist)).digest('hex');
  const file = join(folder, `${name}.logic`);
  const gates = estimatedGates(netlist);
  const kept = unsealed(readKept(file), name);
  if (kept !== undefined) return fromStored(kept, gates);
  const logic = cleanUp(gates);
  keepFile(file, sealed(toStored(logic), name));
  removeOldest(folder, mostBytes);
  return logic;
}

/** A logic without its gates, as numbers in arrays. */
interface StoredLogic {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly scopes: Int32Array;
  readonly sources: Int32Array;
  readonly outputs: Int32Array;
  /** Register, bit and what is loaded, one flip-flop after the other. */
  readonly flipFlops: Int32Array;
  readonly literals: Int32Array;
  readonly alike: readonly (readonly Int32Array[])[] | undefined;
}

function toStored({ aig, sources, outputs, flipFlops, literals, alike }: Logic): StoredLogic {
  return {
    left: aig.left.subarray(0, aig.count),
    right: aig.right.subarray(0, aig.count),
    scopes: aig.scopes.subarray(0, aig.count),
    sources: Int32Array.from(sources),
    outputs: Int32Array.from(outputs),
    flipFlops: Int32Array.from(flipFlops.flatMap(({ register, bit, next }) => [register, bit, next])),
    literals,
    alike,
  };
}

function fromStored(stored: StoredLogic, gates: GateNetlist): Logic {
  const { left, right, scopes, sources, outputs, flipFlops, literals, alike } = stored;
  return {
    gates,
    aig: Aig.of(left, right, scopes),
    sources: [...sources],
    outputs: [...outputs],
    flipFlops: Array.from({ length: flipFlops.length / 3 }, (_, i) => ({
      register: flipFlops[3 * i]!,
      bit: flipFlops[3 * i + 1]!,
      next: flipFlops[3 * i + 2]!,
    })),
    literals,
    ...(alike && { alike }),
  };
}

const DIGEST_BYTES = 32;

function sealed(stored: StoredLogic, name: string): Buffer {
  const body = serialize(stored);
  return Buffer.concat([digestOf(name, body), body]);
}

/** Undefined if the bytes are not whole, or not those that were sealed under this name. */
function unsealed(bytes: Buffer | undefined, name: string): StoredLogic | undefined {
  if (bytes === undefined || bytes.length <= DIGEST_BYTES) return undefined;
  const body = bytes.subarray(DIGEST_BYTES);
  if (!digestOf(name, body).equals(bytes.subarray(0, DIGEST_BYTES))) return undefined;
  try {
    return deserialize(body) as StoredLogic;
  } catch {
    return undefined; // Written by a later version of Node.
  }
}

function digestOf(name: string, body: Uint8Array): Buffer {
  return createHash('sha256').update(name).update(body).digest();
}
