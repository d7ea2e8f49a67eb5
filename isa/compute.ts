/** Matrix multiply-accumulate and the epilogue on accumulators. */
import {
  type InstructionSpec,
  instruction,
  type MmaOperation,
  type ModifierSpec,
  operand,
  optional,
} from './instruction.js';

/** Dot semantics that an `mma` may name. The position is the encoding: append only. */
export const SEMANTIC: ModifierSpec = {
  name: 'semantic',
  values: [
    'exact',
    'blackwell-mxf4nvf4',
    'fp32-per-block',
    'hopper-wgmma-fp8',
    'hopper-f16',
    's8-s32',
    'blackwell-mxf8f6f4',
    'blackwell-f8f6f4',
    'exact49',
    'three-accumulators',
    'fp32-correct',
    'published-mac',
  ],
  required: false,
};

/** Formats an accumulator can be rounded to. The position is the encoding: append only. */
export const OUTPUT_FORMAT: ModifierSpec = {
  name: 'format',
  values: ['fp32', 'bf16', 'fp16'],
  required: true,
};

/** Activation functions of the epilogue. The position is the encoding: append only. */
export const ACTIVATION: ModifierSpec = {
  name: 'activation',
  values: ['relu', 'silu', 'gelu'],
  required: true,
};

/** Which elements of an accumulator are kept. The position is the encoding: append only. */
const MASK: ModifierSpec = { name: 'mask', values: ['causal'], required: true };

/** An MMA whose A operand comes from there. */
function multiply(
  mnemonic: string,
  opcode: number,
  source: MmaOperation['source'],
  summary: string,
): InstructionSpec {
  return instruction({
    mnemonic,
    opcode,
    group: 'mma',
    unit: 'mma',
    modifiers: [SEMANTIC],
    operands: {
      accumulator: operand('accumulator'),
      a: operand('buffer'),
      b: operand('buffer'),
      start: optional('start'),
      slice: optional('register'),
    },
    summary,
    example: `${mnemonic} acc, As[r1], Bs[r1], init`,
    attempt(context, { accumulator, a, b, start, slice }, [semantic]) {
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
        slice: slice === undefined ? 0 : context.read({ kind: 'register', register: slice }),
        source,
      });
    },
  });
}

export const MMA: readonly InstructionSpec[] = [
  multiply(
    'mma',
    0x30,
    'shared',
    'ACC[i][j] += Σk A[i][k]·B[j][k] by the named dot semantic; `init` starts from zero, a register starts from zero when it holds 0; a second register says which group of A’s rows, as high as ACC, is meant',
  ),
  multiply(
    'mma.rs',
    0x33,
    'registers',
    'like mma, with A held in the registers of the stream’s threads: it does not load the port of the shared memory',
  ),
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
  instruction({
    mnemonic: 'mma.fence',
    opcode: 0x34,
    group: 'mma',
    unit: 'scalar',
    operands: {},
    summary: 'order what the stream did to registers and shared memory before its next MMAs; takes time only',
    example: 'mma.fence',
    execute() {},
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
    mnemonic: 'acc.dequant',
    opcode: 0x44,
    group: 'epilogue',
    unit: 'vector',
    operands: { accumulator: operand('accumulator') },
    summary:
      'multiply element (i, j) by the second-level factors of the operands that were multiplied into it: of the tensors, and of row i of A and row j of B where rows have their own, and by the factor of the dot semantic (1/49 on the IF4 grid); one FP32 rounding for the product of the factors and one for the element',
    example: 'acc.dequant acc',
    attempt: (context, { accumulator }) =>
      context.enqueue({
        unit: 'vector',
        accumulator: context.place(accumulator),
        action: { kind: 'dequantize' },
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
    mnemonic: 'acc.sub',
    opcode: 0x45,
    group: 'epilogue',
    unit: 'vector',
    operands: { accumulator: operand('accumulator'), other: operand('accumulator') },
    summary: 'subtract another accumulator of the same shape, in FP32, nearest-even',
    example: 'acc.sub acc, acc2',
    attempt: (context, { accumulator, other }) =>
      context.enqueue({
        unit: 'vector',
        accumulator: context.place(accumulator),
        action: { kind: 'subtract', other: context.place(other) },
      }),
  }),
  instruction({
    mnemonic: 'acc.mask',
    opcode: 0x46,
    group: 'epilogue',
    unit: 'vector',
    modifiers: [MASK],
    operands: { accumulator: operand('accumulator'), row: operand('register'), col: operand('register') },
    summary:
      'make every element +0 whose column is larger than its row, where element (0, 0) stands at row rRow and column rCol of the whole matrix',
    example: 'acc.mask.causal acc, r1, r2',
    attempt: (context, { accumulator, row, col }) =>
      context.enqueue({
        unit: 'vector',
        accumulator: context.place(accumulator),
        action: {
          kind: 'mask',
          row: context.read({ kind: 'register', register: row }),
          col: context.read({ kind: 'register', register: col }),
        },
      }),
  }),
  instruction({
    mnemonic: 'acc.act',
    opcode: 0x42,
    group: 'epilogue',
    unit: 'vector',
    modifiers: [ACTIVATION],
    operands: { accumulator: operand('accumulator') },
    summary:
      'apply an activation function to each element: relu; silu x/(1 + e^−x); gelu in the tanh form; computed in double precision, rounded once',
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
