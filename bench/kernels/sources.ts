/** What an engine's dot products were compiled from, as a hash: results of a run speak of these sources alone. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../reports/write-report.js';

interface Sources {
  readonly folder: string;
  /** Names of files and folders in it, sorted; `skip` those that have no part in dot products on this processor. */
  readonly take: RegExp;
  readonly skip?: RegExp;
}

const OTHER_ARCHITECTURE = process.arch === 'arm64' ? 'avx\\w+' : 'neon';

const SOURCES: Readonly<Record<string, readonly Sources[]>> = {
  native: [
    {
      folder: 'native/src',
      take: /\.rs$/,
      skip: new RegExp(`(quantize|dequantize|quantizers|quantize/\\w+|${OTHER_ARCHITECTURE})\\.rs$`),
    },
    { folder: 'src/kernels', take: /^native.*\.ts$/, skip: /quantize/ },
  ],
  wasm: [{ folder: 'src/kernels', take: /^wasm.*\.ts$/ }],
  typescript: [{ folder: 'src/kernels/typescript', take: /\.ts$/, skip: /hex-lines/ }],
};

/** First 12 hexadecimal digits of a SHA-256 over the sources of `native …`, `wasm` or `typescript`. */
export function sourcesHash(engine: string): string {
  const hash = createHash('sha256');
  for (const { folder, take, skip } of SOURCES[engine.split(' ')[0]!] ?? []) {
    const names = (readdirSync(join(ROOT, folder), { recursive: true }) as string[]).sort();
    for (const name of names) {
      if (!take.test(name) || skip?.test(name)) continue;
      hash.update(`${name}\n`).update(readFileSync(join(ROOT, folder, name)));
    }
  }
  return hash.digest('hex').slice(0, 12);
}
