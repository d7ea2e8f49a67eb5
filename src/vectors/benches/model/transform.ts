/**
 * The model of the Hadamard unit: H · diag(s) · x / √size in block floating point. Elements keep 24 bits below the last
 * place of the largest one, sums are exact, each is rounded once to BF16; a zero sum is +0.
 */
import { BF16, hadamardSigns, widthOf } from '../../../formats/index.js';
import type { BenchPlan } from '../plan.js';
import { prototype } from './prototype.js';
import { BITS } from './runtime.js';

export interface TransformModel {
  readonly kind: 'transform';
  /** Elements of a group: a power of four. */
  readonly size: number;
}

/** Bits kept below the last place of the largest element (rtl-model/designs/hadamard16.ts says the same). */
const KEPT_BELOW = 24;

export function transformBody(plan: BenchPlan, { size }: TransformModel): string {
  const width = widthOf(BF16);
  return `#include <string.h>
#include <stdint.h>
${BITS}
static const int SIGNS[] = {${hadamardSigns(size, 0).join(', ')}};

/* sum * 2^place as BF16, to nearest even. */
static uint32_t bf16(int64_t sum, int place) {
  const uint32_t sign = sum < 0 ? 1u << ${width - 1} : 0;
  const uint64_t m = (uint64_t)(sum < 0 ? -sum : sum);
  int length = 0, top, below;
  uint64_t kept, rest, half;
  if (m == 0) return 0;
  while (m >> length != 0) length++;
  top = length - 1 + place; /* exponent of the leading bit, at least that of subnormals */
  if (top < ${1 - BF16.bias}) top = ${1 - BF16.bias};
  below = top - ${BF16.fractionBits} - place;
  if (below <= 0) kept = m << -below;
  else {
    kept = below > 63 ? 0 : m >> below;
    rest = below > 63 ? m : m & (((uint64_t)1 << below) - 1);
    half = below > 63 ? UINT64_MAX : (uint64_t)1 << (below - 1);
    if (rest > half || (rest == half && (kept & 1))) kept++;
  }
  kept += (uint64_t)(top + ${BF16.bias - 1}) << ${BF16.fractionBits};
  if (kept > 0x7f80) kept = 0x7f80;
  return sign | (uint32_t)kept;
}

${prototype(plan)} {
  int64_t v[${size}];
  int exponent[${size}], largest = 1, half, i;
  for (i = 0; i < ${size}; i++) {
    const int field = (int)bits_at(x, ${width} * i + ${BF16.fractionBits}, ${BF16.exponentBits});
    exponent[i] = field == 0 ? 1 : field;
    if (exponent[i] > largest) largest = exponent[i];
  }
  for (i = 0; i < ${size}; i++) {
    const uint32_t code = bits_at(x, ${width} * i, ${width});
    const int64_t significand = (code & ${2 ** BF16.fractionBits - 1}) | (code >> ${BF16.fractionBits} & ${2 ** BF16.exponentBits - 1} ? ${2 ** BF16.fractionBits} : 0);
    const int below = largest - exponent[i];
    v[i] = below > 40 ? 0 : (significand << ${KEPT_BELOW}) >> below;
    if ((int)(code >> ${width - 1}) != (SIGNS[i] < 0)) v[i] = -v[i];
  }
  for (half = 1; half < ${size}; half *= 2) {
    for (i = 0; i < ${size}; i++) {
      const int64_t a = v[i], b = v[i ^ half];
      if (i & half) continue;
      v[i] = a + b;
      v[i ^ half] = a - b;
    }
  }
  memset(y, 0, ${(size * width) / 8});
  for (i = 0; i < ${size}; i++)
    set_bits(y, ${width} * i, ${width}, bf16(v[i], largest - ${BF16.bias + BF16.fractionBits + KEPT_BELOW + Math.log2(size) / 2}));
}
`;
}
