/**
 * The beginning of a run as a timing diagram, WaveJSON for WaveDrom (wavedrom.com); for short runs and for papers.
 *
 *   {"signal":[{"name":"cycle","wave":"p......"},
 *     ["core 0",{"name":"producer","wave":"=.x.=..","data":["mov","bar.wait"]},…]],
 *    "foot":{"text":"cycles 0 to 6 of 5377"}}
 *
 * Of a stream: the mnemonic in the cycle of its issue, `x` while it waits. Of a unit: what occupies it. Of a barrier:
 * the number of completed phases. Only the first cycles are shown, and only cores that do something in them.
 */
import type { Listener, StreamId } from '../../machine/index.js';
import {
  barrierName,
  Labels,
  type Trace,
  type TraceEnd,
  type TraceKind,
  type TraceSubject,
  trackOf,
  type Write,
} from './trace.js';

/** Cycles that are shown. */
const CYCLE_LIMIT = 500;

/** A line of the diagram; one mark a cycle. */
interface Signal {
  readonly name: string;
  /** `x`, `0`, or the text that begins in the cycle; undefined: as before. */
  readonly marks: ({ readonly text: string } | 'x' | '0' | undefined)[];
  /** First cycle that the last text does not reach. */
  until: number;
  readonly idle: 'x' | '0';
}

class WaveDromTrace implements Trace {
  readonly #labels: Labels;
  readonly #cores = new Map<number, Map<string, Signal>>();

  constructor(
    private readonly subject: TraceSubject,
    private readonly write: Write,
  ) {
    this.#labels = new Labels(subject.program);
  }

  onIssued({ core, name }: StreamId, instruction: number, cycle: number): void {
    this.#mark(core, name, 'x', this.#labels.mnemonic(instruction), cycle, cycle + 1);
  }

  onHalted({ core, name }: StreamId, cycle: number): void {
    const signal = this.#signal(core, name, 'x');
    if (cycle + 1 < CYCLE_LIMIT) signal.marks[cycle + 1] = '0';
    signal.until = Number.POSITIVE_INFINITY;
  }

  onStarted(...event: Parameters<NonNullable<Listener['onStarted']>>): void {
    const [core, , operation, cycle, busyCycles, { instruction }] = event;
    const track = trackOf(operation);
    this.#mark(core, track, '0', this.#labels.mnemonic(instruction), cycle, cycle + busyCycles);
  }

  onPhase(core: number, barrier: number, index: number, phase: number, cycle: number): void {
    const name = barrierName(this.subject.program, barrier, index);
    this.#mark(core, name, '0', String(phase + 1), cycle, Number.POSITIVE_INFINITY);
  }

  finish({ cycles, trap }: TraceEnd): void {
    const shown = Math.min(cycles, CYCLE_LIMIT);
    const groups = [...this.#cores]
      .sort(([a], [b]) => a - b)
      .map(([core, signals]) => [
        `core ${core}`,
        ...[...signals.values()].map((signal) => drawn(signal, shown)),
      ]);
    const clock = { name: 'cycle', wave: `p${'.'.repeat(Math.max(0, shown - 1))}` };
    const end = trap === undefined ? '' : `; ended by ${trap}`;
    const foot = { text: `cycles 0 to ${shown - 1} of ${cycles}${end}`, tick: 0, every: 10 };
    this.write(`${JSON.stringify({ signal: [clock, ...groups], foot }, null, 1)}\n`);
  }

  #mark(core: number, name: string, idle: 'x' | '0', text: string, from: number, until: number): void {
    if (from >= CYCLE_LIMIT) return;
    const signal = this.#signal(core, name, idle);
    if (from > signal.until && signal.until < CYCLE_LIMIT) signal.marks[signal.until] ??= idle;
    signal.marks[from] = { text };
    signal.until = until;
  }

  #signal(core: number, name: string, idle: 'x' | '0'): Signal {
    let signals = this.#cores.get(core);
    if (signals === undefined) {
      signals = new Map();
      this.#cores.set(core, signals);
    }
    let signal = signals.get(name);
    if (signal === undefined) {
      signal = { name, marks: [idle], until: 0, idle };
      signals.set(name, signal);
    }
    return signal;
  }
}

function drawn(
  { name, marks, until, idle }: Signal,
  cycles: number,
): { name: string; wave: string; data: string[] } {
  const data: string[] = [];
  let wave = '';
  for (let cycle = 0; cycle < cycles; cycle++) {
    const mark = marks[cycle] ?? (cycle === until ? idle : undefined);
    if (typeof mark === 'object') data.push(mark.text);
    wave += mark === undefined ? '.' : typeof mark === 'object' ? '=' : mark;
  }
  return { name, wave, data };
}

export const WAVEDROM: TraceKind = {
  name: 'wavedrom',
  extensions: ['.wavedrom', '.wavedrom.json', '.wave.json'],
  summary: `timing diagram of the first ${CYCLE_LIMIT} cycles, for WaveDrom`,
  begin: (subject, write) => new WaveDromTrace(subject, write),
};
