/**
 * The words of the assembly language:
 *
 *   instruction                      meaning
 *   mov destination, value           rd = source
 *   …
 *
 * and one of them in full, with what its parts are and an example.
 */
import type { DirectiveWord, InstructionWord, LanguageWords } from '../assembler/index.js';
import { table } from '../text/index.js';

/** Everything, a line a word. */
export function wordList({ instructions, directives, functions, specialRegisters }: LanguageWords): string {
  return [
    table(instructions, [
      { title: 'instruction', value: ({ syntax }) => syntax },
      { title: 'meaning', value: ({ summary }) => firstLine(summary) },
    ]),
    table(directives, [
      { title: 'directive', value: ({ syntax }) => syntax },
      { title: 'meaning', value: ({ summary }) => firstLine(summary) },
    ]),
    `functions of constants: ${functions.join(', ')}`,
    `special registers: ${specialRegisters.join(', ')}`,
  ].join('\n\n');
}

const LINE_WIDTH = 72;

function firstLine(summary: string): string {
  return summary.length <= LINE_WIDTH ? summary : `${summary.slice(0, LINE_WIDTH - 1)}…`;
}

/** One instruction. */
export function instructionReport({
  syntax,
  summary,
  unit,
  suffixes,
  operands,
  example,
}: InstructionWord): string {
  return [
    syntax,
    `${summary}; unit: ${unit}`,
    ...(suffixes.length === 0
      ? []
      : [
          table(suffixes, [
            { title: 'suffix', value: ({ name, required }) => (required ? name : `[${name}]`) },
            { title: 'values', value: ({ values }) => values.join(' ') },
          ]),
        ]),
    ...(operands.length === 0
      ? []
      : [
          table(operands, [
            { title: 'operand', value: ({ name, optional }) => (optional ? `[${name}]` : name) },
            { title: 'is', value: ({ is }) => is },
          ]),
        ]),
    `example: ${example}`,
  ].join('\n\n');
}

/** One directive. */
export function directiveReport({ syntax, summary, example }: DirectiveWord): string {
  return [syntax, summary, ['example:', ...example.map((line) => `  ${line}`)].join('\n')].join('\n\n');
}
