/**
 * A file that is written piece by piece, too large to be held in memory. It has its name only when it is whole; a pipe
 * or device is written as it comes.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { ConfigurationError } from '../numerics/index.js';
import { reasonOf } from './files.js';

/** Characters that are gathered before they are written. */
const CHUNK = 1 << 16;

export class StreamFile {
  /** Undefined for what is no regular file. */
  readonly #temporary: string | undefined;
  readonly #descriptor: number;
  #pending = '';
  #isOpen = true;

  constructor(private readonly path: string) {
    const isOther = statSync(path, { throwIfNoEntry: false })?.isFile() === false;
    this.#temporary = isOther ? undefined : `${path}.${process.pid}.tmp`;
    this.#descriptor = this.#guarded(() => openSync(this.#temporary ?? path, 'w'));
  }

  write(text: string): void {
    this.#pending += text;
    if (this.#pending.length >= CHUNK) this.#guarded(() => this.#flush());
  }

  /** Everything is written: what can fail for want of space has happened. */
  end(): void {
    this.#guarded(() => {
      this.#flush();
      if (this.#temporary !== undefined) fsyncSync(this.#descriptor);
      this.#close();
    });
  }

  /** The file gets its name. */
  commit(): void {
    this.#guarded(() => {
      if (this.#temporary !== undefined) renameSync(this.#temporary, this.path);
    });
  }

  /** Leaves nothing behind. */
  discard(): void {
    this.#close();
    if (this.#temporary !== undefined) rmSync(this.#temporary, { force: true });
  }

  #flush(): void {
    const bytes = Buffer.from(this.#pending);
    this.#pending = '';
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#descriptor);
  }

  #guarded<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (this.#isOpen && this.#descriptor !== undefined) this.discard();
      throw new ConfigurationError(`cannot write ${this.path}: ${reasonOf(error)}`);
    }
  }
}
