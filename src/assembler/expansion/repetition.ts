/** `.rept` … `.endr`: lines that are assembled several times. */
import { nameOf, numberOf } from '../directive-arguments.js';
import type { DirectiveSpec } from '../directives.js';
import type { Control } from './control.js';

const repeat: Control['carryOut'] = (expander, block, line) => {
  const { assembly } = expander;
  const given = expander.arguments(line);
  const body = expander.capture(block, line, '.rept', '.endr');
  if (given === undefined || body === undefined) return;
  const { positional } = given.values;
  const count = numberOf(assembly, positional[0]!);
  const name = positional[1] && nameOf(assembly, positional[1]);
  if (count === undefined || (positional[1] !== undefined && name === undefined)) return;
  const span = expander.wholeLine(line);
  if (count < 0) {
    assembly.diagnostics.error(span, `${count} repetitions`, 'the number of repetitions must be 0 or more');
  }
  for (let index = 0; index < count; index++) {
    const use = { kind: 'repetition', index, count, span } as const;
    const values = new Map([['()', '']]);
    if (name !== undefined) values.set(name.name, String(index));
    if (!expander.expand(body, values, use)) return;
  }
};

const stray: Control['carryOut'] = (expander, _, line) => {
  expander.assembly.diagnostics.error(
    expander.wholeLine(line),
    '.endr without a .rept',
    'a repetition begins with .rept',
  );
};

export const REPETITION: readonly DirectiveSpec[] = [
  {
    name: '.rept',
    syntax: '.rept COUNT[, NAME]',
    summary:
      'the lines up to `.endr`, `COUNT` times; `\\NAME` in them stands for the number of the repetition, from 0, and `\\()` for nothing, to end a name',
    example: ['.rept 2, i', '.smem ring\\i, nvfp4, 64x64', '.endr'],
    declares: false,
    positional: [1, 2],
    named: [],
    control: { evenIfSkipped: false, carryOut: repeat },
  },
  {
    name: '.endr',
    syntax: '.endr',
    summary: 'ends the repetition',
    example: ['.rept 0', '.endr'],
    declares: false,
    positional: [0, 0],
    named: [],
    control: { evenIfSkipped: false, carryOut: stray },
  },
];
