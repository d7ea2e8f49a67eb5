/**
 * Instruction words: 64 bits, laid out from the record alone.
 *
 *   bit 0            8              …                                              63
 *   | opcode (8) | modifiers (mostly 5 each) | operands in text order | zeros |
 *
 * An optional operand is preceded by one bit that says whether it is there; when it is not, its field is zero, and no
 * operand behind it is there either, as in text.
 * Every bit is accounted for: a word with an unknown opcode, a reserved code or a set bit beyond its fields does
 * not decode.
 */
import {
  type InstructionSpec,
  modifierWidth,
  OPCODE_WIDTH,
  type OperandMap,
  type OperandSpec,
} from './instruction.js';
import { OPERAND_KINDS, type OperandValue } from './operands.js';

/** One instruction as data: what the assembler makes and the machine runs. */
export interface Instruction {
  readonly spec: InstructionSpec;
  /** One entry a modifier of the record; undefined where the suffix is absent. */
  readonly modifiers: readonly (string | undefined)[];
  readonly operands: OperandMap;
}

/** A bit field of an instruction word. */
export interface Field {
  readonly name: string;
  /** Position of the least significant bit. */
  readonly from: number;
  readonly width: number;
}

/** The fields of an instruction's words, from the least significant bit up, without the zeros above them. */
export function layoutOf(spec: InstructionSpec): Field[] {
  const fields: Field[] = [{ name: 'opcode', from: 0, width: OPCODE_WIDTH }];
  const append = (name: string, width: number): void => {
    const last = fields.at(-1)!;
    fields.push({ name, from: last.from + last.width, width });
  };
  for (const modifier of spec.modifiers) append(modifier.name, modifierWidth(modifier));
  for (const [name, { kind, optional }] of Object.entries(spec.operands)) {
    if (optional) append(`has ${name}`, 1);
    append(name, OPERAND_KINDS[kind].width);
  }
  return fields;
}

/** Bits an instruction's fields take, at most 64. */
export function encodedWidth(spec: InstructionSpec): number {
  const last = layoutOf(spec).at(-1)!;
  return last.from + last.width;
}

/** The 64-bit word of an instruction. */
export function encode({ spec, modifiers, operands }: Instruction): bigint {
  let word = BigInt(spec.opcode);
  let position = OPCODE_WIDTH;
  const append = (field: bigint, width: number): void => {
    word |= field << BigInt(position);
    position += width;
  };
  spec.modifiers.forEach((modifier, i) => {
    const value = modifiers[i];
    append(BigInt(value === undefined ? 0 : modifier.values.indexOf(value) + 1), modifierWidth(modifier));
  });
  for (const [name, { kind, optional }] of Object.entries(spec.operands)) {
    const value = operands[name];
    if (optional) append(value === undefined ? 0n : 1n, 1);
    append(value === undefined ? 0n : pack(kind, value), OPERAND_KINDS[kind].width);
  }
  return word;
}

/** The instruction of a word. Throws `RangeError` with the reason when the word is not one. */
export function decode(word: bigint, byOpcode: ReadonlyMap<number, InstructionSpec>): Instruction {
  let rest = word;
  const take = (width: number): bigint => {
    const field = rest & ((1n << BigInt(width)) - 1n);
    rest >>= BigInt(width);
    return field;
  };
  const opcode = Number(take(OPCODE_WIDTH));
  const spec = byOpcode.get(opcode);
  if (spec === undefined)
    throw new RangeError(`no instruction has opcode 0x${opcode.toString(16).padStart(2, '0')}`);
  const modifiers = spec.modifiers.map((modifier) => {
    const { name, values, required } = modifier;
    const code = Number(take(modifierWidth(modifier)));
    if (code > values.length || (required && code === 0)) {
      throw new RangeError(`${spec.mnemonic} has no ${name} with code ${code}`);
    }
    return values[code - 1];
  });
  const operands: Record<string, OperandValue> = {};
  let absent: string | undefined;
  for (const [name, operand] of Object.entries(spec.operands)) {
    const value = takeOperand(operand, take);
    if (value === undefined) absent ??= name;
    else if (absent !== undefined) throw new RangeError(`${spec.mnemonic} has ${name} without ${absent}`);
    else operands[name] = value;
  }
  if (rest !== 0n) throw new RangeError(`${spec.mnemonic} has bits set beyond its fields`);
  return { spec, modifiers, operands };
}

function takeOperand(
  { kind, optional }: OperandSpec,
  take: (width: number) => bigint,
): OperandValue | undefined {
  const present = !optional || take(1) === 1n;
  const field = take(OPERAND_KINDS[kind].width);
  if (present) return OPERAND_KINDS[kind].unpack(field);
  if (field !== 0n) throw new RangeError('an absent operand has a field that is not zero');
  return undefined;
}

/** A kind's `pack` on a value that the kind produced. */
function pack(kind: OperandSpec['kind'], value: OperandValue): bigint {
  // The table ties each kind to its value type; here the pair comes from one operand, so they match.
  return (OPERAND_KINDS[kind].pack as (v: OperandValue) => bigint)(value);
}
