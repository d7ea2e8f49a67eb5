/*
 * The kernels of fp4sim for C: one dot product at a time, step by step, and one block at a time of what quantisers
 * write, bit for bit as a record says. Built by `npm run build:native -- --c` into native/binaries/libfp4sim_native.a; link with -lm -lpthread -ldl.
 *
 * `fp4sim bench` writes records for the units that the kernels do, from its records of formats and semantics.
 */
#ifndef FP4SIM_H
#define FP4SIM_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

enum {
  FP4SIM_FUSED = 1,     /* terms of 16 elements, aligned, cut and added at once */
  FP4SIM_PER_BLOCK = 2, /* an FP32 addition for each 16 elements */
  FP4SIM_EXACT = 3,     /* one whole number */
  FP4SIM_PER_CHOICE = 4, /* three of them, by the number of second choices */
  FP4SIM_PRODUCTS = 5,  /* products, aligned, cut and added at once */
  FP4SIM_LANES = 6,     /* sixteen FP32 sums */
  FP4SIM_INTEGERS = 7,  /* 32 bits that wrap */
  FP4SIM_TWO_STAGE = 8, /* products at even and at odd positions apart, then both sums and the addend */
  FP4SIM_REGISTER = 9   /* one whole number of up to 768 bits, read by fp4sim_dot_sum alone; not a fast kernel */
};

/* How the codes of a side are read. */
typedef struct {
  uint32_t codes;                 /* a power of two */
  const float* values;            /* of every code, and again for the second choice where there is a selector. PRODUCTS,
                                     LANES: numbers; wide PRODUCTS, TWO_STAGE: significands below 2; wide EXACT and
                                     PER_BLOCK, REGISTER: whole numbers below 2^24; INTEGERS: up to 127; else up to 16 */
  const int16_t* exponents;       /* PRODUCTS, TWO_STAGE: what every code counts with; else NULL */
  uint32_t block;                 /* elements under a scale byte; a multiple of 16 but where values are significands or
                                     below 2^24. 0 without scales, not where values are below 2^24 */
  uint32_t selector;              /* bit of the scale byte that picks the second choice; 0 for none */
  const float* scales;            /* of all 256 bytes; NULL without scales */
  const int16_t* scale_exponents; /* FUSED, wide PRODUCTS, TWO_STAGE: what a byte counts with; PER_BLOCK, PER_CHOICE: its
                                     choice; else NULL */
} fp4sim_side;

/* What a dot product is. What a kind does not mention is 0. */
typedef struct {
  uint32_t kind;
  uint32_t step;          /* elements of a call of fp4sim_dot_step: whole blocks, and 16s but for PRODUCTS, TWO_STAGE */
  uint32_t nan;           /* bits of every NaN result */
  int32_t unit;           /* FUSED to PER_CHOICE, REGISTER: a product of two whole numbers counts 2^unit */
  int32_t last_place;     /* EXACT, PER_CHOICE, REGISTER: sums are in units of 2^last_place */
  uint32_t flush;         /* EXACT: groups of 16 whose sum is below 2^53 products' units */
  uint32_t denominator;   /* EXACT: of the FP32 result */
  int32_t fraction_bits;  /* FUSED, PRODUCTS, TWO_STAGE: kept below the largest exponent */
  int32_t floor;          /* FUSED, PRODUCTS: of that exponent */
  int32_t zero_addend;    /* FUSED, PRODUCTS: exponent of an addend of zero */
  int32_t below;          /* FUSED: fraction bits of a term below the exponents of its scales */
  uint32_t result_bits;   /* PRODUCTS: fraction bits of an FP32 result */
  uint32_t half;          /* PRODUCTS: results are FP16 */
  uint32_t passes;        /* PRODUCTS: of a step */
  uint32_t addend_last;   /* PRODUCTS: the addend comes after them */
  uint32_t loaded;        /* LANES: a lane begins with its first product */
  uint32_t wide;          /* EXACT, PER_BLOCK, PRODUCTS: which values a side has, see there */
  uint32_t group;         /* TWO_STAGE: elements that are added at once, those at even positions first; divides a step */
  int32_t sum_bits;       /* TWO_STAGE: fraction bits of the products' sum where the addend is larger */
  int32_t addend_bits;    /* TWO_STAGE: fraction bits of the addend */
  int32_t addend_reach;   /* TWO_STAGE: an addend this far below the largest exponent still counts */
  uint32_t corrected;     /* whether there are corrections */
  float corrections[3];   /* of a scale product, by the number of second choices */
  fp4sim_side a, b;
} fp4sim_record;

typedef struct fp4sim_dot fp4sim_dot;

/* NULL for a record that the kernels cannot follow. Tables are copied. */
fp4sim_dot* fp4sim_dot_new(const fp4sim_record* record);
void fp4sim_dot_free(fp4sim_dot* dot);

/* Begins a dot product. The addend is bits of the result's format; 0 for EXACT without one, for LANES and REGISTER.
   Returns 0 if all is well, as the next does. */
int fp4sim_dot_start(fp4sim_dot* dot, uint32_t addend);

/* Adds the products of a step: a code a element, a scale byte a block (NULL without scales). */
int fp4sim_dot_step(fp4sim_dot* dot, const uint16_t* a_codes, const uint8_t* a_scales, const uint16_t* b_codes,
                    const uint8_t* b_scales);

/* Bits of the sum so far, rounded as the record says. */
uint32_t fp4sim_dot_result(const fp4sim_dot* dot);

/* EXACT, REGISTER: the sum so far in units of 2^last_place, without the addend, as two's complement of `count` words,
   lowest first. Returns 1 and writes zeros if it is NaN. */
int fp4sim_dot_sum(const fp4sim_dot* dot, uint32_t* words, uint32_t count);

/* One way to write a block: E2M1 elements, or INT4. */
typedef struct {
  uint32_t integer;   /* whether elements are INT4 */
  float stretch;      /* factor on the block scale */
  float gain;         /* of the elements */
  float inverse_gain;
  uint32_t selector;  /* bit that is set in the scale byte; 0 for none */
} fp4sim_candidate;

/* Two-level blocks of 16 under a UE4M3 scale. Of two candidates the one with the smaller sum of squared errors is
   taken, the first on a tie. */
typedef struct {
  uint32_t count;     /* of candidates: 1 or 2 */
  const fp4sim_candidate* candidates;
  float amax;         /* largest magnitude of the tensor */
  float divisor;      /* a value is ((element x gain) x scale) x amax / divisor */
  float target;       /* what the largest magnitude of a block is mapped to */
  float encode;       /* factor on block scales, */
  float decode;       /* and its inverse */
} fp4sim_quantizer;

/* Writes 16 codes and a scale byte of 16 numbers. Returns 1 if one of them is not finite. */
int fp4sim_quantize(const fp4sim_quantizer* quantizer, const float* x, uint8_t* codes, uint8_t* scale);

#ifdef __cplusplus
}
#endif
#endif
