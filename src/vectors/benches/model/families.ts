/**
 * One C accumulator for each family of `src/dot/semantic.ts`, from the same rules as the oracle's: `start`, `step` over
 * STEP_K elements, `finish`. What a record says is in constants before them.
 */
import type { Accumulation } from '../../../dot/index.js';

/** Families that a model can be written for. */
export type ModelFamily = Exclude<Accumulation['kind'], 'two-stage'>;

/** Scales of both sides at an element, and what the families that round by blocks need. */
const SCALES = `
typedef struct { int64_t significand; int exponent, zero_exponent, place, nan; } scales_t;

static scales_t scales_at(const operand_t* a, const operand_t* b, int k) {
  const code_t x = scale_of(&A, a, k), y = scale_of(&B, b, k);
  scales_t s;
  s.significand = (int64_t)x.significand * y.significand;
  s.exponent = x.exponent + y.exponent;
  s.zero_exponent = (x.significand == 0 ? -126 : x.exponent) + (y.significand == 0 ? -126 : y.exponent);
  s.place = s.exponent - A.scale_fraction_bits - B.scale_fraction_bits;
  s.nan = x.kind != FINITE || y.kind != FINITE;
  return s;
}
`;

const FUSED = `
typedef struct { int64_t significand; int place, exponent; } term_t;
#define NO_EXPONENT (-(1 << 30))
static uint32_t state;

static void start(uint32_t c) { state = c; }

/* Cuts every term to a multiple of 2^(emax - F), adds, rounds once. */
static uint32_t aligned_sum(const term_t* terms, int count) {
  wide sum;
  int emax = EXPONENT_FLOOR, i;
  memset(&sum, 0, sizeof sum);
  for (i = 0; i < count; i++) if (terms[i].exponent > emax) emax = terms[i].exponent;
  for (i = 0; i < count; i++) {
    const int below = emax - FRACTION_BITS - terms[i].place;
    int64_t kept = terms[i].significand;
    if (kept == 0) continue;
    if (below <= 0) { wide_add(&sum, kept, terms[i].place); continue; }
    kept = below > 62 ? 0 : kept / ((int64_t)1 << below); /* toward zero */
    if (kept != 0) wide_add(&sum, kept, terms[i].place + below);
  }
  return pack(&REGISTER, &sum, 1);
}

static term_t product_term(const operand_t* a, const operand_t* b, int k, specials_t* specials) {
  const choice_t *ca = &A.choices[0], *cb = &B.choices[0];
  const code_t x = code_at(ca, a->code[k]), y = code_at(cb, b->code[k]);
  const scales_t s = scales_at(a, b, k);
  term_t term;
  term.significand = (int64_t)x.significand * y.significand * s.significand;
  term.exponent = x.exponent + y.exponent + s.exponent;
  term.place = x.exponent + y.exponent + s.place - ca->fraction_bits - cb->fraction_bits;
  if (s.nan) specials->nan = 1;
  special_product(specials, &x, &y, term.significand);
  if (term.significand == 0)
    term.exponent = ZERO_TERMS == OPERAND_FLOOR
      ? (x.significand == 0 ? -126 : x.exponent) + (y.significand == 0 ? -126 : y.exponent) + s.zero_exponent
      : NO_EXPONENT;
  return term;
}

static term_t group_term(const operand_t* a, const operand_t* b, const int* positions, specials_t* specials) {
  const choice_t *ca = &A.choices[0], *cb = &B.choices[0];
  const scales_t s = scales_at(a, b, positions[0]);
  int64_t sum = 0;
  term_t term;
  int i;
  for (i = 0; i < GROUP; i++) {
    const code_t x = code_at(ca, a->code[positions[i]]), y = code_at(cb, b->code[positions[i]]);
    special_product(specials, &x, &y, (int64_t)x.significand * y.significand);
    if (x.kind == FINITE && y.kind == FINITE)
      sum += (int64_t)x.significand * y.significand * ((int64_t)1 << (x.exponent - ca->min_exponent + y.exponent - cb->min_exponent));
  }
  if (s.nan) specials->nan = 1;
  term.significand = sum * s.significand;
  term.place = ca->min_exponent - ca->fraction_bits + cb->min_exponent - cb->fraction_bits + s.place;
  term.exponent = s.exponent;
  if (term.significand == 0) {
    term.exponent = NO_EXPONENT;
    if (ZERO_TERMS == OPERAND_FLOOR) term.exponent = s.zero_exponent;
    if (ZERO_TERMS == SCALE_EXPONENTS && s.significand != 0) term.exponent = s.exponent;
  }
  return term;
}

static uint32_t pass(const operand_t* a, const operand_t* b, const int* positions, int count, uint32_t addend) {
  term_t terms[STEP_K + 1];
  specials_t specials = {0, 0, 0};
  const code_t c = unpack_register(&REGISTER, addend);
  uint32_t forced;
  int i, n = 0;
  for (i = 0; i < count; i += GROUP)
    terms[n++] = GROUPED ? group_term(a, b, positions + i, &specials) : product_term(a, b, positions[i], &specials);
  special_register(&specials, &c);
  terms[n].significand = c.kind == FINITE ? c.significand : 0;
  terms[n].place = c.exponent - REGISTER.fraction_bits;
  terms[n].exponent = terms[n].significand != 0 ? c.exponent : ZERO_TERMS == OPERAND_FLOOR ? -126 : NO_EXPONENT;
  n++;
  if (special_result(&specials, &REGISTER, &forced)) return forced;
  return aligned_sum(terms, n);
}

/* x + y, exact and rounded once to nearest even. */
static uint32_t add_registers(uint32_t x, uint32_t y) {
  float_register nearest = REGISTER;
  const code_t cx = unpack_register(&REGISTER, x), cy = unpack_register(&REGISTER, y);
  specials_t specials = {0, 0, 0};
  uint32_t forced;
  wide sum;
  memset(&sum, 0, sizeof sum);
  nearest.nearest_even = 1;
  special_register(&specials, &cx);
  special_register(&specials, &cy);
  if (special_result(&specials, &REGISTER, &forced)) return forced;
  add_register(&sum, &REGISTER, x, 1);
  add_register(&sum, &REGISTER, y, 1);
  return pack(&nearest, &sum, 1);
}

static void step(const operand_t* a, const operand_t* b) {
  uint32_t carried = ADDEND_FIRST ? state : 0;
  int i;
  for (i = 0; i < PASSES; i++) carried = pass(a, b, POSITIONS[i], PASS_LENGTH, carried);
  state = ADDEND_FIRST ? carried : add_registers(state, carried);
}

static uint32_t finish(void) { return state; }
`;

/** Sums of products and scales, exact: element by element, each with its factor. */
const EXACT_SUMS = `
static void add_products(wide* sum, const operand_t* a, const operand_t* b, int k, specials_t* specials) {
  const choice_t *ca = &A.choices[choice_of(&A, a, k)], *cb = &B.choices[choice_of(&B, b, k)];
  const code_t x = code_at(ca, a->code[k]), y = code_at(cb, b->code[k]);
  const scales_t s = scales_at(a, b, k);
  const int place = x.exponent + y.exponent - ca->fraction_bits - cb->fraction_bits + s.place + a->micro[k] + b->micro[k];
  const int64_t product = (int64_t)x.significand * y.significand;
  if (s.nan) specials->nan = 1;
  special_product(specials, &x, &y, product);
  if (s.nan || x.kind != FINITE || y.kind != FINITE) return;
  wide_add(sum, product * s.significand * (WITH_FACTORS ? (int64_t)ca->factor * cb->factor : 1), place);
}
`;

const EXACT = `${EXACT_SUMS}
static wide total;
static specials_t specials;
static uint32_t addend;

static void start(uint32_t c) {
  memset(&total, 0, sizeof total);
  memset(&specials, 0, sizeof specials);
  addend = c;
}

static void step(const operand_t* a, const operand_t* b) {
  int k;
  for (k = 0; k < STEP_K; k++) add_products(&total, a, b, k, &specials);
}

static uint32_t finish(void) {
  const code_t c = unpack_register(&REGISTER, addend);
  specials_t all = specials;
  wide sum = total;
  uint32_t forced;
  special_register(&all, &c);
  if (special_result(&all, &REGISTER, &forced)) return forced;
  add_register(&sum, &REGISTER, addend, DENOMINATOR);
  return pack(&REGISTER, &sum, DENOMINATOR);
}
`;

const PER_CHOICE = `${EXACT_SUMS}
static wide totals[3]; /* by the number of sides that hold their second choice */
static specials_t specials;
static uint32_t addend;

static void start(uint32_t c) {
  memset(totals, 0, sizeof totals);
  memset(&specials, 0, sizeof specials);
  addend = c;
}

static void step(const operand_t* a, const operand_t* b) {
  int k;
  for (k = 0; k < STEP_K; k++)
    add_products(&totals[choice_of(&A, a, k) + choice_of(&B, b, k)], a, b, k, &specials);
}

static uint32_t finish(void) {
  static const uint32_t corrections[3] = CORRECTIONS;
  const code_t c = unpack_register(&REGISTER, addend);
  specials_t all = specials;
  wide sum = totals[0];
  uint32_t result;
  int i;
  special_register(&all, &c);
  if (special_result(&all, &REGISTER, &result)) return result;
  add_register(&sum, &REGISTER, addend, 1);
  result = pack(&REGISTER, &sum, 1);
  for (i = 1; i < 3; i++) {
    const float part = float_of(pack(&REGISTER, &totals[i], 1));
    const float corrected = (float)((double)part * float_of(corrections[i]));
    const double both = (double)float_of(result) + corrected;
    result = both != both ? 0x7fffffffu : (float)both == 0 ? 0 : bits_of((float)both);
  }
  return result;
}
`;

const PER_BLOCK = `${EXACT_SUMS}
static const uint32_t CORRECTION[2][2] = CORRECTIONS; /* FP32 factor of the gains; 1 is not multiplied by */
static uint32_t state;

static void start(uint32_t c) { state = c; }

/* The sum of a block alone, without its scales: small. */
static wide block_elements(const operand_t* a, const operand_t* b, int from) {
  wide sum;
  int k;
  memset(&sum, 0, sizeof sum);
  for (k = from; k < from + BLOCK; k++) {
    const choice_t *ca = &A.choices[choice_of(&A, a, k)], *cb = &B.choices[choice_of(&B, b, k)];
    const code_t x = code_at(ca, a->code[k]), y = code_at(cb, b->code[k]);
    wide_add(&sum, (int64_t)x.significand * y.significand, x.exponent + y.exponent - ca->fraction_bits - cb->fraction_bits);
  }
  return sum;
}

/* (block sum) x (scale product x factor), one rounding each. */
static uint32_t corrected_block(const operand_t* a, const operand_t* b, int from, uint32_t factor) {
  const scales_t s = scales_at(a, b, from);
  const code_t f = unpack_register(&REGISTER, factor);
  const wide elements = block_elements(a, b, from);
  wide product;
  uint32_t scale;
  memset(&product, 0, sizeof product);
  wide_add(&product, s.significand * f.significand, s.place + f.exponent - REGISTER.fraction_bits);
  scale = pack(&REGISTER, &product, 1);
  /* A block sum fits a float32, so that a double holds its product with the scale. */
  return bits_of((float)((double)float_of(pack(&REGISTER, &elements, 1)) * float_of(scale)));
}

static void block(const operand_t* a, const operand_t* b, int from) {
  const uint32_t factor = CORRECTION[choice_of(&A, a, from)][choice_of(&B, b, from)];
  const code_t c = unpack_register(&REGISTER, state);
  specials_t specials = {0, 0, 0};
  wide sum;
  uint32_t forced;
  int k;
  memset(&sum, 0, sizeof sum);
  for (k = from; k < from + BLOCK; k++) add_products(&sum, a, b, k, &specials);
  special_register(&specials, &c);
  if (special_result(&specials, &REGISTER, &forced)) { state = forced; return; }
  if (factor != 0x3f800000u) {
    memset(&sum, 0, sizeof sum);
    add_register(&sum, &REGISTER, corrected_block(a, b, from, factor), 1);
  }
  add_register(&sum, &REGISTER, state, 1);
  state = pack(&REGISTER, &sum, 1);
}

static void step(const operand_t* a, const operand_t* b) {
  int from;
  for (from = 0; from < STEP_K; from += BLOCK) block(a, b, from);
}

static uint32_t finish(void) { return state; }
`;

const LANES = `
static const uint32_t CORRECTION[2][2] = CORRECTIONS;
static double lanes[LANES];
static int loaded;

static void start(uint32_t c) {
  (void)c;
  memset(lanes, 0, sizeof lanes);
  loaded = ADDED_TO_ZERO;
}

static double fp32(double x) {
  const float rounded = (float)x;
  return FLUSHED && rounded < 0x1p-126f && rounded > -0x1p-126f ? rounded * 0.0 : rounded;
}

static double value_of(const choice_t* choice, uint32_t code) {
  const code_t c = code_at(choice, code);
  const double magnitude = ldexp(c.significand < 0 ? -(double)c.significand : c.significand, c.exponent - choice->fraction_bits);
  return c.negative ? -magnitude : magnitude;
}

static void step(const operand_t* a, const operand_t* b) {
  int from, lane;
  for (from = 0; from < STEP_K; from += LANES) {
    const int ca = choice_of(&A, a, from), cb = choice_of(&B, b, from);
    const scales_t s = scales_at(a, b, from);
    const double scale = s.nan ? NAN : fp32(ldexp((double)s.significand, s.place) * float_of(CORRECTION[ca][cb]));
    for (lane = 0; lane < LANES; lane++) {
      const int k = from + lane;
      const double product = fp32(value_of(&A.choices[ca], a->code[k]) * value_of(&B.choices[cb], b->code[k]) * scale);
      lanes[lane] = loaded ? fp32(lanes[lane] + product) : product;
    }
    loaded = 1;
  }
}

static uint32_t finish(void) {
  double level[LANES];
  int count = LANES, i;
  memcpy(level, lanes, sizeof level);
  while (count > 1) {
    for (i = 0; i + 1 < count; i += 2) level[i / 2] = fp32(level[i] + level[i + 1]);
    if (count % 2 == 1) level[count / 2] = level[count - 1];
    count = (count + 1) / 2;
  }
  return level[0] != level[0] ? REGISTER.nan_bits : bits_of((float)level[0]);
}
`;

const INTEGER = `
static uint32_t state;

static void start(uint32_t c) { state = c; }

static void step(const operand_t* a, const operand_t* b) {
  int k;
  for (k = 0; k < STEP_K; k++) {
    const int64_t x = code_at(&A.choices[0], a->code[k]).significand, y = code_at(&B.choices[0], b->code[k]).significand;
    state += (uint32_t)(x * y);
  }
}

static uint32_t finish(void) { return state; }
`;

export const FAMILIES: Readonly<Record<ModelFamily, string>> = {
  fused: SCALES + FUSED,
  exact: SCALES + EXACT,
  'per-choice': SCALES + PER_CHOICE,
  'per-block': SCALES + PER_BLOCK,
  lanes: SCALES + LANES,
  integer: INTEGER,
};
