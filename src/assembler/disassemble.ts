/**
 * Program to text, in one canonical form: directives in the order machine, parameters, objects by class, grid, then the
 * streams with their labels. The text assembles to the same words, declarations and labels; with `--set` for the
 * parameters that a comment `; set to n` marks, also to the same parameters. Constants of the source (`.equ`) and
 * assertions are gone: their values are in the text.
 */
import type {
  Instruction,
  ObjectClass,
  OperandKind,
  OperandValue,
  OperandValues,
  Slot,
  Source,
} from '../../isa/index.js';
import { ConfigurationError } from '../numerics/index.js';
import { suffixOf } from './instructions.js';
import { type LabelPlan, planLabels } from './label-plan.js';
import { quoteString } from './lexer.js';
import type { BarrierDeclaration, GridDeclaration, Program, TensorSource } from './program.js';
import { formatText } from './storage.js';
import { CLASS_NOUNS } from './symbols.js';

/** What the text of an operand needs to know. */
interface PrintContext {
  readonly program: Program;
  readonly plan: LabelPlan;
  /** Index of the instruction. */
  readonly at: number;
}

type Printer<K extends OperandKind> = (value: OperandValues[K], context: PrintContext) => string;

const PRINTERS: { readonly [K in OperandKind]: Printer<K> } = {
  register: (register) => `r${register}`,
  source: printSource,
  shortSource: printSource,
  label: (target, { plan, at }) => {
    const name = plan.refer(at, target);
    if (name === undefined)
      throw new ConfigurationError(`instruction ${at} branches to ${target}, which it cannot reach`);
    return name;
  },
  buffer: (slot, context) => printSlot(slot, 'buffer', context),
  accumulator: (slot, context) => printSlot(slot, 'accumulator', context),
  matrix: (slot, context) => printSlot(slot, slot.memory, context),
  barrier: (slot, context) => printSlot(slot, 'barrier', context),
  tensor: (id, context) => objectName('tensor', id, context).name,
  tile: ({ id, row, col }, context) => `${objectName('tensor', id, context).name}[r${row}, r${col}]`,
  count: (count) => String(count),
  start: (start) => (start.kind === 'init' ? 'init' : `r${start.register}`),
};

/**
 * The whole program as text. Throws `ConfigurationError` when an instruction names an object that is not declared,
 * which no program that `assemble` or `readObject` returned does.
 */
export function disassemble(program: Program): string {
  const plan = planLabels(program, branchTargets(program));
  const head = declarations(program).filter((group) => group.length > 0);
  const streams = program.streams.map(({ name, count, start, length }) => [
    `.stream ${name}${count === 1 ? '' : `, count=${count}`}`,
    ...range(start, start + length).flatMap((at) => [
      ...(plan.definitions.get(at) ?? []).map((label) => `${label}:`),
      `  ${printInstruction(program.instructions[at]!, { program, plan, at })}`,
    ]),
    '.endstream',
  ]);
  return `${[...head, ...streams].map((group) => group.join('\n')).join('\n\n')}\n`;
}

/** The text of an instruction by its index, as `disassemble` writes it. */
export function instructionTexts(program: Program): (at: number) => string {
  const plan = planLabels(program, branchTargets(program));
  return (at) => printInstruction(program.instructions[at]!, { program, plan, at });
}

function printInstruction({ spec, modifiers, operands }: Instruction, context: PrintContext): string {
  const suffixes = modifiers.map((value) => (value === undefined ? '' : `.${suffixOf(value)}`));
  const texts = Object.entries(spec.operands).flatMap(([name, { kind }]) => {
    const value = operands[name];
    return value === undefined ? [] : [print(kind, value, context)];
  });
  const mnemonic = `${spec.mnemonic}${suffixes.join('')}`;
  return texts.length === 0 ? mnemonic : `${mnemonic} ${texts.join(', ')}`;
}

function print(kind: OperandKind, value: OperandValue, context: PrintContext): string {
  // The record ties the operand's value to its kind, as in the encoder.
  return (PRINTERS[kind] as (v: OperandValue, c: PrintContext) => string)(value, context);
}

function printSource(source: Source): string {
  if (source.kind === 'register') return `r${source.register}`;
  return source.kind === 'special' ? source.special : String(source.value);
}

/** `NAME`, `NAME[index]`; the subscript is left out where there is only one stage and it is 0. */
function printSlot({ id, index }: Slot, wanted: ObjectClass, context: PrintContext): string {
  const { name, count } = objectName(wanted, id, context);
  if (index.kind === 'register') return `${name}[r${index.register}]`;
  return count === 1 && index.value === 0 ? name : `${name}[${index.value}]`;
}

function objectName(
  wanted: ObjectClass,
  id: number,
  { program, at }: PrintContext,
): { name: string; count: number } {
  const object = OBJECTS[wanted](program)[id];
  if (object !== undefined) return object;
  throw new ConfigurationError(`instruction ${at} names ${CLASS_NOUNS[wanted]} ${id}, which is not declared`);
}

type Named = { readonly name: string; readonly count: number };
const OBJECTS: Readonly<Record<ObjectClass, (program: Program) => readonly Named[]>> = {
  tensor: ({ tensors }) => tensors.map(({ name }) => ({ name, count: 1 })),
  buffer: ({ buffers }) => buffers.map(({ name, stages }) => ({ name, count: stages })),
  accumulator: ({ accumulators }) => accumulators.map(({ name, stages }) => ({ name, count: stages })),
  barrier: ({ barriers }) => barriers,
};

/** The targets of each instruction that has any. */
function branchTargets({ instructions }: Program): ReadonlyMap<number, readonly number[]> {
  const targets = new Map<number, number[]>();
  instructions.forEach(({ spec, operands }, at) => {
    for (const [name, { kind }] of Object.entries(spec.operands)) {
      if (kind !== 'label' || operands[name] === undefined) continue;
      targets.set(at, [...(targets.get(at) ?? []), operands[name] as OperandValues['label']]);
    }
  });
  return targets;
}

/** Groups of lines, each group under one blank line. */
function declarations({
  machine,
  parameters,
  tensors,
  buffers,
  accumulators,
  barriers,
  grid,
}: Program): string[][] {
  const stagesOf = (stages: number): string => (stages === 1 ? '' : `, stages=${stages}`);
  return [
    machine === undefined
      ? []
      : [`.machine ${/^[A-Za-z_]\w*$/.test(machine) ? machine : quoteString(machine)}`],
    parameters.map(
      ({ name, value, default: written }) =>
        `.param ${name}, ${written}${value === written ? '' : ` ; set to ${value}`}`,
    ),
    [
      ...tensors.map(
        ({ name, format, rows, cols, source }) =>
          `.tensor ${name}, ${formatText(format)}, ${rows}x${cols}, ${printTensorSource(source)}`,
      ),
      ...buffers.map(
        ({ name, format, rows, cols, stages }) =>
          `.smem ${name}, ${formatText(format)}, ${rows}x${cols}${stagesOf(stages)}`,
      ),
      ...accumulators.map(
        ({ name, rows, cols, stages }) => `.acc ${name}, ${rows}x${cols}${stagesOf(stages)}`,
      ),
      ...barriers.map(printBarrier),
    ],
    [`.grid ${grid.tilesM}, ${grid.tilesN}, ${scheduleText(grid)}`],
  ];
}

function printBarrier({ name, count, arrivals }: BarrierDeclaration): string {
  return `.barrier ${name}${count === 1 ? '' : `[${count}]`}${arrivals === 1 ? '' : `, arrivals=${arrivals}`}`;
}

/** The schedule of a grid as `.grid` takes it: `swizzle(2), dynamic, split_k(2, 16)`. */
export function scheduleText({ policy, dynamic, division }: GridDeclaration): string {
  const order = policy.kind === 'swizzle' ? `swizzle(${policy.group})` : policy.kind;
  const parts = [order, ...(dynamic ? ['dynamic'] : [])];
  if (division?.kind === 'split-k') parts.push(`split_k(${division.parts}, ${division.steps})`);
  if (division?.kind === 'stream-k') parts.push(`stream_k(${division.steps})`);
  return parts.join(', ');
}

const SOURCES: {
  readonly [K in TensorSource['kind']]: (source: Extract<TensorSource, { kind: K }>) => string;
} = {
  file: ({ path, key, tiled }) => {
    const text = `${quoteString(path)}${key === undefined ? '' : printKey(key)}`;
    return tiled ? `tiled(${text})` : text;
  },
  normal: ({ seed }) => `normal(${seed})`,
  uniform: ({ seed }) => `uniform(${seed})`,
  student: ({ degrees, seed }) => `student(${degrees}, ${seed})`,
  zeros: () => 'zeros',
  out: () => 'out',
};

function printTensorSource(source: TensorSource): string {
  return (SOURCES[source.kind] as (s: TensorSource) => string)(source);
}

function printKey(key: string): string {
  return /^[A-Za-z0-9_.\-/]+$/.test(key) ? `#${key}` : `#${quoteString(key)}`;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
