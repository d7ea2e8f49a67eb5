/** Mnemonics with their suffixes, and the operands that a record asks for. */
import {
  INSTRUCTION_BY_MNEMONIC,
  type Instruction,
  type InstructionSpec,
  type ModifierSpec,
  type OperandKind,
  type OperandValue,
} from '../../isa/index.js';
import type { Assembly, PendingInstruction } from './assembly.js';
import type { Expression, InstructionNode } from './ast.js';
import { quoted, suggestion } from './diagnostics.js';
import { OPERAND_RESOLVERS, type OperandScope } from './operands.js';
import type { Span } from './program.js';

/** A modifier's value as it is written behind a mnemonic. */
export function suffixOf(value: string): string {
  return value.replaceAll('-', '_');
}

/** The instruction, or undefined after a complaint. */
export function resolveInstruction(
  assembly: Assembly,
  instruction: PendingInstruction,
): Instruction | undefined {
  const { node } = instruction;
  const found = findMnemonic(node.mnemonic);
  if (found === undefined) {
    return assembly.diagnostics.error(node.mnemonicSpan, `unknown instruction ${quoted(node.mnemonic)}`, () =>
      mnemonicHint(node, assembly),
    );
  }
  const modifiers = resolveModifiers(assembly, node, found.spec, found.suffixes);
  const operands = resolveOperands({ assembly, instruction, spec: found.spec });
  return modifiers && operands && { spec: found.spec, modifiers, operands };
}

/** The record of a mnemonic with its suffixes, right or wrong. */
export function recordOf(word: string): InstructionSpec | undefined {
  return findMnemonic(word)?.spec;
}

/** The record of the longest dotted prefix that is a mnemonic, and the parts behind it. */
function findMnemonic(word: string): { spec: InstructionSpec; suffixes: readonly string[] } | undefined {
  const parts = word.split('.', 8);
  for (let length = parts.length; length > 0; length--) {
    const spec = INSTRUCTION_BY_MNEMONIC.get(parts.slice(0, length).join('.'));
    if (spec !== undefined) return { spec, suffixes: word.split('.').slice(length) };
  }
  return undefined;
}

/** The nearest mnemonic or macro to the word or to a part of it that could stand before suffixes; else its family. */
function mnemonicHint({ mnemonic }: InstructionNode, { macros }: Assembly): string | undefined {
  const parts = mnemonic.split('.', 8);
  const names = [...INSTRUCTION_BY_MNEMONIC.keys(), ...macros.keys()];
  for (let length = parts.length; length > 0; length--) {
    const near = suggestion(parts.slice(0, length).join('.'), names);
    if (near !== undefined) return near;
  }
  const family = names.filter((name) => name.startsWith(`${parts[0]}.`));
  return family.length > 0 ? `known: ${family.join(', ')}` : 'isa/manual.md lists the instructions';
}

/** One value a modifier of the record. */
function resolveModifiers(
  { diagnostics }: Assembly,
  { mnemonicSpan, mnemonic }: InstructionNode,
  spec: InstructionSpec,
  suffixes: readonly string[],
): (string | undefined)[] | undefined {
  const values: (string | undefined)[] = spec.modifiers.map(() => undefined);
  let next = 0;
  let offset = mnemonic.length - suffixes.reduce((sum, suffix) => sum + suffix.length + 1, 0);
  for (const suffix of suffixes) {
    const span = { ...mnemonicSpan, column: mnemonicSpan.column + offset, length: suffix.length + 1 };
    offset += suffix.length + 1;
    const at = spec.modifiers.findIndex(
      ({ values }, i) => i >= next && values.some((v) => suffixOf(v) === suffix),
    );
    if (at < 0) {
      return diagnostics.error(span, `${spec.mnemonic} has no suffix ${quoted(`.${suffix}`)}`, () =>
        suffixHint(suffix, spec.modifiers.slice(next)),
      );
    }
    values[at] = spec.modifiers[at]!.values.find((value) => suffixOf(value) === suffix);
    next = at + 1;
  }
  const missing = spec.modifiers.find(({ required }, i) => required && values[i] === undefined);
  if (missing === undefined) return values;
  const list = missing.values.map((value) => `.${suffixOf(value)}`).join(', ');
  return diagnostics.error(
    mnemonicSpan,
    `${spec.mnemonic} needs a suffix for its ${missing.name}`,
    `known: ${list}`,
  );
}

function suffixHint(suffix: string, left: readonly ModifierSpec[]): string | undefined {
  return suggestion(
    `.${suffix}`,
    left.flatMap(({ values }) => values.map((value) => `.${suffixOf(value)}`)),
    'leave it out',
  );
}

/** The values of the operands by name. All wrong operands are reported. */
function resolveOperands(scope: OperandScope): Record<string, OperandValue> | undefined {
  const { spec, instruction } = scope;
  const { node } = instruction;
  const wanted = Object.entries(spec.operands);
  const least = wanted.filter(([, { optional }]) => !optional).length;
  if (node.operands.length < least || node.operands.length > wanted.length) {
    return scope.assembly.diagnostics.error(
      placeOfCount(node, wanted.length),
      countMessage(spec, least, node.operands.length),
      `for example: ${spec.example}`,
    );
  }
  const values: Record<string, OperandValue> = {};
  node.operands.forEach((operand, i) => {
    const [name, { kind }] = wanted[i]!;
    const value = resolve(kind, operand, scope);
    if (value !== undefined) values[name] = value;
  });
  return Object.keys(values).length === node.operands.length ? values : undefined;
}

function resolve(kind: OperandKind, operand: Expression, scope: OperandScope): OperandValue | undefined {
  return OPERAND_RESOLVERS[kind](operand, scope);
}

function placeOfCount({ operands, span, mnemonicSpan }: InstructionNode, most: number): Span {
  if (operands.length <= most) return mnemonicSpan;
  const from = operands[most]!.span;
  return { ...from, length: span.column + span.length - from.column };
}

/** `add takes 3 operands, not 2` */
function countMessage({ mnemonic, operands }: InstructionSpec, least: number, given: number): string {
  const most = Object.keys(operands).length;
  if (most === 0) return `${mnemonic} takes no operands`;
  const range = least === most ? `${most}` : `${least} to ${most}`;
  return `${mnemonic} takes ${range} ${range === '1' ? 'operand' : 'operands'}, not ${given}`;
}
