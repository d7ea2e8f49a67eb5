/** C of `FusedAccumulation`. */

export const FUSED = `
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
