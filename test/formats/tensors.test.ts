import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  codecOf,
  E4M3,
  FP16,
  fromMatrix,
  loadMatrix,
  loadTensors,
  matrixFromSource,
  parseTensorReference,
  readNpy,
  readSafetensors,
  TENSOR_TYPES,
  type Tensor,
  toMatrix,
  writeNpy,
  writeSafetensors,
} from '../../src/formats/index.js';
import { ConfigurationError } from '../../src/numerics/index.js';
import { scratchFolder } from '../support/cli.js';
import { errorOf } from '../support/errors.js';
import { hasShared, shared } from '../support/shared.js';

const RUNS = { seed: 90210, numRuns: 300 };

/** A safetensors file with that header text and data. */
function withHeader(
  header: string,
  data = new Uint8Array(0),
  declared = Buffer.byteLength(header),
): Uint8Array {
  const out = Buffer.alloc(8 + Buffer.byteLength(header) + data.length);
  out.writeBigUInt64LE(BigInt(declared), 0);
  out.write(header, 8);
  out.set(data, 8 + Buffer.byteLength(header));
  return out;
}

/** A version 1 .npy file with that header text and data. */
function npyWith(header: string, data = new Uint8Array(0), version = 1): Uint8Array {
  const length = version === 1 ? 2 : 4;
  const out = Buffer.alloc(8 + length + Buffer.byteLength(header) + data.length);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  out.writeUIntLE(Buffer.byteLength(header), 8, length);
  out.write(header, 8 + length);
  out.set(data, 8 + length + Buffer.byteLength(header));
  return out;
}

const tensorOf = (dtype: string, shape: readonly number[], bytes: Uint8Array): Tensor => ({
  dtype,
  shape,
  bytes,
});
const MATRIX = { rows: 2, cols: 3, data: Float32Array.of(1, -2, 0.5, 1e30, -0, 1e-40) };

describe('safetensors', () => {
  it('come back as written, with metadata, whatever the names', () => {
    const entries = new Map([
      ['b', fromMatrix(MATRIX)],
      ['a "quoted" ü', tensorOf('U8', [3], Uint8Array.of(1, 2, 3))],
      ['__proto__', tensorOf('I64', [1], new Uint8Array(8).fill(255))],
    ]);
    const metadata = new Map([
      ['policy', 'rule=mse'],
      ['__proto__', 'x'],
    ]);
    const file = readSafetensors(writeSafetensors(entries, metadata), 'f');
    expect([...file.tensors.keys()].sort()).toEqual([...entries.keys()].sort());
    for (const [name, { dtype, shape, bytes }] of entries) {
      const found = file.tensors.get(name)!;
      expect([found.dtype, found.shape, [...found.bytes]]).toEqual([dtype, shape, [...bytes]]);
    }
    expect(file.metadata).toEqual(metadata);
  });

  it('are the same bytes for the same content in another order', () => {
    const [a, b] = [fromMatrix(MATRIX), tensorOf('U8', [1], Uint8Array.of(7))];
    const forward = writeSafetensors(
      new Map([
        ['a', a],
        ['b', b],
      ]),
    );
    expect(
      writeSafetensors(
        new Map([
          ['b', b],
          ['a', a],
        ]),
      ),
    ).toEqual(forward);
    expect(forward.length % 8).toBe(1);
  });

  it('give the values of every type', () => {
    for (const [dtype, { bits }] of TENSOR_TYPES) {
      const bytes = new Uint8Array((bits * 2) / 8);
      const matrix = toMatrix(tensorOf(dtype, [1, 2], bytes), dtype);
      expect([...matrix.data], dtype).toEqual(dtype === 'F8_E8M0' ? [2 ** -127, 2 ** -127] : [0, 0]);
    }
    const halves = Uint8Array.of(0x00, 0x3c, 0x00, 0xc0);
    expect([...toMatrix(tensorOf('F16', [2], halves), '').data]).toEqual([1, -2]);
    expect([...toMatrix(tensorOf('BF16', [2], Uint8Array.of(0x80, 0x3f, 0x00, 0xc0)), '').data]).toEqual([
      1, -2,
    ]);
    expect([...toMatrix(tensorOf('F4', [4], Uint8Array.of(0x21, 0xf7)), '').data]).toEqual([0.5, 1, 6, -6]);
    const codes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const e4m3 = toMatrix(tensorOf('F8_E4M3', [256], codes), '').data;
    expect(e4m3.every((x, code) => Object.is(x, Math.fround(codecOf(E4M3).decode(code))))).toBe(true);
    expect(codecOf(FP16).decode(0x3c00)).toBe(1);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['too few bytes', Uint8Array.of(1, 2, 3), /3 bytes are too few/],
    ['a header longer than the file', withHeader('{}', undefined, 1000), /1000 bytes, but 2 follow/],
    ['an absurd header length', Buffer.from('ffffffffffffffff7b7d', 'hex'), /18446744073709551615 bytes/],
    ['no JSON', withHeader('{nope}'), /header is not JSON/],
    ['JSON of another kind', withHeader('[]'), /not a JSON object/],
    ['bytes that are no UTF-8', Buffer.from('0400000000000000227fff22', 'hex'), /not JSON/],
    ['a duplicate key', withHeader('{"a":{},"a":{}}'), /key "a" twice/],
    ['a duplicate key by escape', withHeader('{"a":{"dtype":"U8","dt\\u0079pe":"U8"}}'), /key "dtype" twice/],
    ['an unknown type', withHeader('{"t":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}'), /f#t: .*"F33"/],
    ['a shape that is no list', withHeader('{"t":{"dtype":"U8","shape":1,"data_offsets":[0,1]}}'), /shape/],
    ['a negative side', withHeader('{"t":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}'), /no size/],
    ['a fractional side', withHeader('{"t":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}'), /no size/],
    [
      'an overflowing shape',
      withHeader('{"t":{"dtype":"U8","shape":[9007199254740991,9007199254740991],"data_offsets":[0,1]}}'),
      /overflows/,
    ],
    [
      'offsets that run backwards',
      withHeader('{"t":{"dtype":"U8","shape":[1],"data_offsets":[4,3]}}'),
      /interval/,
    ],
    [
      'offsets that disagree with the shape',
      withHeader('{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', new Uint8Array(4)),
      /F32 \[2\] needs 8 bytes, data_offsets give 4/,
    ],
    [
      'overlapping tensors',
      withHeader(
        '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
        new Uint8Array(3),
      ),
      /f#b: .*overlaps/,
    ],
    [
      'a gap',
      withHeader('{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', new Uint8Array(2)),
      /leaves a gap/,
    ],
    [
      'data cut off',
      withHeader('{"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}}', new Uint8Array(3)),
      /take 9 bytes, but the file holds 3/,
    ],
    ['data that belongs to nothing', withHeader('{}', new Uint8Array(3)), /take 0 bytes/],
    [
      'half a byte',
      withHeader('{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}', new Uint8Array(1)),
      /whole/,
    ],
    ['metadata that is no text', withHeader('{"__metadata__":{"a":1}}'), /texts to texts/],
  ])('with %s are refused', (_name, bytes, message) => {
    expect(errorOf(() => readSafetensors(bytes, 'f')).message).toMatch(message);
  });

  it('with names of megabytes and deep nesting are refused or read, but never crash', () => {
    const long = withHeader(JSON.stringify({ __metadata__: { note: 'x\\'.repeat(5e6) } }));
    expect(readSafetensors(long, 'f').metadata.get('note')?.length).toBe(1e7);
    const nested = withHeader(`{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}`);
    expect(errorOf(() => readSafetensors(nested, 'f')).message).toMatch(/f/);
  });

  it('with flipped or missing bytes are read or refused, but never crash', () => {
    const whole = writeSafetensors(
      new Map([
        ['a', fromMatrix(MATRIX)],
        ['b', fromMatrix(MATRIX)],
      ]),
    );
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, value, length) => {
        const harmed = whole.slice(0, length);
        if (at < length) harmed[at] = value;
        try {
          for (const [name, tensor] of readSafetensors(harmed, 'f').tensors) toMatrix(tensor, name);
        } catch (error) {
          if (!(error instanceof ConfigurationError)) throw error;
        }
      }),
      RUNS,
    );
  });

  it('are refused when written with a wrong length or the reserved name', () => {
    const short = tensorOf('F32', [2], new Uint8Array(4));
    expect(errorOf(() => writeSafetensors(new Map([['t', short]]))).message).toMatch(
      /needs 8 bytes, found 4/,
    );
    expect(errorOf(() => writeSafetensors(new Map([['__metadata__', fromMatrix(MATRIX)]]))).message).toMatch(
      /cannot be called/,
    );
  });
});

describe('.npy', () => {
  it('comes back as written', () => {
    const tensor = readNpy(writeNpy(fromMatrix(MATRIX)), 'f');
    expect(toMatrix(tensor, 'f')).toEqual(MATRIX);
    expect(writeNpy(fromMatrix(MATRIX)).length % 64).toBe(24);
  });

  it.each([1, 2, 3])('is read in version %d', (version) => {
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
    const file = npyWith(header, new Uint8Array(Float32Array.of(1.5, -2).buffer), version);
    expect([...toMatrix(readNpy(file, 'f'), 'f').data]).toEqual([1.5, -2]);
  });

  it('is read in big endian and in column order', () => {
    const bigEndian = npyWith(
      "{'descr':'>i2','fortran_order':False,'shape':(2,)}",
      Uint8Array.of(1, 0, 0, 2),
    );
    expect([...toMatrix(readNpy(bigEndian, 'f'), 'f').data]).toEqual([256, 2]);
    const columns = npyWith(
      '{"descr": "|u1", "fortran_order": True, "shape": (2L, 3L)}',
      Uint8Array.of(1, 4, 2, 5, 3, 6),
    );
    expect(toMatrix(readNpy(columns, 'f'), 'f')).toMatchObject({ rows: 2, cols: 3 });
    expect([...toMatrix(readNpy(columns, 'f'), 'f').data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('makes one row of a vector, one element of a scalar', () => {
    const scalar = npyWith(
      "{'descr':'<f8','fortran_order':False,'shape':()}",
      new Uint8Array(Float64Array.of(3).buffer),
    );
    expect(toMatrix(readNpy(scalar, 'f'), 'f')).toEqual({ rows: 1, cols: 1, data: Float32Array.of(3) });
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['other magic bytes', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), /magic/],
    ['an unknown version', npyWith('{}', undefined, 9), /version 9/],
    ['a header cut off', npyWith("{'descr'").subarray(0, 12), /header is said to have 8 bytes/],
    ['no length', Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0), /truncated|header/],
    [
      'a structured type',
      npyWith("{'descr':[('a','<f4')],'fortran_order':False,'shape':(1,)}"),
      /structured/,
    ],
    [
      'an object type',
      npyWith("{'descr':'|O','fortran_order':False,'shape':(1,)}"),
      /'\|O' is not supported/,
    ],
    ['no order', npyWith("{'descr':'<f4','shape':(1,)}"), /fortran_order/],
    ['a key twice', npyWith("{'descr':'<f4','descr':'<f4'}"), /"descr" appears twice/],
    [
      'a stray key',
      npyWith("{'descr':'<f4','fortran_order':False,'shape':(1,),'x':True}"),
      /unknown key "x"/,
    ],
    ['code for a header', npyWith("{'descr':__import__('os')}"), /cannot read/],
    ['a shape of text', npyWith("{'descr':'<f4','fortran_order':False,'shape':'2'}"), /shape/],
    [
      'too little data',
      npyWith("{'descr':'<f4','fortran_order':False,'shape':(2,)}", new Uint8Array(4)),
      /needs 8/,
    ],
    [
      'too much data',
      npyWith("{'descr':'<f4','fortran_order':False,'shape':(1,)}", new Uint8Array(8)),
      /found 8/,
    ],
    [
      'an overflowing shape',
      npyWith("{'descr':'<f4','fortran_order':False,'shape':(9007199254740991,9007199254740991)}"),
      /overflows/,
    ],
  ])('with %s is refused', (_name, bytes, message) => {
    expect(errorOf(() => readNpy(bytes, 'f')).message).toMatch(message);
  });

  it('with flipped or missing bytes is read or refused, but never crashes', () => {
    const whole = writeNpy(fromMatrix(MATRIX));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, value, length) => {
        const harmed = whole.slice(0, length);
        if (at < length) harmed[at] = value;
        try {
          toMatrix(readNpy(harmed, 'f'), 'f');
        } catch (error) {
          if (!(error instanceof ConfigurationError)) throw error;
        }
      }),
      RUNS,
    );
  });

  it('cannot hold bfloat16', () => {
    expect(errorOf(() => writeNpy(tensorOf('BF16', [1], new Uint8Array(2)))).hint).toMatch(/safetensors/);
  });
});

describe('a tensor as a matrix', () => {
  it('has at most two dimensions and at least one element', () => {
    expect(errorOf(() => toMatrix(tensorOf('U8', [1, 1, 1], new Uint8Array(1)), 'f#t')).message).toMatch(
      /^f#t: expected a matrix, found 3 dimensions/,
    );
    expect(errorOf(() => toMatrix(tensorOf('U8', [0, 5], new Uint8Array(0)), 'f#t')).message).toMatch(
      /empty/,
    );
  });
});

describe('files', () => {
  it('are told apart by content, and name what is missing', () => {
    const folder = scratchFolder();
    const [npy, safetensors] = [join(folder, 'a.bin'), join(folder, 'b.bin')];
    writeFileSync(npy, writeNpy(fromMatrix(MATRIX)));
    writeFileSync(
      safetensors,
      writeSafetensors(
        new Map([
          ['layer.0', fromMatrix(MATRIX)],
          ['x', fromMatrix(MATRIX)],
        ]),
      ),
    );
    expect(loadMatrix(npy)).toEqual(MATRIX);
    expect(loadMatrix(safetensors, 'layer.0')).toEqual(MATRIX);
    expect(errorOf(() => loadMatrix(safetensors, 'layer.1')).hint).toContain('layer.0');
    expect(errorOf(() => loadMatrix(safetensors)).hint).toContain('layer.0, x');
    expect(errorOf(() => loadMatrix(join(folder, 'none'))).message).toMatch(/no such file/);
    expect(errorOf(() => loadMatrix(folder)).message).toMatch(/directory/);
  });

  it.skipIf(!hasShared)('of real tensors are read whole', () => {
    const { tensors, metadata } = loadTensors(shared('data/lm_block3.safetensors'));
    expect(tensors.size).toBe(12);
    expect(metadata.get('description')).toContain('byte-level');
    const weight = toMatrix(tensors.get('blocks.3.down.weight')!, 'weight');
    expect([weight.rows, weight.cols]).toEqual([512, 1408]);
    expect(weight.data.every(Number.isFinite)).toBe(true);
  });
});

describe('sources of matrices', () => {
  it('are files with a key', () => {
    expect(parseTensorReference('a#b/c.safetensors#k.w')).toEqual({ path: 'a#b/c.safetensors', key: 'k.w' });
    expect(parseTensorReference('a.npy')).toEqual({ path: 'a.npy', key: undefined });
    expect(() => parseTensorReference('a#')).toThrow(ConfigurationError);
  });

  it.each([
    ['normal', 1],
    ['uniform', 1],
    ['laplace', 1],
  ])('or random numbers: %s has mean 0 and variance %d', (name, variance) => {
    const { data } = matrixFromSource(`${name}:256x256:3`);
    const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
    const square = data.reduce((sum, x) => sum + x * x, 0) / data.length;
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(square / variance - 1)).toBeLessThan(0.03);
    expect(matrixFromSource(`${name}:256x256:3`).data).toEqual(data);
  });

  it.each([
    ['nromal:2x2:1', /unknown distribution/],
    ['normal:2:1', /no shape/],
    ['normal:0x2:1', /no shape/],
    ['normal:99999999x99999999:1', /no shape/],
    ['normal:2x2', /seed/],
    ['normal:2x2:x', /seed/],
  ])('and refuse %s', (source, message) => {
    expect(errorOf(() => matrixFromSource(source)).message).toMatch(message);
  });
});
