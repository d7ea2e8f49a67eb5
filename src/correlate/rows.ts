/**
 * Measured rows of tile programs, from a file of comma-separated values:
 *
 *   id,class,variant,sms,M,N,kstep_bytes,stages,T_ksteps,extra,measure,cycles_median
 *   r0001,1,onewait,1,64,32,128,2,2,-,acc_ready,288
 *
 * Further columns are passed over. Cells hold no quotes and no commas.
 */
import { ConfigurationError, suggest } from '../numerics/index.js';

/** One measurement. */
export interface TileRow {
  /** `file:line`, for messages. */
  readonly place: string;
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

const TEXTS = ['id', 'class', 'variant', 'extra', 'measure'] as const;
/** Largest values; single costs have no shape, and so zeros. */
const NUMBERS = {
  sms: 1024,
  M: 1024,
  N: 1024,
  kstep_bytes: 4096,
  stages: 64,
  T_ksteps: 65_536,
} as const;
const CYCLES = 'cycles_median';
const COLUMNS = [...TEXTS, ...Object.keys(NUMBERS), CYCLES];

const TEXT_LIMIT = 2 ** 26;

/** The rows of a text. Throws `ConfigurationError` naming the line and the column. @param where name of the file. */
export function readTileRows(text: string, where: string): TileRow[] {
  if (text.length > TEXT_LIMIT) {
    throw new ConfigurationError(`${where} has ${text.length} characters, at most ${TEXT_LIMIT} are read`);
  }
  const [head = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const names = head.split(',').map((name) => name.trim());
  const missing = COLUMNS.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new ConfigurationError(
      `${where}:1: lacks the column${missing.length > 1 ? 's' : ''} ${missing.join(', ')}`,
      suggest(missing[0]!, names.slice(0, 50)),
    );
  }
  const double = names.find((name, i) => names.indexOf(name) !== i && COLUMNS.includes(name));
  if (double !== undefined) throw new ConfigurationError(`${where}:1: has the column ${double} twice`);
  return lines.flatMap((line, i) => {
    if (line.trim() === '') return [];
    return [rowOf(line, names, `${where}:${i + 2}`)];
  });
}

function rowOf(line: string, names: readonly string[], place: string): TileRow {
  const cells = line.split(',').map((cell) => cell.trim());
  if (cells.length !== names.length) {
    throw new ConfigurationError(
      `${place}: has ${cells.length} cells, and the first line names ${names.length}`,
    );
  }
  const cell = (name: string): string => cells[names.indexOf(name)]!;
  const whole = (name: keyof typeof NUMBERS): number => {
    const value = Number(cell(name));
    if (/^\d+(\.0+)?$/.test(cell(name)) && value <= NUMBERS[name]) return value;
    throw badCell(place, name, cell(name), `a whole number from 0 to ${NUMBERS[name]}`);
  };
  const text = (name: (typeof TEXTS)[number]): string => {
    if (cell(name) !== '') return cell(name);
    throw badCell(place, name, '', 'a text');
  };
  const cyclesMedian = Number(cell(CYCLES));
  if (cell(CYCLES) === '' || !(cyclesMedian > 0 && Number.isFinite(cyclesMedian))) {
    throw badCell(place, CYCLES, cell(CYCLES), 'a number above 0');
  }
  return {
    place,
    id: text('id'),
    class: text('class'),
    variant: text('variant'),
    sms: whole('sms'),
    M: whole('M'),
    N: whole('N'),
    kstepBytes: whole('kstep_bytes'),
    stages: whole('stages'),
    steps: whole('T_ksteps'),
    extra: new Map(
      text('extra')
        .split(';')
        .map((pair) => [pair.split('=')[0]!, pair.split('=')[1] ?? '']),
    ),
    measure: text('measure'),
    cyclesMedian,
  };
}

function badCell(place: string, column: string, cell: string, expected: string): ConfigurationError {
  return new ConfigurationError(`${place}: column ${column}: "${cell.slice(0, 40)}" is not ${expected}`);
}
