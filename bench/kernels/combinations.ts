/** Every semantic with the operand formats that kernels are compared on, and who computes a combination. */
import { type OperandFormat, semanticOf } from '../../src/dot/index.js';
import { BLOCK_FORMATS, ELEMENT_FORMATS } from '../../src/formats/index.js';
import { type Kernels, oracleKernels } from '../../src/kernels/index.js';

/** A semantic and the operand formats to run it on. */
export interface Combination {
  readonly semantic: string;
  readonly a: string;
  readonly b: string;
}

function combinations(semantic: string, ...pairs: string[]): Combination[] {
  return pairs.map((pair) => {
    const [a, b = a] = pair.split('*');
    return { semantic, a: a!, b: b! };
  });
}

/** Every semantic with the formats that it is made for. */
export const COMBINATIONS: readonly Combination[] = [
  ...combinations('blackwell-mxf4nvf4', 'nvfp4', 'mxfp4', 'if4', 'nvfp4*if4'),
  ...combinations('blackwell-mxf4nvf4/mma-sim', 'nvfp4', 'mxfp4'),
  ...combinations('exact', 'nvfp4', 'if4', 'nvint4', 'mxfp4', 'e4m3', 'nvfp4*if4', 'e2m1'),
  ...combinations('exact49', 'if4', 'nvfp4*if4'),
  ...combinations('three-accumulators', 'if4', 'nvfp4*if4'),
  ...combinations('fp32-per-block', 'nvfp4', 'nvint4', 'mxfp4', 'e4m3', 'nvfp4*nvint4'),
  ...combinations('fp32-correct', 'if4', 'nvfp4*if4'),
  ...combinations('published-mac', 'if4', 'nvfp4', 'nvfp4*if4'),
  ...combinations('hopper-wgmma-fp8', 'e4m3', 'e5m2', 'e4m3*e5m2', 'e2m1'),
  ...combinations('hopper-wgmma-fp8/mma-sim', 'e4m3'),
  ...combinations('hopper-wgmma-fp8-f16', 'e4m3', 'e5m2'),
  ...combinations('hopper-mma-fp8', 'e4m3', 'e5m2'),
  ...combinations('hopper-mma-fp8-f16', 'e4m3', 'e5m2'),
  ...combinations('hopper-f16', 'fp16', 'bf16'),
  ...combinations('hopper-f16-f16', 'fp16'),
  ...combinations('s8-s32', 'int8', 'int4'),
  ...combinations('blackwell-mxf8f6f4', 'mxfp8_e4m3', 'mxfp4', 'mxfp6_e2m3*mxfp4'),
  ...combinations('blackwell-mxf8f6f4/mma-sim', 'mxfp8_e4m3'),
  ...combinations('blackwell-f8f6f4', 'e4m3', 'e5m2*e2m3', 'e2m1'),
  ...combinations('blackwell-f8f6f4/mma-sim', 'e4m3'),
  ...combinations('blackwell-f8f6f4-f16', 'e4m3', 'e5m2'),
  ...combinations('blackwell-f8f6f4-f16/mma-sim', 'e5m2'),
  ...combinations('hopper-wgmma-fp8-f16/mma-sim', 'e5m2'),
  ...combinations('ada-mma-fp8', 'e4m3', 'e5m2'),
  ...combinations('ada-mma-fp8/mma-sim', 'e4m3'),
  ...combinations('volta-f16', 'fp16'),
  ...combinations('turing-f16', 'fp16'),
  ...combinations('ampere-f16', 'fp16', 'bf16'),
  ...combinations('hopper-tf32', 'tf32'),
  ...combinations('cdna3-fp8', 'e4m3-fnuz', 'e5m2-fnuz'),
];

/** The record of an operand format by name. */
export function formatOf(name: string): OperandFormat {
  const format = BLOCK_FORMATS.get(name) ?? ELEMENT_FORMATS.get(name);
  if (format === undefined) throw new Error(`no format ${name}`);
  return format;
}

/** Whether an engine asks its fallback for the sums of a combination. */
export function handsOn(create: (fallback: Kernels) => Kernels, { semantic, a, b }: Combination): boolean {
  let asked = false;
  const fallback: Kernels = {
    ...oracleKernels,
    accumulator: (...parameters) => {
      asked ||= parameters[3] > 0;
      return oracleKernels.accumulator(...parameters);
    },
  };
  create(fallback).accumulator(semanticOf(semantic), formatOf(a), formatOf(b), 1, 1);
  return asked;
}
