import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { disassemble, encodeProgram, isObject, readObject, writeObject } from '../../src/assembler/index.js';
import { ConfigurationError } from '../../src/numerics/index.js';
import { assembled, GEMM, meaningOf, REST } from './support.js';

const FIXED_BYTES = 20;
const program = assembled(GEMM, { set: new Map([['M', 384]]) });
const object = writeObject(program);
const headerBytes = new DataView(object.buffer).getUint32(12, true);

/** The object with another header, its length told right. */
function withHeader(change: (header: Record<string, unknown>) => unknown): Uint8Array {
  const json = JSON.parse(new TextDecoder().decode(object.subarray(FIXED_BYTES, FIXED_BYTES + headerBytes)));
  const header = new TextEncoder().encode(JSON.stringify(change(json) ?? json));
  const words = object.subarray(FIXED_BYTES + headerBytes);
  const bytes = new Uint8Array(FIXED_BYTES + header.length + words.length);
  bytes.set(object.subarray(0, FIXED_BYTES));
  new DataView(bytes.buffer).setUint32(12, header.length, true);
  bytes.set(header, FIXED_BYTES);
  bytes.set(words, FIXED_BYTES + header.length);
  return bytes;
}

/** The object with one instruction word replaced. */
function withWord(at: number, word: bigint): Uint8Array {
  const bytes = object.slice();
  new DataView(bytes.buffer).setBigUint64(FIXED_BYTES + headerBytes + 8 * at, word, true);
  return bytes;
}

function refusal(bytes: Uint8Array): string {
  try {
    readObject(bytes, 'a.o');
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as ConfigurationError).message;
  }
  throw new Error('the object was accepted');
}

describe('an object file', () => {
  it('restores the program, with the places in its source', () => {
    const read = readObject(object, 'a.o');
    expect(meaningOf(read)).toEqual(meaningOf(program));
    expect(read.spans).toEqual(program.spans);
    expect(read.tensors).toEqual(program.tensors);
    expect(read.streams).toEqual(program.streams);
    expect(read.labels).toEqual(program.labels);
    expect(read.instructions).toEqual(program.instructions);
    expect(read.file).toBe('test.s');
    expect(writeObject(read)).toEqual(object);
  });

  it('ends with the words, little-endian', () => {
    const words = new BigUint64Array(object.slice(FIXED_BYTES + headerBytes).buffer);
    expect(words).toEqual(encodeProgram(program));
  });

  it('is told from a text by its first bytes', () => {
    expect(isObject(object)).toBe(true);
    expect(isObject(new TextEncoder().encode(GEMM))).toBe(false);
    expect(isObject(new Uint8Array())).toBe(false);
  });

  it('can lie anywhere in a larger buffer', () => {
    const large = new Uint8Array(object.length + 13);
    large.set(object, 5);
    expect(meaningOf(readObject(large.subarray(5, 5 + object.length), 'a.o'))).toEqual(meaningOf(program));
  });
});

describe('bytes that are not an object file', () => {
  it('are refused when cut off at any length', () => {
    for (let length = 0; length < object.length; length++) {
      expect(refusal(object.subarray(0, length))).toMatch(/^a\.o (is not an object file|has \d+ bytes)/);
    }
  });

  it('are refused when longer than their head says', () => {
    const longer = new Uint8Array(object.length + 1);
    longer.set(object);
    expect(refusal(longer)).toMatch(/^a\.o has \d+ bytes, and its head speaks of/);
  });

  it('are refused with another version', () => {
    const bytes = object.slice();
    bytes[8] = 1;
    expect(refusal(bytes)).toBe('a.o has version 1 of the object format, not 2');
  });

  it('never do worse than a refusal, whatever byte changes', () => {
    const small = writeObject(assembled(`.acc X, 2x2\n.barrier B[2]\n${REST}`));
    for (let at = 0; at < small.length; at++) {
      for (const bit of [1, 0x20, 0x80]) {
        const bytes = small.slice();
        bytes[at]! ^= bit;
        try {
          disassemble(readObject(bytes, 'a.o'));
        } catch (error) {
          expect(error, `byte ${at} bit ${bit}`).toBeInstanceOf(ConfigurationError);
        }
      }
    }
  });

  it('never do worse than a refusal, whatever they are', () => {
    const head = object.subarray(0, 12);
    const random = fc.uint8Array({ maxLength: 64 });
    fc.assert(
      fc.property(random, fc.boolean(), (tail, isObjectLike) => {
        const bytes = isObjectLike ? new Uint8Array([...head, ...tail]) : tail;
        refusal(bytes);
      }),
      { seed: 21, numRuns: 2_000 },
    );
  });

  it.each<[string, (header: Record<string, unknown>) => unknown, RegExp]>([
    ['a header that is a list', () => [], /header field \(all\)/],
    ['an unknown field', (h) => ({ ...h, extra: 1 }), /header field/],
    ['a missing field', ({ grid: _, ...rest }) => rest, /header field grid/],
    [
      'a name that is none',
      (h) => ({ ...h, barriers: [{ name: 'a b', count: 1, arrivals: 1, span: [1, 1, 1, 0, 0] }] }),
      /header field barriers\.0\.name/,
    ],
    [
      'a fraction of rows',
      (h) => ({
        ...h,
        accumulators: [{ name: 'acc', rows: 1.5, cols: 1, stages: 1, span: [1, 1, 1, 0, 0] }],
      }),
      /accumulators\.0\.rows/,
    ],
    [
      'an unknown format',
      (h) => JSON.parse(JSON.stringify(h).replace('nvfp4', 'nvfp5')),
      /does not hold a valid program: unknown format "nvfp5"/,
    ],
    [
      'columns that are no multiple of the block',
      (h) => JSON.parse(JSON.stringify(h).replace('"cols":512', '"cols":511')),
      /511 columns are not a multiple/,
    ],
    [
      'fewer stages than the words use',
      (h) => JSON.parse(JSON.stringify(h).replaceAll('"stages":3', '"stages":1')),
      /there is no Bs\[2\]/,
    ],
    [
      'fewer barriers than the words name',
      (h) => ({ ...h, barriers: [] }),
      /instruction 4 names barrier 1, which is not declared/,
    ],
    [
      'two objects of one name',
      (h) => JSON.parse(JSON.stringify(h).replace('"name":"As"', '"name":"Bs"')),
      /"Bs" is already declared/,
    ],
    [
      'streams that do not follow each other',
      (h) => JSON.parse(JSON.stringify(h).replace('"start":12', '"start":13')),
      /stream consumer begins at 13, not at 12/,
    ],
    [
      'streams with other lengths',
      (h) => JSON.parse(JSON.stringify(h).replace('"length":12', '"length":11')),
      /begins at 12, not at 11/,
    ],
    ['too few places', (h) => ({ ...h, spans: (h.spans as unknown[]).slice(1) }), /instructions/],
    [
      'a label out of range',
      (h) => ({ ...h, labels: [...(h.labels as unknown[]), ['far', 99]] }),
      /do not belong together/,
    ],
    ['a local label out of its scope', (h) => ({ ...h, labels: [['done.x', 0]] }), /do not belong together/],
    [
      'a tensor source of no kind',
      (h) => JSON.parse(JSON.stringify(h).replace('"normal"', '"gamma"')),
      /header field tensors\.0\.source/,
    ],
  ])('are refused with %s', (_, change, message) => {
    expect(refusal(withHeader(change))).toMatch(message);
  });

  it.each([
    [
      'a word that decodes to nothing',
      withWord(0, 0n),
      /word 0 is not an instruction: no instruction has opcode 0x00/,
    ],
    [
      'a branch into another stream',
      withWord(10, 0x10n | (12n << 8n)),
      /branches to 12|is in stream|valid program/,
    ],
    ['a branch beyond the end', withWord(10, 0x10n | (500n << 8n)), /branches to 500|valid program/],
    ['a stream that runs off its end', withWord(11, 0x16n), /stream "producer" runs off its end/],
    ['an index beyond the stages', withWord(6, 0x20n | (1n << 14n) | (31n << 15n)), /there is no As\[31\]/],
  ])('are refused with %s', (_, bytes, message) => {
    expect(refusal(bytes)).toMatch(message);
  });

  it('are refused with a header that is not UTF-8 or not JSON', () => {
    const bytes = object.slice();
    bytes[FIXED_BYTES] = 0xff;
    expect(refusal(bytes)).toBe('a.o: the header is not JSON');
    bytes[FIXED_BYTES] = 0x7d;
    expect(refusal(bytes)).toBe('a.o: the header is not JSON');
  });
});
