/**
 * The model of a quantise unit: two-level block scaling in FP32, every operation rounded once, in the order of the
 * policy. One candidate, or several of which the one with the smallest sum of squared errors wins, the first on a tie.
 */
import {
  type BlockFormat,
  codecOf,
  gainFloat32,
  inverseGainFloat32,
  quantize,
  resolvePolicy,
  SELECTOR_BIT,
  valuesOf,
  widthOf,
} from '../../../formats/index.js';
import type { BenchPlan } from '../plan.js';
import { ENCODER, formatText } from './codec.js';
import { prototype } from './prototype.js';
import { BITS } from './runtime.js';

export interface QuantizerModel {
  readonly kind: 'quantizer';
  readonly format: BlockFormat;
  /** Policy text, as `rule=mse`. */
  readonly policy: string;
}

/** Rules that C is written for, and whether they compare candidates. */
const ADAPTIVE: Readonly<Record<string, boolean>> = { static_6: false, mse: true };
/** Stretches of the block scale that Four Over Six compares. */
const STRETCHES = [1, 1.5];
const TO_NEAREST = { rounding: 'nearest-even', overflow: 'saturate' } as const;

const float = (value: number) =>
  `${Number.isInteger(value) && !Object.is(value, -0) ? value.toFixed(1) : Object.is(value, -0) ? '-0.0' : value}f`;

export function quantizerBody(plan: BenchPlan, { format, policy }: QuantizerModel): string {
  const { rule } = resolvePolicy(format, policy);
  const adaptive = ADAPTIVE[rule];
  if (adaptive === undefined) throw new RangeError(`the rule ${rule} has no C model`);
  const choices = adaptive ? format.choices : format.choices.slice(0, 1);
  const stretches = adaptive && format.choices.length === 1 ? STRETCHES : [1];
  const tables = choices.map(
    ({ element }, i) =>
      `static const format_t ELEMENT_${i} = ${formatText(element, TO_NEAREST)};
static const float VALUES_${i}[] = {${Array.from(valuesOf(element), float).join(', ')}};`,
  );
  const rows = choices.flatMap((choice, i) =>
    stretches.map(
      (stretch) =>
        `  {&ELEMENT_${i}, VALUES_${i}, ${float(stretch)}, ${float(gainFloat32(choice))}, ${float(inverseGainFloat32(choice))}, ${i === 0 ? 0 : SELECTOR_BIT}},`,
    ),
  );
  const amax = plan.inputs.some(({ name }) => name === 'amax') ? 'float_of(amax[0])' : '0';
  const width = widthOf(format.choices[0].element);
  const { tensorFactor } = quantize(
    format,
    { rows: 1, cols: format.blockSize, data: new Float32Array(format.blockSize).fill(1) },
    policy,
  );
  return `#include <float.h>
#include <string.h>
${ENCODER}
${BITS}
#define BLOCK ${format.blockSize}
#define TARGET ${float(codecOf(format.choices[0].element).maxValue)} /* what the block maximum is mapped to */
#define DIVISOR ${float(tensorFactor!.divisor)} /* largest element * largest scale */
static const format_t SCALE = ${formatText(format.scale, TO_NEAREST)};
static const float SCALE_VALUES[] = {
  ${Array.from(valuesOf(format.scale), (value) => (Number.isNaN(value) ? '0.0f' : float(value))).join(', ')}
};
${tables.join('\n')}

/* One way to write a block. */
typedef struct {
  const format_t* element;
  const float* values;
  float stretch, gain, inverse_gain;
  uint32_t selector;
} candidate_t;
static const candidate_t CANDIDATES[] = {
${rows.join('\n')}
};
#define COUNT ((int)(sizeof CANDIDATES / sizeof CANDIDATES[0]))
${ARITHMETIC}
${prototype(plan)} {
  float block[BLOCK], maximum = 0, best = 0;
  int i, c;
  for (i = 0; i < BLOCK; i++) {
    block[i] = float_of(bits_at(x, 16 * i, 16) << 16) + 0.0f; /* -0 becomes +0 */
    if (block[i] > maximum) maximum = block[i];
    if (-block[i] > maximum) maximum = -block[i];
  }
  memset(codes, 0, ${4 * Math.ceil((format.blockSize * width) / 32)});
  for (c = 0; c < COUNT; c++) {
    uint32_t trial[BLOCK], scale;
    const float error = try_candidate(&CANDIDATES[c], block, maximum, float_of(enc[0]), float_of(dec[0]), ${amax}, trial, &scale);
    if (c > 0 && !(error < best)) continue;
    best = error;
    scale_code[0] = scale;
    for (i = 0; i < BLOCK; i++) set_bits(codes, ${width} * i, ${width}, trial[i]);
  }
}
`;
}

const ARITHMETIC = `
static float float_of(uint32_t bits) { float x; memcpy(&x, &bits, 4); return x; }
static uint32_t bits_of(float x) { uint32_t bits; memcpy(&bits, &x, 4); return bits; }

/* A double holds what one FP32 operation gives closely enough to be rounded once. */
static float times(float a, float b) { return (float)((double)a * b); }
static float plus(float a, float b) { return (float)((double)a + b); }
static float over(float a, float b) { return (float)((double)a / b); }

/* Codes and scale of a candidate; returns the sum of squared errors, in the order of the elements. */
static float try_candidate(const candidate_t* c, const float* x, float maximum, float enc, float dec, float amax, uint32_t* codes, uint32_t* scale) {
  const float mapped = times(times(over(maximum, TARGET), enc), c->stretch);
  const uint32_t code = encode(&SCALE, bits_of(mapped));
  const float value = SCALE_VALUES[code];
  float inverse = value == 0 ? 0 : over(1, times(dec, value)), error = 0;
  int i;
  if (inverse > FLT_MAX) inverse = FLT_MAX;
  for (i = 0; i < BLOCK; i++) {
    /* A scale of zero makes zeros without a sign. */
    const float y = inverse == 0 ? 0 : times(times(x[i], inverse), c->inverse_gain);
    float decoded, difference;
    codes[i] = encode(c->element, bits_of(y));
    decoded = over(times(times(times(c->values[codes[i]], value), amax), c->gain), DIVISOR);
    difference = plus(decoded, -x[i]);
    error = plus(error, times(difference, difference));
  }
  *scale = code | c->selector;
  return error;
}
`;
