/** Matrix multiply-accumulate and the epilogue on accumulators. */
import { type InstructionSpec, instruction, type ModifierSpec, operand, optional } from './instruction.js';

/** Dot semantics that an `mma` may name. The position is the encoding: append only. */
export const SEMANTIC: ModifierSpec = {
  name: 'semantic',
  values: ['exact', 'blackwell-mxf4nvf4', 'fp32-per-block'],
  required: false,
};

/** Formats an accumulator can be rounded to. The position is the encoding: append only. */
export const OUTPUT_FORMAT: ModifierSpec = {
  name: 'format',
  values: ['fp32', 'bf16', 'fp16'],
  required: true,
};

/** Activation functions of the epilogue. The position is the encoding: append only. */
export const ACTIVATION: ModifierSpec = { name: 'activation', values: ['relu'], required: true };

export const MMA: readonly InstructionSpec[] = [
  instruction({
    mnemonic: 'mma',
    opcode: 0x30,
    group: 'mma',
    unit: 'mma',
    modifiers: [SEMANTIC],
    operands: {
      accumulator: operand('accumulator'),
      a: operand('buffer'),
      b: operand('buffer'),
      start: optional('start'),
    },
    summary:
      'ACC[i][j] += Σk A[i][k]·B[j][k] by the named dot semantic; `init` starts from zero, a register starts from zero when it holds 0',
    example: 'mma acc, As[r1], Bs[r1], init',
    attempt(context, { accumulator, a, b, start }, [semantic]) {
      const fresh =
        start !== undefined &&
        (start.kind === 'init' || (start.kind === 'register' && context.read(start) === 0));
      return context.enqueue({
        unit: 'mma',
        semantic,
        accumulator: context.place(accumulator),
        a: context.place(a),
        b: context.place(b),
        fresh,
      });
    },
  }),
  instruction({
    mnemonic: 'mma.commit',
    opcode: 0x31,
    group: 'mma',
    unit: 'scalar',
    operands: { barrier: optional('barrier') },
    summary: "close a group of this stream's MMAs; the barrier gets one arrival when they are done",
    example: 'mma.commit empty[r1]',
    execute(context, { barrier }) {
      context.commitMma(barrier && context.place(barrier));
    },
  }),
  instruction({
    mnemonic: 'mma.wait',
    opcode: 0x32,
    group: 'mma',
    unit: 'scalar',
    operands: { pending: operand('count') },
    summary: "wait until at most that many of this stream's groups are not done",
    example: 'mma.wait 0',
    attempt: (context, { pending }) => (context.mmaGroupsInFlight() > pending ? 'mma-wait' : null),
  }),
];

export const EPILOGUE: readonly InstructionSpec[] = [
  instruction({
    mnemonic: 'acc.scale',
    opcode: 0x40,
    group: 'epilogue',
    unit: 'vector',
    operands: { accumulator: operand('accumulator'), first: operand('tensor'), second: optional('tensor') },
    summary:
      "multiply by the product (one FP32 rounding) of the tensors' second-level scales, in FP32, nearest-even",
    example: 'acc.scale acc, A, B',
    attempt: (context, { accumulator, first, second }) =>
      context.enqueue({
        unit: 'vector',
        accumulator: context.place(accumulator),
        action: { kind: 'scale', tensors: second === undefined ? [first] : [first, second] },
      }),
  }),
  instruction({
    mnemonic: 'acc.add',
    opcode: 0x41,
    group: 'epilogue',
    unit: 'vector',
    operands: { accumulator: operand('accumulator'), other: operand('accumulator') },
    summary: 'add another accumulator of the same shape, in FP32, nearest-even',
    example: 'acc.add acc, acc2',
    attempt: (context, { accumulator, other }) =>
      context.enqueue({
        unit: 'vector',
        accumulator: context.place(accumulator),
        action: { kind: 'add', other: context.place(other) },
      }),
  }),
  instruction({
    mnemonic: 'acc.act',
    opcode: 0x42,
    group: 'epilogue',
    unit: 'vector',
    modifiers: [ACTIVATION],
    operands: { accumulator: operand('accumulator') },
    summary: 'apply an activation function to each element',
    example: 'acc.act.relu acc',
    attempt: (context, { accumulator }, [activation]) =>
      context.enqueue({
        unit: 'vector',
        accumulator: context.place(accumulator),
        action: { kind: 'activate', activation: activation! },
      }),
  }),
  instruction({
    mnemonic: 'acc.cvt',
    opcode: 0x43,
    group: 'epilogue',
    unit: 'vector',
    modifiers: [OUTPUT_FORMAT],
    operands: { accumulator: operand('accumulator') },
    summary: 'round each element to a format, nearest-even; values beyond its range become infinities',
    example: 'acc.cvt.bf16 acc',
    attempt: (context, { accumulator }, [format]) =>
      context.enqueue({
        unit: 'vector',
        accumulator: context.place(accumulator),
        action: { kind: 'convert', format: format! },
      }),
  }),
];
