/** What a program can be written with, as plain data for editors: completion, hover texts, highlighting. */
import { INSTRUCTIONS, OPERAND_KINDS, SPECIAL_REGISTERS, syntaxOf } from '../../isa/index.js';
import { DIRECTIVES } from './directives.js';
import { FUNCTION_NAMES } from './expressions.js';
import { suffixOf } from './instructions.js';
import { FORMAT_NAMES } from './storage.js';

export interface InstructionWord {
  readonly mnemonic: string;
  readonly syntax: string;
  readonly summary: string;
  readonly example: string;
  readonly group: string;
  readonly unit: string;
  /** As they are written behind the mnemonic, with their dots. */
  readonly suffixes: readonly {
    readonly name: string;
    readonly required: boolean;
    readonly values: readonly string[];
  }[];
  readonly operands: readonly {
    readonly name: string;
    readonly optional: boolean;
    /** What stands there, in words. */
    readonly is: string;
  }[];
}

export interface DirectiveWord {
  readonly name: string;
  readonly syntax: string;
  readonly summary: string;
  readonly example: readonly string[];
}

export interface LanguageWords {
  readonly instructions: readonly InstructionWord[];
  readonly directives: readonly DirectiveWord[];
  /** Functions of constant expressions. */
  readonly functions: readonly string[];
  readonly specialRegisters: readonly string[];
  /** Formats of tensors and buffers. */
  readonly formats: readonly string[];
}

export function languageWords(): LanguageWords {
  return {
    instructions: INSTRUCTIONS.map((spec) => ({
      mnemonic: spec.mnemonic,
      syntax: syntaxOf(spec),
      summary: spec.summary,
      example: spec.example,
      group: spec.group,
      unit: spec.unit,
      suffixes: spec.modifiers.map(({ name, required, values }) => ({
        name,
        required,
        values: values.map((value) => `.${suffixOf(value)}`),
      })),
      operands: Object.entries(spec.operands).map(([name, { kind, optional }]) => ({
        name,
        optional,
        is: OPERAND_KINDS[kind].expects,
      })),
    })),
    directives: [...DIRECTIVES.values()].map(({ name, syntax, summary, example }) => ({
      name,
      syntax,
      summary,
      example,
    })),
    functions: FUNCTION_NAMES,
    specialRegisters: SPECIAL_REGISTERS,
    formats: FORMAT_NAMES,
  };
}
