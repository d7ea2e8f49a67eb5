/** `fp4sim isa` */
import { languageWords } from '../../assembler/index.js';
import { ConfigurationError, suggest } from '../../numerics/index.js';
import { directiveReport, instructionReport, wordList } from '../../report/index.js';
import { ExitCode } from '../errors.js';
import { print } from '../terminal.js';

export async function isa(name: string | undefined, { json }: { readonly json?: boolean }): Promise<number> {
  const words = languageWords();
  const instruction = words.instructions.find(({ mnemonic }) => mnemonic === name);
  const directive = words.directives.find((each) => each.name === name);
  if (name === undefined) print(json ? toJson(words) : wordList(words));
  else if (instruction !== undefined) print(json ? toJson(instruction) : instructionReport(instruction));
  else if (directive !== undefined) print(json ? toJson(directive) : directiveReport(directive));
  else {
    const names = [
      ...words.instructions.map(({ mnemonic }) => mnemonic),
      ...words.directives.map((each) => each.name),
    ];
    throw new ConfigurationError(`no instruction or directive is called "${name}"`, suggest(name, names));
  }
  return ExitCode.fine;
}

const toJson = (value: unknown): string => JSON.stringify(value, null, 2);
