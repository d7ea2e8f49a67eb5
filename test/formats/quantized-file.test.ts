import { describe, expect, it } from 'vitest';
import {
  BLOCK_FORMATS,
  dequantize,
  fromBlackwellScales,
  IF4,
  matrixFromSource,
  NVFP4,
  packNibbles,
  parseFormats,
  type QuantizedMatrix,
  quantize,
  quantizedFromTensors,
  quantizedToTensors,
  readSafetensors,
  type Tensor,
  toBlackwellScales,
  unpackNibbles,
  VECTORWISE_FP4,
  writeSafetensors,
} from '../../src/formats/index.js';
import { ConfigurationError, Random } from '../../src/numerics/index.js';

const MATRIX = matrixFromSource('student3:32x128:1');

function roundTrip(quantized: QuantizedMatrix, layout = {}): QuantizedMatrix {
  const { tensors, metadata } = quantizedToTensors(quantized, layout);
  return quantizedFromTensors(readSafetensors(writeSafetensors(tensors, metadata), 'f'), 'f');
}

describe('a quantised matrix in a file', () => {
  it.each([...BLOCK_FORMATS.keys()])('comes back whole: %s', (name) => {
    const quantized = quantize(BLOCK_FORMATS.get(name)!, MATRIX);
    expect(roundTrip(quantized)).toEqual(quantized);
  });

  it('comes back whole in every layout, and with outliers', () => {
    const quantized = quantize(IF4, MATRIX);
    expect(roundTrip(quantized, { nibbleOrder: 'high-first', scaleLayout: 'blackwell' })).toEqual(quantized);
    const clamped = quantize(VECTORWISE_FP4, MATRIX, 'outlier-quantile=0.95');
    expect(dequantize(roundTrip(clamped)).data).toEqual(dequantize(clamped).data);
  });

  it('carries its policy', () => {
    const { metadata } = quantizedToTensors(quantize(NVFP4, MATRIX, 'mse'));
    expect(metadata.get('matrix.policy')).toContain('rule=mse');
    expect(metadata.get('matrix.format')).toBe('nvfp4');
  });

  it('has odd rows of codes unpacked', () => {
    const quantized = quantize(VECTORWISE_FP4, { rows: 3, cols: 5, data: MATRIX.data.slice(0, 15) });
    expect(roundTrip(quantized)).toEqual(quantized);
  });

  const file = quantizedToTensors(quantize(NVFP4, MATRIX));
  const changed = (key: string, tensor: Tensor) => ({
    ...file,
    tensors: new Map([...file.tensors, [key, tensor]]),
  });
  const noted = (key: string, text: string) => ({
    ...file,
    metadata: new Map([...file.metadata, [key, text]]),
  });
  const without = (key: string) => ({
    ...file,
    tensors: new Map([...file.tensors].filter(([name]) => name !== key)),
  });

  it.each([
    ['no codes', without('matrix.codes'), /matrix.codes is missing/],
    ['no scale', without('matrix.tensor_scale'), /tensor_scale is missing/],
    [
      'codes of another size',
      changed('matrix.codes', { dtype: 'U8', shape: [3], bytes: new Uint8Array(3) }),
      /expected 2048 elements of U8, found 3/,
    ],
    [
      'scales of another type',
      changed('matrix.scales', { dtype: 'I8', shape: [256], bytes: new Uint8Array(256) }),
      /of U8, found 256 of I8/,
    ],
    ['an unknown format', noted('matrix.format', 'nvfp5'), /unknown block format "nvfp5"/],
    ['no shape', noted('matrix.shape', '32'), /shape "32"/],
    ['a shape of no whole blocks', noted('matrix.shape', '1x4095'), /not whole blocks/],
    ['an unknown nibble order', noted('matrix.nibble_order', 'middle'), /nibble order "middle"/],
    ['an unknown layout of scales', noted('matrix.scale_layout', 'spiral'), /scale layout "spiral"/],
  ])('is refused with %s', (_name, harmed, message) => {
    expect(() => quantizedFromTensors(harmed, 'f')).toThrow(message);
    expect(() => quantizedFromTensors(harmed, 'f')).toThrow(ConfigurationError);
  });

  it('is refused with a code that does not fit its format', () => {
    const wide = quantizedToTensors(quantize(BLOCK_FORMATS.get('nvint6')!, MATRIX));
    wide.tensors.get('matrix.codes')!.bytes[9] = 200;
    expect(() => quantizedFromTensors(wide, 'f')).toThrow(/code 200 of element 9 does not fit 6 bits/);
  });

  it('is refused with positions of outliers that do not fit', () => {
    const outliers = quantizedToTensors(quantize(VECTORWISE_FP4, MATRIX, 'outlier-quantile=0.99'));
    outliers.tensors.get('matrix.residual_positions')!.bytes.fill(255, 0, 4);
    expect(() => quantizedFromTensors(outliers, 'f')).toThrow(/residual position 4294967295/);
  });

  it('names the matrices of a file that holds another', () => {
    expect(() => quantizedFromTensors(file, 'f', { name: 'weights' })).toThrow(
      /no quantised matrix "weights"/,
    );
    expect(() => quantizedFromTensors({ tensors: new Map(), metadata: new Map() }, 'f')).toThrow(
      ConfigurationError,
    );
  });

  it('may be of a format of the user', () => {
    const { blocks } = parseFormats(
      '{kind: block, name: mxe3m0, block-size: 32, elements: [e3m0], scale: e8m0}',
      'y',
    );
    const quantized = quantize(blocks.get('mxe3m0')!, MATRIX);
    const { tensors, metadata } = quantizedToTensors(quantized);
    expect(quantizedFromTensors({ tensors, metadata }, 'f', { formats: blocks })).toEqual(quantized);
  });
});

describe('packing', () => {
  it('puts the even element in the low nibble unless asked', () => {
    expect([...packNibbles(Uint8Array.of(1, 2, 3, 4))]).toEqual([0x21, 0x43]);
    expect([...packNibbles(Uint8Array.of(1, 2, 3, 4), 'high-first')]).toEqual([0x12, 0x34]);
    expect(() => packNibbles(new Uint8Array(3))).toThrow(ConfigurationError);
  });

  it('is undone by unpacking', () => {
    const random = new Random(3);
    const codes = Uint8Array.from({ length: 1000 }, () => random.below(16));
    for (const order of ['low-first', 'high-first'] as const) {
      expect(unpackNibbles(packNibbles(codes, order), order)).toEqual(codes);
    }
  });

  it('lays scales out in tiles of 128 × 4, padded', () => {
    const scales = Uint8Array.from({ length: 130 * 5 }, (_, i) => 1 + (i % 255));
    const laidOut = toBlackwellScales(scales, 130, 5);
    expect(laidOut.length).toBe(256 * 8);
    expect(laidOut[0]).toBe(scales[0]);
    expect(laidOut[16 + 1]).toBe(scales[1 * 5 + 1]); // row 1, column 1
    expect(laidOut[4]).toBe(scales[32 * 5]); // row 32, column 0
    expect(laidOut[512]).toBe(scales[4]); // row 0, column 4: the next tile
    expect(fromBlackwellScales(laidOut, 130, 5)).toEqual(scales);
    expect(() => fromBlackwellScales(laidOut, 300, 5)).toThrow(ConfigurationError);
  });
});
