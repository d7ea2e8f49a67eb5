/** Vectors in memory, for tests. */
import { createHash } from 'node:crypto';
import type { Settings } from '../../src/numerics/index.js';
import {
  type ByteSink,
  createTarget,
  fileFormats,
  type Manifest,
  type OutputFolder,
  type VectorRequest,
  writeVectors,
} from '../../src/vectors/index.js';

/** A folder that keeps the bytes of its files. */
export class MemoryFolder implements OutputFolder {
  readonly files = new Map<string, Uint8Array[]>();

  open(name: string): ByteSink & { close(): void } {
    const chunks: Uint8Array[] = [];
    if (this.files.has(name)) throw new Error(`${name} is written twice`);
    this.files.set(name, chunks);
    return { write: (bytes) => void chunks.push(Uint8Array.from(bytes)), close: () => {} };
  }

  bytes(name: string): Buffer {
    return Buffer.concat(this.files.get(name)!);
  }

  text(name: string): string {
    return this.bytes(name).toString();
  }

  sha256(name: string): string {
    return createHash('sha256').update(this.bytes(name)).digest('hex');
  }
}

export interface Made {
  readonly folder: MemoryFolder;
  readonly manifest: Manifest;
}

const DEFAULTS = { level: 1, seed: 1, shard: { index: 1, of: 1 } } as const;

/** Makes the vectors of a target in memory. */
export function make(
  name: string,
  request: Partial<Omit<VectorRequest, 'target'>> = {},
  formats: readonly string[] = ['mem'],
  engine: 'compiled' | 'oracle' = 'compiled',
  settings: Settings = {},
): Made {
  const folder = new MemoryFolder();
  const target = createTarget(name, { settings, engine });
  const manifest = writeVectors({ target, ...DEFAULTS, ...request }, folder, {
    formats: fileFormats(formats),
    tool: { name: 'fp4sim', version: 'test', commit: 'test' },
    command: 'test',
  });
  return { folder, manifest };
}
