/**
 * Driving a MAC: from segments (dot products as slices of codes) to what its ports carry at each clock edge, and from
 * the outputs back to results. Pure functions; any engine can be fed with them.
 */
import { hasBlockScales } from '../../src/dot/index.js';
import { Random } from '../../src/numerics/index.js';
import type { MacDesign, OperandPorts } from './design.js';

/** What one operand's ports take at one edge. */
export interface OperandSlice {
  /** Element codes, one a lane. */
  readonly codes: ArrayLike<number>;
  /** Scale bytes of the blocks touched (selector bit included); empty for bare elements. */
  readonly scales: ArrayLike<number>;
  /** Micro-exponent bits, level by level; absent for formats without. */
  readonly micro?: ArrayLike<number>;
}

/** What a MAC takes at one enabled edge. */
export interface Slice {
  readonly a: OperandSlice;
  readonly w: OperandSlice;
}

/** One dot product. */
export interface Segment {
  readonly slices: readonly Slice[];
  /** Bits of the addend C, for designs that take one. */
  readonly addend?: number;
}

/** One clock edge: a slice with its place in the segment, or a bubble. */
export interface Edge {
  readonly slice: Slice | undefined;
  readonly first: boolean;
  readonly last: boolean;
  readonly addend: number;
  /** Bubbles: seed of what every port but the enable carries, which a design must not see. Absent: zeros. */
  readonly noise?: number;
}

/**
 * The edges that feed the segments in order, with the bubbles that the protocol needs between them, a flush slice if
 * results need one, and idle edges until the last result has shown. Bubbles carry noise, the same in every call.
 *
 * @param bubble asked before each slice: whether an idle edge comes first. Default: never (back to back).
 */
export function* edgesOf(
  design: MacDesign,
  segments: Iterable<Segment>,
  bubble: () => boolean = () => false,
): Generator<Edge> {
  const { segmentEnd, segmentInterval } = design.protocol;
  let sinceFirst = segmentInterval;
  let noise = 0;
  const idle = function* (count: number): Generator<Edge> {
    for (let i = 0; i < count; i++)
      yield { slice: undefined, first: false, last: false, addend: 0, noise: ++noise };
  };
  const begin = function* (): Generator<Edge> {
    yield* idle(Math.max(0, segmentInterval - sinceFirst));
    sinceFirst = 0;
  };
  for (const { slices, addend = 0 } of segments) {
    yield* begin();
    for (let i = 0; i < slices.length; i++) {
      while (bubble()) {
        yield* idle(1);
        if (i > 0) sinceFirst++;
      }
      yield { slice: slices[i], first: i === 0, last: i === slices.length - 1, addend };
      sinceFirst++;
    }
  }
  if (segmentEnd === 'next-first') {
    yield* begin();
    yield { slice: zeroSlice(design), first: true, last: false, addend: 0 };
  }
  yield* idle(design.latencyCycles + 1);
}

/** A slice of zeros: the flush transaction, and padding. Formats without a zero scale get code 0. */
export function zeroSlice({ a, w, lanes, protocol }: MacDesign): Slice {
  const zeros = (format: MacDesign['a'], ports: OperandPorts): OperandSlice => ({
    codes: new Uint8Array(lanes),
    scales: hasBlockScales(format) ? new Uint8Array(ports.blocks) : [],
    micro: new Uint8Array(ports.microWidth),
  });
  return { a: zeros(a, protocol.a), w: zeros(w, protocol.w) };
}

/** Up to 32 bits of an input port, and how to get them from an edge. */
export interface PortField {
  readonly port: string;
  readonly low: number;
  readonly width: number;
  /** Unsigned. */
  valueAt(edge: Edge): number;
}

/** All input ports of the design in fields of up to 32 bits. Bubbles drive noise on all of them but the enable. */
export function fieldsOf(design: MacDesign): PortField[] {
  const [enable, ...others] = slicePorts(design);
  return [enable!, ...others.map(withNoise)];
}

/** A field that drives noise of its own in bubbles. */
function withNoise(field: PortField, index: number): PortField {
  const { width, valueAt } = field;
  return {
    ...field,
    valueAt: (edge) =>
      edge.slice === undefined && edge.noise !== undefined
        ? new Random(edge.noise * 1024 + index).uint32() >>> (32 - width)
        : valueAt(edge),
  };
}

/** The fields of all input ports, the enable first; zeros in bubbles. */
function slicePorts({ protocol, lanes }: MacDesign): PortField[] {
  const control: PortField[] = [
    { port: protocol.enable, low: 0, width: 1, valueAt: ({ slice }) => Number(slice !== undefined) },
  ];
  if (protocol.first !== undefined) {
    control.push({ port: protocol.first, low: 0, width: 1, valueAt: ({ first }) => Number(first) });
  }
  if (protocol.last !== undefined) {
    control.push({ port: protocol.last, low: 0, width: 1, valueAt: ({ last }) => Number(last) });
  }
  if (protocol.addend !== undefined) {
    control.push({ port: protocol.addend, low: 0, width: 32, valueAt: ({ addend }) => addend });
  }
  return [...control, ...operandFields('a', protocol.a, lanes), ...operandFields('w', protocol.w, lanes)];
}

function operandFields(side: 'a' | 'w', ports: OperandPorts, lanes: number): PortField[] {
  const { codes, codeWidth, scales, scaleWidth, blocks, micro, microWidth } = ports;
  const fields = packedFields(codes, codeWidth, lanes, (slice) => slice[side].codes);
  if (scales !== undefined) {
    fields.push(...packedFields(scales, scaleWidth, blocks, (slice) => slice[side].scales));
  }
  if (micro !== undefined)
    fields.push(...packedFields(micro, 1, microWidth, (slice) => slice[side].micro ?? []));
  return fields;
}

/** `count` values of `width` bits side by side on a port, as many as fit into each field of 32 bits. */
function packedFields(
  port: string,
  width: number,
  count: number,
  valuesOf: (slice: Slice) => ArrayLike<number>,
): PortField[] {
  const perField = Math.floor(32 / width);
  const mask = 2 ** width - 1;
  const fields: PortField[] = [];
  for (let start = 0; start < count; start += perField) {
    const here = Math.min(perField, count - start);
    const valueAt = ({ slice }: Edge): number => {
      if (slice === undefined) return 0;
      const values = valuesOf(slice);
      let packed = 0;
      for (let i = here - 1; i >= 0; i--) packed = (packed << width) | ((values[start + i] ?? 0) & mask);
      return packed >>> 0;
    };
    fields.push({ port, low: start * width, width: here * width, valueAt });
  }
  return fields;
}

/** The words on all input ports at an edge. */
export function wordsAt(fields: readonly PortField[], edge: Edge): Record<string, bigint> {
  const words: Record<string, bigint> = {};
  for (const { port, low, valueAt } of fields) {
    words[port] = (words[port] ?? 0n) | (BigInt(valueAt(edge)) << BigInt(low));
  }
  return words;
}

/** The result that shows after an edge: undefined unless `done` is 1. Ports in protocol order; NaN as null. */
export function resultAfter(
  { protocol }: MacDesign,
  read: (port: string) => bigint,
): readonly (bigint | null)[] | undefined {
  if (read(protocol.done) === 0n) return undefined;
  const isNan = protocol.nan !== undefined && read(protocol.nan) === 1n;
  return protocol.results.map(({ port, width, kind }) => {
    if (isNan) return null;
    return kind === 'bits' ? read(port) : BigInt.asIntN(width, read(port));
  });
}
