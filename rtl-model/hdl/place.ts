/**
 * Where in a design's source text a piece of hardware was written.
 *
 * The stack is captured when the hardware is built and read only when somebody asks, because formatting a stack
 * costs far more than capturing it. Frames inside `rtl-model/hdl` are skipped: they are never the designer's.
 */

/** Frames kept: enough to reach a design through a few layers of library generators. */
const STACK_DEPTH = 24;
const FRAME = /(?:\(|at )(?:async )?(?:file:\/\/)?([^()\s]+):(\d+):\d+\)?$/;
const DESCRIPTION = /[\\/]rtl-model[\\/]hdl[\\/]/;
const LIBRARY = /[\\/]rtl-model[\\/]library[\\/]/;

export class Place {
  readonly #trace: { stack?: string };
  #text: string | undefined;

  private constructor(trace: { stack?: string }) {
    this.#trace = trace;
  }

  /** The place of the caller outside `rtl-model/hdl`. */
  static here(): Place {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = STACK_DEPTH;
    const place = new Place(new Error());
    Error.stackTraceLimit = limit;
    return place;
  }

  /**
   * `file:line` of the first frame outside `rtl-model/hdl`; when that is a library generator, also who called it:
   * `rtl-model/library/shift.ts:20, from rtl-model/designs/nvfp4-exact.ts:44`.
   */
  toString(): string {
    this.#text ??= describe(this.#trace.stack ?? '');
    return this.#text;
  }

  toJSON(): string {
    return this.toString();
  }
}

function describe(stack: string): string {
  const frames: { file: string; line: string }[] = [];
  for (const text of stack.split('\n').slice(1)) {
    const match = FRAME.exec(text.trim());
    if (match !== null && !DESCRIPTION.test(match[1]!)) frames.push({ file: match[1]!, line: match[2]! });
  }
  const first = frames[0];
  if (first === undefined) return 'unknown place';
  const caller = LIBRARY.test(first.file) ? frames.find(({ file }) => !LIBRARY.test(file)) : undefined;
  const here = `${shorten(first.file)}:${first.line}`;
  return caller === undefined ? here : `${here}, from ${shorten(caller.file)}:${caller.line}`;
}

/** The path from the repository's root on, when it can be told. */
function shorten(file: string): string {
  const match = /(?:^|[\\/])((?:rtl-model|src|test|bench)[\\/].*)$/.exec(file);
  return (match?.[1] ?? file).replaceAll('\\', '/');
}
