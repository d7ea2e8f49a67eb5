/** Formats and quantisers against what other people's code printed. */
import type { WitnessResult } from '../result.js';
import { conformCodecTables } from './codec-tables.js';
import { conformQuantizers } from './quantizers.js';
import { conformRounding } from './rounding.js';

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
  return [...conformCodecTables(folder), ...conformRounding(folder), ...conformQuantizers(folder)];
}
