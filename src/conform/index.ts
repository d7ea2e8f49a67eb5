/** This project's numbers against what other people's code and silicon printed. */
import { readdirSync } from 'node:fs';
import { ConfigurationError } from '../numerics/index.js';
import { conformDot, isDotWitness } from './dot/index.js';
import { conformFormats, isFormatWitness } from './formats/index.js';
import type { WitnessResult } from './result.js';

export type { SkippedItems, WitnessResult } from './result.js';

/** Files beside the witnesses that say what they are. */
const DESCRIPTIONS = /^README(\.\w+)?$/i;

/**
 * Every witness of a folder, one row each. Throws `ConfigurationError` for a folder that cannot be read or holds no
 * witness, and for a file that is not understood or cut off.
 */
export function conform(folder: string): WitnessResult[] {
  const names = namesIn(folder).filter((name) => !DESCRIPTIONS.test(name));
  const unknown = names.filter((name) => !isDotWitness(name) && !isFormatWitness(name));
  if (unknown.length > 0) {
    throw new ConfigurationError(
      `${folder}: ${unknown.join(', ')} ${unknown.length === 1 ? 'is not a witness' : 'are not witnesses'} that this version reads`,
      'witnesses: codec_tables.json, rounding.json, quant_index.json, triton_index.json, peer_index.json, mma_index.json with their data, if4_mac_segments.jsonl.gz, *.fpv',
    );
  }
  const rows = [...conformFormats(folder), ...conformDot(folder)];
  if (rows.length === 0) throw new ConfigurationError(`${folder} holds no witness files`);
  return rows;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const reason = { ENOENT: 'no such folder', ENOTDIR: 'it is not a folder', EACCES: 'permission denied' }[
      code
    ];
    throw new ConfigurationError(`cannot read ${folder}: ${reason ?? code}`);
  }
}
