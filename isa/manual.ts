/**
 * The manual of the instruction set, generated from the records: `manual.md` beside this file is its output, and a test
 * compares them.
 */
import { layoutOf } from './encoding.js';
import type { InstructionSpec } from './instruction.js';
import { OPERAND_KINDS, type OperandKind, SPECIAL_REGISTERS } from './operands.js';

/** A directive as the manual prints it; the assembler's table has such rows. */
export interface DirectiveEntry {
  readonly name: string;
  readonly syntax: string;
  readonly summary: string;
  readonly example: readonly string[];
}

/** What the examples of the instructions refer to. */
export const EXAMPLE_DECLARATIONS: readonly string[] = [
  '.tensor A, nvfp4, 256x256, normal(1)',
  '.tensor B, nvfp4, 256x256, normal(2)',
  '.tensor D, fp32, 256x256, out',
  '.smem As, nvfp4, 128x64, stages=2',
  '.smem Bs, nvfp4, 128x64, stages=2',
  '.tensor X, bf16, 256x256, normal(3)',
  '.tensor R, fp32, 256x1, out',
  '.smem Xs, bf16, 128x64, stages=2',
  '.smem Xr, bf16, 128x64',
  '.smem rowmax, fp32, 128x1',
  '.acc acc, 128x128',
  '.acc acc2, 128x128',
  '.barrier full[2]',
  '.barrier empty[2]',
  '.barrier stored',
  '.grid 2, 2',
];

/** A program in which an example line of any record is valid. */
export function exampleProgram(line: string): string {
  return [
    ...EXAMPLE_DECLARATIONS,
    '.stream main',
    'again:',
    `  ${line}`,
    'done:',
    '  halt',
    '.endstream',
    '',
  ].join('\n');
}

/** The manual as Markdown. */
export function manual(
  instructions: readonly InstructionSpec[],
  directives: readonly DirectiveEntry[],
): string {
  const groups = [...new Set(instructions.map(({ group }) => group))];
  return [
    HEAD,
    '## Directives\n',
    ...directives.map(directiveEntry),
    '## Operands\n',
    table(
      ['operand', 'is', 'bits'],
      Object.entries(OPERAND_KINDS).map(([kind, { expects, width }]) => [kind, expects, String(width)]),
    ),
    `Special registers: ${SPECIAL_REGISTERS.map(code).join(', ')}.\n`,
    WORDS,
    '## Declarations of the examples\n',
    fence(EXAMPLE_DECLARATIONS),
    ...groups.flatMap((group) => [
      `## Group: ${group}\n`,
      ...instructions.filter((spec) => spec.group === group).map(entry),
    ]),
  ].join('\n');
}

const HEAD = `# Instruction set

Generated from the records in this folder; do not edit.

One statement a line. Comments begin with \`;\` or \`//\`. A label is \`name:\`; a local label \`.name:\` belongs to the global
label above it, or to its stream above the first one. Numbers are decimal, \`0x…\` or \`0b…\`, with \`_\` between digits.
Constant expressions have C's operators and precedence, and the functions \`sizeof(X)\` (bytes of one stage of a buffer or
accumulator, or of a tensor), \`rows(X)\`, \`cols(X)\`, \`ceil(a, b)\` (a / b rounded up), \`min\`, \`max\` and \`log2\` (of powers
of two). A constant or object is declared above the directives that use it; labels may stand below.

A shape is \`ROWSxCOLUMNS\`: \`256x128\`, \`M x K\`, \`(M * 2) x K\`. Without spaces, \`MxK\` is a shape when both halves are
constants or numbers and \`MxK\` itself is not a constant.
`;

const WORDS = `## Words

An instruction is a word of 64 bits: the opcode in bits 0 to 7, then a field for each suffix (0: absent), then the
operands. An optional operand has one bit before it that says whether it is there. All bits above the last field are 0.
`;

function directiveEntry({ name, syntax, summary, example }: DirectiveEntry): string {
  return [`### ${name}\n`, `${code(syntax)}\n`, `${sentence(summary)}\n`, fence(example)].join('\n');
}

/** The summary as a sentence, unless it begins with something to type. */
function sentence(summary: string): string {
  return `${summary[0]!.toUpperCase()}${summary.slice(1)}.`;
}

function entry(spec: InstructionSpec): string {
  const fields = layoutOf(spec).map(({ name, from, width }) => [
    width === 1 ? `${from}` : `${from}–${from + width - 1}`,
    name,
    meaningOf(spec, name),
  ]);
  return [
    `### ${spec.mnemonic}\n`,
    `${code(syntaxOf(spec))} · unit: ${spec.unit}\n`,
    `${spec.summary}.\n`,
    table(['bits', 'field', 'holds'], fields),
    fence([spec.example]),
  ].join('\n');
}

/** `mma[.semantic] accumulator, a, b[, start]` */
export function syntaxOf({ mnemonic, modifiers, operands }: InstructionSpec): string {
  const suffixes = modifiers.map(({ name, required }) => (required ? `.${name}` : `[.${name}]`));
  const texts = Object.entries(operands).map(([name, { optional }], i) => {
    const separated = i === 0 ? ` ${name}` : `, ${name}`;
    return optional ? `[${separated}]` : separated;
  });
  return `${mnemonic}${suffixes.join('')}${texts.join('')}`;
}

function meaningOf(spec: InstructionSpec, field: string): string {
  if (field === 'opcode') return `0x${spec.opcode.toString(16).padStart(2, '0')}`;
  const modifier = spec.modifiers.find(({ name }) => name === field);
  if (modifier !== undefined) {
    return modifier.values.map((value, i) => `${i + 1} ${code(`.${value.replaceAll('-', '_')}`)}`).join(', ');
  }
  const kind: OperandKind | undefined = spec.operands[field]?.kind;
  return kind === undefined ? '1 if it is there' : OPERAND_KINDS[kind].expects;
}

/** A table with its columns aligned, as the formatter of this project leaves it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const [first, ...others] = cells.map(line);
  return `${[first, line(widths.map((width) => '-'.repeat(width))), ...others].join('\n')}\n`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function fence(lines: readonly string[]): string {
  return `${['```', ...lines, '```'].join('\n')}\n`;
}
