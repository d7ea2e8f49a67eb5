/** Formats and quantisers against what other people's code printed. */
import { readdirSync } from 'node:fs';
import { ConfigurationError } from '../../numerics/index.js';
import type { WitnessResult } from '../result.js';
import { CODEC_TABLES, conformCodecTables } from './codec-tables.js';
import {
  conformQuantizers,
  listedFiles,
  PEER_INDEX,
  QUANT_INDEX,
  QUANT_INPUTS,
  TRITON_INDEX,
} from './quantizers.js';
import { conformRounding, ROUNDING_DATA, ROUNDING_INDEX } from './rounding.js';

export { conformCodecTables } from './codec-tables.js';
export { conformQuantizers } from './quantizers.js';
export { conformRounding } from './rounding.js';

/**
 * Files of a folder that these witnesses read, by name: `codec_tables.json`, `rounding.json` with its data, and
 * the three indexes of quantisers with the files they list.
 */
export function isFormatWitness(name: string): boolean {
  return /^(codec_tables\.json|rounding\.(json|bin\.gz)|quant_inputs\.bin\.gz|(quant|triton|peer)(_index\.json|\..*\.bin\.gz))$/.test(
    name,
  );
}

/** One row for every witness of formats and quantisers in a folder. What is not understood is an error. */
export function conformFormats(folder: string): WitnessResult[] {
  checkStrays(folder);
  return [...conformCodecTables(folder), ...conformRounding(folder), ...conformQuantizers(folder)];
}

/** Throws on a data file that no index lists: it would be skipped in silence. */
function checkStrays(folder: string): void {
  const names = readdirSync(folder).filter(isFormatWitness);
  const listed = new Set(listedFiles(folder));
  for (const name of [CODEC_TABLES, ROUNDING_INDEX, QUANT_INDEX, TRITON_INDEX, PEER_INDEX]) listed.add(name);
  if (names.includes(ROUNDING_INDEX)) listed.add(ROUNDING_DATA);
  if (names.includes(QUANT_INDEX)) listed.add(QUANT_INPUTS);
  const stray = names.find((name) => !listed.has(name));
  if (stray !== undefined) throw new ConfigurationError(`${stray} is listed in no index of its folder`);
}
