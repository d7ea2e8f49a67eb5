/**
 * Stimulus and comparison that stay bit-sliced: counters over all inputs, random vectors, and a comparison of two
 * modules inside one netlist, so that whole input spaces of 2^22 or 2^24 vectors take seconds.
 */

import { Random } from '../../src/numerics/index.js';
import { bitBlast, CLOCK, concat, defineModule, flatten, type Module, type Word } from '../hdl/index.js';
import { lfsr } from '../library/index.js';
import { CompiledSimulation } from './compile.js';
import { LANE_NUMBER_BITS, LANES, type LaneWord, WORDS_PER_VECTOR } from './lanes.js';

/** Lanes are numbered by this many bits: the lowest bits of a counter. */
const LANE_BITS = LANE_NUMBER_BITS.length;
/** Counters stay exact 32-bit integers. */
const MAXIMUM_COUNTER_BITS = 31;

/** An input port that a counter drives. */
export interface CountedPort {
  readonly name: string;
  /** In bits; the port's low bits are driven, the others stay as they are. Default: the whole port. */
  readonly width?: number;
}

/**
 * Drives every combination of values of the ports, 128 at a time, and calls `visit` with the number of the first one:
 * lane n holds combination base + n. The first port is the most significant part of the number. Nothing is settled
 * or clocked here. Returns how many combinations there are. Throws `RangeError` beyond 31 bits.
 */
export function forEachCombination(
  engine: CompiledSimulation,
  ports: readonly CountedPort[],
  visit: (base: number) => void,
): number {
  const bits = counterBits(engine, ports);
  if (bits.length > MAXIMUM_COUNTER_BITS)
    throw new RangeError(`${bits.length} bits are too many to count through`);
  const count = 2 ** bits.length;
  bits.slice(0, LANE_BITS).forEach((vector, i) => {
    vector.set(LANE_NUMBER_BITS[i]!);
  });
  const high = bits.slice(LANE_BITS);
  let before = -1;
  for (let base = 0; base < count; base += LANES) {
    const block = base / LANES;
    // Only the bits that changed since the last block; all of them the first time.
    const changed = before < 0 ? -1 : block ^ before;
    high.forEach((vector, i) => {
      if ((changed >>> i) & 1) vector.fill((block >>> i) & 1 ? 0xffffffff : 0);
    });
    before = block;
    visit(base);
  }
  return count;
}

/** The vectors of all counted bits, least significant first. */
function counterBits(engine: CompiledSimulation, ports: readonly CountedPort[]): Uint32Array[] {
  return [...ports].reverse().flatMap(({ name, width }) => {
    const word = engine.input(name);
    return Array.from({ length: width ?? word.width }, (_, i) =>
      word.vectors.subarray(i * WORDS_PER_VECTOR, (i + 1) * WORDS_PER_VECTOR),
    );
  });
}

/** Independent uniform bits in every lane of a word. */
export function randomize(word: LaneWord, random: { uint32(): number }): void {
  for (let i = 0; i < word.vectors.length; i++) word.vectors[i] = random.uint32();
}

/** The first lane in which any of the word's bits is 1; −1 if there is none. */
export function firstLaneSet({ vectors }: LaneWord): number {
  for (let word = 0; word < WORDS_PER_VECTOR; word++) {
    let any = 0;
    for (let i = word; i < vectors.length; i += WORDS_PER_VECTOR) any |= vectors[i]!;
    if (any !== 0) return 32 * word + 31 - Math.clz32(any & -any);
  }
  return -1;
}

/** Bits of one stimulus register; the widest LFSR of the library. */
const STIMULUS_BITS = 128;

/**
 * A module with its stimulus inside: free-running LFSRs drive all of its inputs but those named in `held`, which stay
 * inputs. Give every lane its own state with `seedStimulus`; then `run(n)` is n cycles with new inputs in each.
 */
export function selfDriving(module: Module, held: readonly string[]): Module {
  const driven = module.inputs.filter(({ name }) => !held.includes(name));
  const bits = driven.reduce((sum, { width }) => sum + width, 0);
  return defineModule({
    name: `${module.name}_driven`,
    summary: `${module.name} behind pseudo-random registers.`,
    clock: CLOCK,
    inputs: Object.fromEntries(
      module.inputs.filter(({ name }) => held.includes(name)).map(({ name, width }) => [name, width]),
    ),
    body: (m, inputs): Record<string, Word> => {
      const words = Array.from({ length: Math.ceil(bits / STIMULUS_BITS) }, (_, i) => {
        const generator = lfsr(STIMULUS_BITS, seedOf(i));
        return m.instance(`stimulus${i}`, generator, { en: m.constant(1, 1) }).q;
      });
      const stream = concat(...words.reverse());
      let low = 0;
      const connections: Record<string, Word> = { ...inputs };
      for (const { name, width } of driven) {
        connections[name] = stream.slice(low, width);
        low += width;
      }
      return m.instance('dut', module, connections);
    },
  });
}

/** A reset state with ones and zeros mixed, so that every bit moves soon. */
function seedOf(index: number): bigint {
  const random = new Random(index);
  return Array.from({ length: STIMULUS_BITS / 32 }, () => BigInt(random.uint32())).reduce(
    (seed, word) => (seed << 32n) | word,
  );
}

/** Gives the stimulus registers of every lane a random state. */
export function seedStimulus(engine: CompiledSimulation, random: { uint32(): number }): void {
  for (const { name } of engine.gates.registers) {
    if (/^stimulus\d+\.state$/.test(name)) randomize(engine.register(name), random);
  }
}

/** Where two modules differ: the inputs of the first such lane, and in which cycle. */
export interface Difference {
  readonly cycle: number;
  readonly inputs: Readonly<Record<string, bigint>>;
}

export interface ComparisonResult {
  /** Lanes × cycles compared. */
  readonly vectors: number;
  /** Undefined when the modules agreed everywhere. */
  readonly difference: Difference | undefined;
}

/** Two modules of the same ports on the same inputs, with one output `differs`. */
export function miter(one: Module, other: Module): Module {
  return defineModule({
    name: 'comparison',
    summary: `1 when ${one.name} and ${other.name} differ in any output.`,
    inputs: Object.fromEntries(one.inputs.map(({ name, width }) => [name, width])),
    body: (m, inputs) => {
      // Two versions of one design have one name.
      const left = m.instance('left', { ...one, name: `${one.name}_left` }, inputs);
      const right = m.instance('right', { ...other, name: `${other.name}_right` }, inputs);
      const differences = Object.entries(left).map(([port, word]) => word.xor(right[port]!).anyOne());
      return { differs: differences.reduce((a: Word, b: Word) => a.or(b)) };
    },
  });
}

/** Compares two combinational modules on every input; stops at the first difference. At most 31 input bits. */
export function compareExhaustively(one: Module, other: Module): ComparisonResult {
  const engine = new CompiledSimulation(bitBlast(flatten(miter(one, other))));
  const differs = engine.output('differs');
  let difference: Difference | undefined;
  const ports = one.inputs.map(({ name }) => ({ name }));
  const vectors = forEachCombination(engine, ports, () => {
    if (difference !== undefined) return;
    engine.settle();
    difference = differenceIn(engine, differs, 0);
  });
  return { vectors, difference };
}

/** Compares two clocked modules from reset on random inputs, new ones in each of 128 lanes at each cycle. */
export function compareAtRandom(
  one: Module,
  other: Module,
  random: { uint32(): number },
  cycles: number,
): ComparisonResult {
  const engine = new CompiledSimulation(bitBlast(flatten(miter(one, other))));
  const differs = engine.output('differs');
  for (let cycle = 0; cycle < cycles; cycle++) {
    for (const { name } of one.inputs) randomize(engine.input(name), random);
    engine.clock();
    const difference = differenceIn(engine, differs, cycle);
    if (difference !== undefined) return { vectors: (cycle + 1) * LANES, difference };
  }
  return { vectors: cycles * LANES, difference: undefined };
}

function differenceIn(engine: CompiledSimulation, differs: LaneWord, cycle: number): Difference | undefined {
  const lane = firstLaneSet(differs);
  if (lane < 0) return undefined;
  const names = engine.gates.inputs.map(({ name }) => name);
  return { cycle, inputs: Object.fromEntries(names.map((name) => [name, engine.input(name).get(lane)])) };
}
