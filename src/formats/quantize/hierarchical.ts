/**
 * HiFloat4: a block scale, then nested groups that each may double their elements (micro-exponents).
 *
 * The scale is rounded from bf16(amax × bf16(1/7)), 7 being the largest value a block can hold with all
 * micro-exponents set; elements are multiplied by bf16(1/scale). A group's bit is set if its largest scaled element
 * reaches half of what the levels below can hold: 4, then 2.
 * Source: HiFloat4, hif4_gpu/quant_cy/base/QFuncs/hifx.py and hif4_gpu/HiF4_NVFP4_v14f16.py.
 */
import { toBf16 } from '../bf16.js';
import type { BlockFormat } from '../block.js';
import { codecOf } from '../codec.js';
import type { Matrix, QuantizedMatrix } from '../matrix.js';
import { type Policy, policyText } from '../policy.js';
import { elementEncoder, zeroAddend } from './element-encoder.js';
import { blockMaximum } from './input.js';
import { randomSource } from './random-source.js';

/** Quantises to a format with micro-exponents. The input has been checked. */
export function quantizeHierarchical(format: BlockFormat, matrix: Matrix, policy: Policy): QuantizedMatrix {
  const { rows, cols, data } = matrix;
  const { element } = format.choices[0];
  const groups = format.microGroups ?? [];
  const lastGroup = groups.at(-1) ?? format.blockSize;
  const scaleCodec = codecOf(format.scale);
  const reciprocalOfRange = toBf16(1 / (codecOf(element).maxValue * 2 ** groups.length));
  const encode = elementEncoder(element, policy, randomSource(policy, 0));
  const addend = zeroAddend(policy);
  const codes = new Uint8Array(rows * cols);
  const scales = new Uint8Array(codes.length / format.blockSize);
  const microExponents = new Uint8Array(codes.length / lastGroup);
  const y = new Float32Array(format.blockSize);
  for (let b = 0; b < scales.length; b++) {
    const start = b * format.blockSize;
    const x = data.subarray(start, start + format.blockSize);
    const maximum = blockMaximum(x);
    scales[b] = scaleCodec.encode(toBf16(maximum * reciprocalOfRange));
    if (Number.isNaN(maximum)) continue;
    const inverse = toBf16(1 / scaleCodec.decode(scales[b]!));
    for (let i = 0; i < y.length; i++) y[i] = (x[i]! + addend) * inverse;
    const exponents = microExponents.subarray(start / lastGroup, (start + format.blockSize) / lastGroup);
    applyMicroExponents(y, groups, lastGroup, exponents);
    encode(y, y.length, codes.subarray(start));
  }
  return {
    format,
    rows,
    cols,
    codes,
    scales,
    tensorScale: 1,
    microExponents,
    policy: policyText(policy),
  };
}

/** Chooses each group's bit, halves the elements of groups whose bit is set, and adds the bits up per last group. */
function applyMicroExponents(
  y: Float32Array,
  groups: readonly number[],
  lastGroup: number,
  exponents: Uint8Array,
): void {
  groups.forEach((size, level) => {
    const threshold = 2 ** (groups.length - level);
    for (let start = 0; start < y.length; start += size) {
      const group = y.subarray(start, start + size);
      if (!(blockMaximum(group) >= threshold)) continue;
      for (let i = 0; i < size; i++) group[i] = group[i]! / 2;
      for (let g = start / lastGroup; g < (start + size) / lastGroup; g++) exponents[g] = exponents[g]! + 1;
    }
  });
}
