/**
 * The run of each core as lines of characters, a column for so many cycles:
 *
 *   core 0              0           192         384         576         768         960
 *   producer            iibbbbbbbbbbbbbibbbbbbbbbbbbbbbbbbbbibbi........................
 *   consumer            obbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbwaa............
 *   load                        ▒████░      ▓████       ▓███▓       ████▓
 *   store                                                                      ▓███████▒
 *   mma                            █░▓▒        █ ▓░       ░█ █░       ▒▓░█
 *   vector                                                                ▓▒
 *
 *   one column is 16 cycles
 *   streams: i issues · b barrier · w mma-wait · a accumulator · o issue-slot · . halted; units: ░ ▒ ▓ █ …
 *
 * Of a stream, the character of what it spends most of a column with. Columns are merged in pairs as the run grows, so
 * the memory does not.
 */
import type { StallReason } from '../../../isa/index.js';
import type { Listener, StreamId } from '../../machine/index.js';
import { integer } from '../../text/index.js';
import {
  streamNames,
  type Trace,
  type TraceEnd,
  type TraceKind,
  type TraceSubject,
  trackOf,
  UNIT_TRACKS,
  type Write,
} from './trace.js';

/** Columns at most, and half of them at least for runs that are long enough. */
const COLUMNS = 96;
/** Cores that are shown. */
const CORES = 4;
const NAME_WIDTH = 20;
const SHADES = [' ', '░', '▒', '▓', '█'];

type State = StallReason | 'issue-slot' | 'issue';

/** The character of what a stream does. */
const LETTERS: Readonly<Record<State, string>> = {
  issue: 'i',
  barrier: 'b',
  'copy-queue': 'c',
  'mma-queue': 'm',
  'vector-queue': 'v',
  'quantize-queue': 'q',
  'mma-wait': 'w',
  accumulator: 'a',
  'store-wait': 's',
  turn: 't',
  pipeline: 'p',
  'issue-slot': 'o',
};

/** Cycles of one column by what they are spent with. */
type Column = Map<string, number>;

/** A line: columns of a width that all lines share. */
class Line {
  columns: Column[] = [];

  add(what: string, from: number, cycles: number, width: number): void {
    for (let at = from; at < from + cycles; ) {
      const index = Math.floor(at / width);
      const end = Math.min(from + cycles, (index + 1) * width);
      this.columns[index] ??= new Map();
      const column = this.columns[index]!;
      column.set(what, (column.get(what) ?? 0) + end - at);
      at = end;
    }
  }

  /** Columns of twice the width. */
  halve(): void {
    const halved: Column[] = [];
    for (const [index, column] of this.columns.entries()) {
      if (column === undefined) continue;
      halved[index >> 1] ??= new Map();
      const target = halved[index >> 1]!;
      for (const [what, cycles] of column) target.set(what, (target.get(what) ?? 0) + cycles);
    }
    this.columns = halved;
  }
}

class TextTimeline implements Trace {
  /** By core, then by name. */
  readonly #lines: ReadonlyMap<string, Line>[];
  readonly #haltedAt = new Map<string, number>();
  #width = 1;

  constructor(
    private readonly subject: TraceSubject,
    private readonly write: Write,
  ) {
    const names = [...streamNames(subject.program).map((name) => `stream ${name}`), ...UNIT_TRACKS];
    const shown = Math.min(CORES, subject.cores);
    this.#lines = Array.from({ length: shown }, () => new Map(names.map((name) => [name, new Line()])));
  }

  onIssued({ core, name }: StreamId, _instruction: number, cycle: number): void {
    this.#add(core, `stream ${name}`, 'issue', cycle, 1);
  }

  onStall(...[{ core, name }, reason, cycle, cycles]: Parameters<NonNullable<Listener['onStall']>>): void {
    this.#add(core, `stream ${name}`, reason, cycle, cycles);
  }

  onHalted({ core, name }: StreamId, cycle: number): void {
    this.#haltedAt.set(`${core} stream ${name}`, cycle);
  }

  onStarted(...event: Parameters<NonNullable<Listener['onStarted']>>): void {
    const [core, , operation, cycle, busyCycles] = event;
    this.#add(core, trackOf(operation), 'busy', cycle, busyCycles);
  }

  finish({ cycles, trap }: TraceEnd): void {
    const blocks = this.#lines.map((lines, core) => {
      const drawn = [...lines]
        .filter(([name, { columns }]) => name.startsWith('stream ') || columns.length > 0)
        .map(([name, line]) => this.#draw(core, name, line, cycles));
      return [this.#scale(core, cycles), ...drawn].join('\n');
    });
    const { cores } = this.subject;
    const notes = [
      `one column is ${integer(this.#width)} ${this.#width === 1 ? 'cycle' : 'cycles'}`,
      this.#legend(),
      ...(cores > CORES ? [`${cores - CORES} more cores are not shown`] : []),
      ...(trap === undefined ? [] : [`the run ended with ${trap}`]),
    ];
    this.write(`${[...blocks, notes.join('\n')].join('\n\n')}\n`);
  }

  #add(core: number, name: string, what: string, cycle: number, cycles: number): void {
    const line = this.#lines[core]?.get(name);
    if (line === undefined) return;
    while (cycle + cycles > COLUMNS * this.#width) {
      this.#width *= 2;
      for (const lines of this.#lines) for (const each of lines.values()) each.halve();
    }
    line.add(what, cycle, cycles, this.#width);
  }

  #draw(core: number, name: string, { columns }: Line, cycles: number): string {
    const isStream = name.startsWith('stream ');
    const haltedAt = this.#haltedAt.get(`${core} ${name}`) ?? Number.POSITIVE_INFINITY;
    let text = '';
    for (let index = 0; index * this.#width < cycles; index++) {
      const column = columns[index];
      if (isStream)
        text += column === undefined ? (haltedAt < index * this.#width ? '.' : ' ') : letterOf(column);
      else text += shadeOf(column?.get('busy') ?? 0, this.#width);
    }
    return `${name
      .replace('stream ', '')
      .slice(0, NAME_WIDTH - 1)
      .padEnd(NAME_WIDTH)}${text}`.trimEnd();
  }

  /** The cycle numbers above the columns. */
  #scale(core: number, cycles: number): string {
    let text = '';
    for (let column = 0; column * this.#width < cycles; column += 12) {
      text += integer(column * this.#width).padEnd(12);
    }
    return `${`core ${core}`.padEnd(NAME_WIDTH)}${text}`.trimEnd();
  }

  #legend(): string {
    const seen = new Set(
      this.#lines.flatMap((lines) =>
        [...lines.values()].flatMap(({ columns }) => columns.flatMap((column) => [...column.keys()])),
      ),
    );
    const letters = Object.entries(LETTERS).filter(([state]) => seen.has(state));
    const streams = letters.map(([state, letter]) => `${letter} ${state === 'issue' ? 'issues' : state}`);
    return `streams: ${[...streams, '. halted'].join(' · ')}; units: ░ ▒ ▓ █ a quarter to all of the time`;
  }
}

/** The letter of what takes most of a column. */
function letterOf(column: Column): string {
  const [first] = [...column].sort((a, b) => b[1] - a[1]);
  return LETTERS[first![0] as State];
}

function shadeOf(busy: number, width: number): string {
  if (busy === 0) return SHADES[0]!;
  return SHADES[Math.min(SHADES.length - 1, Math.max(1, Math.ceil((4 * busy) / width)))]!;
}

export const TEXT: TraceKind = {
  name: 'text',
  extensions: ['.txt'],
  summary: 'lines of characters, a column for so many cycles',
  begin: (subject, write) => new TextTimeline(subject, write),
};
