/**
 * Runs quantise units and transforms in the compiled simulator, 128 blocks at once, and compares every block with the
 * quantiser of `src/formats`, which shares nothing with the hardware.
 */
import {
  BF16,
  codecOf,
  type Matrix,
  NVFP4,
  quantize,
  quantizerInput,
  resolvePolicy,
} from '../../src/formats/index.js';
import { ConfigurationError, float32Bits, type Random } from '../../src/numerics/index.js';
import type { UnitDesign } from '../designs/index.js';
import { bitBlast } from '../hdl/index.js';
import { CompiledSimulation, LANES, type WaveformEdge } from '../simulation/index.js';

/** Elements of a block. */
const BLOCK = 16;
const FLOAT_MAX = 3.4028234663852886e38;
const bf16 = codecOf(BF16);

/** What a unit makes of a block: its output ports but `done`, by name. */
export type BlockResult = Readonly<Record<string, bigint>>;

export interface UnitMismatch {
  readonly block: number;
  readonly inputs: readonly number[];
  readonly expected: BlockResult;
  readonly found: BlockResult;
}

export interface UnitReport {
  readonly blocks: number;
  readonly cycles: number;
  readonly mismatches: readonly UnitMismatch[];
}

/** BF16 values: ordinary blocks under a wide range of scales, zeros, −0, ties, one large element. */
export function randomBlocks(random: Random, count: number): Float32Array {
  const data = new Float32Array(count * BLOCK);
  for (let block = 0; block < count; block++) {
    const kind = random.below(8);
    const exponent = kind < 4 ? 0 : -random.below(kind === 7 ? 40 : 14);
    for (let i = 0; i < BLOCK; i++) {
      let x = random.normal() * 2 ** exponent;
      if (kind === 5 && i > 0) x *= 2 ** -random.below(20);
      if (kind === 6) x = (random.below(25) - 12) * 0.25 * 2 ** exponent;
      if (random.below(24) === 0) x = random.below(2) === 0 ? 0 : -0;
      data[block * BLOCK + i] = bf16.decode(bf16.encode(x));
    }
  }
  data[0] = bf16.decode(bf16.encode(3)); // the largest element of the tensor is known to be ordinary
  return data;
}

/** Normal numbers that the transform unit keeps whole: within 2^10 of each other. */
function transformBlocks(random: Random, count: number): Float32Array {
  return Float32Array.from({ length: count * BLOCK }, () =>
    bf16.decode(bf16.encode(random.normal() * 2 ** -random.below(9))),
  );
}

/** One compiled unit, kept between runs. */
export class UnitBench {
  readonly design: UnitDesign;
  readonly engine: CompiledSimulation;

  constructor(design: UnitDesign) {
    this.design = design;
    this.engine = new CompiledSimulation(bitBlast(design.netlist));
  }

  /** `count` random blocks as one tensor. */
  random(random: Random, count: number): UnitReport {
    const draw = this.design.kind === 'transform' ? transformBlocks : randomBlocks;
    return this.run(draw(random, count));
  }

  /** The blocks of a tensor, one a row of 16. */
  run(data: Float32Array): UnitReport {
    const { inputs, expected } = expectedBlocks(this.design, data);
    const found = this.simulate(data, inputs);
    const mismatches = expected.flatMap((wanted, block): UnitMismatch[] => {
      const got = found[block]!;
      if (Object.entries(wanted).every(([port, value]) => got[port] === value)) return [];
      const values = Array.from(data.subarray(block * BLOCK, (block + 1) * BLOCK));
      return [{ block, inputs: values, expected: wanted, found: got }];
    });
    return { blocks: expected.length, cycles: this.#cyclesFor(expected.length), mismatches };
  }

  #cyclesFor(blocks: number): number {
    return Math.ceil(blocks / LANES) * (this.design.latencyCycles + 1);
  }

  /** What the unit makes of each block; `inputs` are further ports. Throws `Error` if `done` comes early or late. */
  simulate(data: Float32Array, inputs: Readonly<Record<string, number>> = {}): BlockResult[] {
    const { engine, design } = this;
    const enable = engine.input(design.protocol.enable);
    const done = engine.output(design.protocol.done).vectors;
    for (const [port, bits] of Object.entries(inputs)) engine.input(port).fill(bits);
    const blocks = data.length / BLOCK;
    const results: BlockResult[] = [];
    for (let first = 0; first < blocks; first += LANES) {
      this.#drive(data, first * BLOCK);
      enable.fill(1);
      engine.clock();
      enable.fill(0);
      engine.input('x').fill(0); // the unit keeps what it needs
      for (let cycle = 1; cycle <= design.latencyCycles; cycle++) {
        engine.settle();
        const wanted = cycle === design.latencyCycles ? 0xffffffff : 0;
        if (done.some((word) => word !== wanted))
          throw new Error(`${design.name}: done is wrong in cycle ${cycle}`);
        if (cycle < design.latencyCycles) engine.clock();
      }
      results.push(...this.#collect(Math.min(LANES, blocks - first)));
      engine.clock();
    }
    return results;
  }

  /** The elements of 128 blocks from an index on, two at a time. */
  #drive(data: Float32Array, from: number): void {
    const x = this.engine.input('x');
    for (let i = 0; i < BLOCK; i += 2) {
      const pairs = Uint32Array.from({ length: LANES }, (_, lane) => {
        const at = from + lane * BLOCK + i;
        return ((bf16.encode(data[at + 1] ?? 0) << 16) | bf16.encode(data[at] ?? 0)) >>> 0;
      });
      x.write(pairs, i * 16, 32);
    }
  }

  #collect(count: number): BlockResult[] {
    const words = this.design.protocol.outputs.map(({ port, width }) => {
      const output = this.engine.output(port);
      const parts: Uint32Array[] = [];
      for (let low = 0; low < width; low += 32) parts.push(output.read(low, Math.min(32, width - low)));
      return { port, parts };
    });
    return Array.from({ length: count }, (_, lane) =>
      Object.fromEntries(words.map(({ port, parts }) => [port, joined(parts.map((part) => part[lane]!))])),
    );
  }
}

/** The edges that feed the blocks of a tensor to a unit one by one, each with idle edges until its result has shown. */
export function blockEdges(design: UnitDesign, data: Float32Array): WaveformEdge[] {
  const { inputs } = expectedBlocks(design, data);
  const held = Object.fromEntries(Object.entries(inputs).map(([port, bits]) => [port, BigInt(bits)]));
  const codes = Uint32Array.from(data, (value) => bf16.encode(value));
  return Array.from({ length: data.length / BLOCK }, (_, block) => {
    const first = { ...held, [design.protocol.enable]: 1n, x: packed(codes, block, bf16.width) };
    const idle = Array.from({ length: design.latencyCycles }, () => ({ inputs: held, label: 'idle' }));
    return [{ inputs: first, label: `block ${block}` }, ...idle];
  }).flat();
}

/** What the software makes of the blocks, and what else the unit has to be told about their tensor. */
export function expectedBlocks(
  design: UnitDesign,
  data: Float32Array,
): { readonly inputs: Readonly<Record<string, number>>; readonly expected: readonly BlockResult[] } {
  const matrix: Matrix = { rows: data.length / BLOCK, cols: BLOCK, data };
  return design.kind === 'transform' ? transformed(design, matrix) : quantized(design, matrix);
}

function transformed({ policy }: UnitDesign, matrix: Matrix) {
  const values = quantizerInput(NVFP4, matrix, resolvePolicy(NVFP4, policy)).data;
  // The unit has no −0: a sum of zero is +0.
  const codes = Uint32Array.from(values, (value) => bf16.encode(value + 0));
  return { inputs: {}, expected: rows(matrix.rows, (row) => ({ y: packed(codes, row, 16) })) };
}

function quantized({ format, policy, name, protocol }: UnitDesign, matrix: Matrix) {
  if (format?.kind !== 'block') throw new ConfigurationError(`${name} writes no block format`);
  const { codes, scales, tensorFactor } = quantize(format, matrix, policy);
  const { amax, divisor } = tensorFactor!;
  const enc = Math.min(Math.fround(divisor / amax), FLOAT_MAX);
  const all: Record<string, number> = {
    enc: float32Bits(enc),
    dec: float32Bits(Math.fround(1 / enc)),
    amax: float32Bits(amax),
  };
  const given = protocol.inputs.filter(({ port }) => port in all).map(({ port }) => [port, all[port]!]);
  const expected = rows(matrix.rows, (row) => ({
    codes: packed(codes, row, 4),
    scale_code: BigInt(scales[row]!),
  }));
  return { inputs: Object.fromEntries(given) as Record<string, number>, expected };
}

const rows = <T>(count: number, make: (row: number) => T): T[] =>
  Array.from({ length: count }, (_, row) => make(row));

/** The codes of a row side by side, the first one lowest. */
function packed(codes: ArrayLike<number>, row: number, width: number): bigint {
  let word = 0n;
  for (let i = BLOCK - 1; i >= 0; i--) word = (word << BigInt(width)) | BigInt(codes[row * BLOCK + i]!);
  return word;
}

/** 32-bit words, the lowest first, as one number. */
function joined(parts: readonly number[]): bigint {
  return parts.reduceRight((value, part) => (value << 32n) | BigInt(part), 0n);
}

/** A mismatch as text, with what is needed to reproduce it. */
export function describeUnitMismatch({ block, inputs, expected, found }: UnitMismatch): string {
  const ports = (result: BlockResult) =>
    Object.entries(result)
      .map(([port, value]) => `${port} 0x${value.toString(16)}`)
      .join(', ');
  return `block ${block}: expected ${ports(expected)}, found ${ports(found)}\n  x ${inputs.join(' ')}`;
}
