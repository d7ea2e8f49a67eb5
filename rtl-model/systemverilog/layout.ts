/** Layout of generated text: line breaks, indentation, comments. Expressions hold no strings, so blanks are free. */

/** Longest line that is written without a break. */
export const LINE_WIDTH = 110;

/** A statement on one line, or broken at blanks with the rest indented twice as deep. */
export function wrap(statement: string, indent = '  '): string {
  return broken(statement, indent, `${indent}    `);
}

/** A comment of as many `//` lines as it takes. */
export function comment(text: string, indent = ''): string {
  return broken(text.replaceAll(/\s+/g, ' '), `${indent}// `, `${indent}// `);
}

function broken(text: string, first: string, others: string): string {
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(' ')) {
    const start = line === first || line === others;
    if (!start && line.length + 1 + word.length > LINE_WIDTH) {
      lines.push(line);
      line = others + word;
    } else {
      line += start ? word : ` ${word}`;
    }
  }
  return [...lines, line].join('\n');
}

/** `[7:0] ` for a word of 8 bits; nothing for one bit. */
export function range(width: number): string {
  return width === 1 ? '' : `[${width - 1}:0] `;
}

/** The expression without parentheses around all of it. */
export function bare(expression: string): string {
  if (!expression.startsWith('(') || !expression.endsWith(')')) return expression;
  let depth = 0;
  for (let i = 0; i < expression.length - 1; i++) {
    if (expression[i] === '(') depth++;
    else if (expression[i] === ')') depth--;
    if (depth === 0) return expression;
  }
  return expression.slice(1, -1);
}
