/**
 * The run for Perfetto (ui.perfetto.dev) and chrome://tracing: a process a core (its number plus one), a thread a stream or a
 * unit, one microsecond a cycle.
 *
 *   {"traceEvents":[
 *   {"ph":"X","pid":1,"tid":3,"ts":412,"dur":64,"name":"mma","args":{"line":"gemm.s:70","stream":"consumer",…}},
 *   …
 *
 * A unit's thread shows when it is occupied; the asynchronous events of the same name span start to result. Stalls lie
 * on the threads of the streams. Source: "Trace Event Format", the document that Perfetto and Chromium refer to.
 * Not shown: single granules of copies.
 */
import { basename } from 'node:path';
import type { Listener, Origin, StreamId } from '../../machine/index.js';
import {
  barrierName,
  Labels,
  type OpenOperation,
  OpenOperations,
  Stalls,
  type Trace,
  type TraceEnd,
  type TraceKind,
  type TraceSubject,
  type Write,
} from './trace.js';

/** Of events that name something; Chromium writes these fields too, and some readers need them. */
const ABOUT = { ph: 'M', ts: 0, cat: '__metadata' } as const;

class ChromeTrace implements Trace {
  readonly #labels: Labels;
  readonly #operations = new OpenOperations();
  readonly #threads = new Map<string, number>();
  readonly #busyUntil = new Map<number, number>();
  readonly #stalls = new Stalls(({ stream, reason, cycle, cycles }) =>
    this.#event({
      ph: 'X',
      ...this.#streamThread(stream),
      ts: cycle,
      dur: cycles,
      name: reason,
      cat: 'stall',
    }),
  );

  constructor(
    private readonly subject: TraceSubject,
    private readonly write: Write,
  ) {
    this.#labels = new Labels(subject.program);
    write('{"displayTimeUnit":"ms","traceEvents":[\n');
  }

  onIssued(stream: StreamId, instruction: number, cycle: number): void {
    this.#stalls.end(stream);
    const args = { text: this.#labels.text(instruction), line: this.#labels.place(instruction) };
    const name = this.#labels.mnemonic(instruction);
    this.#event({ ph: 'X', ...this.#streamThread(stream), ts: cycle, dur: 1, name, cat: 'issue', args });
  }

  onStall(...[stream, reason, cycle, cycles]: Parameters<NonNullable<Listener['onStall']>>): void {
    this.#stalls.add(stream, reason, cycle, cycles);
  }

  onStarted(...event: Parameters<NonNullable<Listener['onStarted']>>): void {
    const [core, , operation, cycle, busyCycles, origin] = event;
    const opened = this.#operations.begin(operation, origin, cycle, busyCycles);
    const thread = this.#thread(core, opened.track);
    const detail = { ...this.#about(opened), args: { ...this.#argsOf(origin), operation } };
    if (opened.startedAt === cycle && opened.busyUntil === cycle + busyCycles) {
      this.#event({ ph: 'b', ...thread, ts: cycle, id: opened.id, ...detail });
    }
    // Threads need slices that do not overlap; a unit that starts a fraction of a cycle early would make some.
    const from = Math.max(cycle, this.#busyUntil.get(thread.tid) ?? 0);
    this.#busyUntil.set(thread.tid, Math.max(from, opened.busyUntil));
    this.#event({ ph: 'X', ...thread, ts: from, dur: Math.max(0, opened.busyUntil - from), ...detail });
  }

  onDone(...[core, , , cycle, origin]: Parameters<NonNullable<Listener['onDone']>>): void {
    const opened = this.#operations.end(origin);
    if (opened === undefined) return;
    this.#event({
      ph: 'e',
      ...this.#thread(core, opened.track),
      ts: cycle,
      id: opened.id,
      ...this.#about(opened),
    });
  }

  onPhase(core: number, barrier: number, index: number, phase: number, cycle: number): void {
    const name = barrierName(this.subject.program, barrier, index);
    this.#event({
      ph: 'i',
      s: 't',
      ...this.#thread(core, 'barriers'),
      ts: cycle,
      name,
      cat: 'barrier',
      args: { phase },
    });
  }

  finish({ cycles, trap }: TraceEnd): void {
    this.#stalls.endAll();
    const { program, machine } = this.subject;
    const about = { program: program.file, machine, cycles, ...(trap === undefined ? {} : { trap }) };
    const first = { ...ABOUT, pid: 1, tid: 1, name: 'process_sort_index', args: { sort_index: 0 } };
    this.write(`${JSON.stringify(first)}\n]`);
    this.write(`,"otherData":${JSON.stringify(about)}}\n`);
  }

  #about({ origin, track }: OpenOperation): { name: string; cat: string } {
    return { name: this.#labels.mnemonic(origin.instruction), cat: track };
  }

  #argsOf({ stream, instruction }: Origin): object {
    return {
      stream: stream.name,
      text: this.#labels.text(instruction),
      line: this.#labels.place(instruction),
    };
  }

  #streamThread({ core, name }: StreamId): { pid: number; tid: number } {
    return this.#thread(core, `stream ${name}`);
  }

  /** The thread of that name; named in the trace when it is first asked for. */
  #thread(core: number, name: string): { pid: number; tid: number } {
    const key = `${core} ${name}`;
    const known = this.#threads.get(key);
    // Readers take process 0 and thread 0 for the idle ones of an operating system.
    const pid = core + 1;
    if (known !== undefined) return { pid, tid: known };
    const tid = this.#threads.size + 1;
    if (![...this.#threads.keys()].some((other) => other.startsWith(`${core} `))) {
      const args = { name: this.#processName(core) };
      this.#event({ ...ABOUT, pid, tid, name: 'process_name', args });
    }
    this.#threads.set(key, tid);
    this.#event({ ...ABOUT, pid, tid, name: 'thread_name', args: { name } });
    return { pid, tid };
  }

  #processName(core: number): string {
    return `core ${core} · ${basename(this.subject.program.file)} on ${this.subject.machine}`;
  }

  #event(event: object): void {
    this.write(`${JSON.stringify(event)},\n`);
  }
}

export const CHROME: TraceKind = {
  name: 'chrome',
  extensions: ['.json'],
  summary: 'Trace Event JSON, for ui.perfetto.dev',
  begin: (subject, write) => new ChromeTrace(subject, write),
};
