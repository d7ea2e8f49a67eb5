/** The software that quantise units and transforms model, on the fields of their vectors. */
import type { UnitDesign } from '../../../rtl-model/designs/index.js';
import {
  BF16,
  type BlockFormat,
  codecOf,
  type Matrix,
  NVFP4,
  quantize,
  quantizerInput,
  resolvePolicy,
  widthOf,
} from '../../formats/index.js';
import { float32Bits } from '../../numerics/index.js';
import { type Columns, codesAt, fieldNamed, type Layout, type PlacedField } from '../layout.js';

/** Bits of an input element. */
export const BF16_WIDTH = widthOf(BF16);
const FLOAT_MAX = Math.fround(3.4028234663852886e38);

/** Elements of a block on the input port; a unit may take fewer at an edge. */
export function blockSizeOf({ protocol }: UnitDesign): number {
  return protocol.inputs.find(({ port }) => port === 'x')!.width / BF16_WIDTH;
}

/** enc = divisor / amax and dec = 1 / enc, as the software's tensor level has them. */
export function tensorScales(design: UnitDesign, amax: number): Record<string, number> {
  const { divisor } = quantized(design, design.policy, Float32Array.of(amax)).tensorFactor!;
  const enc = Math.min(Math.fround(divisor / amax), FLOAT_MAX);
  return { enc: float32Bits(enc), dec: float32Bits(Math.fround(1 / enc)), amax: float32Bits(amax) };
}

/** The software's result on rows of one block each; the first row holds the largest element of the tensor. */
function quantized(design: UnitDesign, policy: string, ...blocks: readonly Float32Array[]) {
  const { format } = design;
  const lanes = blockSizeOf(design);
  const data = new Float32Array(blocks.length * lanes);
  blocks.forEach((block, i) => {
    data.set(block, i * lanes);
  });
  return quantize(format as BlockFormat, { rows: blocks.length, cols: lanes, data }, policy);
}

export function elementsAt(columns: Columns, x: PlacedField, line: number): number[] {
  const { decode } = codecOf(BF16);
  const codes = codesAt(columns, x, line, BF16_WIDTH, new Uint16Array(x.width / BF16_WIDTH));
  return Array.from(codes, decode);
}

/** What the software makes of a block: codes in the order of the elements, and the scale byte. */
export interface SoftwareBlock {
  readonly codes: readonly number[];
  readonly scale: number;
}

/**
 * The block of a line as the software quantises it by a policy; undefined where the scales that the unit is given are
 * not those of a tensor, of which the software knows nothing.
 */
export function softwareBlock(
  design: UnitDesign,
  layout: Layout,
  columns: Columns,
  line: number,
  policy = design.policy,
): SoftwareBlock | undefined {
  const x = Float32Array.from(elementsAt(columns, fieldNamed(layout, 'x'), line));
  const field = layout.fields.find(({ name }) => name === 'amax');
  const enc = fieldNamed(layout, 'enc');
  const amax = field === undefined ? undefined : floatOf(columns[field.column]![line]!);
  // Without the port, the tensor's maximum is what gives this encode scale.
  const found = amax ?? amaxOf(design, floatOf(columns[enc.column]![line]!));
  const larger = found === undefined || x.some((value) => Math.abs(value) > found);
  if (larger || !isTensorLevel(design, layout, columns, line, found)) return undefined;
  const { codes, scales } = quantized(design, policy, Float32Array.of(found), x);
  return { codes: Array.from(codes.subarray(x.length)), scale: scales[1]! };
}

/** Whether the scales given are those of a tensor with that maximum: of others the software knows nothing. */
function isTensorLevel(
  design: UnitDesign,
  layout: Layout,
  columns: Columns,
  line: number,
  amax: number,
): boolean {
  const scales = tensorScales(design, amax);
  return ['enc', 'dec'].every((name) => {
    const field = layout.fields.find((each) => each.name === name);
    return field === undefined || columns[field.column]![line] === scales[name];
  });
}

function floatOf(bits: number): number {
  return new Float32Array(Uint32Array.of(bits).buffer)[0]!;
}

/** A BF16 number whose encode scale is `enc`; undefined if rounding hides it. */
function amaxOf(design: UnitDesign, enc: number): number | undefined {
  const { encode, decode } = codecOf(BF16);
  const { divisor } = quantized(design, design.policy, Float32Array.of(1)).tensorFactor!;
  const amax = decode(encode(divisor / enc));
  return Math.fround(divisor / amax) === enc ? amax : undefined;
}

export function sameSums(layout: Layout, columns: Columns, line: number, x: Float32Array): boolean {
  const matrix: Matrix = { rows: 1, cols: x.length, data: x };
  const expected = quantizerInput(NVFP4, matrix, resolvePolicy(NVFP4, 'hadamard=16')).data;
  const exponents = Array.from(x, Math.abs).filter((value) => value > 0);
  // What lies more than 24 bits below the largest element is cut by the unit, as it says.
  if (Math.max(...exponents) > 2 ** 23 * Math.min(...exponents)) return true;
  const found = elementsAt(columns, fieldNamed(layout, 'y'), line);
  return found.every((value, i) => value === expected[i]! + 0);
}
