/** C of the families that keep sums whole: one register, one for each pair of choices, one block at a time. */
import { EXACT_SUMS } from './shared.js';

export const EXACT = `${EXACT_SUMS}
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

export const PER_CHOICE = `${EXACT_SUMS}
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

export const PER_BLOCK = `${EXACT_SUMS}
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
