/** Where a tensor's values come from: the last argument of `.tensor`, as a table of its spellings. */
import type { Assembly } from './assembly.js';
import type { Argument, CallNode, Expression, StringNode } from './ast.js';
import { quoted, suggestion } from './diagnostics.js';
import { evaluate } from './expressions.js';
import type { TensorSource } from './program.js';

const USAGE =
  'write "FILE"#key, tiled("FILE"#key), normal(seed), uniform(seed), student(df, seed), zeros or out';

/** Sources that a word alone stands for. */
const WORDS: ReadonlyMap<string, TensorSource> = new Map([
  ['zeros', { kind: 'zeros' }],
  ['out', { kind: 'out' }],
]);

interface SourceCall {
  readonly usage: string;
  readonly arity: number;
  readonly build: (assembly: Assembly, node: CallNode) => TensorSource | undefined;
}

/** Sources that are written like a call. */
const CALLS: ReadonlyMap<string, SourceCall> = new Map<string, SourceCall>([
  ['tiled', { usage: 'tiled("FILE"#key)', arity: 1, build: tiledFile }],
  ['normal', { usage: 'normal(seed)', arity: 1, build: seeded('normal') }],
  ['uniform', { usage: 'uniform(seed)', arity: 1, build: seeded('uniform') }],
  ['student', { usage: 'student(df, seed)', arity: 2, build: student }],
]);

/** The source, or undefined after a complaint. */
export function tensorSource(assembly: Assembly, { value, cols }: Argument): TensorSource | undefined {
  const { diagnostics } = assembly;
  if (cols !== undefined) {
    return diagnostics.error(cols.span, 'a shape is not expected here', USAGE);
  }
  if (value.kind === 'string') return file(assembly, value, false);
  if (value.kind !== 'name' && value.kind !== 'call') {
    return diagnostics.error(value.span, 'expected the source of a tensor', USAGE);
  }
  if (value.kind === 'name') {
    const source = WORDS.get(value.name);
    if (source !== undefined) return source;
    const call = CALLS.get(value.name);
    const names = [...WORDS.keys(), ...CALLS.keys()];
    return diagnostics.error(value.span, `unknown source ${quoted(value.name)}`, () =>
      call === undefined ? suggestion(value.name, names, USAGE) : `write ${call.usage}`,
    );
  }
  return callSource(assembly, value);
}

function callSource(assembly: Assembly, node: CallNode): TensorSource | undefined {
  const { name } = node.name;
  const call = CALLS.get(name);
  if (call === undefined) {
    return assembly.diagnostics.error(node.name.span, `unknown source ${quoted(name)}`, () =>
      suggestion(name, CALLS.keys(), USAGE),
    );
  }
  if (node.arguments.length !== call.arity) {
    return assembly.diagnostics.error(
      node.span,
      `${name} takes ${call.arity} ${call.arity === 1 ? 'argument' : 'arguments'}, not ${node.arguments.length}`,
      `write ${call.usage}`,
    );
  }
  return call.build(assembly, node);
}

function file(
  assembly: Assembly,
  { value, key, span }: StringNode,
  tiled: boolean,
): TensorSource | undefined {
  if (value === '') {
    return assembly.diagnostics.error(span, 'the path of a tensor file is empty', USAGE);
  }
  return key === undefined ? { kind: 'file', path: value, tiled } : { kind: 'file', path: value, key, tiled };
}

function tiledFile(assembly: Assembly, { arguments: [path] }: CallNode): TensorSource | undefined {
  if (path!.kind === 'string') return file(assembly, path!, true);
  return assembly.diagnostics.error(path!.span, 'expected a file in quotes', 'write tiled("FILE"#key)');
}

function seeded(kind: 'normal' | 'uniform'): SourceCall['build'] {
  return (assembly, { arguments: [first] }) => {
    const seed = atLeast(assembly, first!, 0, 'a seed');
    return seed === undefined ? undefined : { kind, seed };
  };
}

function student(assembly: Assembly, { arguments: [first, second] }: CallNode): TensorSource | undefined {
  const degrees = atLeast(assembly, first!, 1, 'the degrees of freedom');
  const seed = atLeast(assembly, second!, 0, 'a seed');
  return degrees === undefined || seed === undefined ? undefined : { kind: 'student', degrees, seed };
}

function atLeast(assembly: Assembly, node: Expression, min: number, what: string): number | undefined {
  const value = evaluate(node, assembly);
  if (value === undefined || value >= min) return value;
  return assembly.diagnostics.error(node.span, `${value} is too small`, `${what} must be ${min} or more`);
}
