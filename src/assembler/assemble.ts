/**
 * Text to program: read statements and apply directives in order (`expansion`), then resolve instructions, when every
 * label is known.
 *
 * A constant or object must be declared above the directive that uses it; an instruction may use any of the file, and
 * labels may stand below. A local label `.name` belongs to the global label above it (or to its stream, above the
 * first one) and is seen between that label and the next.
 */
import { type Instruction, TARGET_LIMIT } from '../../isa/index.js';
import { Assembly, type OpenStream, type Settings } from './assembly.js';
import { quoted, suggestion } from './diagnostics.js';
import { Expander, type ExpandOptions } from './expansion/expander.js';
import { inSource } from './expansion/source-line.js';
import { resolveInstruction } from './instructions.js';
import type { Diagnostic, Program, Span } from './program.js';
import { TEXT_LIMIT } from './reader.js';

export interface AssembleOptions extends ExpandOptions {
  /** Values for `.param`s, by name. */
  readonly set?: Settings;
}

export interface AssembleResult {
  /** Undefined if and only if there is an error. */
  readonly program: Program | undefined;
  /** By place; at most 100, and then one that says how many more there are. */
  readonly diagnostics: readonly Diagnostic[];
  /** Every text that was read, by the name of its file, for `formatDiagnostics`. */
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * Assembles a program text. Never throws, whatever the text.
 *
 * @param file name of the text in diagnostics and in the program; it is not read
 */
export function assemble(text: string, file: string, options: AssembleOptions = {}): AssembleResult {
  if (text.length <= TEXT_LIMIT) return assembleAnyLength(text, file, options);
  const message = `the text has ${text.length} characters, more than ${TEXT_LIMIT}`;
  const span = { file, line: 1, column: 1, length: 1 };
  return { program: undefined, diagnostics: [{ severity: 'error', span, message }], texts: new Map() };
}

/** `assemble` for a text that this project wrote. */
export function assembleAnyLength(text: string, file: string, options: AssembleOptions): AssembleResult {
  const assembly = new Assembly(file, options.set ?? new Map());
  const { diagnostics } = assembly;
  const top: Span = { file, line: 1, column: 1, length: 1 };
  const expander = new Expander(assembly, options);
  expander.run(text);
  if (!assembly.isIncomplete) {
    checkSettings(assembly, top);
    checkStructure(assembly, top);
  }
  const instructions = expander.isStopped ? [] : resolveAll(assembly);
  const program = diagnostics.count === 0 ? finish(assembly, instructions) : undefined;
  return {
    program,
    diagnostics: diagnostics.toDiagnostics(),
    texts: new Map([...assembly.texts, [file, text]]),
  };
}

/** Every name that the caller sets must be a parameter with a value that a program can hold. */
function checkSettings({ settings, parameters, symbols, diagnostics }: Assembly, top: Span): void {
  const names = parameters.map(({ name }) => name);
  for (const [name, value] of settings) {
    if (!Number.isSafeInteger(value)) {
      diagnostics.error(top, `--set ${quoted(name)}: ${value} is not an integer that fits`);
    } else if (!names.includes(name) && !symbols.isBroken(name)) {
      const hint = symbols.isConstant(name)
        ? () => `${name} is an .equ; declare it with .param to set it`
        : () => suggestion(name, names) ?? 'the program has no .param';
      diagnostics.error(top, `--set ${quoted(name)}: the program has no parameter of this name`, hint);
    }
  }
}

/** One grid, at least one stream, each closed and with an end that it cannot run past. */
function checkStructure(assembly: Assembly, top: Span): void {
  const { diagnostics, seen, stream, pending } = assembly;
  if (!seen.has('.grid')) {
    diagnostics.error(top, 'the program has no grid', 'declare its output tiles with .grid TILES_M, TILES_N');
  }
  if (!seen.has('.stream')) {
    diagnostics.error(
      top,
      'the program has no stream',
      'put instructions between .stream NAME and .endstream',
    );
  }
  if (stream !== undefined) {
    diagnostics.error(stream.span, `stream "${stream.name}" does not end`, 'close it with .endstream');
  }
  if (pending.length > TARGET_LIMIT) {
    diagnostics.error(top, `${pending.length} instructions`, `a program holds at most ${TARGET_LIMIT}`);
  }
}

function resolveAll(assembly: Assembly): Instruction[] {
  const instructions: Instruction[] = [];
  const { streams, pending } = assembly;
  for (const stream of streams) {
    let last: Instruction | undefined;
    for (let i = stream.start; i < stream.start + stream.length; i++) {
      last = resolveInstruction(assembly, pending[i]!);
      if (last !== undefined) instructions.push(last);
    }
    checkEnd(assembly, stream, last);
  }
  checkLabels(assembly);
  return instructions;
}

/** An instruction must follow each label in its stream. */
function checkLabels({ diagnostics, labels, streams }: Assembly): void {
  for (const { name, target, stream, span } of labels.values()) {
    const { start, length, broken } = streams[stream]!;
    if (broken || target < start + length) continue;
    diagnostics.error(span, `no instruction follows label "${name}"`, 'put a halt behind the label');
  }
}

/** A stream must not run off its end. */
function checkEnd(
  { diagnostics, pending }: Assembly,
  stream: OpenStream,
  last: Instruction | undefined,
): void {
  if (stream.broken) return;
  if (stream.length === 0) {
    diagnostics.error(stream.span, `stream "${stream.name}" has no instructions`, 'a stream ends with halt');
  } else if (last !== undefined && last.spec.continues !== false) {
    const { span } = pending[stream.start + stream.length - 1]!.node;
    diagnostics.error(span, `stream "${stream.name}" runs off its end`, 'end it with halt or with b LABEL');
  }
}

function finish(assembly: Assembly, instructions: readonly Instruction[]): Program {
  const { file, machine, parameters, tensors, buffers, accumulators, barriers, grid } = assembly;
  return {
    file,
    machine,
    parameters,
    tensors: tensors.map(placed),
    buffers: buffers.map(placed),
    accumulators: accumulators.map(placed),
    barriers: barriers.map(placed),
    grid: placed(grid!),
    streams: assembly.streamDeclarations().map(placed),
    instructions,
    spans: assembly.pending.map(({ node }) => inSource(node.span)),
    labels: new Map([...assembly.labels].map(([key, { target }]) => [key, target])),
  };
}

/** A declaration with its place in the text as written. */
function placed<T extends { readonly span: Span }>(declaration: T): T {
  return { ...declaration, span: inSource(declaration.span) };
}
