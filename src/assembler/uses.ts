/** What brought a line to where it is assembled, as lines of text from the inside out: `in macro "fill", used at a.s:7:3`. */
import type { Span, Use } from './program.js';

/** Uses that are told from the inside, and from the outside. */
const TOLD = { inner: 4, outer: 2 };

const WORDS: { readonly [K in Use['kind']]: (use: Extract<Use, { kind: K }>) => string } = {
  macro: ({ name }) => `in macro "${name}", used at`,
  repetition: ({ index, count }) => `in repetition ${index + 1} of ${count}, begun at`,
  inclusion: () => 'in a file included at',
};

/** A line for each use; of very many, the first and the last. */
export function describeUses(span: Span): string[] {
  const lines: string[] = [];
  for (let { use } = span; use !== undefined; use = use.span.use) {
    const { file, line, column } = use.span;
    lines.push(`${(WORDS[use.kind] as (u: Use) => string)(use)} ${file}:${line}:${column}`);
  }
  const hidden = lines.length - TOLD.inner - TOLD.outer;
  if (hidden > 1) lines.splice(TOLD.inner, hidden, `in ${hidden} more`);
  return lines;
}
