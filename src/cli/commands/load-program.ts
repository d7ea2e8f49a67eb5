/** A program from a file: assembly text or an object file, told apart by the object's magic bytes. */
import {
  assemble,
  formatDiagnostics,
  includeFrom,
  isObject,
  type ListedLine,
  type Program,
  readObject,
} from '../../assembler/index.js';
import { ConfigurationError } from '../../numerics/index.js';
import { readBytes } from '../files.js';

export interface LoadOptions {
  /** Values of parameters. */
  readonly set: ReadonlyMap<string, number>;
  /** Folders of included files, beside the program's own. */
  readonly include: readonly string[];
}

export interface LoadedProgram {
  readonly program: Program;
  /** The lines it was assembled from, in order; undefined for an object file. */
  readonly lines: readonly ListedLine[] | undefined;
}

/** Prints diagnostics on stderr; returns undefined if there was an error among them. */
export function loadProgram(file: string, { set, include }: LoadOptions): LoadedProgram | undefined {
  const bytes = readBytes(file);
  if (isObject(bytes)) {
    if (set.size > 0) {
      throw new ConfigurationError(
        `--set does not apply to ${file}: an object file has its constants built in`,
        'assemble the text with the values you want: fp4sim asm PROGRAM.s --set …',
      );
    }
    return { program: readObject(bytes, file), lines: undefined };
  }
  const lines: ListedLine[] = [];
  const { program, diagnostics, texts } = assemble(new TextDecoder().decode(bytes), file, {
    set,
    include: includeFrom(file, include),
    onLine: (line) => lines.push(line),
  });
  if (diagnostics.length > 0) process.stderr.write(`${formatDiagnostics(diagnostics, texts)}\n`);
  return program && { program, lines };
}

/**
 * Assembles the text of a file once more with parameters changed, quietly: undefined where that gives an error. For an
 * object file there is no such function.
 */
export function reassembly(
  file: string,
  { set, include }: LoadOptions,
): ((changed: ReadonlyMap<string, number>) => Program | undefined) | undefined {
  const bytes = readBytes(file);
  if (isObject(bytes)) return undefined;
  const text = new TextDecoder().decode(bytes);
  return (changed) =>
    assemble(text, file, { set: new Map([...set, ...changed]), include: includeFrom(file, include) }).program;
}
