/**
 * The cells of a liberty file: area, leakage, pins with function and capacitance, delay, transition, constraint and
 * energy tables.
 *
 * Not modelled: buses and bundles, conditional arcs as such (every arc is kept, a timer takes the worst), noise,
 * current-source models, latches and scan cells beyond their presence.
 */
import { readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { ConfigurationError } from '../../../src/numerics/index.js';
import { attribute, type LibertyGroup, readGroups } from './groups.js';
import {
  type LookupTable,
  lookupTable,
  type TableTemplate,
  type TableUnits,
  tableTemplate,
} from './table.js';

export interface LibertyLibrary {
  readonly name: string;
  /** Path or other name of the file. */
  readonly source: string;
  /** As the file says it, without its `$Date: … $` wrapping; empty if it does not. */
  readonly date: string;
  /** Nominal supply. */
  readonly voltageV: number;
  readonly temperatureC: number;
  readonly cells: readonly LibertyCell[];
}

export interface LibertyCell {
  readonly name: string;
  /** In the unit of the file, which is µm² by convention. */
  readonly areaUm2: number;
  /** The cell's own figure, else the mean over its states. */
  readonly leakageNw: number;
  /** The file asks tools not to use the cell. */
  readonly dontUse: boolean;
  readonly inputs: readonly LibertyInput[];
  readonly outputs: readonly LibertyOutput[];
  readonly flipFlop: LibertyFlipFlop | undefined;
  /** It holds state in another way than a flip-flop. */
  readonly otherState: boolean;
}

export interface LibertyInput {
  readonly name: string;
  readonly capacitanceFf: number;
  readonly clock: boolean;
  /** Set-up constraints against the clock, over this pin's slew and the clock's (in place of the load), in ps. */
  readonly setup: readonly LookupTable[];
  /** Energy drawn when the pin toggles and no output does, in fJ a transition. */
  readonly energy: readonly LookupTable[];
}

export interface LibertyOutput {
  readonly name: string;
  readonly function: string | undefined;
  readonly maxCapacitanceFf: number | undefined;
  readonly threeState: boolean;
  readonly arcs: readonly LibertyArc[];
  /** Internal energy in fJ a transition, by the input that caused it. */
  readonly energy: readonly { readonly relatedPin: string; readonly table: LookupTable }[];
}

/** Delay from one pin to an output. */
export interface LibertyArc {
  readonly relatedPin: string;
  /** `timing_sense` of the file: positive_unate, negative_unate, non_unate. */
  readonly sense: string;
  /** `timing_type` of the file: combinational, rising_edge, clear, … */
  readonly type: string;
  readonly riseDelay: LookupTable | undefined;
  readonly fallDelay: LookupTable | undefined;
  readonly riseTransition: LookupTable | undefined;
  readonly fallTransition: LookupTable | undefined;
}

export interface LibertyFlipFlop {
  /** Names of the state and its inverse, which output functions refer to. */
  readonly state: string;
  readonly inverse: string;
  readonly clockedOn: string;
  readonly nextState: string;
  readonly clear: string | undefined;
  readonly preset: string | undefined;
}

/** Largest file after unpacking, in bytes. */
const MAX_BYTES = 512 * 2 ** 20;
/** Most cells of a library. */
const MAX_CELLS = 20_000;
const TEMPLATE_GROUPS = ['lu_table_template', 'power_lut_template'];

/** Reads `.lib` or `.lib.gz`. Throws `ConfigurationError` on files that cannot be read or are no liberty files. */
export function readLibertyFile(path: string): LibertyLibrary {
  return readLiberty(readLibertyBytes(path), path);
}

/** The text of a liberty file, unpacked. Throws `ConfigurationError` if it cannot be read or is too large. */
export function readLibertyBytes(path: string): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size > MAX_BYTES) throw tooLarge(path);
    return unpacked(readFileSync(path), path);
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ''] ?? String(error);
    throw new ConfigurationError(`cannot read ${path}: ${reason}`, 'give a .lib or .lib.gz file');
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
};

function tooLarge(source: string): ConfigurationError {
  return new ConfigurationError(`${source}: larger than ${MAX_BYTES / 2 ** 20} MiB`);
}

/** Reads the bytes of a liberty file, packed by gzip or not. `source` names the file in errors and in the result. */
export function readLiberty(bytes: Uint8Array, source: string): LibertyLibrary {
  const text = unpacked(bytes, source);
  if (text.length > MAX_BYTES) throw tooLarge(source);
  return new LibraryReader(source).read(text);
}

function unpacked(bytes: Uint8Array, source: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    const large = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    const problem = large ? `unpacks to more than ${MAX_BYTES / 2 ** 20} MiB` : 'the gzip data is damaged';
    throw new ConfigurationError(`${source}: ${problem}`);
  }
}

/** Factors to ps, fF, nW, fJ. */
interface Units {
  readonly time: number;
  readonly capacitance: number;
  readonly leakage: number;
  readonly energy: number;
}

const PREFIXES: Readonly<Record<string, number>> = { f: 1e-15, p: 1e-12, n: 1e-9, u: 1e-6, m: 1e-3, '': 1 };

class LibraryReader {
  readonly #source: string;
  readonly #templates = new Map<string, TableTemplate | undefined>();
  readonly #cells: LibertyCell[] = [];
  /** Units as they stand before the first cell. */
  #units: Units | undefined;

  constructor(source: string) {
    this.#source = source;
  }

  read(bytes: Uint8Array): LibertyLibrary {
    const library = readGroups(bytes, this.#source, {
      wants: (name) => name === 'cell' || TEMPLATE_GROUPS.includes(name),
      group: (group, before) => {
        if (group.name === 'cell') this.#addCell(group, before);
        else this.#templates.set(group.arguments[0] ?? '', tableTemplate(group));
      },
    });
    if (this.#units === undefined) throw new ConfigurationError(`${this.#source}: a library without cells`);
    if (JSON.stringify(this.#readUnits(library)) !== JSON.stringify(this.#units)) {
      throw new ConfigurationError(`${this.#source}: units that change after the first cell`);
    }
    return {
      name: library.arguments[0] ?? '',
      source: this.#source,
      date: (attribute(library, 'date') ?? '').replace(/^\$Date:\s*|\s*\$$/g, ''),
      voltageV: this.#number(library, 'nom_voltage') ?? 1,
      temperatureC: this.#number(library, 'nom_temperature') ?? 25,
      cells: this.#cells,
    };
  }

  #readUnits(library: LibertyGroup): Units {
    const time = this.#unit(library, 'time_unit', 's', 1e-12);
    const capacitance = this.#unit(library, 'capacitive_load_unit', 'f', 1e-15);
    const voltage = this.#unit(library, 'voltage_unit', 'v', 1);
    return {
      time,
      capacitance,
      leakage: this.#unit(library, 'leakage_power_unit', 'w', 1e-9),
      energy: capacitance * voltage * voltage,
    };
  }

  /** A unit such as `1ns` or `(1, pf)`, relative to `ours`. */
  #unit(library: LibertyGroup, name: string, letter: string, ours: number): number {
    const found = library.attributes.find((candidate) => candidate.name === name);
    if (found === undefined && name !== 'time_unit' && name !== 'capacitive_load_unit') return 1;
    const text = (found?.values ?? []).join('').toLowerCase();
    const match = /^([\d.]+)([fpnum]?)([a-z])$/.exec(text);
    const value = Number(match?.[1]) * (PREFIXES[match?.[2] ?? ''] ?? Number.NaN);
    if (match === null || match[3] !== letter || !(value > 0)) {
      const at = `line ${found?.line ?? library.line}`;
      throw new ConfigurationError(
        `${this.#source}, ${at}: ${name} "${text}" is no unit before the first cell`,
      );
    }
    return value / ours;
  }

  #addCell(group: LibertyGroup, library: LibertyGroup): void {
    this.#units ??= this.#readUnits(library);
    if (this.#cells.length === MAX_CELLS) throw this.#error(group, `more than ${MAX_CELLS} cells`);
    const named = (name: string) => group.groups.filter((inner) => inner.name === name);
    const pins = named('pin');
    const flipFlop = named('ff')[0];
    this.#cells.push({
      name: group.arguments[0] ?? '',
      areaUm2: this.#number(group, 'area') ?? 0,
      leakageNw: this.#leakage(group, named('leakage_power')),
      dontUse: attribute(group, 'dont_use') === 'true',
      inputs: pins.filter((pin) => attribute(pin, 'direction') === 'input').map((pin) => this.#input(pin)),
      outputs: pins.filter((pin) => attribute(pin, 'direction') === 'output').map((pin) => this.#output(pin)),
      flipFlop: flipFlop === undefined ? undefined : flipFlopOf(flipFlop),
      otherState: ['latch', 'statetable', 'ff_bank', 'latch_bank'].some((name) => named(name).length > 0),
    });
  }

  #leakage(cell: LibertyGroup, states: readonly LibertyGroup[]): number {
    const own = this.#number(cell, 'cell_leakage_power');
    if (own !== undefined) return own * this.#units!.leakage;
    // States of the ground pin are listed as well, with the value 0.
    const values = states.map((state) => this.#number(state, 'value') ?? 0).filter((value) => value !== 0);
    const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
    return mean * this.#units!.leakage;
  }

  #input(pin: LibertyGroup): LibertyInput {
    const timing = pin.groups.filter(({ name }) => name === 'timing');
    const setup = timing.filter((arc) =>
      /^setup_(rising|falling)$/.test(attribute(arc, 'timing_type') ?? ''),
    );
    const units = { slew: this.#units!.time, load: this.#units!.time, value: this.#units!.time };
    return {
      name: pin.arguments[0] ?? '',
      capacitanceFf: this.#capacitance(pin),
      clock: attribute(pin, 'clock') === 'true',
      setup: setup.flatMap((arc) => this.#tables(arc, ['rise_constraint', 'fall_constraint'], units)),
      energy: this.#energy(pin).map(({ table }) => table),
    };
  }

  #output(pin: LibertyGroup): LibertyOutput {
    const limit = this.#number(pin, 'max_capacitance');
    return {
      name: pin.arguments[0] ?? '',
      function: attribute(pin, 'function'),
      maxCapacitanceFf: limit === undefined ? undefined : limit * this.#units!.capacitance,
      threeState: attribute(pin, 'three_state') !== undefined,
      arcs: pin.groups
        .filter(({ name }) => name === 'timing')
        .flatMap((arc) => this.#relatedPins(arc).map((relatedPin) => this.#arc(arc, relatedPin))),
      energy: this.#energy(pin),
    };
  }

  #arc(arc: LibertyGroup, relatedPin: string): LibertyArc {
    const { time, capacitance } = this.#units!;
    const units = { slew: time, load: capacitance, value: time };
    const table = (name: string) => this.#tables(arc, [name], units)[0];
    return {
      relatedPin,
      sense: attribute(arc, 'timing_sense') ?? 'non_unate',
      type: attribute(arc, 'timing_type') ?? 'combinational',
      riseDelay: table('cell_rise'),
      fallDelay: table('cell_fall'),
      riseTransition: table('rise_transition'),
      fallTransition: table('fall_transition'),
    };
  }

  #energy(pin: LibertyGroup): { relatedPin: string; table: LookupTable }[] {
    const { time, capacitance, energy } = this.#units!;
    const units = { slew: time, load: capacitance, value: energy };
    return pin.groups
      .filter(({ name }) => name === 'internal_power')
      .flatMap((group) => {
        const [relatedPin = ''] = this.#relatedPins(group);
        const tables = this.#tables(group, ['power', 'rise_power', 'fall_power'], units);
        return tables.map((table) => ({ relatedPin, table }));
      });
  }

  #relatedPins(group: LibertyGroup): string[] {
    return (attribute(group, 'related_pin') ?? '').split(/\s+/).filter((name) => name !== '');
  }

  /** The tables of these names inside a group, in the order they stand in. */
  #tables(group: LibertyGroup, names: readonly string[], units: TableUnits): LookupTable[] {
    return group.groups
      .filter(({ name }) => names.includes(name))
      .map((table) => lookupTable(table, this.#templates.get(table.arguments[0] ?? ''), units, this.#source));
  }

  #capacitance(pin: LibertyGroup): number {
    const both = this.#number(pin, 'capacitance');
    const edges = [this.#number(pin, 'rise_capacitance') ?? 0, this.#number(pin, 'fall_capacitance') ?? 0];
    return (both ?? Math.max(...edges)) * this.#units!.capacitance;
  }

  #number(group: LibertyGroup, name: string): number | undefined {
    const found = group.attributes.find((candidate) => candidate.name === name);
    if (found === undefined) return undefined;
    const value = Number(found.values[0]);
    if (Number.isFinite(value)) return value;
    const at = `${this.#source}, line ${found.line}`;
    throw new ConfigurationError(`${at}: ${name} is "${found.values[0]?.slice(0, 40)}", expected a number`);
  }

  #error(group: LibertyGroup, problem: string): ConfigurationError {
    return new ConfigurationError(`${this.#source}, line ${group.line}: ${problem}`);
  }
}

function flipFlopOf(group: LibertyGroup): LibertyFlipFlop {
  const [state = 'IQ', inverse = 'IQN'] = group.arguments;
  return {
    state,
    inverse,
    clockedOn: attribute(group, 'clocked_on') ?? '',
    nextState: attribute(group, 'next_state') ?? '',
    clear: attribute(group, 'clear'),
    preset: attribute(group, 'preset'),
  };
}
