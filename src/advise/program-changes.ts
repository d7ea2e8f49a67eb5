/** Changes of a program that leave its work the same: other values of its parameters, other tile schedules. */
import { type GridDeclaration, type Program, scheduleText, type TilePolicy } from '../assembler/index.js';
import { ConfigurationError, suggest } from '../numerics/index.js';

export interface ProgramChange {
  readonly text: string;
  /** The changed program; undefined if it does not assemble. */
  readonly program: () => Program | undefined;
}

/** Assembles the program once more, with these parameters changed. */
export type Reassemble = (set: ReadonlyMap<string, number>) => Program | undefined;

/**
 * Neighbours of every parameter's value, and the values that are asked for. Whether the work stays the same shows when
 * they are assembled and run. Throws `ConfigurationError` for a name that is no parameter.
 */
export function parameterChanges(
  { parameters }: Program,
  reassemble: Reassemble,
  asked: readonly (readonly [name: string, value: number])[],
): ProgramChange[] {
  const names = parameters.map(({ name }) => name);
  const unknown = asked.find(([name]) => !names.includes(name));
  if (unknown !== undefined) {
    throw new ConfigurationError(`the program has no parameter "${unknown[0]}"`, suggest(unknown[0], names));
  }
  return parameters.flatMap(({ name, value }) => {
    const further = asked.filter(([wanted]) => wanted === name).map(([, other]) => other);
    return [...new Set([...further, ...neighbours(value)])].map((changed) => ({
      text: `${name} ${value} → ${changed}`,
      program: () => reassemble(new Map([[name, changed]])),
    }));
  });
}

function neighbours(value: number): number[] {
  const near = [value + 1, value - 1, value * 2, value / 2];
  return near.filter((other) => Number.isInteger(other) && other >= 0 && other !== value);
}

const POLICIES: readonly TilePolicy[] = [
  { kind: 'row' },
  { kind: 'column' },
  ...[2, 4, 8].map((group) => ({ kind: 'swizzle' as const, group })),
];

/** The other orders of handing tiles out, in turn and on demand. */
export function scheduleChanges(program: Program): ProgramChange[] {
  const { grid } = program;
  if (grid.tilesM * grid.tilesN === 1) return [];
  const own = scheduleText(grid);
  const others: GridDeclaration[] = POLICIES.flatMap((policy) => [
    { ...grid, policy, dynamic: undefined },
    { ...grid, policy, dynamic: true },
  ]);
  return others
    .map((other) => ({ text: scheduleText(other), grid: other }))
    .filter(({ text }) => text !== own)
    .map(({ text, grid: other }) => ({
      text: `tiles handed out by ${text}`,
      program: () => ({ ...program, grid: other }),
    }));
}

/** Whether two programs read and write tensors of the same names, formats and shapes. */
export function sameTensors(one: Program, other: Program): boolean {
  return tensorText(one) === tensorText(other);
}

function tensorText({ tensors }: Program): string {
  return tensors.map(({ name, format, rows, cols }) => `${name} ${format} ${rows}x${cols}`).join('; ');
}
