/** The syntax tree of a program text. Every node carries its place; no node knows an instruction or a directive. */
import type { Span } from './program.js';

export interface NumberNode {
  readonly kind: 'number';
  readonly value: number;
  /** As written. */
  readonly text: string;
  readonly span: Span;
}

/** `"text"` or `"text"#key` */
export interface StringNode {
  readonly kind: 'string';
  readonly value: string;
  readonly key: string | undefined;
  readonly span: Span;
}

export interface NameNode {
  readonly kind: 'name';
  readonly name: string;
  readonly span: Span;
}

/** `.name`, a local label; the dot is part of the name. */
export interface LocalNode {
  readonly kind: 'local';
  readonly name: string;
  readonly span: Span;
}

/** `%core`; the percent sign is part of the name. */
export interface SpecialNode {
  readonly kind: 'special';
  readonly name: string;
  readonly span: Span;
}

/** `name(arguments)` */
export interface CallNode {
  readonly kind: 'call';
  readonly name: NameNode;
  readonly arguments: readonly Expression[];
  readonly span: Span;
}

/** `name[subscripts]` */
export interface IndexNode {
  readonly kind: 'index';
  readonly name: NameNode;
  readonly subscripts: readonly Expression[];
  readonly span: Span;
}

export interface UnaryNode {
  readonly kind: 'unary';
  readonly operator: string;
  readonly operand: Expression;
  readonly span: Span;
}

export interface BinaryNode {
  readonly kind: 'binary';
  readonly operator: string;
  readonly left: Expression;
  readonly right: Expression;
  readonly span: Span;
}

/** `condition ? yes : no` */
export interface ConditionalNode {
  readonly kind: 'conditional';
  readonly condition: Expression;
  readonly yes: Expression;
  readonly no: Expression;
  readonly span: Span;
}

export type Expression =
  | NumberNode
  | StringNode
  | NameNode
  | LocalNode
  | SpecialNode
  | CallNode
  | IndexNode
  | UnaryNode
  | BinaryNode
  | ConditionalNode;

/** An argument of a directive: `value`, `value x cols`, or `name=value`. */
export interface Argument {
  readonly name: NameNode | undefined;
  readonly value: Expression;
  /** The second half of a shape. */
  readonly cols: Expression | undefined;
  readonly span: Span;
}

/** `name:` or `.name:` */
export interface LabelNode {
  readonly name: string;
  readonly span: Span;
}

export interface InstructionNode {
  readonly kind: 'instruction';
  /** With its suffixes. */
  readonly mnemonic: string;
  readonly mnemonicSpan: Span;
  readonly operands: readonly Expression[];
  readonly span: Span;
}

export interface DirectiveNode {
  readonly kind: 'directive';
  /** With its dot. */
  readonly name: string;
  readonly nameSpan: Span;
  readonly arguments: readonly Argument[];
  readonly span: Span;
}

/** A line with a syntax error, which has been reported: what it would have declared is not reported as missing. */
export interface BrokenNode {
  readonly kind: 'broken';
  /** The directive that the line names, with its dot. */
  readonly directive: string | undefined;
  /** The name that follows the directive. */
  readonly declares: string | undefined;
  readonly span: Span;
}

/** What one line holds. */
export interface Statement {
  readonly labels: readonly LabelNode[];
  readonly body: InstructionNode | DirectiveNode | BrokenNode | undefined;
}

/** The place from the beginning of one span to the end of another on the same line. */
export function spanning(from: Span, to: Span): Span {
  return { ...from, length: Math.max(1, to.column + to.length - from.column) };
}
