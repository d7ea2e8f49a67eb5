/** The measured rows of tile programs, as the file `tile_cycles.csv` holds them. */
import { readFileSync } from 'node:fs';
import { ConfigurationError } from '../../src/numerics/index.js';

/** One measurement. */
export interface TileRow {
  readonly id: string;
  readonly class: string;
  readonly variant: string;
  readonly sms: number;
  readonly M: number;
  readonly N: number;
  readonly kstepBytes: number;
  readonly stages: number;
  readonly steps: number;
  /** `key=value` pairs and single words, by name; words have the value ''. */
  readonly extra: ReadonlyMap<string, string>;
  readonly measure: string;
  readonly cyclesMedian: number;
}

const COLUMNS = [
  'id',
  'class',
  'variant',
  'sms',
  'M',
  'N',
  'kstep_bytes',
  'stages',
  'T_ksteps',
  'extra',
  'measure',
];

/** Reads rows from a file of comma-separated values with the columns of `tile_cycles.csv`. */
export function readTileRows(path: string): TileRow[] {
  const [head, ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  const names = head!.split(',');
  const missing = [...COLUMNS, 'cycles_median'].filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new ConfigurationError(
      `${path} lacks the column ${missing.join(', ')}`,
      `it has ${names.join(', ')}`,
    );
  }
  return lines.map((line) => {
    const cells = line.split(',');
    const cell = (name: string): string => cells[names.indexOf(name)]!;
    return {
      id: cell('id'),
      class: cell('class'),
      variant: cell('variant'),
      sms: Number(cell('sms')),
      M: Number(cell('M')),
      N: Number(cell('N')),
      kstepBytes: Number(cell('kstep_bytes')),
      stages: Number(cell('stages')),
      steps: Number(cell('T_ksteps')),
      extra: new Map(
        cell('extra')
          .split(';')
          .map((pair) => [pair.split('=')[0]!, pair.split('=')[1] ?? '']),
      ),
      measure: cell('measure'),
      cyclesMedian: Number(cell('cycles_median')),
    };
  });
}
