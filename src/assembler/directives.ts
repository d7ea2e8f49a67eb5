/**
 * The directives as a table. To add one that declares something, add a row here and its function to `declarations.ts`;
 * those that decide which lines are assembled are in `expansion`, a family a file.
 */
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
import { CONDITIONALS } from './expansion/conditionals.js';
import type { Control } from './expansion/control.js';
import { INCLUSION } from './expansion/inclusion.js';
import { MACROS } from './expansion/macros.js';
import { REPETITION } from './expansion/repetition.js';

export interface DirectiveSpec extends ArgumentRules {
  /** With its dot. */
  readonly name: string;
  readonly summary: string;
  /** Whether the first argument is a name that it declares. */
  readonly declares: boolean;
  /** Lines that are valid before the streams of any program. */
  readonly example: readonly string[];
  /** What it does when it is met, if it declares something or checks it. */
  readonly declare?: Declare;
  /** What it does if it decides which lines are assembled. */
  readonly control?: Control;
}

const ROWS: readonly DirectiveSpec[] = [
  {
    name: '.machine',
    syntax: '.machine NAME',
    summary: 'the machine model that the program is written for',
    declares: false,
    example: ['.machine fp4core'],
    positional: [1, 1],
    named: [],
    declare: declareMachine,
  },
  {
    name: '.equ',
    syntax: '.equ NAME, VALUE',
    summary: 'a constant',
    declares: true,
    example: ['.equ ROWS, 64 * 2'],
    positional: [2, 2],
    named: [],
    declare: declareConstant(false),
  },
  {
    name: '.param',
    syntax: '.param NAME, DEFAULT',
    summary: 'a constant that `--set NAME=…` overrides',
    declares: true,
    example: ['.param M, 256'],
    positional: [2, 2],
    named: [],
    declare: declareConstant(true),
  },
  {
    name: '.assert',
    syntax: '.assert CONDITION, "MESSAGE"',
    summary: 'an error with this message if the condition is 0',
    declares: false,
    example: ['.param M, 256', '.assert M % 64 == 0, "M must be a multiple of the tile, 64"'],
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
    example: [
      '.tensor A, nvfp4, 256x128, normal(1)',
      '.tensor B, nvfp4, 256x128, tiled("data/lm_sample.safetensors"#qkv.weight)',
      '.tensor D, fp32, 256x256, out',
    ],
    positional: [4, 4],
    named: [],
    declare: declareTensor,
  },
  {
    name: '.smem',
    syntax: '.smem NAME, FORMAT, ROWSxCOLUMNS[, stages=n]',
    summary: 'a buffer in shared memory; a block format holds codes and scales',
    declares: true,
    example: ['.smem As, nvfp4, 128x64, stages=4'],
    positional: [3, 3],
    named: ['stages'],
    declare: declareBuffer,
  },
  {
    name: '.acc',
    syntax: '.acc NAME, ROWSxCOLUMNS[, stages=n]',
    summary: 'an accumulator of 32 bits an element',
    declares: true,
    example: ['.acc sums, 128x128, stages=2'],
    positional: [2, 2],
    named: ['stages'],
    declare: declareAccumulator,
  },
  {
    name: '.barrier',
    syntax: '.barrier NAME[count][, arrivals=n]',
    summary: 'one or `count` barriers, and the arrivals that complete a phase; also `.barrier NAME, count`',
    declares: true,
    example: ['.barrier full[4]', '.barrier empty[4], arrivals=2'],
    positional: [1, 2],
    named: ['count', 'arrivals'],
    declare: declareBarrier,
  },
  {
    name: '.grid',
    syntax:
      '.grid TILES_M, TILES_N[, row|column|swizzle(n)][, dynamic][, split_k(parts, steps)|stream_k(steps)]',
    summary:
      'the output tiles, the order in which they are handed out, whether on demand, and how the k-steps of a tile are divided among work items; one in each program',
    declares: false,
    example: ['.grid 4, 4, swizzle(2), dynamic, split_k(2, 16)'],
    positional: [2, 5],
    named: [],
    declare: declareGrid,
  },
  {
    name: '.stream',
    syntax: '.stream NAME[, count=n]',
    summary: 'begins an instruction stream, of which each core runs `count`',
    declares: true,
    example: ['.stream worker, count=2', '  mov r1, %stream', '  halt', '.endstream'],
    positional: [1, 1],
    named: ['count'],
    declare: beginStream,
  },
  {
    name: '.endstream',
    syntax: '.endstream',
    summary: 'ends the stream',
    declares: false,
    example: ['.stream idle', '  halt', '.endstream'],
    positional: [0, 0],
    named: [],
    declare: endStream,
  },
];

/** Every directive by name, in the order of the manual. */
export const DIRECTIVES: ReadonlyMap<string, DirectiveSpec> = new Map(
  [...ROWS, ...CONDITIONALS, ...REPETITION, ...MACROS, ...INCLUSION].map((row) => [row.name, row]),
);

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
    if (values !== undefined) spec.declare?.(assembly, node, values);
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
    assembly.markStreamBroken();
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
