/** Arguments of directives as values. Each function returns undefined after it has complained. */
import type { Assembly } from './assembly.js';
import type { Argument, DirectiveNode, Expression, NameNode } from './ast.js';
import { quoted, suggestion } from './diagnostics.js';
import { evaluate } from './expressions.js';
import type { GridDeclaration, Span } from './program.js';
import { FORMAT_NAMES, type StoredFormat, storedFormat } from './storage.js';

/** Rows or columns of anything. */
export const SIDE_LIMIT = 2 ** 24;
/** Elements of anything. */
const ELEMENT_LIMIT = 2 ** 32;
/** Characters of a name. */
const NAME_LIMIT = 64;

/** Arguments by their role: those with a name, and the others in order. */
export interface Arguments {
  readonly positional: readonly Argument[];
  readonly named: ReadonlyMap<string, Argument>;
}

/** What a directive takes. */
export interface ArgumentRules {
  /** How it is written, for hints and the manual. */
  readonly syntax: string;
  /** Arguments without a name: at least, at most. */
  readonly positional: readonly [min: number, max: number];
  readonly named: readonly string[];
}

/** The arguments by role, if their number and names are those of the directive. */
export function sortArguments(
  { diagnostics }: Assembly,
  node: DirectiveNode,
  rules: ArgumentRules,
): Arguments | undefined {
  const positional = node.arguments.filter(({ name }) => name === undefined);
  const named = new Map<string, Argument>();
  const before = diagnostics.count;
  const usage = `write ${rules.syntax}`;
  for (const argument of node.arguments) {
    if (argument.name === undefined) continue;
    const { name, span } = argument.name;
    if (!rules.named.includes(name)) {
      diagnostics.error(span, `${node.name} has no argument ${quoted(name)}`, () =>
        suggestion(name, rules.named, usage),
      );
    } else if (named.has(name)) {
      diagnostics.error(span, `${name} is given twice`, usage);
    }
    named.set(name, argument);
  }
  const [min, max] = rules.positional;
  const extra = positional[max];
  if (positional.length < min) diagnostics.error(node.span, `${node.name} is incomplete`, usage);
  if (extra !== undefined) {
    diagnostics.error(extra.span, `${node.name} does not take this argument`, usage);
  }
  return diagnostics.count > before ? undefined : { positional, named };
}

/** The value of an argument that is not a shape. */
export function plain({ diagnostics }: Assembly, { value, cols }: Argument): Expression | undefined {
  if (cols === undefined) return value;
  return diagnostics.error(
    cols.span,
    'a shape is not expected here',
    'only .tensor, .smem and .acc take one',
  );
}

/** A name to declare. */
export function nameOf(assembly: Assembly, argument: Argument): NameNode | undefined {
  const value = plain(assembly, argument);
  if (value === undefined) return undefined;
  const { diagnostics } = assembly;
  if (value.kind !== 'name' || value.name.includes('.')) {
    const hint = 'a name has letters, digits and _, and does not begin with a digit';
    return diagnostics.error(value.span, 'expected a name', hint);
  }
  if (value.name.length <= NAME_LIMIT) return value;
  return diagnostics.error(value.span, `a name has at most ${NAME_LIMIT} characters`, 'shorten it');
}

/** The value of a constant expression. */
export function numberOf(assembly: Assembly, argument: Argument): number | undefined {
  const value = plain(assembly, argument);
  return value && evaluate(value, assembly);
}

/** A positive number up to a limit; 1 when the argument is absent. */
export function countOf(
  assembly: Assembly,
  argument: Argument | undefined,
  limit: number,
  what: string,
): number | undefined {
  if (argument === undefined) return 1;
  const value = numberOf(assembly, argument);
  if (value === undefined || (value >= 1 && value <= limit)) return value;
  const hint = `the number of ${what} must be from 1 to ${limit}`;
  return assembly.diagnostics.error(argument.value.span, `${value} ${what}`, hint);
}

/** A block format or an element format. */
export function formatOf(assembly: Assembly, argument: Argument): StoredFormat | undefined {
  const value = plain(assembly, argument);
  if (value === undefined) return undefined;
  const { diagnostics } = assembly;
  const name = formatNameIn(value);
  if (name === undefined) {
    return diagnostics.error(value.span, 'expected a format', 'such as nvfp4, mxfp4, e4m3, bf16 or fp32');
  }
  const format = storedFormat(name);
  if (value.kind === 'name' && format !== undefined) return format;
  return diagnostics.error(value.span, `unknown format ${quoted(name)}`, () =>
    suggestion(name, FORMAT_NAMES, 'such as nvfp4, mxfp4, e4m3, bf16 or fp32'),
  );
}

/** A word, a string, or a name with a hyphen, which reads as a difference. */
function formatNameIn(node: Expression): string | undefined {
  if (node.kind === 'name') return node.name;
  if (node.kind === 'string') return node.value;
  if (node.kind !== 'binary' || node.operator !== '-') return undefined;
  const [left, right] = [node.left, node.right].map((side) => (side.kind === 'name' ? side.name : undefined));
  return left === undefined || right === undefined ? undefined : `${left}-${right}`;
}

/** Rows and columns, in elements. */
export interface Shape {
  readonly rows: number;
  readonly cols: number;
}

/** `ROWSxCOLUMNS`, both positive; whole blocks of the format fill the columns. */
export function shapeOf(
  assembly: Assembly,
  { value, cols: colsNode, span }: Argument,
  format: StoredFormat | undefined,
): Shape | undefined {
  if (colsNode === undefined) return noShape(assembly, value);
  const rows = sideOf(assembly, value, 'rows');
  const cols = sideOf(assembly, colsNode, 'columns');
  if (rows === undefined || cols === undefined) return undefined;
  if (rows * cols > ELEMENT_LIMIT) {
    return assembly.diagnostics.error(span, `${rows}x${cols} is too large`, 'at most 2^32 elements');
  }
  return fitsBlocks(assembly, cols, colsNode.span, format) ? { rows, cols } : undefined;
}

/** Says why an expression is not a shape. */
function noShape({ diagnostics, symbols }: Assembly, value: Expression): undefined {
  // 0x16 is read as a hexadecimal number, but is most likely a shape without rows.
  if (value.kind === 'number' && /^0x[0-9]+$/.test(value.text)) {
    const message = `a size of zero in the shape ${value.text}`;
    return diagnostics.error(value.span, message, 'rows and columns must be positive');
  }
  const halves = value.kind === 'name' && /.x./.test(value.name) ? value.name.split('x') : [];
  const unknown = halves.filter((half) => half !== '' && !symbols.isConstant(half));
  if (unknown.some((half) => symbols.isBroken(half))) return undefined;
  if (unknown.length > 0) {
    const list = unknown.map(quoted).join(' and ');
    const message = `expected a shape, and no constant is called ${list}`;
    return diagnostics.error(value.span, message, () => suggestion(unknown[0]!, symbols.names('constant')));
  }
  return diagnostics.error(
    value.span,
    'expected a shape',
    'write ROWSxCOLUMNS, such as 128x64 or M x (K / 2)',
  );
}

function sideOf(assembly: Assembly, node: Expression, what: string): number | undefined {
  const value = evaluate(node, assembly);
  if (value === undefined || (value >= 1 && value <= SIDE_LIMIT)) return value;
  const message = value === 0 ? `a size of zero: 0 ${what}` : `${value} ${what}`;
  const hint = `the number of ${what} must be from 1 to ${SIDE_LIMIT}`;
  return assembly.diagnostics.error(node.span, message, hint);
}

function fitsBlocks(
  { diagnostics }: Assembly,
  cols: number,
  span: Span,
  format: StoredFormat | undefined,
): boolean {
  const size = format?.blockSize;
  if (size === undefined || cols % size === 0) return true;
  const below = cols - (cols % size);
  diagnostics.error(
    span,
    `${cols} columns are not a multiple of ${size}, the block of ${format!.name}`,
    below === 0 ? `use ${size}` : `use ${below} or ${below + size}`,
  );
  return false;
}

type Schedule = Pick<GridDeclaration, 'policy' | 'dynamic' | 'division'>;

/** Words and calls of a `.grid` behind its two sizes, with the numbers that a call takes. */
const SCHEDULES: Readonly<Record<string, { numbers: number; of: (...n: number[]) => Partial<Schedule> }>> = {
  row: { numbers: 0, of: () => ({ policy: { kind: 'row' } }) },
  column: { numbers: 0, of: () => ({ policy: { kind: 'column' } }) },
  swizzle: { numbers: 1, of: (group) => ({ policy: { kind: 'swizzle', group: group! } }) },
  dynamic: { numbers: 0, of: () => ({ dynamic: true }) },
  split_k: {
    numbers: 2,
    of: (parts, steps) => ({ division: { kind: 'split-k', parts: parts!, steps: steps! } }),
  },
  stream_k: { numbers: 1, of: (steps) => ({ division: { kind: 'stream-k', steps: steps! } }) },
};

/** The order, the hand-out and the division of tiles; in rows, static and whole when nothing is said. */
export function scheduleOf(assembly: Assembly, given: readonly Argument[]): Schedule | undefined {
  let schedule: Schedule = { policy: { kind: 'row' } };
  for (const argument of given) {
    const part = schedulePart(assembly, argument);
    if (part === undefined) return undefined;
    schedule = { ...schedule, ...part };
  }
  if (schedule.dynamic !== true || schedule.division?.kind !== 'stream-k') return schedule;
  return assembly.diagnostics.error(
    given[0]!.value.span,
    'stream_k gives every core its share at the start, so it is not dynamic',
    'leave out one of the two',
  );
}

function schedulePart(assembly: Assembly, argument: Argument): Partial<Schedule> | undefined {
  const value = plain(assembly, argument);
  if (value === undefined) return undefined;
  const call = value.kind === 'call' ? { name: value.name.name, numbers: value.arguments } : undefined;
  const name = value.kind === 'name' ? value.name : call?.name;
  const rule = name === undefined ? undefined : SCHEDULES[name];
  const given = call?.numbers ?? [];
  if (rule === undefined || given.length !== rule.numbers) {
    const known = 'known: row, column, swizzle(n), dynamic, split_k(parts, steps), stream_k(steps)';
    return assembly.diagnostics.error(value.span, 'unknown order of tiles', known);
  }
  const numbers = given.map((each) => countOf(assembly, { ...argument, value: each }, SIDE_LIMIT, 'tiles'));
  return numbers.includes(undefined) ? undefined : rule.of(...(numbers as number[]));
}
