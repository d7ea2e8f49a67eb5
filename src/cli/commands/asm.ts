/** `fp4sim asm` and `fp4sim disasm` */
import { disassemble, encodeProgram, listing, readObject, writeObject } from '../../assembler/index.js';
import { ConfigurationError } from '../../numerics/index.js';
import { ExitCode } from '../errors.js';
import { readBytes, writeWhole } from '../files.js';
import { print } from '../terminal.js';
import { loadProgram } from './load-program.js';

interface AsmOptions {
  readonly set: ReadonlyMap<string, number>;
  readonly output?: string;
  readonly listing?: boolean;
}

export async function asm(file: string, options: AsmOptions): Promise<number> {
  const loaded = loadProgram(file, options.set);
  if (loaded === undefined) return ExitCode.badInput;
  const { program, text } = loaded;
  if (text === undefined) {
    throw new ConfigurationError(`${file} is an object file already`, `to see it: fp4sim disasm ${file}`);
  }
  if (options.output !== undefined) writeWhole(options.output, writeObject(program));
  if (options.listing) print(listing(program, text));
  else print(`${file}: ${encodeProgram(program).length} instructions, ${program.streams.length} streams`);
  return ExitCode.fine;
}

export async function disasm(file: string): Promise<number> {
  print(disassemble(readObject(readBytes(file), file)).trimEnd());
  return ExitCode.fine;
}
