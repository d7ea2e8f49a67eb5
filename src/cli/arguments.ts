/** What the declarations of commands share: values of options, and examples in the help. */
import { InvalidArgumentError, Option } from 'commander';

/** Takes the exit status of the command that ran. */
export type Finish = (status: number) => void;

/** The `Examples:` block at the end of a command's help. */
export function examples(...lines: string[]): string {
  return ['', 'Examples:', ...lines.map((line) => `  $ ${line}`)].join('\n');
}

/** Collects a repeatable `NAME=VALUE`. */
export function collectSetting(text: string, settings: Map<string, number>): Map<string, number> {
  const match = /^([A-Za-z_]\w*)=(.+)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('expected NAME=VALUE, for example M=512');
  const value = Number(match[2]!.replaceAll('_', ''));
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError(`"${match[2]}" is not a whole number.`);
  return new Map([...settings, [match[1]!, value]]);
}

/** Values of a program's parameters. */
export const settings = (): Option =>
  new Option('--set <name=value>', 'value of a .param; may be repeated')
    .argParser(collectSetting)
    .default(new Map<string, number>(), 'the defaults of the program');

/** A whole number of any sign. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('expected a whole number.');
  return value;
}

/** A whole number above 0. */
export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value <= 0) throw new InvalidArgumentError('expected a number above 0.');
  return value;
}
