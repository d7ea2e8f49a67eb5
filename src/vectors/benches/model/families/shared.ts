/** C that several families share. */

/** Scales of both sides at an element, and what the families that round by blocks need. */
export const SCALES = `
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

/** Sums of products and scales, exact: element by element, each with its factor. */
export const EXACT_SUMS = `
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
