/** What every bench of a unit is made from: the device behind its port map, its timing, and the files of vectors. */
import { ConfigurationError, suggest } from '../../numerics/index.js';
import { type Layout, nanFlagOf, type PlacedField, withRole } from '../layout.js';
import { layoutOfUnit, type Manifest, type ManifestUnit } from '../manifest.js';
import type { View } from '../unit.js';
import type { FieldPlace, PortMap } from './port-map.js';
import { type WatchedRegister, watchedRegisters } from './watched-registers.js';

/** Other forms of the vectors, which have benches of their own. */
const VIEWS: ReadonlySet<string> = new Set<View>(['stages', 'stream']);

/** A class of vectors in a text file. */
export interface BenchSet {
  readonly name: string;
  readonly file: string;
  readonly count: number;
}

/** Bits `low` and up of a port of the device are bits `from` and up of a field. */
export interface Connection {
  readonly port: string;
  readonly low: number;
  readonly field: PlacedField;
  readonly from: number;
  readonly width: number;
}

/** The device as its own text declares it. */
export interface Device {
  readonly module: string;
  readonly clock: { readonly port: string; readonly edge: 'rising' | 'falling' } | undefined;
  readonly reset: { readonly port: string; readonly active: 'low' | 'high' } | undefined;
  readonly enable: string | undefined;
  readonly done: string | undefined;
  readonly connections: readonly Connection[];
  readonly constants: Readonly<Record<string, string | number>>;
  readonly parameters: Readonly<Record<string, string | number>>;
}

/** Another form of a unit's vectors. */
export interface ViewPlan {
  readonly unit: ManifestUnit;
  readonly layout: Layout;
  readonly sets: readonly BenchSet[];
}

/** Vectors with what registers hold of them. */
export interface StagesPlan extends ViewPlan {
  readonly registers: readonly WatchedRegister[];
}

export interface BenchPlan {
  /** What the benches are called: an identifier. */
  readonly id: string;
  readonly unit: ManifestUnit;
  readonly layout: Layout;
  readonly device: Device;
  /** Fields that drive the device, in the order of a line. */
  readonly inputs: readonly PlacedField[];
  /** Results that the device has. */
  readonly results: readonly PlacedField[];
  /** Marks the first vector of a dot product; undefined where every vector is one. */
  readonly first: PlacedField | undefined;
  readonly last: PlacedField | undefined;
  readonly check: PlacedField | undefined;
  /** The flag of a NaN result, beside which the other results mean nothing. */
  readonly nan: PlacedField | undefined;
  readonly resultAfter: 'last' | 'next-first' | 'each';
  /** Edges from the one that completes a result; undefined: `done` alone says when. */
  readonly latencyCycles: number | undefined;
  readonly intervalCycles: number;
  readonly sets: readonly BenchSet[];
  /** The same unit cycle by cycle, where there are such vectors. */
  readonly stream: ViewPlan | undefined;
  /** Its registers, where there are such vectors and it is known what they are called. */
  readonly stages: StagesPlan | undefined;
  /** Sources of the device, as the user names them. */
  readonly sources: readonly string[];
}

/** Plans for the units of a manifest that a map fits, or, without one, that have an interface of their own. */
export function planBenches(
  manifest: Manifest,
  map: PortMap | undefined,
  where = 'the port map',
): BenchPlan[] {
  const units = manifest.units.filter(({ unit }) => !VIEWS.has(unit));
  const plan = (unit: ManifestUnit) => planUnit(manifest, unit, map, where);
  if (map !== undefined) return [plan(unitOf(units, map, where))];
  const known = units.filter((unit) => unit.interface !== null);
  if (known.length > 0) return known.map(plan);
  throw new ConfigurationError(
    `nothing says which module ${unitNames(units).join(' or ')} is`,
    'give --map with a file that says at least "module: NAME"',
  );
}

/** A format has a decoder and an encoder of its elements and of its scale: those are told apart by their formats. */
function unitOf(units: readonly ManifestUnit[], { unit: name }: PortMap, where: string): ManifestUnit {
  const names = unitNames(units);
  if (name === undefined && units.length === 1) return units[0]!;
  if (name === undefined)
    throw new ConfigurationError(`${where}: unit: not given`, `the vectors have ${names.join(', ')}`);
  const found = units.filter((one, i) => one.unit === name || names[i] === name);
  if (found.length === 1) return found[0]!;
  if (found.length > 1)
    throw new ConfigurationError(
      `${where}: unit: "${name}" is ${found.length} of them`,
      `say which: ${unitNames(found).join(', ')}`,
    );
  throw new ConfigurationError(`${where}: unit: the vectors have no "${name}"`, suggest(name, names));
}

/** `block`, and where there are several `encode_e2m1`, `encode_ue4m3`. */
const unitNames = (units: readonly ManifestUnit[]) =>
  units.map(({ unit, format }) => {
    const isAlone = units.filter((one) => one.unit === unit).length === 1;
    return isAlone ? unit : `${unit}_${format}`;
  });

/** A view of a unit: that of the same module. */
function viewOf({ units }: Manifest, { interface: face }: ManifestUnit, view: View): ViewPlan | undefined {
  const found = units.find((unit) => unit.unit === view && unit.interface?.module === face?.module);
  if (found === undefined) return undefined;
  const sets = setsOf(found);
  return sets.length === 0 ? undefined : { unit: found, layout: layoutOfUnit(found), sets };
}

/** Another team's registers have names that its map says. */
function stagesOf(
  manifest: Manifest,
  unit: ManifestUnit,
  map: PortMap | undefined,
  where: string,
): StagesPlan | undefined {
  const view = viewOf(manifest, unit, 'stages');
  const isOwn = map === undefined || map.module === unit.interface?.module;
  if (view === undefined && map?.registers !== undefined)
    throw new ConfigurationError(
      `${where}: registers: the vectors do not have them`,
      'make the vectors of a design with --stages',
    );
  if (view === undefined || !(isOwn || map.registers !== undefined)) return undefined;
  return { ...view, registers: watchedRegisters(view.layout, map?.registers, where) };
}

function planUnit(
  manifest: Manifest,
  unit: ManifestUnit,
  map: PortMap | undefined,
  where: string,
): BenchPlan {
  const layout = layoutOfUnit(unit);
  const fieldOf = (name: string | undefined) => layout.fields.find((field) => field.name === name);
  const face = unit.interface;
  const device = deviceOf(unit, layout, map, where);
  const connected = new Set(device.connections.map(({ field }) => field.name));
  const results = withRole(layout, 'result').filter(({ name }) => connected.has(name));
  if (results.length === 0) throw new ConfigurationError(`${where}: ports: no result is left to compare`);
  const sets = setsOf(unit);
  if (sets.length === 0)
    throw new ConfigurationError(`there are no vectors of ${unit.stem}`, 'another shard may have some');
  const resultAfter = face?.resultAfter ?? 'each';
  return {
    id: unit.stem.replaceAll(/[^A-Za-z0-9]/g, '_'),
    unit,
    layout,
    device,
    inputs: layout.fields.filter(({ role }) => role === 'control' || role === 'operand'),
    results,
    first: fieldOf(face?.first),
    last: fieldOf(face?.last),
    check: withRole(layout, 'check')[0],
    nan: nanFlagOf(layout),
    resultAfter,
    latencyCycles: latencyOf(unit, map, device, where),
    intervalCycles: map?.interval ?? face?.initiationIntervalCycles ?? 1,
    sets,
    stream: viewOf(manifest, unit, 'stream'),
    stages: stagesOf(manifest, unit, map, where),
    sources: map?.sources ?? [],
  };
}

/** A shard may have no vector of a class. */
const setsOf = (unit: ManifestUnit) =>
  unit.classes.filter(({ vectors }) => vectors > 0).map((set) => setOf(unit, set));

function setOf({ stem }: ManifestUnit, { name, vectors, files }: ManifestUnit['classes'][number]): BenchSet {
  const text = files.find(({ format }) => format === 'mem' || format === 'tv');
  if (text === undefined)
    throw new ConfigurationError(
      `class ${name} of ${stem} has no text file, which benches read`,
      'make the vectors with --formats mem',
    );
  return { name, file: text.file, count: vectors };
}

/** As the map says, or the design's; undefined where `done` says it. */
function latencyOf(
  { interface: face }: ManifestUnit,
  map: PortMap | undefined,
  { done, clock }: Device,
  where: string,
): number | undefined {
  if (map === undefined) return face!.latencyCycles;
  if (map.latency === 'done' && done === undefined)
    throw new ConfigurationError(`${where}: latency: there is no done that could say it`, 'give a number');
  if (typeof map.latency === 'number') return map.latency;
  if (done !== undefined) return undefined;
  if (clock === undefined) return 0;
  throw new ConfigurationError(
    `${where}: latency: not given, and there is no done`,
    'give the edges from the last operand to the result',
  );
}

function deviceOf(unit: ManifestUnit, layout: Layout, map: PortMap | undefined, where: string): Device {
  const face = unit.interface;
  const own = { clock: face?.clock, reset: face?.reset, enable: face?.enable, done: face?.done };
  const pick = <T>(given: T | null | undefined, otherwise: T | undefined) =>
    given === undefined ? otherwise : (given ?? undefined);
  const clock = pick<Device['clock'] & object>(
    map?.clock,
    own.clock === undefined ? undefined : { port: own.clock, edge: 'rising' },
  );
  const reset = pick<Device['reset'] & object>(
    map?.reset,
    own.reset === undefined ? undefined : { port: own.reset, active: 'low' },
  );
  const fields = layout.fields.filter(({ role }) => role !== 'check');
  checkNames(map, fields, where);
  const device: Device = {
    module: map?.module ?? face!.module,
    clock,
    reset,
    enable: clock === undefined ? undefined : pick(map?.enable, own.enable),
    done: clock === undefined ? undefined : pick(map?.done, own.done),
    connections: fields.flatMap((field) => connect(field, map?.ports[field.name], where)),
    constants: map?.constants ?? {},
    parameters: map?.parameters ?? {},
  };
  checkOverlaps(device, where);
  return device;
}

function checkNames(map: PortMap | undefined, fields: readonly PlacedField[], where: string): void {
  const names = fields.map(({ name }) => name);
  const unknown = Object.keys(map?.ports ?? {}).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new ConfigurationError(
    `${where}: ports: the vectors have no field "${unknown}"`,
    suggest(unknown, names),
  );
}

/** A field without an entry is a port of its own name. */
function connect(field: PlacedField, place: FieldPlace | undefined, where: string): Connection[] {
  const { name, width } = field;
  if (place === undefined) return [{ port: name, low: 0, field, from: 0, width }];
  if (place === null) return [];
  const { port, each, low = 0, element = width, order } = place;
  if (width % element !== 0) {
    throw new ConfigurationError(
      `${where}: ports.${name}: ${width} bits are no whole number of elements of ${element} bits`,
    );
  }
  const count = width / element;
  return Array.from({ length: count }, (_, i) => {
    const position = order === 'low-first' ? i : count - 1 - i;
    const part = { field, from: i * element, width: element };
    if (each === undefined) return { ...part, port: port!, low: low + position * element };
    return { ...part, port: each.replace('{}', `${position}`), low };
  });
}

/** Two fields on the same bits of a port are a mistake. */
function checkOverlaps({ connections, clock, reset, enable, done, constants }: Device, where: string): void {
  const single = [clock?.port, reset?.port, enable, done, ...Object.keys(constants)].filter(
    (name) => name !== undefined,
  );
  const taken = new Map<string, string>();
  const claim = (bit: string, by: string) => {
    const before = taken.get(bit);
    if (before !== undefined)
      throw new ConfigurationError(`${where}: ${before} and ${by} are both on port ${bit.split(' ')[0]}`);
    taken.set(bit, by);
  };
  for (const name of single) claim(`${name} 0`, 'a control signal or constant');
  for (const { port, low, width, field } of connections)
    for (let bit = low; bit < low + width; bit++) claim(`${port} ${bit}`, field.name);
}
