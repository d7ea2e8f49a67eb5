/** A program from a file: assembly text or an object file, told apart by the object's magic bytes. */
import { assemble, formatDiagnostics, isObject, type Program, readObject } from '../../assembler/index.js';
import { ConfigurationError } from '../../numerics/index.js';
import { readBytes } from '../files.js';

export interface LoadedProgram {
  readonly program: Program;
  /** The text it was assembled from; undefined for an object file. */
  readonly text: string | undefined;
}

/** Prints diagnostics on stderr; returns undefined if there was an error among them. */
export function loadProgram(file: string, set: ReadonlyMap<string, number>): LoadedProgram | undefined {
  const bytes = readBytes(file);
  if (isObject(bytes)) {
    if (set.size > 0) {
      throw new ConfigurationError(
        `--set does not apply to ${file}: an object file has its constants built in`,
        'assemble the text with the values you want: fp4sim asm PROGRAM.s --set …',
      );
    }
    return { program: readObject(bytes, file), text: undefined };
  }
  const text = new TextDecoder().decode(bytes);
  const { program, diagnostics } = assemble(text, file, { set });
  if (diagnostics.length > 0) process.stderr.write(`${formatDiagnostics(diagnostics, text)}\n`);
  return program && { program, text };
}
