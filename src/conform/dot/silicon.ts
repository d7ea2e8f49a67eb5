/**
 * Witness: what tensor cores of real hardware answered, in FPV1 files. A file is a sequence of records; a record holds
 * tiles of 64 × 8 dot products of L chained steps, with the answers of one or two instructions.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createOracle, type DotOracle, type OperandCodes, semanticOf } from '../../dot/index.js';
import { ELEMENT_FORMATS } from '../../formats/index.js';
import { ConfigurationError } from '../../numerics/index.js';
import { Tally, type WitnessResult } from '../result.js';
import { describeDot } from './describe.js';
import { littleEndian, readBytes } from './files.js';

const SOURCE = 'NVIDIA H200 (sm_90), recorded';
const MAGIC = 0x31565046; // "FPV1"
const HEADER_BYTES = 24;
const [ROWS, COLS, ROW_BYTES] = [64, 8, 32];
/** Set in kind2 when the second instruction's answers equal the first one's and are not stored. */
const SAME_ANSWERS = 0x100;

interface Kind {
  readonly instruction: string;
  readonly element: string;
  readonly semantic: string;
}

/** Instructions by their number in the files. */
const KINDS: ReadonlyMap<number, Kind> = new Map([
  [0, { instruction: 'wgmma.e4m3.f32', element: 'e4m3', semantic: 'hopper-wgmma-fp8' }],
  [1, { instruction: 'mma.e4m3.f32', element: 'e4m3', semantic: 'hopper-mma-fp8' }],
  [2, { instruction: 'mma.f16.f32', element: 'fp16', semantic: 'hopper-f16' }],
  [3, { instruction: 'wgmma.f16.f32', element: 'fp16', semantic: 'hopper-f16' }],
  [4, { instruction: 'mma.bf16.f32', element: 'bf16', semantic: 'hopper-f16' }],
  [5, { instruction: 'wgmma.bf16.f32', element: 'bf16', semantic: 'hopper-f16' }],
  [6, { instruction: 'mma.s8.s32', element: 'int8', semantic: 's8-s32' }],
  [7, { instruction: 'wgmma.s8.s32', element: 'int8', semantic: 's8-s32' }],
  [12, { instruction: 'wgmma.e4m3.f16', element: 'e4m3', semantic: 'hopper-wgmma-fp8-f16' }],
  [13, { instruction: 'mma.e4m3.f16', element: 'e4m3', semantic: 'hopper-mma-fp8-f16' }],
]);

/** What the operands of a record were drawn to exercise. */
export const SILICON_CLASSES: readonly string[] = [
  'e2m1',
  'e2m1_Cextreme',
  'full_range',
  'spread_one_large',
  'cancellation',
  'subnormals',
  'C_large',
  'C_small',
  'ties_boundary',
  'zeros_signed',
  'nan_inf',
  'overflow',
  'zero_exp_trap',
  'dense_carry',
  'fuzz',
];

interface Record {
  readonly kinds: readonly [Kind, Kind];
  readonly className: string;
  readonly steps: number;
  readonly tiles: number;
  /** Byte offsets of the sections. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly answers: readonly [number, number];
  readonly end: number;
}

/** One row for every instruction of every FPV1 file in the folder. */
export function conformSilicon(folder: string): WitnessResult[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith('.fpv'));
  return files.sort().flatMap((name) => conformFile(join(folder, name)));
}

function conformFile(path: string): WitnessResult[] {
  const data = readBytes(path);
  const file = basename(path);
  const rows = new Map<Kind, { oracle: DotOracle; tally: Tally }>();
  for (let offset = 0; offset < data.length; ) {
    const record = readRecord(data, offset, file);
    record.kinds.forEach((kind, which) => {
      const row = rows.get(kind) ?? { oracle: oracleOf(kind, file), tally: new Tally() };
      rows.set(kind, row);
      conformAnswers(
        data,
        record,
        record.answers[which as 0 | 1],
        row.oracle,
        row.tally,
        `${file} at ${offset}`,
      );
    });
    offset = record.end;
  }
  if (rows.size === 0) throw new ConfigurationError(`${file} is empty`);
  return [...rows].map(([kind, { tally }]) =>
    tally.result(file, SOURCE, `${kind.instruction} = ${kind.semantic}`),
  );
}

function oracleOf({ element, semantic }: Kind, file: string): DotOracle {
  const format = ELEMENT_FORMATS.get(element);
  if (format === undefined)
    throw new ConfigurationError(`${file} holds ${element} elements, which have no record`);
  return createOracle(semanticOf(semantic), format, format);
}

function readRecord(data: Buffer, offset: number, file: string): Record {
  const place = `${file} at byte ${offset}`;
  if (offset + HEADER_BYTES > data.length)
    throw new ConfigurationError(`${place}: the record's header is cut off`);
  const [magic, kind1, kind2, classIndex, steps, tiles] = littleEndian(
    data,
    offset,
    6,
    4,
  ) as unknown as number[];
  if (magic !== MAGIC) throw new ConfigurationError(`${place}: no FPV1 record begins here`);
  const kinds = [kindOf(kind1!, place), kindOf(kind2! & 0xff, place)] as const;
  const className = SILICON_CLASSES[classIndex!];
  if (className === undefined) throw new ConfigurationError(`${place}: unknown class ${classIndex}`);
  if (kind2! & ~(SAME_ANSWERS | 0xff))
    throw new ConfigurationError(`${place}: unknown flags in kind2 ${kind2}`);
  if (steps === 0) throw new ConfigurationError(`${place}: a record of 0 steps`);
  const a = offset + HEADER_BYTES;
  const b = a + tiles! * steps! * ROWS * ROW_BYTES;
  const c = b + tiles! * steps! * COLS * ROW_BYTES;
  const outputs = tiles! * ROWS * COLS * 4;
  const first = c + outputs;
  const second = kind2! & SAME_ANSWERS ? first : first + outputs;
  const end = second + outputs;
  if (end > data.length) {
    throw new ConfigurationError(`${place}: the record needs ${end} bytes, the file has ${data.length}`);
  }
  return { kinds, className, steps: steps!, tiles: tiles!, a, b, c, answers: [first, second], end };
}

function kindOf(kind: number, place: string): Kind {
  const found = KINDS.get(kind);
  if (found !== undefined) return found;
  const known = [...KINDS].map(([number, { instruction }]) => `${number} ${instruction}`);
  throw new ConfigurationError(`${place}: unknown instruction kind ${kind}`, `known: ${known.join(', ')}`);
}

function conformAnswers(
  data: Buffer,
  record: Record,
  answers: number,
  oracle: DotOracle,
  tally: Tally,
  file: string,
): void {
  const { steps, tiles, className } = record;
  const bytesPerCode = ROW_BYTES / oracle.stepK;
  const accumulatorMask =
    oracle.semantic.result.kind === 'float' && oracle.semantic.result.format === 'fp16' ? 0xffff : -1;
  const c = littleEndian(data, record.c, tiles * ROWS * COLS, 4);
  const d = littleEndian(data, answers, tiles * ROWS * COLS, 4);
  for (let tile = 0; tile < tiles; tile++) {
    const rows = operandRows(data, record.a, tile, steps, ROWS, bytesPerCode);
    const cols = operandRows(data, record.b, tile, steps, COLS, bytesPerCode);
    for (let output = 0; output < ROWS * COLS; output++) {
      const [a, b] = [rows[Math.floor(output / COLS)]!, cols[output % COLS]!];
      const index = tile * ROWS * COLS + output;
      const [addend, theirs] = [(c[index]! & accumulatorMask) >>> 0, d[index]!];
      const ours = oracle.dot(a.codes, a.scales, b.codes, b.scales, addend);
      const at = `${file}, class ${className}, tile ${tile}, output ${output}`;
      tally.compare(ours === theirs, () => describeDot(oracle, at, a, b, addend, theirs, ours));
    }
  }
}

/** The K codes of every row of a tile, its steps one after the other. */
function operandRows(
  data: Buffer,
  start: number,
  tile: number,
  steps: number,
  rows: number,
  bytesPerCode: number,
): OperandCodes[] {
  const perStep = ROW_BYTES / bytesPerCode;
  return Array.from({ length: rows }, (_, row) => {
    const codes = new Uint16Array(steps * perStep);
    for (let step = 0; step < steps; step++) {
      const at = start + ((tile * steps + step) * rows + row) * ROW_BYTES;
      for (let i = 0; i < perStep; i++) {
        codes[step * perStep + i] = bytesPerCode === 1 ? data[at + i]! : data.readUInt16LE(at + 2 * i);
      }
    }
    return { codes, scales: [] };
  });
}
