/**
 * A listing: address and word of each instruction beside the source.
 *
 *   address  word              line  source
 *                                 1  .stream s
 *   0000     0000000004000f01     2    mov r1, %core
 */
import { splitLines } from './diagnostics.js';
import { instructionTexts } from './disassemble.js';
import { encodeProgram } from './encode-program.js';
import type { Program } from './program.js';

const row = (address: string, word: string, line: string, source: string): string =>
  `${address.padEnd(7)}  ${word.padEnd(16)}  ${line.padStart(4)}  ${source}`.trimEnd();

/**
 * The source with the address (index of the instruction, hexadecimal) and the word of every instruction. A line that
 * makes several instructions is followed by a row for each further one.
 *
 * @param text the text that the program was assembled from
 */
export function listing(program: Program, text: string): string {
  const words = encodeProgram(program);
  const textOf = instructionTexts(program);
  const byLine = new Map<number, number[]>();
  program.spans.forEach(({ file, line }, at) => {
    if (file === program.file) byLine.set(line, [...(byLine.get(line) ?? []), at]);
  });
  const rows = [row('address', 'word', 'line', 'source')];
  const hex = (value: number | bigint, digits: number): string => value.toString(16).padStart(digits, '0');
  const sources = splitLines(text);
  if (sources.at(-1) === '') sources.pop();
  for (const [i, source] of sources.entries()) {
    const [first, ...others] = byLine.get(i + 1) ?? [];
    const address = first === undefined ? '' : hex(first, 4);
    rows.push(row(address, first === undefined ? '' : hex(words[first]!, 16), String(i + 1), source));
    for (const at of others) rows.push(row(hex(at, 4), hex(words[at]!, 16), '', textOf(at)));
  }
  return `${rows.join('\n')}\n`;
}
