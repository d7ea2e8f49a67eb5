/** The commands that the documents and every help text show exist, with the options they show. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/program.js';

const ROOT = join(import.meta.dirname, '..', '..');
const program = buildProgram(() => {});

/** Everything from `fp4sim` to the end of the command, on lines of shell. */
function commandsIn(text: string): string[] {
  return [...text.matchAll(/\bfp4sim ([a-z]+\b[^#|&`\n]*)/g)].map(([, command]) => command!.trim());
}

/** Words after the name of a command that look like options and are none of its own. */
function unknownOptions(command: string): string[] {
  const [name, ...words] = command.split(/\s+/);
  const found = program.commands.find((each) => each.name() === name);
  if (found === undefined) return [`fp4sim ${name}`];
  const inner = found.commands.find((each) => each.name() === words[0]) ?? found;
  const known = ['--help', ...inner.options.flatMap(({ short, long }) => [short, long])];
  return words.filter((word) => /^--?[A-Za-z]/.test(word) && !known.includes(word));
}

const shell = (text: string) => [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block).join('\n');

it.each(['README.md', 'docs/guide.md', 'docs/rtl-teams.md'])('%s shows commands that exist', (file) => {
  const commands = commandsIn(shell(readFileSync(join(ROOT, file), 'utf8')));
  expect(commands.length).toBeGreaterThan(4);
  expect(commands.flatMap(unknownOptions)).toEqual([]);
});

it.each(program.commands.map((command) => command.name()))(
  'the examples of fp4sim %s can be typed',
  (name) => {
    const command = program.commands.find((each) => each.name() === name)!;
    const written: string[] = [];
    command.configureOutput({ writeOut: (text) => written.push(text) });
    command.outputHelp();
    const examples = written.join('').split('Examples:')[1] ?? '';
    expect(commandsIn(examples).length, 'examples').toBeGreaterThan(0);
    expect(commandsIn(examples).flatMap(unknownOptions)).toEqual([]);
  },
);

it('a command that does not exist, and an option of another command, are found', () => {
  expect(commandsIn('fp4sim run a.s --json && fp4sim walk').flatMap(unknownOptions)).toEqual(['fp4sim walk']);
  expect(unknownOptions('check a.s --technology x')).toEqual(['--technology']);
});
