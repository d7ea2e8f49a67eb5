/** Level-1 vectors and coverage of quantise units and transforms, for tests. */
import { BF16, codecOf } from '../../src/formats/index.js';
import { CoverageMeter, type CoverageReport } from '../../src/vectors/coverage/measure.js';
import {
  type Columns,
  codesAt,
  createTarget,
  fieldNamed,
  generateBlocks,
  selectClasses,
  type VectorUnit,
} from '../../src/vectors/index.js';

const WHOLE = { seed: 1, shard: { index: 1, of: 1 } } as const;

export const unitOf = (name: string) => createTarget(name, { engine: 'compiled' }).units[0]!;

interface Batch {
  readonly set: string;
  readonly columns: Columns;
  readonly count: number;
}

const made = new Map<string, readonly Batch[]>();

/** The level-1 vectors of a unit, made once. */
export function levelOne(name: string): readonly Batch[] {
  const known = made.get(name);
  if (known !== undefined) return known;
  const target = createTarget(name, { engine: 'compiled' });
  const all = selectClasses({ target, level: 1, ...WHOLE }).flatMap((entry) =>
    [...copies(entry)].map((batch) => ({ set: entry.class.name, ...batch })),
  );
  made.set(name, all);
  return all;
}

/** The generator writes into the same columns again. */
function* copies(entry: Parameters<typeof generateBlocks>[0]) {
  for (const { columns, range } of generateBlocks(entry, WHOLE))
    yield { columns: columns.map((column) => column.slice(0, range.count)), count: range.count };
}

export function coverageOf(name: string, wants: (set: string) => boolean = () => true): CoverageReport {
  const meter = new CoverageMeter(unitOf(name).coverage!());
  for (const { set, columns, count } of levelOne(name)) if (wants(set)) meter.add(columns, count);
  return meter.report();
}

export const hitsOf = ({ points }: CoverageReport, point: string) =>
  Object.fromEntries(
    points
      .find(({ name }) => name === point)!
      .bins.filter(({ hits }) => hits > 0)
      .map(({ name, hits }) => [name, hits]),
  );

export const elementsAt = (unit: VectorUnit, columns: Columns, line: number) => {
  const elements = codesAt(columns, fieldNamed(unit.layout, 'x'), line, 16, new Uint16Array(16));
  return { elements, x: Float32Array.from(elements, codecOf(BF16).decode) };
};

export const numberAt = (unit: VectorUnit, columns: Columns, line: number, name: string) => {
  const field = unit.layout.fields.find((one) => one.name === name);
  return field === undefined ? 0 : new Float32Array(Uint32Array.of(columns[field.column]![line]!).buffer)[0]!;
};
