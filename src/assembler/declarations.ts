/** What each directive does: it declares something, or complains and declares nothing. */
import { INDEX_LIMIT, OBJECT_LIMIT, type ObjectClass } from '../../isa/index.js';
import type { Assembly } from './assembly.js';
import type { Argument, DirectiveNode, Expression, NameNode } from './ast.js';
import { lineOf } from './diagnostics.js';
import {
  type Arguments,
  countOf,
  formatOf,
  nameOf,
  numberOf,
  plain,
  SIDE_LIMIT,
  scheduleOf,
  shapeOf,
} from './directive-arguments.js';
import { evaluate } from './expressions.js';
import { storedBytes } from './storage.js';
import { CLASS_NOUNS, type ObjectSymbol } from './symbols.js';
import { tensorSource } from './tensor-source.js';

/** Streams that a program may declare, and copies of one. */
const STREAM_LIMIT = 64;
/** Arrivals that a barrier can wait for. */
const ARRIVAL_LIMIT = 65_535;
/** Bytes of an element of an accumulator. */
const ACCUMULATOR_BYTES = 4;

/** Carries out one directive whose arguments have the right number and names. */
export type Declare = (assembly: Assembly, node: DirectiveNode, values: Arguments) => void;

export const declareMachine: Declare = (assembly, node, { positional: [argument] }) => {
  const value = plain(assembly, argument!);
  if (value === undefined) return;
  const { diagnostics } = assembly;
  if (value.kind !== 'name' && value.kind !== 'string') {
    diagnostics.error(value.span, 'expected the name of a machine model', 'write .machine NAME');
  } else if (assembly.machine !== undefined) {
    diagnostics.error(node.span, 'the program already names a machine', 'keep one .machine');
  } else {
    assembly.machine = value.kind === 'name' ? value.name : value.value;
  }
};

/** `.equ` and `.param`; the value of a parameter is that of the caller's setting, if there is one. */
export function declareConstant(isParameter: boolean): Declare {
  return (assembly, _, { positional }) => {
    const name = nameOf(assembly, positional[0]!);
    const written = numberOf(assembly, positional[1]!);
    if (name === undefined || written === undefined) return;
    const value = isParameter ? (assembly.settings.get(name.name) ?? written) : written;
    if (!assembly.define(name.name, name.span, { kind: 'constant', value })) return;
    if (isParameter) assembly.parameters.push({ name: name.name, value, default: written });
  };
}

export const checkAssertion: Declare = (assembly, _, { positional }) => {
  const [condition, text] = positional.map((argument) => plain(assembly, argument));
  if (condition === undefined || text === undefined) return;
  const { diagnostics } = assembly;
  if (text.kind !== 'string') {
    diagnostics.error(text.span, 'expected a message in quotes', 'write .assert CONDITION, "MESSAGE"');
  } else if (evaluate(condition, assembly) === 0) {
    diagnostics.error(condition.span, text.value, () => valuesIn(assembly, condition));
  }
};

/** The values of the constants in an expression: `M = 100, K = 3`. */
function valuesIn({ symbols }: Assembly, root: Expression): string {
  const values = new Map<string, number>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null || values.size > 8) return;
    const { kind, name } = node as Partial<NameNode>;
    const meaning = kind === 'name' && name !== undefined ? symbols.get(name) : undefined;
    if (meaning?.kind === 'constant') values.set(name!, meaning.value);
    for (const child of Object.values(node)) visit(child);
  };
  visit(root);
  return values.size === 0
    ? 'the condition is always false'
    : [...values].map(([name, value]) => `${name} = ${value}`).join(', ');
}

export const declareTensor: Declare = (assembly, { span }, { positional }) => {
  const name = nameOf(assembly, positional[0]!);
  const format = formatOf(assembly, positional[1]!);
  const shape = shapeOf(assembly, positional[2]!, format);
  const source = tensorSource(assembly, positional[3]!);
  if (!name || !format || !shape || !source) return;
  const size = { ...shape, bytes: storedBytes(format, shape.rows, shape.cols) };
  if (!declareObject(assembly, name, 'tensor', assembly.tensors, { count: 1, size })) return;
  assembly.tensors.push({ name: name.name, format: format.name, ...shape, source, span });
};

export const declareBuffer: Declare = (assembly, { span }, { positional, named }) => {
  const name = nameOf(assembly, positional[0]!);
  const format = formatOf(assembly, positional[1]!);
  const shape = shapeOf(assembly, positional[2]!, format);
  const stages = countOf(assembly, named.get('stages'), INDEX_LIMIT + 1, 'stages');
  if (!name || !format || !shape || stages === undefined) return;
  const size = { ...shape, bytes: storedBytes(format, shape.rows, shape.cols) };
  if (!declareObject(assembly, name, 'buffer', assembly.buffers, { count: stages, size })) return;
  assembly.buffers.push({ name: name.name, format: format.name, ...shape, stages, span });
};

export const declareAccumulator: Declare = (assembly, { span }, { positional, named }) => {
  const name = nameOf(assembly, positional[0]!);
  const shape = shapeOf(assembly, positional[1]!, undefined);
  const stages = countOf(assembly, named.get('stages'), INDEX_LIMIT + 1, 'stages');
  if (!name || !shape || stages === undefined) return;
  const size = { ...shape, bytes: shape.rows * shape.cols * ACCUMULATOR_BYTES };
  if (!declareObject(assembly, name, 'accumulator', assembly.accumulators, { count: stages, size })) return;
  assembly.accumulators.push({ name: name.name, ...shape, stages, span });
};

/** `.barrier NAME`, `.barrier NAME[count]`, `.barrier NAME, count` or `.barrier NAME, count=n`. */
export const declareBarrier: Declare = (assembly, { span }, { positional, named }) => {
  const { argument, inBrackets } = splitSubscript(positional[0]!);
  const counts = [inBrackets, positional[1], named.get('count')].filter((given) => given !== undefined);
  if (counts.length > 1) {
    assembly.diagnostics.error(counts[1]!.span, 'the count is given twice', 'write .barrier NAME[count]');
    return;
  }
  const name = nameOf(assembly, argument);
  const count = countOf(assembly, counts[0], INDEX_LIMIT + 1, 'barriers');
  const arrivals = countOf(assembly, named.get('arrivals'), ARRIVAL_LIMIT, 'arrivals');
  if (!name || count === undefined || arrivals === undefined) return;
  if (!declareObject(assembly, name, 'barrier', assembly.barriers, { count, size: undefined })) return;
  assembly.barriers.push({ name: name.name, count, arrivals, span });
};

/** `NAME[n]` as two arguments. */
function splitSubscript(argument: Argument): { argument: Argument; inBrackets: Argument | undefined } {
  const { value } = argument;
  const [subscript, more] = value.kind === 'index' ? value.subscripts : [];
  if (value.kind !== 'index' || subscript === undefined || more !== undefined) {
    return { argument, inBrackets: undefined };
  }
  return {
    argument: { ...argument, value: value.name },
    inBrackets: { name: undefined, value: subscript, cols: undefined, span: subscript.span },
  };
}

/** Gives a name to the next object of a class, unless the class is full or the name is taken. */
function declareObject(
  assembly: Assembly,
  { name, span }: NameNode,
  objectClass: ObjectClass,
  { length: id }: readonly unknown[],
  { count, size }: Pick<ObjectSymbol, 'count' | 'size'>,
): boolean {
  if (id < OBJECT_LIMIT) {
    const object = { class: objectClass, name, id, count, size };
    return assembly.define(name, span, { kind: 'object', object });
  }
  const message = `more than ${OBJECT_LIMIT} objects of the class ${CLASS_NOUNS[objectClass]}`;
  assembly.diagnostics.error(span, message, 'an instruction word has 6 bits for the number of an object');
  return false;
}

export const declareGrid: Declare = (assembly, { span }, { positional }) => {
  const tilesM = countOf(assembly, positional[0], SIDE_LIMIT, 'tiles');
  const tilesN = countOf(assembly, positional[1], SIDE_LIMIT, 'tiles');
  const schedule = scheduleOf(assembly, positional.slice(2));
  if (tilesM === undefined || tilesN === undefined || schedule === undefined) return;
  const { grid, diagnostics } = assembly;
  if (grid !== undefined) {
    diagnostics.error(span, 'the program already has a grid', `it is on ${lineOf(grid.span, span)}`);
    return;
  }
  assembly.grid = { tilesM, tilesN, ...schedule, span };
};

export const beginStream: Declare = (assembly, { span }, { positional, named }) => {
  const name = nameOf(assembly, positional[0]!);
  const count = countOf(assembly, named.get('count'), STREAM_LIMIT, 'streams');
  const { diagnostics, stream, streams, labels } = assembly;
  if (stream !== undefined) {
    diagnostics.error(span, `stream "${stream.name}" has not ended`, 'close it with .endstream first');
  }
  if (name === undefined || count === undefined) return;
  if (streams.some((other) => other.name === name.name) || labels.has(name.name)) {
    diagnostics.error(name.span, `"${name.name}" is already the name of a label or stream`, 'choose another');
  }
  if (streams.length === STREAM_LIMIT) {
    diagnostics.error(span, `more than ${STREAM_LIMIT} streams`, 'count=n makes several of one');
  }
  assembly.beginStream(name.name, count, span);
};

export const endStream: Declare = (assembly, { span }) => {
  const { diagnostics, stream } = assembly;
  if (stream === undefined) diagnostics.error(span, 'no stream is open', 'begin one with .stream NAME');
  assembly.endStream();
};
