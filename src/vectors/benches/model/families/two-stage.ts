/** C of `TwoStageAccumulation`: AMD's halves at even and odd positions, then C. */

export const TWO_STAGE = `
#define NO_EXPONENT (-(1 << 30))
static uint32_t state;

static void start(uint32_t c) { state = c; }

/* A sum worth sum * 2^place, under the exponent that its terms were aligned to. */
typedef struct { int64_t sum; int place, exponent; } half_t;

/* sum * 2^(from - to) as a whole number. Sums are short: 64 bits hold them. */
static int64_t moved(int64_t sum, int from, int to) {
  const int below = to - from;
  const int64_t unit = (int64_t)1 << (below > 0 && below < 62 ? below : 0);
  if (below <= 0) return sum * ((int64_t)1 << -below);
  if (below >= 62) return ROUNDS_DOWN && sum < 0 ? -1 : 0;
  return sum / unit - (ROUNDS_DOWN && sum % unit < 0);
}

/* Truncated products at every second position. */
static half_t half(const operand_t* a, const operand_t* b, int first, specials_t* specials) {
  const choice_t *ca = &A.choices[0], *cb = &B.choices[0];
  int64_t product[GROUP / 2];
  int exponent[GROUP / 2], i;
  half_t h = {0, 0, NO_EXPONENT};
  for (i = 0; i < GROUP / 2; i++) {
    const code_t x = code_at(ca, a->code[first + 2 * i]), y = code_at(cb, b->code[first + 2 * i]);
    product[i] = (int64_t)x.significand * y.significand;
    exponent[i] = x.exponent + y.exponent;
    special_product(specials, &x, &y, product[i]);
    if (product[i] != 0 && exponent[i] > h.exponent) h.exponent = exponent[i];
  }
  h.place = h.exponent - FRACTION_BITS;
  for (i = 0; i < GROUP / 2; i++) {
    const int below = h.place - (exponent[i] - ca->fraction_bits - cb->fraction_bits);
    if (product[i] == 0 || below >= 62) continue;
    h.sum += below <= 0 ? product[i] * ((int64_t)1 << -below) : product[i] / ((int64_t)1 << below);
  }
  return h;
}

static void group(const operand_t* a, const operand_t* b, int first) {
  const code_t c = unpack_register(&REGISTER, state);
  const int c_exponent = c.significand == 0 ? NO_EXPONENT : c.exponent;
  specials_t specials = {0, 0, 0};
  const half_t even = half(a, b, first, &specials), odd = half(a, b, first + 1, &specials);
  const int products_exponent = even.exponent > odd.exponent ? even.exponent : odd.exponent;
  const int place = products_exponent - FRACTION_BITS;
  const int exponent = products_exponent > c_exponent ? products_exponent : c_exponent;
  int64_t products = 0, addend = 0;
  wide sum;
  special_register(&specials, &c);
  if (special_result(&specials, &REGISTER, &state)) return;
  if (exponent == NO_EXPONENT) { state = 0; return; }
  if (even.sum != 0) products += moved(even.sum, even.place, place);
  if (odd.sum != 0) products += moved(odd.sum, odd.place, place);
  if (products != 0) products = moved(products, place, exponent - SUM_FRACTION_BITS);
  if (c.significand != 0 && c_exponent >= exponent - ADDEND_REACH)
    addend = moved(c.significand, c.exponent - REGISTER.fraction_bits, exponent - ADDEND_FRACTION_BITS) *
             ((int64_t)1 << (SUM_FRACTION_BITS - ADDEND_FRACTION_BITS));
  memset(&sum, 0, sizeof sum);
  wide_add(&sum, products + addend, exponent - SUM_FRACTION_BITS);
  state = pack(&REGISTER, &sum, 1);
}

static void step(const operand_t* a, const operand_t* b) {
  int k;
  for (k = 0; k < STEP_K; k += GROUP) group(a, b, k);
}

static uint32_t finish(void) { return state; }
`;
