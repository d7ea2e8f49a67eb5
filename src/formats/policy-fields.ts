/**
 * Every decision on which the field's quantisers differ, as data: fields, their values, and what each value means.
 * A field that a family of formats does not use is ignored by it.
 */

/** A decision between named values. */
export interface ChoiceField {
  readonly summary: string;
  readonly default: string;
  /** Meaning of each value. */
  readonly values: Readonly<Record<string, string>>;
}

/** A decision that is a number. */
export interface NumberField {
  readonly summary: string;
  readonly default: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly integer: boolean;
}

export type PolicyField = ChoiceField | NumberField;

export const POLICY_FIELDS = {
  rule: {
    summary: 'how a block chooses its scale and, where it has a choice, its element format',
    default: 'static_6',
    values: {
      static_6:
        'the block maximum is mapped to the largest element; E8M0: the next power of two above amax/largest',
      static_4: 'the block maximum is mapped to 4 (E2M1); E8M0: the next power of two above amax/4',
      mse: 'of the candidates, the one with the smaller sum of squared errors; the first on a tie',
      mae: 'of the candidates, the one with the smaller sum of absolute errors; the first on a tie',
      abs_max: 'of the candidates, the one with the smaller largest error; the first on a tie',
      'ms-eden':
        'Quartet II: RN elements, then scales corrected over the Hadamard group and stochastically rounded',
      floor: 'E8M0: floor(log2 amax) − largest element exponent (OCP)',
      ceil: 'E8M0: ceil(log2 amax) − largest element exponent',
      even: 'E8M0: exponent of amax rounded to the element’s precision, − largest element exponent',
      rceil: 'E8M0: ceil(log2(amax / largest element))',
      quest:
        'E8M0: 2^floor(log2(2.92247856/6 · σ + 1e-8)), σ the standard deviation of the block (Quartet, E2M1)',
      qutlass: 'E8M0: exponent of amax + 1e-8, elements times 3 (E2M1)',
      hif4: 'HiF4: bf16(amax × bf16(1/7)) in E6M2, micro-exponents from the block down',
      absmax: 'the row or tensor maximum is mapped to the largest element',
    },
  },
  'scale-max': {
    summary: 'what the largest block scale of the tensor is mapped to',
    default: 'auto',
    values: {
      auto: '256 for adaptive rules on one element format (4/6), else the largest E4M3 value',
      448: 'the largest E4M3 value',
      256: '256, so that 1.5 times the largest scale still fits',
    },
  },
  'scale-order': {
    summary: 'order of the two factors of a block scale',
    default: 'block-first',
    values: {
      'block-first': '(bmax / Q) · enc',
      'tensor-first': 'bmax · (enc · (1/Q)), for rules with one candidate',
    },
  },
  'scale-overflow': {
    summary: 'what the encode scale Q·S/amax becomes where it exceeds FP32',
    default: 'clamp',
    values: { clamp: 'the largest FP32 number', infinity: 'infinity; all scales of the tensor become NaN' },
  },
  'zero-scale': {
    summary: 'elements of a block whose scale rounds to 0',
    default: 'zeros',
    values: {
      zeros: 'code 0',
      'largest-float': 'the element times the largest FP32 number: mostly the largest element',
    },
  },
  'min-scale': {
    summary: 'least block scale',
    default: 'none',
    values: { none: 'any, subnormals and zero included', '2^-6': 'the smallest normal E4M3 number' },
  },
  'scale-with': {
    summary: 'how an element is brought to the grid',
    default: 'product',
    values: {
      product: 'x · (1 / (s/enc))',
      quotient: 'x · ((1/t) / s), t the tensor scale amax/(Q·S); a block scale is (bmax/Q)/t',
    },
  },
  levels: {
    summary: 'whether the FP32 factor of the tensor is used',
    default: 'two',
    values: { two: 'amax/(Q·S)', one: 'the factor is 1: block scales are bmax/Q' },
  },
  headroom: {
    summary: 'share of the element range that the block maximum may use',
    default: '1',
    values: {
      1: 'all of it',
      '16/17': '16/17, which leaves room for stochastic rounding up (fouroversix)',
      '3/4': '3/4 (Quartet, backward pass)',
      '1600/1581': '1 / (17/16 × 0.93): a little beyond it (Quartet II, backward pass)',
    },
  },
  rounding: {
    summary: 'rounding of elements',
    default: 'format',
    values: {
      format: 'that of the element format: nearest, ties to even, for nearly all',
      'nearest-even': 'nearest, ties to the even code',
      'nearest-away': 'nearest, ties away from zero',
      'nearest-down': 'nearest, ties toward zero',
      'nearest-positive': 'nearest, ties toward +∞',
      'toward-zero': 'truncation',
      'nearest-away-fp32': 'floor(|x| + ½) with the sum rounded to FP32 (microxcaling nearest)',
      'nearest-even-fp32': 'ties to even by floor(|x| + ½) with the sum rounded to FP32 (microxcaling even)',
      stochastic: 'jitter of U − ½ last places, U uniform, then nearest (PyTorch form)',
      'stochastic-8-bit': '8 random bits below the last place, then truncation (hardware form)',
    },
  },
  'subnormal-carry': {
    summary: 'a subnormal that rounds up to the smallest normal number',
    default: 'carry',
    values: {
      carry: 'becomes that number',
      clamp: 'stays the largest subnormal in FP6 elements and E4M3 scales (encoders without a carry)',
    },
  },
  'negative-zero': {
    summary: 'the sign of zeros in float elements',
    default: 'clear-input',
    values: {
      keep: 'kept, for −0 as for negative numbers that round to zero',
      'clear-input': 'an input of −0 counts as +0; a negative number that rounds to zero becomes −0',
      never: 'no code −0 is produced',
    },
  },
  'nan-elements': {
    summary: 'elements that come out as NaN (0 × an infinite inverse scale) in a format without NaN',
    default: 'zero',
    values: {
      zero: 'code 0',
      'bit-arithmetic': 'what integer arithmetic on the bits of the default NaN 0xffc00000 gives (torchao)',
    },
  },
  'error-domain': {
    summary: 'where candidates are compared',
    default: 'input',
    values: { input: 'decoded value against x', scaled: 'element · s against x · enc (fast math)' },
  },
  'sum-order': {
    summary: 'order in which the errors of a block are added',
    default: 'sequential',
    values: {
      sequential: 'one after another',
      'eight-lanes': '(i) + (i + 8), then the eight lanes in order (PyTorch on a CPU)',
      pairwise: '(i) + (i + 8), then the eight lanes as a tree (numpy)',
    },
  },
  tiling: {
    summary: 'what shares a scale',
    default: 'rows',
    values: { rows: 'a block of one row', '16x16': 'a square tile; its scale is repeated on each row' },
  },
  transpose: {
    summary: 'which matrix is quantised',
    default: 'no',
    values: { no: 'the matrix', yes: 'its transpose' },
  },
  hadamard: {
    summary: 'size of the random Hadamard transform along K, before everything else',
    default: 'none',
    values: {
      none: 'no transform',
      16: '16, with the fixed signs of fouroversix, in bf16',
      32: '32, with signs from the seed',
      64: '64, with signs from the seed',
      128: '128, with signs from the seed',
    },
  },
  'row-arithmetic': {
    summary: 'precision of row scales and scaled elements where blocks have no scale',
    default: 'fp32',
    values: { fp32: 'float32', bf16: 'bfloat16' },
  },
  'non-finite': {
    summary: 'what becomes of NaN and infinities in the input',
    default: 'error',
    values: {
      error: 'refused, naming the position',
      propagate: 'the block gets a NaN scale; it does not count for the maximum of the tensor',
    },
  },
  padding: {
    summary: 'what to do if K is not a multiple of the block',
    default: 'error',
    values: {
      error: 'refused',
      zeros: 'zeros are added at the end of every row; the padded K is the result',
    },
  },
  'outlier-quantile': {
    summary:
      'values beyond this quantile of |x| are clamped, the rest kept as a sparse residual (OCC); 1 is off',
    default: '1',
    minimum: 0.5,
    maximum: 1,
    integer: false,
  },
  'outlier-columns': {
    summary: 'columns with the largest maxima that are kept in full precision (QUIK)',
    default: '0',
    minimum: 0,
    maximum: 1e6,
    integer: true,
  },
  seed: {
    summary: 'seed of random signs and of stochastic rounding',
    default: '0',
    minimum: 0,
    maximum: 2 ** 53 - 1,
    integer: true,
  },
} as const satisfies Record<string, PolicyField>;
