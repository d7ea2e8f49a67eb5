/**
 * `.macro` … `.endm`, and the use of a macro: its name where a mnemonic stands, then arguments that are pieces of text,
 * separated by commas outside brackets and strings.
 */
import type { IToken } from 'chevrotain';
import { INSTRUCTION_BY_MNEMONIC } from '../../../isa/index.js';
import { lineOf, quoted } from '../diagnostics.js';
import type { DirectiveSpec } from '../directives.js';
import {
  Comma,
  Equals,
  LeftBracket,
  LeftParenthesis,
  RightBracket,
  RightParenthesis,
  Word,
} from '../lexer.js';
import type { Span } from '../program.js';
import { tokensOf } from '../reader.js';
import type { Control } from './control.js';
import type { Expander } from './expander.js';
import { placeIn, type SourceLine } from './source-line.js';

/** Parameters of a macro. */
const PARAMETER_LIMIT = 64;

interface Parameter {
  readonly name: string;
  /** Stands for an argument that is left out; undefined: it must not be. */
  readonly default: string | undefined;
}

export interface Macro {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: readonly SourceLine[];
  readonly span: Span;
}

/** A piece of a line between commas. */
interface Piece {
  /** The word before an equals sign. */
  readonly name: string | undefined;
  /** What follows it, or all; as written. */
  readonly text: string;
  readonly span: Span;
}

const SYNTAX = '.macro NAME[, PARAMETER[=DEFAULT]]…';

const define: Control['carryOut'] = (expander, block, line) => {
  const span = expander.wholeLine(line);
  const head = headOf(expander, line);
  const body = expander.capture(block, line, '.macro', '.endm');
  if (head === undefined || body === undefined) return;
  const { diagnostics } = expander.assembly;
  const { macros } = expander.assembly;
  const earlier = macros.get(head.name);
  if (INSTRUCTION_BY_MNEMONIC.has(head.name)) {
    diagnostics.error(span, `"${head.name}" is an instruction`, 'give the macro another name');
  } else if (earlier !== undefined) {
    const hint = `its first definition is on ${lineOf(earlier.span, span)}`;
    diagnostics.error(span, `the macro "${head.name}" is already defined`, hint);
  } else if (line.origin.use !== undefined && line.origin.use.kind !== 'inclusion') {
    diagnostics.error(
      span,
      'a macro is defined within an expansion',
      'define it outside of macros and .rept',
    );
  } else {
    macros.set(head.name, { ...head, body, span });
  }
};

/** Name and parameters of a definition. */
function headOf(expander: Expander, line: SourceLine): Pick<Macro, 'name' | 'parameters'> | undefined {
  const { diagnostics } = expander.assembly;
  const { tokens, isWhole } = tokensOf(line, diagnostics);
  if (!isWhole) return undefined;
  const [, name, comma] = tokens;
  if (name?.tokenType !== Word || name.image.includes('.')) {
    return diagnostics.error(expander.wholeLine(line), '.macro without a name', `write ${SYNTAX}`);
  }
  const parameters: Parameter[] = [];
  for (const piece of piecesOf(tokens.slice(comma?.tokenType === Comma ? 3 : 2), line)) {
    const parameter =
      piece.name === undefined
        ? { name: piece.text, default: undefined }
        : { name: piece.name, default: piece.text };
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(parameter.name)) {
      return diagnostics.error(piece.span, 'expected the name of a parameter', `write ${SYNTAX}`);
    }
    if (
      parameters.some(({ name: other }) => other === parameter.name) ||
      parameters.length === PARAMETER_LIMIT
    ) {
      const hint = `the parameters have different names, at most ${PARAMETER_LIMIT}`;
      return diagnostics.error(piece.span, `one parameter too many: ${quoted(parameter.name)}`, hint);
    }
    parameters.push(parameter);
  }
  return { name: name.image, parameters };
}

/** The pieces between the commas of a list of tokens; none of an empty list. */
function piecesOf(tokens: readonly IToken[], line: SourceLine): Piece[] {
  if (tokens.length === 0) return [];
  const groups: IToken[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    const { tokenType } = token;
    if (tokenType === LeftBracket || tokenType === LeftParenthesis) depth++;
    if (tokenType === RightBracket || tokenType === RightParenthesis) depth--;
    if (tokenType === Comma && depth <= 0) groups.push([]);
    else groups.at(-1)!.push(token);
  }
  const first = tokens[0]!;
  return groups.map((group) => pieceOf(group, line, first));
}

function pieceOf(tokens: readonly IToken[], { text, origin }: SourceLine, fallback: IToken): Piece {
  const [first, second] = tokens;
  const isNamed = first?.tokenType === Word && second?.tokenType === Equals;
  const value = isNamed ? tokens.slice(2) : tokens;
  const slice = (list: readonly IToken[]): string =>
    list.length === 0
      ? ''
      : text.slice(list[0]!.startOffset, list.at(-1)!.startOffset + list.at(-1)!.image.length);
  const { startOffset } = first ?? fallback;
  return {
    name: isNamed ? first.image : undefined,
    text: slice(value),
    span: placeIn(origin, startOffset, slice(tokens).length),
  };
}

/** @param tokens those of the use, from the macro's name on */
export function expandMacro(
  expander: Expander,
  macro: Macro,
  line: SourceLine,
  tokens: readonly IToken[],
): void {
  const last = tokens.at(-1)!;
  const start = tokens[0]!.startOffset;
  const span = placeIn(line.origin, start, last.startOffset + last.image.length - start);
  const values = bind(expander, macro, piecesOf(tokens.slice(1), line), span);
  if (values === undefined) {
    expander.assembly.markStreamBroken();
    return;
  }
  values.set('@', String(expander.nextExpansion()));
  values.set('()', '');
  expander.expand(macro.body, values, { kind: 'macro', name: macro.name, span });
}

/** The value of every parameter; undefined after a complaint. */
function bind(
  { assembly: { diagnostics } }: Expander,
  { name, parameters }: Macro,
  pieces: readonly Piece[],
  span: Span,
): Map<string, string> | undefined {
  const values = new Map<string, string>();
  const before = diagnostics.count;
  const names = parameters.map((parameter) => parameter.name);
  let next = 0;
  for (const piece of pieces) {
    // A name that is no parameter is part of the text: an argument of a directive within the macro, perhaps.
    const parameter = piece.name !== undefined && names.includes(piece.name) ? piece.name : names[next++];
    const text =
      parameter === piece.name || piece.name === undefined ? piece.text : `${piece.name}=${piece.text}`;
    if (parameter === undefined) {
      diagnostics.error(piece.span, `${name} does not take this argument`, () => usageOf(name, parameters));
    } else if (values.has(parameter)) {
      diagnostics.error(piece.span, `${parameter} is given twice`, () => usageOf(name, parameters));
    } else if (text !== '') {
      values.set(parameter, text);
    }
  }
  for (const parameter of parameters) {
    if (values.has(parameter.name)) continue;
    if (parameter.default !== undefined) values.set(parameter.name, parameter.default);
    else if (diagnostics.count === before)
      diagnostics.error(span, `${name} needs its argument ${parameter.name}`, () =>
        usageOf(name, parameters),
      );
  }
  return diagnostics.count > before ? undefined : values;
}

/** `write fill BUF, BAR[, bytes=64]` */
function usageOf(name: string, parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return `write ${name}`;
  const texts = parameters.map(({ name: each, default: value }) =>
    value === undefined ? each : `${each}=${value}`,
  );
  return `write ${name} ${texts.join(', ')}`;
}

const stray: Control['carryOut'] = (expander, _, line) => {
  const span = expander.wholeLine(line);
  expander.assembly.diagnostics.error(span, '.endm without a .macro', 'a macro begins with .macro');
};

export const MACROS: readonly DirectiveSpec[] = [
  {
    name: '.macro',
    syntax: SYNTAX,
    summary:
      'defines a macro, the lines up to `.endm`. `NAME ARGUMENTS` then stands for them, with `\\PARAMETER` replaced by its argument, `\\@` by a number that no other use has, for labels, and `\\()` by nothing, to end a name. Arguments are pieces of text between commas, in order or as `PARAMETER=ARGUMENT`',
    example: [
      '.macro add_twice, to, by=1',
      '  beq \\to, 7, .skip\\@',
      '  add \\to, \\to, \\by',
      '  add \\to, \\to, \\by',
      '.skip\\@: nop',
      '.endm',
      '.stream twice',
      '  add_twice r1',
      '  add_twice by=4, to=r2',
      '  halt',
      '.endstream',
    ],
    declares: false,
    positional: [1, PARAMETER_LIMIT + 1],
    named: [],
    control: { evenIfSkipped: false, carryOut: define },
  },
  {
    name: '.endm',
    syntax: '.endm',
    summary: 'ends the definition of a macro',
    example: ['.macro nothing', '.endm'],
    declares: false,
    positional: [0, 0],
    named: [],
    control: { evenIfSkipped: false, carryOut: stray },
  },
];
