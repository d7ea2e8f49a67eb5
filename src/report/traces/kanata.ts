/**
 * The run for Konata (github.com/shioyadan/Konata), format Kanata 0004: a row an instruction, in the order in which the
 * instructions became the next of their streams.
 *
 *   Kanata	0004
 *   C=	0
 *   I	0	0	0                       instruction 0 is the next of stream 0
 *   S	0	0	W                       it waits, for reasons that are told in its text
 *   C	12
 *   L	0	0	gemm.s:40 ld.tile As[r10], …
 *   S	0	0	I                       it is issued
 *   S	0	0	Q                       its operation is queued
 *   S	0	0	load                    its operation occupies the unit
 *   S	0	0	L                       latency
 *   R	0	0	0                       the result is visible
 *
 * A scalar instruction retires a cycle after its issue. Not shown: barriers, L2.
 */
import type { Listener, StreamId } from '../../machine/index.js';
import { Later } from './later.js';
import {
  Labels,
  Stalls,
  type Trace,
  type TraceEnd,
  type TraceKind,
  type TraceSubject,
  trackOf,
  type Write,
} from './trace.js';

/** An instruction on its way. */
interface Row {
  readonly id: number;
  /** Reasons and cycles of its stalls. */
  stalls: string;
  /** What its operation does, once it has begun. */
  track: string | undefined;
  busyUntil: number;
  isDone: boolean;
}

/** What is known of a stream. */
interface Thread {
  readonly number: number;
  /** The instruction that it issues next. */
  next: Row | undefined;
  isHalted: boolean;
  /** Instructions that were issued and whose operations have not begun, by index in the program. */
  readonly queued: Map<number, Row[]>;
  /** Instructions whose operations have begun, by their serial number. */
  readonly running: Map<number, Row>;
  rows: number;
}

class KanataTrace implements Trace {
  readonly #labels: Labels;
  readonly #later = new Later();
  readonly #threads = new Map<StreamId, Thread>();
  readonly #stalls = new Stalls(({ stream, reason, cycles }) => {
    const row = this.#thread(stream).next;
    if (row !== undefined) row.stalls += `${row.stalls === '' ? 'waited: ' : ', '}${reason} ${cycles}`;
  });
  #cycle = 0;
  #rows = 0;
  #retired = 0;

  constructor(
    subject: TraceSubject,
    private readonly write: Write,
  ) {
    this.#labels = new Labels(subject.program);
    write('Kanata\t0004\nC=\t0\n');
  }

  onStall(...[stream, reason, cycle, cycles]: Parameters<NonNullable<Listener['onStall']>>): void {
    this.#stalls.add(stream, reason, cycle, cycles);
  }

  onIssued(stream: StreamId, instruction: number, cycle: number): void {
    this.#advance(cycle);
    this.#stalls.end(stream);
    const thread = this.#thread(stream);
    const row = this.#nextOf(thread);
    this.write(`L\t${row.id}\t0\t${this.#labels.place(instruction)} ${this.#labels.text(instruction)}\n`);
    if (row.stalls !== '') this.write(`L\t${row.id}\t1\t${row.stalls}\n`);
    this.#stage(row, 'I');
    thread.next = undefined;
    const handsOver = this.#labels.handsOver(instruction);
    if (handsOver && row.track === undefined) {
      thread.queued.set(instruction, [...(thread.queued.get(instruction) ?? []), row]);
    }
    this.#later.at(cycle + 1, () => {
      if (!handsOver) this.#retire(row);
      else this.#stage(row, row.track === undefined ? 'Q' : cycle + 1 < row.busyUntil ? row.track : 'L');
      if (!thread.isHalted) this.#nextOf(thread);
    });
  }

  onHalted(stream: StreamId): void {
    this.#thread(stream).isHalted = true;
  }

  onStarted(...event: Parameters<NonNullable<Listener['onStarted']>>): void {
    const [, , operation, cycle, busyCycles, { stream, serial, instruction }] = event;
    this.#advance(cycle);
    const thread = this.#thread(stream);
    // An operation of several steps begins before its instruction is issued.
    const row = thread.running.get(serial) ?? thread.queued.get(instruction)?.shift() ?? this.#nextOf(thread);
    thread.running.set(serial, row);
    row.track = trackOf(operation);
    const end = cycle + busyCycles;
    row.busyUntil = end;
    this.#stage(row, row.track);
    this.#later.at(end, () => {
      if (row.busyUntil === end) this.#stage(row, 'L');
    });
  }

  onDone(...[, , , cycle, { stream, serial }]: Parameters<NonNullable<Listener['onDone']>>): void {
    this.#advance(cycle);
    const { running } = this.#thread(stream);
    const row = running.get(serial);
    running.delete(serial);
    if (row !== undefined) this.#retire(row);
  }

  finish({ cycles }: TraceEnd): void {
    this.#stalls.endAll();
    this.#advance(cycles);
  }

  #thread(stream: StreamId): Thread {
    let thread = this.#threads.get(stream);
    if (thread === undefined) {
      const number = this.#threads.size;
      thread = { number, next: undefined, isHalted: false, queued: new Map(), running: new Map(), rows: 0 };
      this.#threads.set(stream, thread);
    }
    return thread;
  }

  /** The instruction that the stream issues next; its row begins when it is first asked for. */
  #nextOf(thread: Thread): Row {
    if (thread.next === undefined) {
      thread.next = { id: this.#rows++, stalls: '', track: undefined, busyUntil: 0, isDone: false };
      const { id } = thread.next;
      this.write(`I\t${id}\t${thread.rows++}\t${thread.number}\nS\t${id}\t0\tW\n`);
    }
    return thread.next;
  }

  #stage(row: Row, stage: string): void {
    if (!row.isDone) this.write(`S\t${row.id}\t0\t${stage}\n`);
  }

  #retire(row: Row): void {
    row.isDone = true;
    this.write(`R\t${row.id}\t${this.#retired++}\t0\n`);
  }

  #advance(cycle: number): void {
    this.#later.advanceTo(cycle, (now) => {
      if (now > this.#cycle) this.write(`C\t${now - this.#cycle}\n`);
      this.#cycle = Math.max(this.#cycle, now);
    });
  }
}

export const KANATA: TraceKind = {
  name: 'kanata',
  extensions: ['.kanata', '.log'],
  summary: 'Kanata 0004 log, for Konata',
  begin: (subject, write) => new KanataTrace(subject, write),
};
