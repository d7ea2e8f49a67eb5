/** `.if`, `.elseif`, `.else`, `.endif`: of their branches, the first whose condition holds is assembled. */
import type { DirectiveSpec } from '../directives.js';
import type { Span } from '../program.js';
import type { Control } from './control.js';
import type { Block, Expander } from './expander.js';
import type { SourceLine } from './source-line.js';

/** A condition that has begun. */
export interface Condition {
  readonly span: Span;
  /** Whether the lines around it are assembled. */
  readonly isLiveOutside: boolean;
  /** Whether the lines of the current branch are. */
  isLive: boolean;
  /** Whether a branch was chosen. */
  isDecided: boolean;
  hasElse: boolean;
}

const control = (carryOut: Control['carryOut']): Control => ({ evenIfSkipped: true, carryOut });

/** A condition that is wrong counts as true: the lines below it are most likely meant. */
function holds(expander: Expander, line: SourceLine): boolean {
  return expander.number(line) !== 0;
}

const begin: Control['carryOut'] = (expander, block, line, isLiveOutside) => {
  const isLive = isLiveOutside && holds(expander, line);
  const span = expander.wholeLine(line);
  block.conditions.push({ span, isLiveOutside, isLive, isDecided: isLive, hasElse: false });
};

const otherwiseIf: Control['carryOut'] = (expander, block, line) => {
  const condition = openCondition(expander, block, line, '.elseif');
  if (condition !== undefined) choose(condition, () => holds(expander, line));
};

const otherwise: Control['carryOut'] = (expander, block, line) => {
  const condition = openCondition(expander, block, line, '.else');
  if (condition === undefined) return;
  choose(condition, () => expander.arguments(line) !== undefined);
  condition.hasElse = true;
};

const end: Control['carryOut'] = (expander, block, line) => {
  if (block.conditions.pop() === undefined) stray(expander, line, '.endif');
  else expander.arguments(line);
};

/** The branch is assembled if none was before and its condition holds. */
function choose(condition: Condition, test: () => boolean): void {
  condition.isLive = condition.isLiveOutside && !condition.isDecided && test();
  condition.isDecided ||= condition.isLive;
}

function openCondition(
  expander: Expander,
  { conditions }: Block,
  line: SourceLine,
  name: string,
): Condition | undefined {
  const condition = conditions.at(-1);
  if (condition === undefined) stray(expander, line, name);
  if (condition?.hasElse) {
    const message = `${name} stands behind the .else of its .if`;
    expander.assembly.diagnostics.error(expander.wholeLine(line), message, '.else is the last branch');
  }
  return condition;
}

function stray(expander: Expander, line: SourceLine, name: string): void {
  const message = `${name} without an .if`;
  expander.assembly.diagnostics.error(expander.wholeLine(line), message, 'a condition begins with .if');
}

export const CONDITIONALS: readonly DirectiveSpec[] = [
  {
    name: '.if',
    syntax: '.if CONDITION',
    summary:
      'the lines up to the matching `.elseif`, `.else` or `.endif` are assembled if the condition is not 0',
    example: [
      '.param BIG, 0',
      '.if BIG',
      '.acc sums, 128x128',
      '.elseif BIG == 0 && 1 < 2',
      '.acc sums, 64x64',
      '.else',
      '.acc sums, 32x32',
      '.endif',
    ],
    declares: false,
    positional: [1, 1],
    named: [],
    control: control(begin),
  },
  {
    name: '.elseif',
    syntax: '.elseif CONDITION',
    summary: 'another branch, if none above was taken',
    example: ['.if 0', '.elseif 1', '.equ N, 4', '.endif'],
    declares: false,
    positional: [1, 1],
    named: [],
    control: control(otherwiseIf),
  },
  {
    name: '.else',
    syntax: '.else',
    summary: 'the last branch, if none above was taken',
    example: ['.if 0', '.else', '.equ N, 4', '.endif'],
    declares: false,
    positional: [0, 0],
    named: [],
    control: control(otherwise),
  },
  {
    name: '.endif',
    syntax: '.endif',
    summary: 'ends the condition, in the file, macro or repetition in which it began',
    example: ['.if 1', '.equ N, 4', '.endif'],
    declares: false,
    positional: [0, 0],
    named: [],
    control: control(end),
  },
];
