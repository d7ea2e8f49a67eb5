/** Models of codecs: a decoder as its table or by its fields, an encoder by the format's record. */
import {
  codecOf,
  type ElementFormat,
  type EncodeOptions,
  minExponent,
  widthOf,
} from '../../../formats/index.js';
import { ROUNDING_MODES, type RoundingMode } from '../../../numerics/index.js';
import { withRole } from '../../layout.js';
import { valueBits } from '../../targets/codec.js';
import type { BenchPlan } from '../plan.js';
import { prototype } from './prototype.js';

export interface DecoderModel {
  readonly kind: 'decoder';
  readonly format: ElementFormat;
}

export interface EncoderModel {
  readonly kind: 'encoder';
  readonly format: ElementFormat;
  readonly options: Required<Pick<EncodeOptions, 'rounding' | 'overflow'>>;
}

/** Widest codes of which a decoder is listed; wider ones are IEEE-like and decoded by their fields. */
const LISTED_BITS = 10;

const ports = (plan: BenchPlan) => [plan.inputs[0]!.name, withRole(plan.layout, 'result')[0]!.name] as const;

export function decoderBody(plan: BenchPlan, { format }: DecoderModel): string {
  const [code, value] = ports(plan);
  const width = widthOf(format);
  if (width > LISTED_BITS) return fieldDecoder(plan, format);
  const { decode } = codecOf(format);
  const rows = Array.from({ length: 2 ** width }, (_, i) => `  0x${valueBits(decode(i)).toString(16)}u,`);
  return `
static const uint32_t VALUES[] = {
${rows.join('\n')}
};

${prototype(plan)} { ${value}[0] = VALUES[${code}[0] % ${rows.length}u]; }
`;
}

function fieldDecoder(plan: BenchPlan, format: ElementFormat): string {
  if (format.kind !== 'float' || format.specials !== 'ieee' || !format.subnormals)
    throw new RangeError(`${format.name}: wide codes that are not IEEE-like`);
  const { exponentBits, fractionBits, bias } = format;
  const [code, value] = ports(plan);
  return `#include <math.h>
#include <string.h>

${prototype(plan)} {
  const uint32_t fraction = ${code}[0] & ${2 ** fractionBits - 1}u;
  const int field = (int)(${code}[0] >> ${fractionBits} & ${2 ** exponentBits - 1}u);
  const uint32_t sign = (${code}[0] >> ${exponentBits + fractionBits} & 1) << 31;
  float magnitude;
  if (field == ${2 ** exponentBits - 1}) {
    ${value}[0] = fraction == 0 ? sign | 0x7f800000u : 0x7fc00000u;
    return;
  }
  magnitude = (float)ldexp(field == 0 ? fraction : fraction | ${2 ** fractionBits}u, (field == 0 ? 1 : field) - ${bias + fractionBits});
  memcpy(${value}, &magnitude, 4);
  ${value}[0] |= sign;
}
`;
}

export function encoderBody(plan: BenchPlan, { format, options }: EncoderModel): string {
  const [x, code] = ports(plan);
  return `${ENCODER}
static const format_t FORMAT = ${formatText(format, options)};

${prototype(plan)} { ${code}[0] = encode(&FORMAT, ${x}[0]); }
`;
}

const modeName = (mode: RoundingMode) => mode.toUpperCase().replaceAll('-', '_');

/** A format and its rule for rounding and overflow as an initialiser of `format_t`. */
export function formatText(format: ElementFormat, { rounding, overflow }: EncoderModel['options']): string {
  const width = widthOf(format);
  const mode = modeName(rounding);
  if (format.kind === 'integer') {
    const { fractionBits, maxMagnitude, representation } = format;
    const turned = representation === 'twos-complement' ? 1 : 0;
    return `{0, ${mode}, ${width}, ${fractionBits}, 1, 0, 0, ${maxMagnitude}, -1, -1, 1, ${turned}}`;
  }
  const { encode, decode } = codecOf(format);
  const magnitudes = 2 ** (width - (format.signed ? 1 : 0));
  const largest = encode(Number.POSITIVE_INFINITY);
  const infinity = encode(Number.POSITIVE_INFINITY, { overflow: 'special' });
  const special = (code: number, is: boolean) => (is ? code % magnitudes : -1);
  const hasInfinity = decode(infinity) === Number.POSITIVE_INFINITY;
  const nan = format.specials === 'none' || format.specials === 'all-ones-infinity' ? -1 : encode(Number.NaN);
  const fields = [
    1,
    mode,
    width,
    format.fractionBits,
    format.signed ? 1 : 0,
    minExponent(format),
    format.subnormals ? 1 : 0,
    largest,
    special(infinity, hasInfinity),
    nan,
    overflow === 'saturate' ? 1 : 0,
    format.specials === 'negative-zero-nan' ? 1 : 0,
  ];
  return `{${fields.join(', ')}}`;
}

/** FP32 bits to a code, in whole numbers alone. */
export const ENCODER = `#include <stdint.h>

enum { ${ROUNDING_MODES.map(modeName).join(', ')} };

/* A number format. Codes that it does not have are -1. */
typedef struct {
  int is_float, rounding, width, fraction_bits, is_signed;
  int lowest_exponent, subnormals; /* of floating-point formats */
  int64_t max_code, infinity_code, nan_code; /* without their signs; NaN as it is */
  int saturates;
  int other_sign; /* floats: the code of -0 is NaN; integers: two's complement */
} format_t;

/* m * 2^-shift as a whole number; m has at most 24 bits. */
static int64_t rounded(uint32_t m, int shift, int mode, int negative) {
  const int below = shift < 40 ? shift : 40;
  int64_t whole, rest, half;
  if (shift <= 0) return (int64_t)m << -shift;
  whole = (int64_t)m >> below;
  rest = (int64_t)m & (((int64_t)1 << below) - 1);
  half = (int64_t)1 << (below - 1);
  if (rest == 0) return whole;
  switch (mode) {
    case NEAREST_EVEN: return whole + (rest > half || (rest == half && (whole & 1)));
    case NEAREST_AWAY: return whole + (rest >= half);
    case NEAREST_DOWN: return whole + (rest > half);
    case NEAREST_POSITIVE: return whole + (rest > half || (rest == half && !negative));
    case TOWARD_POSITIVE: return whole + !negative;
    case TOWARD_NEGATIVE: return whole + negative;
    case AWAY_FROM_ZERO: return whole + 1;
    default: return whole;
  }
}

static uint32_t with_sign(const format_t* f, int64_t magnitude, int negative) {
  if (!negative || (f->other_sign && magnitude == 0)) return (uint32_t)magnitude;
  if (!f->is_float && f->other_sign) return (uint32_t)(((int64_t)1 << f->width) - magnitude);
  return (uint32_t)(((int64_t)1 << (f->width - 1)) + magnitude);
}

static uint32_t overflowed(const format_t* f, int negative) {
  if (!f->saturates && f->infinity_code >= 0) return with_sign(f, f->infinity_code, negative);
  if (!f->saturates && f->nan_code >= 0)
    return f->other_sign ? (uint32_t)f->nan_code : with_sign(f, f->nan_code, negative);
  return with_sign(f, f->max_code, negative);
}

static uint32_t encode_integer(const format_t* f, uint32_t m, int e, int negative) {
  const int shift = -f->fraction_bits - e;
  const int64_t whole = shift < -32 ? f->max_code : rounded(m, shift, f->rounding, negative);
  const int64_t magnitude = whole < f->max_code ? whole : f->max_code;
  return with_sign(f, magnitude, negative && magnitude != 0);
}

static uint32_t encode_float(const format_t* f, uint32_t m, int e, int negative) {
  int exponent = e - 1, stays;
  uint32_t rest = m;
  int64_t code;
  for (; rest != 0; rest >>= 1) exponent++;
  if (exponent < f->lowest_exponent) exponent = f->lowest_exponent;
  /* Codes are consecutive: a carry into the exponent is an addition. */
  code = (int64_t)(exponent - f->lowest_exponent) << f->fraction_bits;
  code += rounded(m, exponent - f->fraction_bits - e, f->rounding, negative);
  if (!f->subnormals) code -= (int64_t)1 << f->fraction_bits;
  if (code <= f->max_code) return with_sign(f, code > 0 ? code : 0, negative);
  stays = f->rounding == TOWARD_ZERO || f->rounding == (negative ? TOWARD_POSITIVE : TOWARD_NEGATIVE);
  return stays ? with_sign(f, f->max_code, negative) : overflowed(f, negative);
}

static uint32_t encode(const format_t* f, uint32_t bits) {
  const int negative = bits >> 31, field = bits >> 23 & 255;
  const uint32_t fraction = bits & 0x7fffff;
  const uint32_t m = field == 0 ? fraction : fraction | 0x800000;
  if (field == 255 && fraction != 0) return (uint32_t)f->nan_code;
  if (negative && !f->is_signed) return 0;
  if (field == 255) return f->is_float ? overflowed(f, negative) : with_sign(f, f->max_code, negative);
  if (m == 0) return f->is_float ? with_sign(f, 0, negative) : 0;
  return (f->is_float ? encode_float : encode_integer)(f, m, (field == 0 ? 1 : field) - 150, negative);
}
`;
