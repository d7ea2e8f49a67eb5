/** Random operands and instructions of every record, for property tests. */
import fc from 'fast-check';
import {
  type Instruction,
  type InstructionSpec,
  type OperandKind,
  type OperandMap,
  type OperandValue,
  type OperandValues,
  SPECIAL_REGISTERS,
} from '../../isa/index.js';

/** Ranges that operands are drawn from. */
export interface Ranges {
  /** Declared objects of each class. */
  readonly objects: number;
  /** Stages of each object that has any, and barriers of a name. */
  readonly stages: number;
  /** Branch targets, first and last. */
  readonly targets: readonly [number, number];
}

/** As far as the fields of a word reach. */
export const ALL: Ranges = { objects: 64, stages: 32, targets: [0, 2 ** 20 - 1] };

const register = fc.nat(31);

function source(bits: 16 | 32): fc.Arbitrary<OperandValues['source']> {
  const span = 2 ** (bits - 1);
  return fc.oneof(
    register.map((number) => ({ kind: 'register', register: number }) as const),
    fc.constantFrom(...SPECIAL_REGISTERS).map((special) => ({ kind: 'special', special }) as const),
    fc.integer({ min: -span, max: span - 1 }).map((value) => ({ kind: 'immediate', value }) as const),
    fc.constantFrom(-span, -1, 0, 1, span - 1).map((value) => ({ kind: 'immediate', value }) as const),
  );
}

function slot({ objects, stages }: Ranges): fc.Arbitrary<OperandValues['buffer']> {
  return fc.record({
    id: fc.nat(objects - 1),
    index: fc.oneof(
      register.map((number) => ({ kind: 'register', register: number }) as const),
      fc.nat(stages - 1).map((value) => ({ kind: 'immediate', value }) as const),
    ),
  });
}

const OPERANDS: { readonly [K in OperandKind]: (ranges: Ranges) => fc.Arbitrary<OperandValues[K]> } = {
  register: () => register,
  source: () => source(32),
  shortSource: () => source(16),
  label: ({ targets: [min, max] }) => fc.integer({ min, max }),
  buffer: slot,
  accumulator: slot,
  matrix: (ranges) =>
    fc
      .tuple(slot(ranges), fc.constantFrom('buffer' as const, 'accumulator' as const))
      .map(([place, memory]) => ({ ...place, memory })),
  barrier: slot,
  tensor: ({ objects }) => fc.nat(objects - 1),
  tile: ({ objects }) => fc.record({ id: fc.nat(objects - 1), row: register, col: register }),
  count: () => fc.nat(65_535),
  start: () =>
    fc.oneof(
      fc.constant({ kind: 'init' } as const),
      register.map((number) => ({ kind: 'register', register: number }) as const),
    ),
};

/** Any instruction of a record. Optional operands are left out only from the end, as in text. */
export function instructionOf(spec: InstructionSpec, ranges: Ranges = ALL): fc.Arbitrary<Instruction> {
  const names = Object.keys(spec.operands);
  const least = Object.values(spec.operands).filter(({ optional }) => !optional).length;
  const modifiers = fc.tuple(
    ...spec.modifiers.map(({ values, required }) =>
      fc.constantFrom<string | undefined>(...values, ...(required ? [] : [undefined])),
    ),
  );
  const all = fc.tuple(
    ...names.map((name) => OPERANDS[spec.operands[name]!.kind](ranges) as fc.Arbitrary<OperandValue>),
  );
  return fc
    .tuple(modifiers, all, fc.integer({ min: least, max: names.length }))
    .map(([chosen, values, count]) => ({
      spec,
      modifiers: chosen,
      operands: Object.fromEntries(names.slice(0, count).map((name, i) => [name, values[i]])) as OperandMap,
    }));
}
