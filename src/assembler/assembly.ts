/** A program in the making: what the directives, labels and instructions read so far have declared. */
import type { InstructionNode, LabelNode } from './ast.js';
import { DiagnosticList, lineOf } from './diagnostics.js';
import type { Macro } from './expansion/macros.js';
import type {
  AccumulatorDeclaration,
  BarrierDeclaration,
  BufferDeclaration,
  GridDeclaration,
  Parameter,
  Span,
  StreamDeclaration,
  TensorDeclaration,
} from './program.js';
import { isReserved, type Meaning, Symbols } from './symbols.js';

/** Values of `.param`s that the caller gives. */
export type Settings = ReadonlyMap<string, number>;

/** An instruction whose operands are resolved once every name is known. */
export interface PendingInstruction {
  readonly node: InstructionNode;
  /** Place in the list of streams. */
  readonly stream: number;
  /** The global label, or the stream, that local labels belong to here. */
  readonly labelScope: string;
}

export interface LabelSymbol {
  /** As written. */
  readonly name: string;
  /** The instruction that it stands before. */
  readonly target: number;
  readonly stream: number;
  readonly span: Span;
}

/** A stream that has begun. */
export interface OpenStream {
  readonly name: string;
  readonly count: number;
  readonly start: number;
  readonly span: Span;
  length: number;
  /** A line of it has an error that could have been its end. */
  broken: boolean;
}

export class Assembly {
  readonly diagnostics = new DiagnosticList();
  readonly symbols = new Symbols();
  readonly parameters: Parameter[] = [];
  readonly tensors: TensorDeclaration[] = [];
  readonly buffers: BufferDeclaration[] = [];
  readonly accumulators: AccumulatorDeclaration[] = [];
  readonly barriers: BarrierDeclaration[] = [];
  readonly streams: OpenStream[] = [];
  readonly pending: PendingInstruction[] = [];
  readonly labels = new Map<string, LabelSymbol>();
  readonly macros = new Map<string, Macro>();
  /** Texts of the included files, by name. */
  readonly texts = new Map<string, string>();
  /** Directives that were written, rightly or not. */
  readonly seen = new Set<string>();
  /** Lines are missing, for a reason that has been reported: so what they would have declared is not. */
  isIncomplete = false;
  machine: string | undefined;
  grid: GridDeclaration | undefined;
  /** The stream that the next instruction belongs to. */
  stream: OpenStream | undefined;
  #labelScope = '';

  constructor(
    readonly file: string,
    readonly settings: Settings,
  ) {}

  /** Gives a name a meaning, unless it is taken. */
  define(name: string, span: Span, meaning: Meaning): boolean {
    const earlier = this.symbols.get(name);
    if (earlier !== undefined) {
      this.diagnostics.error(
        span,
        `"${name}" is already declared`,
        `its first declaration is on ${lineOf(earlier.span, span)}`,
      );
      return false;
    }
    if (isReserved(name)) {
      this.diagnostics.error(
        span,
        `"${name}" cannot be declared`,
        'r0, r1, … are registers and init is an operand',
      );
      return false;
    }
    this.symbols.define(name, span, meaning);
    return true;
  }

  beginStream(name: string, count: number, span: Span): void {
    const stream = { name, count, start: this.pending.length, span, length: 0, broken: false };
    this.streams.push(stream);
    this.stream = stream;
    this.#labelScope = name;
  }

  /** Notes that a line of the stream has an error that could have been its end. */
  markStreamBroken(): void {
    if (this.stream !== undefined) this.stream.broken = true;
  }

  endStream(): void {
    this.stream = undefined;
  }

  addLabel({ name, span }: LabelNode): void {
    if (this.stream === undefined) {
      this.diagnostics.error(
        span,
        `label "${name}" is outside a stream`,
        'labels stand between .stream and .endstream',
      );
      return;
    }
    const isLocal = name.startsWith('.');
    const key = isLocal ? `${this.#labelScope}${name}` : name;
    const earlier = this.labels.get(key)?.span ?? this.streams.find((stream) => stream.name === key)?.span;
    if (earlier !== undefined) {
      this.diagnostics.error(
        span,
        `"${name}" is already the name of a label or stream`,
        `its first place is ${lineOf(earlier, span)}`,
      );
      return;
    }
    if (!isLocal && name.includes('.')) {
      this.diagnostics.error(span, `a label's name has no dots`, `a local label begins with its dot: .name`);
      return;
    }
    this.labels.set(key, { name, target: this.pending.length, stream: this.streams.length - 1, span });
    if (!isLocal) this.#labelScope = name;
  }

  addInstruction(node: InstructionNode): void {
    if (this.stream === undefined) {
      this.diagnostics.error(
        node.span,
        'an instruction outside a stream',
        'put instructions between .stream NAME and .endstream',
      );
      return;
    }
    this.pending.push({ node, stream: this.streams.length - 1, labelScope: this.#labelScope });
    this.stream.length++;
  }

  /** The streams as the program holds them. */
  streamDeclarations(): StreamDeclaration[] {
    return this.streams.map(({ name, count, start, length, span }) => ({ name, count, start, length, span }));
  }
}
