/**
 * The run as one web page that needs nothing else: a line a stream and unit, zoom, search, details, links to places.
 * `html-page.ts` is the page; here its data are written, a slice a row:
 *
 *   S.push([3,412,476,497,70]);      line 3, from cycle 412, occupied to 476, result at 497, instruction 70
 *   S.push([0,413,530,530,-2]);      line 0 stalls for reason 1
 *
 * A page holds a limited number of slices, the first of the run; it says where they end. Not shown: barriers, granules.
 */
import { basename } from 'node:path';
import type { Listener, StreamId } from '../../machine/index.js';
import { PAGE_HEAD, PAGE_TAIL } from './html-page.js';
import {
  Labels,
  OpenOperations,
  Stalls,
  streamNames,
  type Trace,
  type TraceEnd,
  type TraceKind,
  type TraceSubject,
  UNIT_TRACKS,
  type Write,
} from './trace.js';

/** Slices of a page; more make browsers slow. */
const SLICE_LIMIT = 400_000;

class HtmlTrace implements Trace {
  readonly #labels: Labels;
  readonly #operations = new OpenOperations();
  readonly #reasons: string[] = [];
  readonly #linesOfCore: number;
  readonly #streams: readonly string[];
  readonly #stalls = new Stalls(({ stream, reason, cycle, cycles }) =>
    this.#slice(this.#streamLine(stream), cycle, cycle + cycles, cycle + cycles, -1 - this.#reasonOf(reason)),
  );
  #slices = 0;
  #cutAt: number | undefined;

  constructor(
    private readonly subject: TraceSubject,
    private readonly write: Write,
  ) {
    this.#labels = new Labels(subject.program);
    this.#streams = streamNames(subject.program);
    this.#linesOfCore = this.#streams.length + UNIT_TRACKS.length;
    const title = escapeHtml(`${basename(subject.program.file)} on ${subject.machine}`);
    write(PAGE_HEAD.replace('TITLE', () => title));
    write('<script>const S=[];\n');
  }

  onIssued(stream: StreamId, instruction: number, cycle: number): void {
    this.#stalls.end(stream);
    this.#slice(this.#streamLine(stream), cycle, cycle + 1, cycle + 1, instruction);
  }

  onStall(...[stream, reason, cycle, cycles]: Parameters<NonNullable<Listener['onStall']>>): void {
    this.#stalls.add(stream, reason, cycle, cycles);
  }

  onStarted(...event: Parameters<NonNullable<Listener['onStarted']>>): void {
    const [, , operation, cycle, busyCycles, origin] = event;
    this.#operations.begin(operation, origin, cycle, busyCycles);
  }

  onDone(...[core, , , cycle, origin]: Parameters<NonNullable<Listener['onDone']>>): void {
    const opened = this.#operations.end(origin);
    if (opened === undefined) return;
    const line = core * this.#linesOfCore + this.#streams.length + UNIT_TRACKS.indexOf(opened.track);
    const { startedAt, busyUntil } = opened;
    this.#slice(line, startedAt, Math.min(busyUntil, cycle), cycle, origin.instruction);
  }

  finish({ cycles, trap }: TraceEnd): void {
    this.#stalls.endAll();
    const { program, machine, cores } = this.subject;
    const lines = Array.from({ length: cores }, (_, core) => [
      ...this.#streams.map((name) => ({ core, name, kind: 'stream' })),
      ...UNIT_TRACKS.map((name) => ({ core, name, kind: name })),
    ]).flat();
    const data = {
      cycles,
      cutAt: this.#cutAt,
      trap,
      program: basename(program.file),
      machine,
      lines,
      reasons: this.#reasons,
      texts: program.instructions.map((_, i) => this.#labels.text(i)),
      places: program.instructions.map((_, i) => this.#labels.place(i)),
    };
    this.write(`const T=${JSON.stringify(data).replaceAll('<', '\\u003c')};\n</script>${PAGE_TAIL}`);
  }

  #streamLine({ core, index }: StreamId): number {
    return core * this.#linesOfCore + index;
  }

  #reasonOf(reason: string): number {
    const at = this.#reasons.indexOf(reason);
    return at >= 0 ? at : this.#reasons.push(reason) - 1;
  }

  #slice(line: number, from: number, busyUntil: number, until: number, what: number): void {
    if (this.#slices === SLICE_LIMIT) this.#cutAt ??= from;
    else {
      this.#slices++;
      this.write(`S.push([${line},${from},${busyUntil},${until},${what}]);\n`);
    }
  }
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

export const HTML: TraceKind = {
  name: 'html',
  extensions: ['.html', '.htm'],
  summary: 'a web page with zoom and search, for any browser',
  begin: (subject, write) => new HtmlTrace(subject, write),
};
