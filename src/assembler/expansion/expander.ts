/**
 * Which lines are assembled, and in what order: conditions, repetitions, macros and included files are carried out here,
 * line by line, so that a condition sees the constants that stand above it.
 *
 * Everything is bounded: what is expanded within each other, and lines and characters that expansion makes. The first
 * breach ends the assembly with one diagnostic.
 */
import type { Assembly } from '../assembly.js';
import type { DirectiveNode, Statement } from '../ast.js';
import { type Arguments, numberOf, sortArguments } from '../directive-arguments.js';
import { abandon, applyDirective, DIRECTIVES } from '../directives.js';
import { Word } from '../lexer.js';
import type { Span, Use } from '../program.js';
import { LINE_LIMIT, statementOf, statementStart, tokensOf } from '../reader.js';
import type { Condition } from './conditionals.js';
import type { Control } from './control.js';
import type { IncludeFinder } from './include-files.js';
import { expandMacro } from './macros.js';
import { linesOf, placeIn, type SourceLine, substitute } from './source-line.js';

/** Expansions within each other. */
export const DEPTH_LIMIT = 64;
/** Lines that expansion makes. */
export const EXPANDED_LINES_LIMIT = 2 ** 18;
/** Characters that expansion makes. */
const EXPANDED_CHARACTERS_LIMIT = 2 ** 24;

/** A line as it is met, for a listing. */
export interface ListedLine {
  readonly text: string;
  readonly file: string;
  readonly line: number;
  /** Expansions that it is within. */
  readonly depth: number;
  /** Index of the instruction that it makes, if it makes one. */
  readonly at: number | undefined;
}

export interface ExpandOptions {
  /** Finds the files of `.include`; without it there are none. */
  readonly include?: IncludeFinder | undefined;
  readonly onLine?: ((line: ListedLine) => void) | undefined;
}

/** Lines that belong together: those of a file, or of one expansion. Conditions end where they begin. */
export interface Block {
  readonly lines: readonly SourceLine[];
  /** Index of the next line. */
  next: number;
  readonly conditions: Condition[];
}

export class Expander {
  /** Identities of the files that are being included. */
  readonly openFiles: string[] = [];
  #depth = 0;
  #lines = 0;
  #characters = 0;
  #expansions = 0;
  #stopped = false;

  constructor(
    readonly assembly: Assembly,
    readonly options: ExpandOptions,
  ) {}

  /** Assembles the lines of the program's own text. */
  run(text: string): void {
    this.#block(linesOf(text, this.assembly.file));
  }

  /** Whether the assembly ended before the end of the text. */
  get isStopped(): boolean {
    return this.#stopped;
  }

  /**
   * Assembles lines in the place of the one that asked for them, with the values of their parameters.
   * Returns whether the assembly goes on.
   */
  expand(body: readonly SourceLine[], values: ReadonlyMap<string, string>, use: Use): boolean {
    if (!this.#charge(body, use.span)) return false;
    if (this.#depth === DEPTH_LIMIT) {
      return this.#stop(
        use.span,
        `more than ${DEPTH_LIMIT} expansions within each other`,
        'does a macro use itself?',
      );
    }
    const lines = values.size === 0 ? body : this.#substituted(body, values, use);
    if (this.#stopped) return false;
    this.#depth++;
    this.#block(lines);
    this.#depth--;
    return !this.#stopped;
  }

  #substituted(body: readonly SourceLine[], values: ReadonlyMap<string, string>, use: Use): SourceLine[] {
    const lines: SourceLine[] = [];
    for (const before of body) {
      const line = substitute(before, values, use, LINE_LIMIT);
      this.#characters += Math.max(0, line.text.length - before.text.length);
      if (!this.#isWithinLimits(use.span)) break;
      lines.push(line);
    }
    return lines;
  }

  /** Counts lines that are read again, and one for the expansion itself; returns whether the assembly goes on. */
  #charge(lines: readonly SourceLine[], span: Span): boolean {
    this.#lines += lines.length + 1;
    for (const { text } of lines) this.#characters += text.length;
    return this.#isWithinLimits(span);
  }

  #isWithinLimits(span: Span): boolean {
    if (this.#stopped) return false;
    if (this.#lines <= EXPANDED_LINES_LIMIT && this.#characters <= EXPANDED_CHARACTERS_LIMIT) return true;
    const message =
      this.#lines > EXPANDED_LINES_LIMIT
        ? `expansion makes more than ${EXPANDED_LINES_LIMIT} lines`
        : `expansion makes more than ${EXPANDED_CHARACTERS_LIMIT} characters`;
    return this.#stop(span, message, 'use a loop of the machine instead');
  }

  /** A number that no other expansion has. */
  nextExpansion(): number {
    return this.#expansions++;
  }

  /** The lines up to the one that closes what the last line opened; undefined, and a complaint, if none does. */
  capture(block: Block, opener: SourceLine, opens: string, closes: string): SourceLine[] | undefined {
    const begin = block.next;
    for (let depth = 1; block.next < block.lines.length; ) {
      const line = block.lines[block.next++]!;
      this.#list(line);
      const name = controlIn(line.text);
      if (name === opens) depth++;
      if (name === closes && --depth === 0) {
        this.refuseLabels(line);
        const body = block.lines.slice(begin, block.next - 1);
        return this.#depth === 0 || this.#charge(body, this.wholeLine(opener)) ? body : undefined;
      }
    }
    this.#stop(this.wholeLine(opener), `${opens} does not end`, `close it with ${closes}`);
    return undefined;
  }

  /** The arguments of a control directive; undefined after a complaint. */
  arguments(line: SourceLine): { node: DirectiveNode; values: Arguments } | undefined {
    const tokens = tokensOf(line, this.assembly.diagnostics, this.#isConstant);
    const body = statementOf(tokens, line.origin, this.assembly.diagnostics)?.body;
    if (body?.kind !== 'directive') return undefined;
    const values = sortArguments(this.assembly, body, DIRECTIVES.get(body.name)!);
    return values && { node: body, values };
  }

  /** The value of the first argument; undefined after a complaint. */
  number(line: SourceLine): number | undefined {
    const given = this.arguments(line);
    return given && numberOf(this.assembly, given.values.positional[0]!);
  }

  /** A line from its first character that is not a space to its last token. */
  wholeLine({ text, origin }: SourceLine): Span {
    const start = text.length - text.trimStart().length;
    return placeIn(origin, start, text.trimEnd().length - start);
  }

  /** Labels belong before instructions, so that it is clear whether they are skipped, repeated or neither. */
  refuseLabels(line: SourceLine): void {
    const label = /^\s*([A-Za-z_.][\w.]*)\s*:/.exec(line.text);
    if (label === null) return;
    const span = placeIn(line.origin, line.text.indexOf(label[1]!), label[1]!.length);
    this.assembly.diagnostics.error(
      span,
      `a label cannot stand before ${controlIn(line.text)}`,
      'put it on a line of its own',
    );
  }

  #block(lines: readonly SourceLine[]): void {
    const block: Block = { lines, next: 0, conditions: [] };
    while (block.next < lines.length && !this.#stopped) this.#line(block, lines[block.next++]!);
    for (const { span } of block.conditions) {
      if (!this.#stopped) this.assembly.diagnostics.error(span, '.if does not end', 'close it with .endif');
    }
  }

  #line(block: Block, line: SourceLine): void {
    const name = controlIn(line.text);
    const control = name === undefined ? undefined : DIRECTIVES.get(name)?.control;
    const isLive = block.conditions.at(-1)?.isLive ?? true;
    if (control !== undefined) this.#control(control, block, line, isLive);
    else if (isLive) this.#statement(line);
    else if (this.#depth === 0) this.#list(line);
  }

  #control(control: Control, block: Block, line: SourceLine, isLive: boolean): void {
    if (isLive || this.#depth === 0) this.#list(line);
    if (!isLive && !control.evenIfSkipped) return;
    this.refuseLabels(line);
    control.carryOut(this, block, line, isLive);
  }

  /** A line that holds labels, a directive, an instruction or the use of a macro. */
  #statement(line: SourceLine): void {
    const { diagnostics } = this.assembly;
    const { tokens, isWhole } = tokensOf(line, diagnostics, this.#isConstant);
    const start = statementStart(tokens);
    const word = tokens[start];
    const macro = isWhole && word?.tokenType === Word ? this.assembly.macros.get(word.image) : undefined;
    const own = macro === undefined ? tokens : tokens.slice(0, start);
    const statement = statementOf({ tokens: own, isWhole }, line.origin, diagnostics);
    const before = this.assembly.pending.length;
    if (statement !== undefined) this.#accept(statement);
    this.#list(line, this.assembly.pending.length > before ? before : undefined);
    if (macro !== undefined) expandMacro(this, macro, line, tokens.slice(start));
  }

  #accept({ labels, body }: Statement): void {
    for (const label of labels) this.assembly.addLabel(label);
    if (body === undefined) return;
    if (body.kind === 'directive') applyDirective(this.assembly, body);
    else if (body.kind === 'instruction') this.assembly.addInstruction(body);
    else abandon(this.assembly, body);
  }

  #list({ text, origin: { file, line } }: SourceLine, at?: number): void {
    this.options.onLine?.({ text, file, line, depth: this.#depth, at });
  }

  /** Complains and ends the assembly: what follows would be wrong for this reason alone. */
  #stop(span: Span, message: string, hint: string): false {
    this.assembly.diagnostics.endWith(span, message, hint);
    this.assembly.isIncomplete = true;
    this.#stopped = true;
    return false;
  }

  readonly #isConstant = (name: string): boolean => this.assembly.symbols.isConstant(name);
}

const LABELS = /^[\s\uFEFF]*(?:[A-Za-z_.][\w.]*\s*:\s*)*/y;
const DIRECTIVE = /\.[A-Za-z_][A-Za-z0-9_]*/y;

/** The directive of a line, with its dot. */
function controlIn(text: string): string | undefined {
  if (text.length > LINE_LIMIT || !text.includes('.')) return undefined;
  LABELS.lastIndex = 0;
  DIRECTIVE.lastIndex = LABELS.exec(text)?.[0].length ?? 0;
  return DIRECTIVE.exec(text)?.[0];
}
