/**
 * A listing: address and word of each instruction beside the source, with every line that expansion makes behind the
 * line that asked for it, `|` for each expansion that it is within.
 *
 *   address  word              line  source
 *                                 1  .stream s
 *                                 2    fill r1, %core
 *   0000     0000000004000f01     9  |   mov r1, %core
 */
import { encodeProgram } from './encode-program.js';
import type { ListedLine } from './expansion/expander.js';
import type { Program } from './program.js';

const row = (address: string, word: string, line: string, source: string): string =>
  `${address.padEnd(7)}  ${word.padEnd(16)}  ${line.padStart(4)}  ${source}`.trimEnd();

const hex = (value: number | bigint, digits: number): string => value.toString(16).padStart(digits, '0');

/**
 * The listing of a program. Addresses are indices of instructions, hexadecimal. Lines of a program that a condition
 * skips have no address.
 *
 * @param lines what `assemble` told `onLine`
 */
export function listing(program: Program, lines: readonly ListedLine[]): string {
  const words = encodeProgram(program);
  const rows = lines.map(({ text, file, line, depth, at }) => {
    const place = file === program.file ? String(line) : `${file}:${line}`;
    const [address, word] = at === undefined ? ['', ''] : [hex(at, 4), hex(words[at]!, 16)];
    return row(address, word, place, `${'| '.repeat(depth)}${text}`);
  });
  return `${[row('address', 'word', 'line', 'source'), ...rows].join('\n')}\n`;
}
