/** Bits of a port. */
export const BITS = `static uint32_t bits_at(const uint32_t* words, int low, int width) {
  uint32_t value = 0;
  int i;
  for (i = width - 1; i >= 0; i--) value = value << 1 | (words[(low + i) / 32] >> (low + i) % 32 & 1);
  return value;
}

static void set_bits(uint32_t* words, int low, int width, uint32_t value) {
  int i;
  for (i = 0; i < width; i++) {
    words[(low + i) / 32] &= ~(1u << (low + i) % 32);
    words[(low + i) / 32] |= (value >> i & 1) << (low + i) % 32;
  }
}
`;

/** What is collected of a side. */
export const OPERAND = `/* K elements of one step. */
typedef struct { uint32_t code[STEP_K], scale[STEP_K]; int micro[STEP_K]; } operand_t;
`;

/**
 * C of models that add up: exact fixed-point numbers wide enough for any sum, and their rounding into a register.
 * Written for being read beside `src/dot`; speed is not its aim.
 */
export const RUNTIME = `/* Exact numbers: two's complement, WIDE_LIMBS words, the lowest bit worth 2^PLACE. Below and above any sum. */
#define WIDE_LIMBS 48
#define PLACE (-700)
typedef struct { uint32_t limb[WIDE_LIMBS]; } wide;

/* += significand * 2^place */
static void wide_add(wide* sum, int64_t significand, int place) {
  const int shift = place - PLACE, word = shift / 32, bit = shift % 32;
  const uint64_t low = (uint64_t)significand << bit;
  const uint64_t high = (uint64_t)(bit == 0 ? significand >> 63 : significand >> (64 - bit));
  const uint32_t part[4] = {(uint32_t)low, (uint32_t)(low >> 32), (uint32_t)high, (uint32_t)(high >> 32)};
  const uint32_t rest = significand < 0 ? 0xffffffffu : 0;
  uint64_t carry = 0;
  int i;
  for (i = word; i < WIDE_LIMBS; i++) {
    carry += (uint64_t)sum->limb[i] + (i - word < 4 ? part[i - word] : rest);
    sum->limb[i] = (uint32_t)carry;
    carry >>= 32;
  }
}

static int wide_is_negative(const wide* x) { return x->limb[WIDE_LIMBS - 1] >> 31; }

static wide wide_magnitude(const wide* x) {
  wide y = *x;
  uint64_t carry = 1;
  int i;
  if (!wide_is_negative(x)) return y;
  for (i = 0; i < WIDE_LIMBS; i++) {
    carry += (uint32_t)~x->limb[i];
    y.limb[i] = (uint32_t)carry;
    carry >>= 32;
  }
  return y;
}

static int wide_bit(const wide* x, int i) { return i < 0 ? 0 : x->limb[i / 32] >> i % 32 & 1; }

/* Bits of the magnitude; 0 for zero. */
static int wide_length(const wide* x) {
  int i = 32 * WIDE_LIMBS;
  while (i > 0 && !wide_bit(x, i - 1)) i--;
  return i;
}

/* A magnitude divided by a small number, toward zero; the lowest bit says that something was left. */
static void wide_divide(wide* x, uint32_t divisor) {
  uint64_t rest = 0;
  int i;
  for (i = WIDE_LIMBS - 1; i >= 0; i--) {
    rest = rest << 32 | x->limb[i];
    x->limb[i] = (uint32_t)(rest / divisor);
    rest %= divisor;
  }
  if (rest != 0) x->limb[0] |= 1;
}

/* A floating-point register: its format, the fraction bits that survive, and how it rounds. */
typedef struct { int exponent_bits, fraction_bits, bias, kept_bits, nearest_even; uint32_t nan_bits; } float_register;

static uint32_t infinity_of(const float_register* r, int negative) {
  const uint32_t infinity = ((1u << r->exponent_bits) - 1) << r->fraction_bits;
  return negative ? infinity | 1u << (r->exponent_bits + r->fraction_bits) : infinity;
}

/* |x| / divisor rounded once; a zero is +0, too large a number is infinity. */
static uint32_t pack(const float_register* r, const wide* x, uint32_t divisor) {
  wide m = wide_magnitude(x);
  const int lowest = 1 - r->bias;
  int length, top, cut, i;
  uint32_t magnitude = 0;
  uint64_t code;
  if (divisor != 1) wide_divide(&m, divisor);
  length = wide_length(&m);
  if (length == 0) return 0;
  top = length - 1 + PLACE > lowest ? length - 1 + PLACE : lowest;
  cut = top - r->kept_bits - PLACE;
  for (i = r->kept_bits; i >= 0; i--) magnitude = magnitude << 1 | wide_bit(&m, cut + i);
  if (r->nearest_even && wide_bit(&m, cut - 1)) {
    int sticky = 0;
    for (i = 0; i < cut - 1 && !sticky; i++) sticky = wide_bit(&m, i);
    if (sticky || (magnitude & 1)) magnitude++;
  }
  if (magnitude == 0) return 0;
  code = ((uint64_t)(top - lowest) << r->fraction_bits) + ((uint64_t)magnitude << (r->fraction_bits - r->kept_bits));
  if (code > infinity_of(r, 0)) code = infinity_of(r, 0);
  return (uint32_t)code | (wide_is_negative(x) ? 1u << (r->exponent_bits + r->fraction_bits) : 0);
}

enum { FINITE, INFINITE, NOT_A_NUMBER };

/* A code: value = significand * 2^(exponent - fraction bits); the exponent is that of its field. */
typedef struct { int32_t significand; int16_t exponent; uint8_t kind, negative; } code_t;

/* IEEE-like codes: a field of ones is an infinity or NaN. */
static code_t unpack(uint32_t code, int exponent_bits, int fraction_bits, int bias) {
  const uint32_t fraction = code & ((1u << fraction_bits) - 1);
  const int field = code >> fraction_bits & ((1 << exponent_bits) - 1);
  code_t c = {0, 0, FINITE, 0};
  c.negative = code >> (exponent_bits + fraction_bits) & 1;
  if (field == (1 << exponent_bits) - 1) {
    c.kind = fraction == 0 ? INFINITE : NOT_A_NUMBER;
    c.exponent = (int16_t)(field - bias);
    c.significand = fraction != 0 ? 0 : c.negative ? -1 : 1;
    return c;
  }
  c.significand = (int32_t)(field == 0 ? fraction : fraction | 1u << fraction_bits);
  if (c.negative) c.significand = -c.significand;
  c.exponent = (int16_t)((field == 0 ? 1 : field) - bias);
  return c;
}

/* NaN and infinities among what is added. */
typedef struct { int nan, positive, negative; } specials_t;

static void special_infinity(specials_t* s, int negative) {
  if (negative) s->negative = 1;
  else s->positive = 1;
}
static void special_register(specials_t* s, const code_t* c) {
  if (c->kind == NOT_A_NUMBER) s->nan = 1;
  if (c->kind == INFINITE) special_infinity(s, c->negative);
}
static void special_product(specials_t* s, const code_t* a, const code_t* b, int64_t significand) {
  if (a->kind == FINITE && b->kind == FINITE) return;
  if (a->kind == NOT_A_NUMBER || b->kind == NOT_A_NUMBER || significand == 0) s->nan = 1;
  else special_infinity(s, significand < 0);
}
/* Whether they decide the result, and what it is. */
static int special_result(const specials_t* s, const float_register* r, uint32_t* bits) {
  if (s->nan || (s->positive && s->negative)) *bits = r->nan_bits;
  else if (s->positive || s->negative) *bits = infinity_of(r, s->negative);
  else return 0;
  return 1;
}

static code_t unpack_register(const float_register* r, uint32_t bits) {
  return unpack(bits, r->exponent_bits, r->fraction_bits, r->bias);
}
static void add_register(wide* sum, const float_register* r, uint32_t bits, uint32_t times) {
  const code_t c = unpack_register(r, bits);
  if (c.kind == FINITE) wide_add(sum, (int64_t)c.significand * times, c.exponent - r->fraction_bits);
}

static float float_of(uint32_t bits) { float x; memcpy(&x, &bits, 4); return x; }
static uint32_t bits_of(float x) { uint32_t bits; memcpy(&bits, &x, 4); return bits; }

/* An element choice: a table of its codes, or an IEEE-like format; its gain in three forms. */
typedef struct {
  const code_t* codes;
  int exponent_bits, fraction_bits, bias, min_exponent;
  uint32_t mask;
  int32_t factor; /* gain times the side's common denominator */
} choice_t;

/* One side of a dot product, as its format and the semantic's record say. */
typedef struct {
  choice_t choices[2];
  const code_t* scales;
  uint32_t scale_mask;
  int scale_fraction_bits, block_size, selector_bit, nan_scale;
} side_t;

static code_t code_at(const choice_t* choice, uint32_t code) {
  code &= choice->mask;
  return choice->codes ? choice->codes[code] : unpack(code, choice->exponent_bits, choice->fraction_bits, choice->bias);
}

${OPERAND}
static int choice_of(const side_t* side, const operand_t* x, int k) {
  return (x->scale[k] & (uint32_t)side->selector_bit) != 0;
}
static code_t scale_of(const side_t* side, const operand_t* x, int k) {
  const code_t scale = side->scales[x->scale[k] & side->scale_mask];
  return scale.kind != FINITE && side->nan_scale >= 0 ? side->scales[side->nan_scale] : scale;
}
`;
