/** Operands: for each kind, how the syntax tree becomes the kind's value. A table, so that a new kind is a new row. */
import {
  INDEX_LIMIT,
  type InstructionSpec,
  type ObjectClass,
  OPERAND_KINDS,
  type OperandKind,
  type OperandValues,
  REGISTER_COUNT,
  type Slot,
  type Source,
  SPECIAL_REGISTERS,
} from '../../isa/index.js';
import type { Assembly, PendingInstruction } from './assembly.js';
import type { Expression, IndexNode, NameNode } from './ast.js';
import { quoted, suggestion } from './diagnostics.js';
import { evaluate } from './expressions.js';
import { CLASS_NOUNS, type ObjectSymbol, withArticle } from './symbols.js';

/** What an operand is resolved against. */
export interface OperandScope {
  readonly assembly: Assembly;
  readonly instruction: PendingInstruction;
  readonly spec: InstructionSpec;
}

type Resolver<K extends OperandKind> = (
  node: Expression,
  scope: OperandScope,
) => OperandValues[K] | undefined;

/** Each returns the value, or undefined after a complaint. */
export const OPERAND_RESOLVERS: { readonly [K in OperandKind]: Resolver<K> } = {
  register: registerOperand,
  source: (node, scope) => sourceOperand(node, scope, 'source', -(2 ** 31), 2 ** 32 - 1),
  shortSource: (node, scope) => sourceOperand(node, scope, 'shortSource', -(2 ** 15), 2 ** 15 - 1),
  label: labelOperand,
  buffer: (node, scope) => slotOperand(node, scope, 'buffer'),
  accumulator: (node, scope) => slotOperand(node, scope, 'accumulator'),
  matrix: matrixOperand,
  barrier: (node, scope) => slotOperand(node, scope, 'barrier'),
  tensor: tensorOperand,
  tile: tileOperand,
  count: countOperand,
  start: startOperand,
};

/** The number of a register word, or undefined for another word. */
function registerNumber(node: Expression): number | undefined {
  if (node.kind !== 'name') return undefined;
  const match = /^r(0|[1-9][0-9]?)$/.exec(node.name);
  const number = match === null ? undefined : Number(match[1]);
  return number !== undefined && number < REGISTER_COUNT ? number : undefined;
}

function expected(
  node: Expression,
  { assembly, spec }: OperandScope,
  kind: OperandKind,
  hint?: string,
): undefined {
  assembly.diagnostics.error(
    node.span,
    `expected ${OPERAND_KINDS[kind].expects}`,
    hint ?? `for example: ${spec.example}`,
  );
}

function registerOperand(node: Expression, scope: OperandScope): number | undefined {
  const register = registerNumber(node);
  if (register !== undefined) return register;
  const isRegisterLike = node.kind === 'name' && /^r[0-9]+$/.test(node.name);
  if (isRegisterLike) return expected(node, scope, 'register', `there is no ${quoted(node.name)}`);
  const isNumber = node.kind === 'number' || node.kind === 'special';
  return expected(node, scope, 'register', isNumber ? 'mov puts a value into a register' : undefined);
}

function sourceOperand(
  node: Expression,
  scope: OperandScope,
  kind: 'source' | 'shortSource',
  min: number,
  max: number,
): Source | undefined {
  const { assembly } = scope;
  const register = registerNumber(node);
  if (register !== undefined) return { kind: 'register', register };
  if (node.kind === 'special') return specialOperand(node.name, node, scope);
  if (node.kind === 'local' || node.kind === 'string' || node.kind === 'index') {
    return expected(node, scope, kind);
  }
  const value = evaluate(node, assembly);
  if (value === undefined) return undefined;
  if (value < min || value > max) {
    const hint = kind === 'shortSource' ? 'put it into a register with mov first' : 'registers have 32 bits';
    return assembly.diagnostics.error(node.span, `${value} is outside ${min} … ${max}`, hint);
  }
  return { kind: 'immediate', value: value | 0 };
}

function specialOperand(name: string, node: Expression, { assembly }: OperandScope): Source | undefined {
  const special = SPECIAL_REGISTERS.find((known) => known === name);
  if (special !== undefined) return { kind: 'special', special };
  return assembly.diagnostics.error(node.span, `unknown special register ${quoted(name)}`, () =>
    suggestion(name, SPECIAL_REGISTERS),
  );
}

function labelOperand(node: Expression, scope: OperandScope): number | undefined {
  if (node.kind !== 'name' && node.kind !== 'local') return expected(node, scope, 'label');
  const { assembly, instruction } = scope;
  const key = node.kind === 'local' ? `${instruction.labelScope}${node.name}` : node.name;
  const label = assembly.labels.get(key);
  if (label === undefined) {
    return assembly.diagnostics.error(node.span, `unknown label ${quoted(node.name)}`, () =>
      labelHint(node.name, scope),
    );
  }
  if (label.stream !== instruction.stream) {
    const other = assembly.streams[label.stream]!.name;
    return assembly.diagnostics.error(
      node.span,
      `label "${node.name}" is in stream "${other}"`,
      'a branch stays in its stream',
    );
  }
  return label.target;
}

/** Where the label is, if it is out of its scope; else the nearest label that can be seen from here. */
function labelHint(name: string, { assembly, instruction }: OperandScope): string | undefined {
  const local = `${instruction.labelScope}.`;
  const reachable: string[] = [];
  for (const [key, { stream, name: written }] of assembly.labels) {
    if (stream !== instruction.stream) continue;
    if (written === name)
      return `${name} belongs to "${key.slice(0, -name.length)}" and is not seen from here`;
    if (key === written || key.startsWith(local)) reachable.push(written);
  }
  return suggestion(name, reachable, 'a label is a name and a colon before an instruction');
}

/** How an object of each class is declared. */
const DECLARED_BY: Readonly<Record<ObjectClass, string>> = {
  tensor: 'declare it with .tensor',
  buffer: 'declare it with .smem',
  accumulator: 'declare it with .acc',
  barrier: 'declare it with .barrier',
};

/** The object that a name or an indexed name means, if it is of the class. */
function objectOf(node: NameNode, { assembly }: OperandScope, wanted: ObjectClass): ObjectSymbol | undefined {
  const { symbols, diagnostics } = assembly;
  const meaning = symbols.get(node.name);
  if (meaning?.kind === 'object' && meaning.object.class === wanted) return meaning.object;
  if (symbols.isBroken(node.name)) return undefined;
  const hint = () => suggestion(node.name, symbols.names(wanted), DECLARED_BY[wanted]);
  if (meaning === undefined) {
    diagnostics.error(node.span, `unknown ${CLASS_NOUNS[wanted]} ${quoted(node.name)}`, hint);
  } else {
    const is = meaning.kind === 'constant' ? 'constant' : CLASS_NOUNS[meaning.object.class];
    diagnostics.error(
      node.span,
      `expected ${withArticle(CLASS_NOUNS[wanted])}, but "${node.name}" is ${withArticle(is)}`,
      hint,
    );
  }
  return undefined;
}

function slotOperand(
  node: Expression,
  scope: OperandScope,
  kind: 'buffer' | 'accumulator' | 'barrier',
): Slot | undefined {
  if (node.kind !== 'name' && node.kind !== 'index') return expected(node, scope, kind);
  const object = objectOf(node.kind === 'name' ? node : node.name, scope, kind);
  if (object === undefined) return undefined;
  if (node.kind === 'name') return { id: object.id, index: { kind: 'immediate', value: 0 } };
  const [subscript] = node.subscripts;
  if (node.subscripts.length !== 1) return expected(node, scope, kind);
  const register = registerNumber(subscript!);
  if (register !== undefined) return { id: object.id, index: { kind: 'register', register } };
  const index = subscriptOf(subscript!, object, scope);
  return index === undefined ? undefined : { id: object.id, index: { kind: 'immediate', value: index } };
}

/** A buffer, unless the name is that of an accumulator. */
function matrixOperand(node: Expression, scope: OperandScope): OperandValues['matrix'] | undefined {
  const named = node.kind === 'index' ? node.name : node;
  if (named.kind !== 'name') return expected(node, scope, 'matrix');
  const meaning = scope.assembly.symbols.get(named.name);
  const isAccumulator = meaning?.kind === 'object' && meaning.object.class === 'accumulator';
  const memory = isAccumulator ? 'accumulator' : 'buffer';
  const slot = slotOperand(node, scope, memory);
  return slot && { ...slot, memory };
}

/** A constant subscript within the object's stages. */
function subscriptOf(node: Expression, object: ObjectSymbol, { assembly }: OperandScope): number | undefined {
  if (node.kind === 'special') {
    return assembly.diagnostics.error(
      node.span,
      'a subscript is a register or a constant',
      `mov ${node.name} into a register first`,
    );
  }
  const value = evaluate(node, assembly);
  if (value === undefined) return undefined;
  const last = Math.min(object.count - 1, INDEX_LIMIT);
  if (value >= 0 && value <= last) return value;
  const hint = object.count === 1 ? 'it has one, [0]' : `it has [0] to [${last}]`;
  return assembly.diagnostics.error(node.span, `there is no ${object.name}[${value}]`, hint);
}

function tensorOperand(node: Expression, scope: OperandScope): number | undefined {
  if (node.kind !== 'name') return expected(node, scope, 'tensor');
  return objectOf(node, scope, 'tensor')?.id;
}

function tileOperand(node: Expression, scope: OperandScope): OperandValues['tile'] | undefined {
  if (node.kind === 'name') {
    const tensor = objectOf(node, scope, 'tensor');
    return tensor && expected(node, scope, 'tile', `write ${tensor.name}[rRow, rCol]`);
  }
  if (node.kind !== 'index') return expected(node, scope, 'tile');
  const tensor = objectOf(node.name, scope, 'tensor');
  if (tensor === undefined) return undefined;
  if (node.subscripts.length !== 2) return expected(node, scope, 'tile');
  const [row, col] = tileRegisters(node, scope);
  return row === undefined || col === undefined ? undefined : { id: tensor.id, row, col };
}

function tileRegisters(node: IndexNode, scope: OperandScope): (number | undefined)[] {
  return node.subscripts.map((subscript) => {
    const register = registerNumber(subscript);
    if (register !== undefined) return register;
    const zero = subscript.kind === 'number' && subscript.value === 0;
    return expected(subscript, scope, 'register', zero ? 'r0 reads 0' : 'mov puts a value into a register');
  });
}

function countOperand(node: Expression, scope: OperandScope): number | undefined {
  const value = evaluate(node, scope.assembly);
  if (value === undefined || (value >= 0 && value <= 65_535)) return value;
  return expected(node, scope, 'count');
}

function startOperand(node: Expression, scope: OperandScope): OperandValues['start'] | undefined {
  if (node.kind === 'name' && node.name === 'init') return { kind: 'init' };
  const register = registerNumber(node);
  return register === undefined ? expected(node, scope, 'start') : { kind: 'register', register };
}
