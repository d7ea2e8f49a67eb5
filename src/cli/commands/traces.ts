/** The traces of a run: listeners that write files, and the timeline that is printed. */
import type { Program } from '../../assembler/index.js';
import type { MachineModel, Trap } from '../../machine/index.js';
import { TEXT_TIMELINE, type Trace, type TraceEnd, traceTarget } from '../../report/index.js';
import { StreamFile } from '../stream-file.js';

export interface TraceOptions {
  /** `FILE[:kind]` */
  readonly trace: readonly string[];
  readonly timeline?: boolean;
}

/** Listens to one run. Nothing listens if nothing is asked for. */
export class Traces {
  readonly listeners: readonly Trace[];
  readonly #files: readonly StreamFile[] = [];
  #timeline = '';

  constructor(program: Program, model: MachineModel, { trace, timeline }: TraceOptions) {
    const targets = trace.map(traceTarget);
    const subject = { program, machine: model.name, cores: model.cores.value };
    const files: StreamFile[] = [];
    this.#files = files;
    const listeners = targets.map(({ file, kind }) => {
      const opened = this.#open(file, files);
      return kind.begin(subject, (text) => opened.write(text));
    });
    if (timeline) listeners.push(TEXT_TIMELINE.begin(subject, (text) => (this.#timeline += text)));
    this.listeners = listeners;
  }

  /** The printed timeline; empty if there is none. */
  get timeline(): string {
    return this.#timeline.trimEnd();
  }

  /** The run is over: the files are whole. */
  finish(end: TraceEnd): void {
    for (const listener of this.listeners) listener.finish(end);
    for (const file of this.#files) file.end();
    for (const file of this.#files) file.commit();
  }

  /** A trap is the end of a run too: what led to it is worth seeing. */
  finishAt({ kind, cycle }: Trap): void {
    this.finish({ cycles: cycle, trap: `${kind} at cycle ${cycle}` });
  }

  discard(): void {
    for (const file of this.#files) file.discard();
  }

  #open(file: string, files: StreamFile[]): StreamFile {
    try {
      const opened = new StreamFile(file);
      files.push(opened);
      return opened;
    } catch (error) {
      this.discard();
      throw error;
    }
  }
}
