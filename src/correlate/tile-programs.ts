/** Which program, with which parameters, stands for a measured row, and where in it the row's clock is read. */
import type { TileRow } from './rows.js';

/** Cycles at which each mark of a program was passed, by core and stream, in order. */
export type Marks = (label: string) => readonly (readonly (readonly number[])[])[];

export interface TileProgram {
  /** In `programs/hopper/`. */
  readonly file: string;
  /** Numbers that the row's extra column must have. */
  readonly needed?: readonly string[];
  readonly settings: (row: TileRow) => Readonly<Record<string, number>>;
  /** The row's measure from the marks; undefined if it is not modelled. */
  readonly measures: Readonly<Record<string, (marks: Marks, row: TileRow) => number>>;
}

const shape = ({ M, N, kstepBytes, stages, steps }: TileRow): Record<string, number> => ({
  M,
  N,
  KB: kstepBytes,
  STAGES: stages,
  STEPS: steps,
});
const producer = ({ variant }: TileRow): number => (/_l$|_l_/.test(variant) ? 1 : 32);
const number = ({ extra }: TileRow, name: string): number | undefined =>
  extra.has(name) ? Number(extra.get(name)) : undefined;

/** Largest and smallest last mark of any stream of the first core. */
const last = (marks: Marks, label: string): number[] =>
  (marks(label)[0] ?? []).filter((times) => times.length > 0).map((times) => times.at(-1)!);
const latest = (marks: Marks, label: string): number => Math.max(...last(marks, label));
const since = (from: string, to: string) => (marks: Marks) => latest(marks, to) - latest(marks, from);
const firstSince = (from: string, to: string) => (marks: Marks) =>
  Math.min(...last(marks, to)) - Math.min(...last(marks, from));
const lastSinceFirst = (from: string, to: string) => (marks: Marks) =>
  latest(marks, to) - Math.min(...last(marks, from));

/** Largest over the warpgroups, each from its own mark. */
const each = (from: string, to: string) => (marks: Marks) => {
  const starts = marks(from)[0] ?? [];
  const ends = marks(to)[0] ?? [];
  return Math.max(...ends.flatMap((times, i) => (times.length === 0 ? [] : [times[0]! - starts[i]![0]!])));
};

const VARIANTS = ['W0', 'W1', 'onewait'];
const COMPUTE: TileProgram = {
  file: 'compute.s',
  settings: (row) => ({ ...shape(row), VARIANT: VARIANTS.indexOf(row.variant) }),
  measures: {
    acc_ready: lastSinceFirst('t0', 'ready'),
    acc_ready_first_wg: firstSince('t0', 'ready'),
  },
};

/** Median over the cores of what one core's clock says. */
const medianCore = (measure: (marks: Marks, core: number) => number) => (marks: Marks) =>
  median(
    marks('t0').flatMap((streams, core) => (streams.some((t) => t.length > 0) ? [measure(marks, core)] : [])),
  );
const loadSettings = (row: TileRow): Record<string, number> => ({
  ...shape(row),
  CORES: row.sms,
  PRIVATE: [...row.extra.keys()].some((word) => word.startsWith('private')) ? 1 : 0,
  WRAP: number(row, 'wrap_ksteps') ?? row.steps,
});
const allLoaded = medianCore((marks, core) => {
  const start = marks('t0')[core]!.flat()[0]!;
  return Math.max(...marks('loaded')[core]!.flat()) - start;
});
const LOAD: TileProgram = {
  file: 'load.s',
  settings: (row) => ({ ...loadSettings(row), PRODUCER: producer(row) }),
  measures: { all_loaded: allLoaded },
};
const SELF: TileProgram = {
  file: 'load_self.s',
  settings: loadSettings,
  measures: { all_loaded: allLoaded },
};

const EPILOGUES = ['', 'stg_f32', 'stg_bf16', 'bulkstore_f32', 'bulkstore_bf16'];
const epilogue = ({ variant }: TileRow): number =>
  Math.max(
    0,
    EPILOGUES.findIndex((name, i) => i > 0 && variant.endsWith(name)),
  );
const gemmSettings = (row: TileRow): Record<string, number> => ({
  ...shape(row),
  WAIT: row.variant.includes('W0') ? 0 : 1,
  EPILOGUE: epilogue(row),
  PRODUCER: producer(row),
});
const PIPELINE: TileProgram = {
  file: 'gemm.s',
  settings: gemmSettings,
  measures: {
    acc_ready: since('t0', 'ready'),
    epi_issue: each('ready', 'issued'),
    epi_bulk_issued: each('ready', 'issued'),
    epi_smem_free: each('ready', 'drained'),
    epi_drained: each('ready', 'drained'),
    end_to_end_drained: since('t0', 'drained'),
  },
};

/** End of every tile of every core: the last warpgroup's accumulators, or the last store issued. */
function tileEnds(marks: Marks, row: TileRow): number[][] {
  const ends = marks(epilogue(row) === 0 ? 'ready' : 'issued');
  return ends.map((streams) => {
    const groups = streams.filter((times) => times.length > 0);
    return (groups[0] ?? []).map((_, tile) => Math.max(...groups.map((times) => times[tile]!)));
  });
}
const PERSISTENT: TileProgram = {
  file: 'gemm.s',
  needed: ['Mt', 'Nt', 'G', 'tiles_per_sm'],
  settings: (row) => ({
    ...gemmSettings(row),
    ROWS: number(row, 'Mt')!,
    COLS: number(row, 'Nt')!,
    BAND: number(row, 'G')!,
    TILES: number(row, 'tiles_per_sm')!,
  }),
  measures: {
    tile_interval: (marks, row) =>
      median(tileEnds(marks, row).flatMap((ends) => ends.slice(1).map((end, i) => end - ends[i]!))),
    cycles_per_tile: (marks, row) =>
      median(
        tileEnds(marks, row).map(
          (ends, core) => (ends.at(-1)! - marks('t0')[core]!.flat()[0]!) / ends.length,
        ),
      ),
  },
};

/** The program of each class; the first whose pattern matches `class,variant`. */
const PROGRAMS: readonly (readonly [RegExp, TileProgram])[] = [
  [/^1,/, COMPUTE],
  [/^2b?,self/, SELF],
  [/^2b?,/, LOAD],
  [/^(3|3t|4),/, PIPELINE],
  [/^[67],/, PERSISTENT],
];

/** The program of a row, or undefined if its class is not modelled. */
export function programOfRow(row: TileRow): TileProgram | undefined {
  return PROGRAMS.find(([pattern]) => pattern.test(`${row.class},${row.variant}`))?.[1];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
