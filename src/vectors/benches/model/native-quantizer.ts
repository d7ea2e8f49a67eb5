/** A quantise unit by the native library: one block a call. */
import { widthOf } from '../../../formats/index.js';
import { nativeQuantizer } from '../../../kernels/index.js';
import type { BenchPlan } from '../plan.js';
import { floatText } from './float-text.js';
import { prototype } from './prototype.js';
import type { QuantizerModel } from './quantizer.js';
import { BITS } from './runtime.js';

/** Numbers of a block of the library. */
const BLOCK = 16;

/** What stands behind the headers; undefined for formats and rules that the library does not cover. */
export function nativeQuantizerBody(plan: BenchPlan, { format, policy }: QuantizerModel): string | undefined {
  const found = nativeQuantizer(format, policy);
  if (found === undefined || format.blockSize !== BLOCK) return undefined;
  const { candidates, target, divisor } = found;
  const rows = candidates.map(
    ({ integer, stretch, gain, inverseGain, selector }) =>
      `  {${integer ? 1 : 0}, ${[stretch, gain, inverseGain].map(floatText).join(', ')}, ${selector}},`,
  );
  const amax = plan.inputs.some(({ name }) => name === 'amax') ? 'float_of(amax[0])' : '0';
  const width = widthOf(format.choices[0].element);
  return `${BITS}
static const fp4sim_candidate CANDIDATES[] = {
${rows.join('\n')}
};

static float float_of(uint32_t bits) { float x; memcpy(&x, &bits, 4); return x; }

${prototype(plan)} {
  const fp4sim_quantizer quantizer = {
    ${candidates.length}, CANDIDATES, ${amax}, ${floatText(divisor)}, ${floatText(target)}, float_of(enc[0]), float_of(dec[0]),
  };
  float block[${BLOCK}];
  uint8_t written[${BLOCK}], scale;
  int i;
  for (i = 0; i < ${BLOCK}; i++) block[i] = float_of(bits_at(x, 16 * i, 16) << 16);
  check(fp4sim_quantize(&quantizer, block, written, &scale) == 0);
  memset(codes, 0, ${4 * Math.ceil((BLOCK * width) / 32)});
  for (i = 0; i < ${BLOCK}; i++) set_bits(codes, ${width} * i, ${width}, written[i]);
  scale_code[0] = scale;
}
`;
}
