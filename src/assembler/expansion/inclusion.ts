/** `.include "FILE"`: the lines of another file. */
import { plain } from '../directive-arguments.js';
import type { DirectiveSpec } from '../directives.js';
import { TEXT_LIMIT } from '../reader.js';
import type { Control } from './control.js';
import type { Expander } from './expander.js';
import type { FoundFile } from './include-files.js';
import { linesOf, type SourceLine } from './source-line.js';

const include: Control['carryOut'] = (expander, _, line) => {
  const file = fileOf(expander, line);
  if (file === undefined) return;
  const { assembly, openFiles } = expander;
  const use = { kind: 'inclusion', span: expander.wholeLine(line) } as const;
  assembly.texts.set(file.name, file.text);
  openFiles.push(file.identity);
  expander.expand(linesOf(file.text, file.name, use), new Map(), use);
  openFiles.pop();
};

/** The file that the line names; undefined after a complaint. */
function fileOf(expander: Expander, line: SourceLine): FoundFile | undefined {
  const { assembly, options, openFiles } = expander;
  const { diagnostics } = assembly;
  const argument = expander.arguments(line)?.values.positional[0];
  const value = argument && plain(assembly, argument);
  if (value === undefined) return fail(expander);
  const span = value.span;
  if (value.kind !== 'string' || value.key !== undefined) {
    diagnostics.error(span, 'expected a file in quotes', 'write .include "FILE"');
    return fail(expander);
  }
  const found = options.include?.(value.value, line.origin.file) ?? {
    problem: 'there is nothing to read a file with',
    hint: 'give an include finder to assemble',
  };
  if ('problem' in found) {
    diagnostics.error(span, `cannot include "${value.value}": ${found.problem}`, found.hint);
    return fail(expander);
  }
  if (openFiles.includes(found.identity)) {
    diagnostics.error(span, `"${value.value}" includes itself`, 'break the circle: take this line out');
    return fail(expander);
  }
  if (found.text.length <= TEXT_LIMIT) return found;
  diagnostics.error(
    span,
    `"${value.value}" has ${found.text.length} characters, more than ${TEXT_LIMIT}`,
    'split it',
  );
  return fail(expander);
}

/** What the file would have declared is not reported as missing. */
function fail({ assembly }: Expander): undefined {
  assembly.isIncomplete = true;
}

export const INCLUSION: readonly DirectiveSpec[] = [
  {
    name: '.include',
    syntax: '.include "FILE"',
    summary:
      'the lines of a file, looked for beside the file that includes it and in the folders of `-I`; it must lie in the folder of the program, or in one of those',
    example: ['.include "ring.inc"'],
    declares: false,
    positional: [1, 1],
    named: [],
    control: { evenIfSkipped: false, carryOut: include },
  },
];
