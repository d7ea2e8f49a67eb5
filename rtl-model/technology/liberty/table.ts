/** Two-dimensional look-up tables of a liberty file, in this project's units. */
import { ConfigurationError } from '../../../src/numerics/index.js';
import { attribute, type LibertyGroup } from './groups.js';

/** Figures over input slew and output load; a table of one dimension or one value has axes of length 1. */
export interface LookupTable {
  /** Input transition, in picoseconds between the library's slew thresholds. */
  readonly slewsPs: Float64Array;
  readonly loadsFf: Float64Array;
  /** One figure for each slew and load; slew-major. */
  readonly values: Float64Array;
}

/** What an axis of a table stands for; a table may have them in either order. */
export type Axis = 'slew' | 'load';

/** Axes and default index values of a `lu_table_template` or `power_lut_template`. */
export interface TableTemplate {
  readonly axes: readonly Axis[];
  readonly indices: readonly (readonly number[])[];
}

/** Factors from the library's units to this project's: ps, fF and the unit of the figures. */
export interface TableUnits {
  readonly slew: number;
  readonly load: number;
  readonly value: number;
}

const VARIABLES: Readonly<Record<string, Axis>> = {
  input_net_transition: 'slew',
  input_transition_time: 'slew',
  constrained_pin_transition: 'slew',
  total_output_net_capacitance: 'load',
  // A constraint table has the clock's slew where a delay table has the load.
  related_pin_transition: 'load',
};

/** The template that a template group describes; undefined if an axis is none that this model knows. */
export function tableTemplate(group: LibertyGroup): TableTemplate | undefined {
  const axes: Axis[] = [];
  const indices: number[][] = [];
  for (const position of [1, 2]) {
    const variable = attribute(group, `variable_${position}`);
    if (variable === undefined) break;
    const axis = VARIABLES[variable];
    if (axis === undefined) return undefined;
    axes.push(axis);
    indices.push(numbersOf(group, `index_${position}`, 'library'));
  }
  return attribute(group, 'variable_3') === undefined ? { axes, indices } : undefined;
}

/** A table group as a table. Throws `ConfigurationError` if the number of values is not what the axes ask for. */
export function lookupTable(
  group: LibertyGroup,
  template: TableTemplate | undefined,
  units: TableUnits,
  source: string,
): LookupTable {
  const values = numbersOf(group, 'values', source);
  const axes = template?.axes ?? [];
  const index = (axis: Axis): Float64Array => {
    const position = axes.indexOf(axis);
    if (position < 0) return new Float64Array([0]);
    const own = numbersOf(group, `index_${position + 1}`, source);
    const used = own.length > 0 ? own : (template?.indices[position] ?? []);
    return Float64Array.from(used, (value) => value * units[axis]);
  };
  const [slewsPs, loadsFf] = [index('slew'), index('load')];
  if (values.length !== slewsPs.length * loadsFf.length) {
    const shape = `${slewsPs.length} × ${loadsFf.length}`;
    throw new ConfigurationError(
      `${source}, line ${group.line}: ${values.length} values in "${group.name}", expected ${shape}`,
    );
  }
  checkAscending(slewsPs, group, source);
  checkAscending(loadsFf, group, source);
  const transposed = axes[0] === 'load' && axes.length === 2;
  const scaled = Float64Array.from(values, (value) => value * units.value);
  return { slewsPs, loadsFf, values: transposed ? transpose(scaled, loadsFf.length) : scaled };
}

/** The figure at a slew and a load: bilinear between the points, and on beyond the outermost ones, as timers do. */
export function lookUp(table: LookupTable, slewPs: number, loadFf: number): number {
  const { slewsPs, loadsFf, values } = table;
  const [i, u] = interval(slewsPs, slewPs);
  const [j, v] = interval(loadsFf, loadFf);
  const width = loadsFf.length;
  const at = (row: number, column: number) =>
    values[Math.min(row, slewsPs.length - 1) * width + Math.min(column, width - 1)]!;
  const low = at(i, j) * (1 - v) + at(i, j + 1) * v;
  const high = at(i + 1, j) * (1 - v) + at(i + 1, j + 1) * v;
  return low * (1 - u) + high * u;
}

/** Index of the axis' interval nearest to x, and where in it x lies (outside 0 … 1 beyond the axis). */
function interval(axis: Float64Array, x: number): [index: number, fraction: number] {
  if (axis.length === 1) return [0, 0];
  let i = 0;
  while (i + 2 < axis.length && axis[i + 1]! < x) i++;
  return [i, (x - axis[i]!) / (axis[i + 1]! - axis[i]!)];
}

function transpose(values: Float64Array, rows: number): Float64Array {
  const columns = values.length / rows;
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
}

function checkAscending(axis: Float64Array, group: LibertyGroup, source: string): void {
  if (axis.every((value, i) => i === 0 || value > axis[i - 1]!)) return;
  throw new ConfigurationError(`${source}, line ${group.line}: an index of "${group.name}" does not ascend`);
}

/** All numbers of an attribute, whose values are lists separated by commas or blanks. */
function numbersOf(group: LibertyGroup, name: string, source: string): number[] {
  const found = group.attributes.find((candidate) => candidate.name === name);
  if (found === undefined) return [];
  const numbers = found.values.flatMap((text) => text.split(/[\s,\\]+/).filter((word) => word !== ''));
  return numbers.map((word) => {
    const value = Number(word);
    if (Number.isFinite(value)) return value;
    throw new ConfigurationError(`${source}, line ${found.line}: "${word.slice(0, 40)}" is no number`);
  });
}
