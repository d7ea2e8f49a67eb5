/** One quantised matrix of a witness file, and its comparison with ours, field by field. */
import { z } from 'zod';
import {
  BF16,
  type BlockFormat,
  codecOf,
  type DecodeOptions,
  dequantize,
  type Matrix,
  type Policy,
  type QuantizedMatrix,
  quantize,
  SELECTOR_BIT,
  toBlackwellScales,
  unpackNibbles,
  widthOf,
} from '../../formats/index.js';
import { ConfigurationError, hex, suggest } from '../../numerics/index.js';
import type { Tally } from '../result.js';
import { floats, numberText, type Slice, sliceOf, sliceSchema } from './archive.js';
import type { Skips } from './skips.js';

export const caseSchema = z.object({
  input: z.string(),
  dtype: z.string(),
  fields: z.record(z.string(), sliceSchema),
  oob_elements: z.int().nonnegative().optional(),
});
export type WitnessCase = z.infer<typeof caseSchema>;

/** Difference 3 of the format notes: an unsaturated or NaN element before packing, by the reference's own mask. */
const GARBAGE = 'oob_mask: the reference left the range of E2M1, or made a NaN, before packing';
const BOTH_NAN = 'both scales are NaN (Q·S/amax exceeds FP32); the sign of a NaN means nothing';

/** A case beside what we make of the same input. */
interface Comparison {
  readonly place: string;
  readonly input: Matrix;
  readonly ours: QuantizedMatrix;
  readonly bytes: (field: string) => Buffer;
  readonly tally: Tally;
  readonly skips: Skips;
  /** Elements, by position, whose code their own documentation calls garbage. */
  readonly garbage: (element: number) => boolean;
}

/** Compares one field. */
type FieldCheck = (comparison: Comparison, field: string) => void;

/** What each field is compared with; null for inputs of the comparison. */
const FIELDS: ReadonlyMap<string, FieldCheck | null> = new Map<string, FieldCheck | null>([
  ['codes', checkCodes],
  ['scales', checkScales],
  ['scales_blackwell_layout', checkBlackwellScales],
  ['amax_f32', (c, field) => checkFactor(c, field, c.ours.tensorFactor?.amax ?? 1)],
  ['per_tensor_scale_f32', (c, field) => checkFactor(c, field, c.ours.tensorScale)],
  ['dq_f32', (c, field) => checkValues(c, field, {})],
  ['dq_via_f16', (c, field) => checkValues(c, field, { intermediate: 'fp16' })],
  ['pseudo_bf16', checkBf16Values],
  ['oob_mask', null],
  ['rand0_f32', null],
  ['rand1_f32', null],
]);

export interface CaseContext {
  readonly file: string;
  readonly data: Buffer;
  readonly format: BlockFormat;
  readonly policy: Policy;
  readonly input: Matrix;
  readonly tally: Tally;
  readonly skips: Skips;
}

/** Quantises the input as the case was and compares every field of it. */
export function conformCase(witness: WitnessCase, context: CaseContext): void {
  const { file, data, format, policy, input, tally, skips } = context;
  const place = `${file}: ${witness.input}/${witness.dtype}`;
  const bytes = (field: string): Buffer =>
    sliceOf(data, witness.fields[field] as Slice, `${place}: ${field}`);
  const draws = ['rand0_f32', 'rand1_f32']
    .filter((field) => witness.fields[field] !== undefined)
    .map((field) => floats(bytes(field), input.data.length, `${place}: ${field}`));
  const ours = quantize(format, input, policy, draws.length > 0 ? { draws } : {});
  const mask = witness.fields.oob_mask === undefined ? undefined : bytes('oob_mask');
  checkMask(witness, mask, `${place}: oob_mask`);
  const garbage = (element: number): boolean => (mask?.[element] ?? 0) !== 0;
  for (const field of Object.keys(witness.fields)) {
    const check = FIELDS.get(field);
    if (check === undefined) {
      throw new ConfigurationError(`${place}: unknown field "${field}"`, suggest(field, FIELDS.keys()));
    }
    check?.({ place, input, ours, bytes, tally, skips, garbage }, field);
  }
}

/** The mask may not hide more than the index says. */
function checkMask(
  { oob_elements: expected = 0 }: WitnessCase,
  mask: Buffer | undefined,
  place: string,
): void {
  const marked = mask?.reduce((sum, byte) => sum + (byte === 0 ? 0 : 1), 0) ?? 0;
  if (marked === expected) return;
  throw new ConfigurationError(`${place}: marks ${marked} elements, the index says ${expected}`);
}

function checkCodes(comparison: Comparison, field: string): void {
  const { place, ours, bytes, tally, skips, garbage } = comparison;
  const raw = bytes(field);
  const packed = ours.format.choices.every(({ element }) => widthOf(element) === 4);
  expectLength(raw, packed ? ours.codes.length / 2 : ours.codes.length, `${place}: ${field}`);
  const theirs = packed ? unpackNibbles(raw) : raw;
  for (let i = 0; i < ours.codes.length; i++) {
    if (garbage(i)) skips.add(GARBAGE);
    else tally.compare(ours.codes[i] === theirs[i], () => describeCode(comparison, i, theirs[i]!));
  }
}

function describeCode({ place, ours }: Comparison, i: number, theirs: number): string {
  const scale = ours.scales[Math.floor(i / ours.format.blockSize)]!;
  const text = (code: number): string => `0x${hex(code, 1)}`;
  return `${place}, element ${at(i, ours.cols)}: theirs ${text(theirs)}, ours ${text(ours.codes[i]!)} (scale 0x${hex(scale, 2)})`;
}

function checkScales({ place, ours, bytes, tally, skips }: Comparison, field: string): void {
  const theirs = bytes(field);
  expectLength(theirs, ours.scales.length, `${place}: ${field}`);
  const { decode } = codecOf(ours.format.scale);
  const blocks = ours.cols / ours.format.blockSize;
  for (let b = 0; b < theirs.length; b++) {
    const equal = ours.scales[b] === theirs[b];
    if (!equal && Number.isNaN(decode(theirs[b]!)) && Number.isNaN(decode(ours.scales[b]!))) {
      skips.add(BOTH_NAN);
      continue;
    }
    const text = (code: number): string => `0x${hex(code, 2)} (${decode(code)})`;
    tally.compare(
      equal,
      () => `${place}, scale ${at(b, blocks)}: theirs ${text(theirs[b]!)}, ours ${text(ours.scales[b]!)}`,
    );
  }
}

function checkBlackwellScales({ place, ours, bytes, tally, skips }: Comparison, field: string): void {
  const theirs = bytes(field);
  const laidOut = toBlackwellScales(ours.scales, ours.rows, ours.cols / ours.format.blockSize);
  expectLength(theirs, laidOut.length, `${place}: ${field}`);
  const { decode } = codecOf(ours.format.scale);
  laidOut.forEach((byte, i) => {
    const equal = byte === theirs[i];
    if (!equal && Number.isNaN(decode(byte)) && Number.isNaN(decode(theirs[i]!))) skips.add(BOTH_NAN);
    else
      tally.compare(
        equal,
        () => `${place}, ${field} byte ${i}: theirs 0x${hex(theirs[i]!, 2)}, ours 0x${hex(byte, 2)}`,
      );
  });
}

function checkFactor({ place, bytes, tally }: Comparison, field: string, ours: number): void {
  const theirs = floats(bytes(field), 1, `${place}: ${field}`)[0]!;
  tally.compare(Object.is(ours, theirs), () => `${place}, ${field}: theirs ${theirs}, ours ${ours}`);
}

function checkValues(comparison: Comparison, field: string, options: DecodeOptions): void {
  const { ours, bytes, place } = comparison;
  compareFloats(
    comparison,
    field,
    dequantize(ours, options).data,
    floats(bytes(field), ours.codes.length, place),
  );
}

function checkBf16Values(comparison: Comparison, field: string): void {
  const { ours, bytes, place } = comparison;
  const raw = bytes(field);
  expectLength(raw, 2 * ours.codes.length, `${place}: ${field}`);
  const { decode } = codecOf(BF16);
  const theirs = Float32Array.from(ours.codes, (_, i) => decode(raw.readUInt16LE(2 * i)));
  compareFloats(comparison, field, fusedValues(comparison), theirs);
}

/** The fused path never makes codes: an INT4 element that rounds to zero keeps the sign of its input, unless its scale is zero. */
function fusedValues({ ours, input }: Comparison): Float32Array {
  const { data } = dequantize(ours, { output: 'bf16-truncated' });
  const { choices, selector, blockSize } = ours.format;
  return data.map((value, i) => {
    const scale = ours.scales[Math.floor(i / blockSize)]!;
    const { element } = choices[selector !== 'none' && (scale & SELECTOR_BIT) !== 0 ? 1 : 0]!;
    const signless = element.kind === 'integer' && element.representation === 'twos-complement';
    return signless && scale !== 0 && value === 0 && isNegative(input.data[i]!) ? -0 : value;
  });
}

function isNegative(x: number): boolean {
  return x < 0 || Object.is(x, -0);
}

function compareFloats(
  { place, ours, tally, skips, garbage }: Comparison,
  field: string,
  mine: Float32Array,
  theirs: Float32Array,
): void {
  for (let i = 0; i < mine.length; i++) {
    if (garbage(i)) skips.add(GARBAGE);
    else {
      tally.compare(
        Object.is(mine[i], theirs[i]),
        () =>
          `${place}, ${field} ${at(i, ours.cols)}: theirs ${numberText(theirs[i]!)}, ours ${numberText(mine[i]!)}`,
      );
    }
  }
}

function at(i: number, cols: number): string {
  return `(${Math.floor(i / cols)}, ${i % cols})`;
}

function expectLength(bytes: Uint8Array, expected: number, place: string): void {
  if (bytes.length === expected) return;
  throw new ConfigurationError(`${place}: has ${bytes.length} bytes, expected ${expected}`);
}
