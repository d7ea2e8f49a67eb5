/**
 * The quantise unit: from real numbers in a buffer or an accumulator to codes and scales in a buffer, and back.
 *
 * It works in the order of its instructions, so that one may read what an earlier one writes; everything else waits for
 * the barrier. The second level of a format (a factor of the tensor or of its rows) belongs to the whole tensor and
 * comes with it, as the scale of a loaded operand does.
 */
import {
  type InstructionContext,
  type InstructionSpec,
  instruction,
  type ModifierSpec,
  operand,
  optional,
  type Quantization,
  type QuantizeAction,
  type StallReason,
} from './instruction.js';
import type { MatrixSlot, Slot } from './operands.js';

/** Formats that the unit writes. The position is the encoding: append only. */
export const QUANTIZE_FORMAT: ModifierSpec = {
  name: 'format',
  values: [
    'nvfp4',
    'mxfp4',
    'if4',
    'nvint4',
    'hif4',
    'mixfp4',
    'mxfp8_e4m3',
    'mxfp8_e5m2',
    'vectorwise_fp4',
    'vectorwise_int4',
    'vectorwise_int8',
    'tensor_e4m3',
    'tensor_e5m2',
    'bf16',
    'fp16',
    'fp32',
    'e4m3',
    'e5m2',
  ],
  required: true,
};

/** Rules of scales and elements, then the presets of the field's codebases. The position is the encoding: append only. */
export const QUANTIZE_POLICY: ModifierSpec = {
  name: 'policy',
  values: [
    'static_6',
    'static_4',
    'mse',
    'mae',
    'abs_max',
    'floor',
    'ceil',
    'even',
    'rceil',
    'quest',
    'transformer-engine',
    'torchao',
    'quartet',
    'quartet-backward',
    'quartet-2',
    'quartet-2-backward',
    'tetrajet',
    'fp4-training',
    'quik',
    'fp4-all-the-way',
    'one-level',
    'quik-16',
  ],
  required: false,
};

const STOCHASTIC: ModifierSpec = { name: 'stochastic', values: ['sr'], required: false, width: 1 };
const TRANSPOSED: ModifierSpec = { name: 'transposed', values: ['t'], required: false, width: 1 };
/** Sizes of the random Hadamard transform; the position is the encoding. */
const HADAMARD_SIZES = ['16', '32', '64', '128'];
const TRANSFORM: ModifierSpec = {
  name: 'transform',
  values: HADAMARD_SIZES.map((size) => `rht${size}`),
  required: false,
  width: 3,
};
const SIZE: ModifierSpec = { name: 'size', values: HADAMARD_SIZES, required: true, width: 3 };

/** 1 without the suffix. */
function hadamardSize(transform: string | undefined): number {
  return transform === undefined ? 1 : Number(transform.slice('rht'.length));
}

/** What the suffixes of a `quant` ask for. */
export function quantizationOf(modifiers: readonly (string | undefined)[]): Quantization {
  const [format, policy, stochastic, transform, transposed] = modifiers;
  return {
    format: format!,
    policy,
    stochastic: stochastic !== undefined,
    hadamard: hadamardSize(transform),
    transposed: transposed !== undefined,
  };
}

function convert(
  context: InstructionContext,
  {
    destination,
    source,
    barrier,
  }: { readonly destination: Slot; readonly source: MatrixSlot; readonly barrier?: Slot | undefined },
  action: QuantizeAction,
): StallReason | null {
  return context.enqueue({
    unit: 'quantize',
    destination: context.place(destination),
    source: context.placeOf(source),
    barrier: barrier && context.place(barrier),
    action,
  });
}

/** An instruction that quantises by its suffixes: what it keeps, or what it cuts off. */
function quantisation(
  kind: 'quantize' | 'outliers',
  named: Pick<InstructionSpec, 'mnemonic' | 'opcode' | 'summary' | 'example'>,
): InstructionSpec {
  return instruction({
    ...named,
    group: 'quantise',
    unit: 'quantize',
    modifiers: [QUANTIZE_FORMAT, QUANTIZE_POLICY, STOCHASTIC, TRANSFORM, TRANSPOSED],
    operands: { destination: operand('buffer'), source: operand('matrix'), barrier: optional('barrier') },
    attempt: (context, operands, modifiers) =>
      convert(context, operands, { kind, ...quantizationOf(modifiers) }),
  });
}

export const QUANTIZE: readonly InstructionSpec[] = [
  quantisation('quantize', {
    mnemonic: 'quant',
    opcode: 0x50,
    summary:
      "quantise a stage to the destination's format by a rule or preset (default: the format's), along its columns, or with .t along its rows into a destination of the transposed shape; .rhtN first applies the random Hadamard transform of N elements; .sr rounds elements stochastically by 8 bits of an LFSR that starts from the run's seed and the tile's place; the second level is that of the tensor that the source was loaded from, or the source's own",
    example: 'quant.nvfp4.sr.rht16 As[r1], Xs[r1], full[r1]',
  }),
  quantisation('outliers', {
    mnemonic: 'outliers',
    opcode: 0x54,
    summary:
      'what the quant of the same suffixes cuts off its input (values beyond a quantile, or whole columns), in the element format of the destination; zero elsewhere',
    example: 'outliers.vectorwise_int4.quik_16 Xr, Xs[r1], full[r1]',
  }),
  instruction({
    mnemonic: 'amax',
    opcode: 0x51,
    group: 'quantise',
    unit: 'quantize',
    modifiers: [TRANSFORM, TRANSPOSED],
    operands: {
      destination: operand('buffer'),
      source: operand('matrix'),
      start: optional('start'),
      barrier: optional('barrier'),
    },
    summary:
      'largest magnitude of a stage into an fp32 buffer: of each row where the buffer has as many rows as the stage and one column, of each column with .t, of the whole stage where it is 1x1; joined with what the buffer holds unless it starts from zero; .rhtN looks at the transformed values',
    example: 'amax rowmax, Xs[r1], r4, full[r1]',
    attempt(context, operands, [transform, transposed]) {
      const { start } = operands;
      const fresh =
        start !== undefined &&
        (start.kind === 'init' || (start.kind === 'register' && context.read(start) === 0));
      return convert(context, operands, {
        kind: 'maximum',
        hadamard: hadamardSize(transform),
        transposed: transposed !== undefined,
        fresh,
      });
    },
  }),
  instruction({
    mnemonic: 'hadamard',
    opcode: 0x52,
    group: 'quantise',
    unit: 'quantize',
    modifiers: [SIZE],
    operands: { destination: operand('buffer'), source: operand('matrix'), barrier: optional('barrier') },
    summary:
      "random Hadamard transform of every N elements of a row, into a buffer of the source's shape whose element format rounds the result, nearest even; size 16 has fixed signs and works in bf16, larger sizes have signs from the run's seed",
    example: 'hadamard.32 Xr, Xs[r1], stored',
    attempt: (context, operands, [size]) =>
      convert(context, operands, { kind: 'transform', size: Number(size) }),
  }),
  instruction({
    mnemonic: 'dequant',
    opcode: 0x53,
    group: 'quantise',
    unit: 'quantize',
    operands: { destination: operand('buffer'), source: operand('buffer'), barrier: optional('barrier') },
    summary:
      "the values of a quantised stage, second level included, in the destination's element format, nearest even",
    example: 'dequant Xr, As[r1], full[r1]',
    attempt: (context, { source, ...others }) =>
      convert(context, { ...others, source: { ...source, memory: 'buffer' } }, { kind: 'dequantize' }),
  }),
];
