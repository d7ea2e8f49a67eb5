/** `fp4sim asm` and `fp4sim disasm` */
import {
  disassemble,
  encodeProgram,
  formatProgram,
  isObject,
  listing,
  readObject,
  writeObject,
} from '../../assembler/index.js';
import { ConfigurationError } from '../../numerics/index.js';
import { ExitCode } from '../errors.js';
import { readBytes, writeWhole } from '../files.js';
import { print } from '../terminal.js';
import { type LoadOptions, loadProgram } from './load-program.js';

interface AsmOptions extends LoadOptions {
  readonly output?: string;
  readonly listing?: boolean;
}

export async function asm(file: string, options: AsmOptions): Promise<number> {
  const loaded = loadProgram(file, options);
  if (loaded === undefined) return ExitCode.badInput;
  const { program, lines } = loaded;
  if (lines === undefined) {
    throw new ConfigurationError(`${file} is an object file already`, `to see it: fp4sim disasm ${file}`);
  }
  if (options.output !== undefined) writeWhole(options.output, writeObject(program));
  if (options.listing) print(listing(program, lines).trimEnd());
  else print(`${file}: ${encodeProgram(program).length} instructions, ${program.streams.length} streams`);
  return ExitCode.fine;
}

/** Assembles each file and writes nothing. */
export async function check(files: readonly string[], options: LoadOptions): Promise<number> {
  const wrong = files.filter((file) => loadProgram(file, options) === undefined);
  print(`${files.length - wrong.length} of ${files.length} programs assemble`);
  return wrong.length === 0 ? ExitCode.fine : ExitCode.badInput;
}

interface FormatOptions {
  readonly check?: boolean;
  readonly write?: boolean;
}

/** Prints each file formatted; or rewrites those that are not, or only names them. */
export async function fmt(files: readonly string[], { check: only, write }: FormatOptions): Promise<number> {
  let changed = 0;
  for (const file of files) {
    const bytes = readBytes(file);
    if (isObject(bytes)) throw new ConfigurationError(`${file} is an object file`, 'format the text');
    const text = new TextDecoder().decode(bytes);
    const formatted = formatProgram(text);
    if (formatted !== text) changed++;
    if (!only && !write) process.stdout.write(formatted);
    else if (formatted !== text) {
      if (write) writeWhole(file, formatted);
      print(`${file}: ${write ? 'formatted' : 'is not formatted'}`);
    }
  }
  return only && changed > 0 ? ExitCode.checkFailed : ExitCode.fine;
}

export async function disasm(file: string): Promise<number> {
  print(disassemble(readObject(readBytes(file), file)).trimEnd());
  return ExitCode.fine;
}
