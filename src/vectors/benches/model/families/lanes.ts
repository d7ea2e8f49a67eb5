/** C of FP32 lanes, and of integers that wrap. */

export const LANES = `
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

export const INTEGER = `
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
