/** What the command line needs of the terminal and the package: a progress line, closed pipes, the version. */
import { readFileSync } from 'node:fs';

/** Ends quietly when the reader of our output has gone away (`fp4sim … | head`). */
export function guardOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const FIRST_PROGRESS_MS = 500;
const PROGRESS_EVERY_MS = 100;

/** A line on stderr that is overwritten in place; shown only on a terminal and only for work that takes a while. */
export function progressLine(): { readonly update: (text: string) => void; readonly clear: () => void } {
  if (!process.stderr.isTTY) return { update: () => {}, clear: () => {} };
  const begun = Date.now();
  let shown = 0;
  return {
    update(text) {
      const now = Date.now();
      if (now - begun < FIRST_PROGRESS_MS || now - shown < PROGRESS_EVERY_MS) return;
      shown = now;
      process.stderr.write(`\r\u001b[K${text}`);
    },
    clear() {
      if (shown > 0) process.stderr.write('\r\u001b[K');
    },
  };
}

/** The version in package.json, which lies above both the sources and the build. */
export function packageVersion(): string {
  for (const up of ['../../', '../../../']) {
    try {
      const text = readFileSync(new URL(`${up}package.json`, import.meta.url), 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    } catch {
      // Not at this depth: sources and build lie one level apart.
    }
  }
  return 'unknown';
}

/** The commit of the sources, read from the repository they lie in; `unknown` for an installed package. */
export function sourceCommit(): string {
  for (const up of ['../../', '../../../']) {
    try {
      const read = (path: string) =>
        readFileSync(new URL(`${up}.git/${path}`, import.meta.url), 'utf8').trim();
      const head = read('HEAD');
      return head.startsWith('ref: ') ? read(head.slice('ref: '.length)) : head;
    } catch {
      // Not at this depth, or not in a repository.
    }
  }
  return 'unknown';
}
