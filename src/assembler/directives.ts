/** The directives as a table. To add one, add a row here and its function to `declarations.ts`. */
import type { Assembly } from './assembly.js';
import type { BrokenNode, DirectiveNode } from './ast.js';
import {
  beginStream,
  checkAssertion,
  type Declare,
  declareAccumulator,
  declareBarrier,
  declareBuffer,
  declareConstant,
  declareGrid,
  declareMachine,
  declareTensor,
  endStream,
} from './declarations.js';
import { quoted, suggestion } from './diagnostics.js';
import { type ArgumentRules, sortArguments } from './directive-arguments.js';

export interface DirectiveSpec extends ArgumentRules {
  /** With its dot. */
  readonly name: string;
  readonly summary: string;
  /** Whether the first argument is a name that it declares. */
  readonly declares: boolean;
  readonly declare: Declare;
}

const ROWS: readonly DirectiveSpec[] = [
  {
    name: '.machine',
    syntax: '.machine NAME',
    summary: 'the machine model that the program is written for',
    declares: false,
    positional: [1, 1],
    named: [],
    declare: declareMachine,
  },
  {
    name: '.equ',
    syntax: '.equ NAME, VALUE',
    summary: 'a constant',
    declares: true,
    positional: [2, 2],
    named: [],
    declare: declareConstant(false),
  },
  {
    name: '.param',
    syntax: '.param NAME, DEFAULT',
    summary: 'a constant that `--set NAME=…` overrides',
    declares: true,
    positional: [2, 2],
    named: [],
    declare: declareConstant(true),
  },
  {
    name: '.assert',
    syntax: '.assert CONDITION, "MESSAGE"',
    summary: 'an error with this message if the condition is 0',
    declares: false,
    positional: [2, 2],
    named: [],
    declare: checkAssertion,
  },
  {
    name: '.tensor',
    syntax: '.tensor NAME, FORMAT, ROWSxCOLUMNS, SOURCE',
    summary:
      'a tensor in global memory; source: `"FILE.safetensors"#key`, `"FILE.npy"`, `tiled("FILE"#key)`, `normal(seed)`, `uniform(seed)`, `student(df, seed)`, `zeros` or `out`',
    declares: true,
    positional: [4, 4],
    named: [],
    declare: declareTensor,
  },
  {
    name: '.smem',
    syntax: '.smem NAME, FORMAT, ROWSxCOLUMNS[, stages=n]',
    summary: 'a buffer in shared memory; a block format holds codes and scales',
    declares: true,
    positional: [3, 3],
    named: ['stages'],
    declare: declareBuffer,
  },
  {
    name: '.acc',
    syntax: '.acc NAME, ROWSxCOLUMNS[, stages=n]',
    summary: 'an accumulator of 32 bits an element',
    declares: true,
    positional: [2, 2],
    named: ['stages'],
    declare: declareAccumulator,
  },
  {
    name: '.barrier',
    syntax: '.barrier NAME[count][, arrivals=n]',
    summary: 'one or `count` barriers, and the arrivals that complete a phase; also `.barrier NAME, count`',
    declares: true,
    positional: [1, 2],
    named: ['count', 'arrivals'],
    declare: declareBarrier,
  },
  {
    name: '.grid',
    syntax: '.grid TILES_M, TILES_N[, row|column|swizzle(n)]',
    summary: 'the output tiles and the order in which they are handed out; one in each program',
    declares: false,
    positional: [2, 3],
    named: [],
    declare: declareGrid,
  },
  {
    name: '.stream',
    syntax: '.stream NAME[, count=n]',
    summary: 'begins an instruction stream, of which each core runs `count`',
    declares: true,
    positional: [1, 1],
    named: ['count'],
    declare: beginStream,
  },
  {
    name: '.endstream',
    syntax: '.endstream',
    summary: 'ends the stream',
    declares: false,
    positional: [0, 0],
    named: [],
    declare: endStream,
  },
];

/** Every directive by name, in the order of the manual. */
export const DIRECTIVES: ReadonlyMap<string, DirectiveSpec> = new Map(ROWS.map((row) => [row.name, row]));

/** Carries out a directive; what it would have declared is marked broken when it fails. */
export function applyDirective(assembly: Assembly, node: DirectiveNode): void {
  const { diagnostics } = assembly;
  const before = diagnostics.count;
  const spec = DIRECTIVES.get(node.name);
  assembly.seen.add(node.name);
  if (spec === undefined) {
    diagnostics.error(node.nameSpan, `unknown directive ${quoted(node.name)}`, () =>
      suggestion(node.name, DIRECTIVES.keys(), 'isa/manual.md lists the directives'),
    );
  } else {
    const values = sortArguments(assembly, node, spec);
    if (values !== undefined) spec.declare(assembly, node, values);
  }
  if (diagnostics.count === before) return;
  abandon(assembly, {
    kind: 'broken',
    directive: node.name,
    declares: declaredName(node),
    span: node.span,
  });
}

/** What follows from a line that failed: its name is not missing, its stream has begun or ended. */
export function abandon(assembly: Assembly, { directive, declares, span }: BrokenNode): void {
  if (directive === undefined) {
    if (assembly.stream !== undefined) assembly.stream.broken = true;
    return;
  }
  assembly.seen.add(directive);
  if (declares !== undefined && DIRECTIVES.get(directive)?.declares !== false) {
    assembly.symbols.markBroken(declares);
  }
  if (directive === '.stream' && assembly.stream === undefined) assembly.beginStream(declares ?? '', 1, span);
  if (directive === '.endstream') assembly.endStream();
}

function declaredName({ arguments: [first] }: DirectiveNode): string | undefined {
  const value = first?.value;
  if (value?.kind === 'name') return value.name;
  return value?.kind === 'index' ? value.name.name : undefined;
}
