/** The compiled simulator against the interpreter: random clocked netlists, folding, toggles, lanes. */
import { describe, expect, it } from 'vitest';
import {
  bitBlast,
  CLOCK,
  concat,
  defineModule,
  flatten,
  flipFlopCount,
  gateCount,
  type Word,
} from '../../rtl-model/hdl/index.js';
import {
  CompiledSimulation,
  Interpreter,
  LANE_NUMBER_BITS,
  LaneWord,
  transpose32,
  WordSimulation,
} from '../../rtl-model/simulation/index.js';
import { Random } from '../../src/numerics/index.js';
import { combinational, randomWord } from './hardware.js';
import { randomModule } from './random-hardware.js';

describe('the compiled simulator equals the interpreter', () => {
  it.each(Array.from({ length: 24 }, (_, seed) => seed))('on random hardware, seed %i', (seed) => {
    const random = new Random(seed);
    const netlist = flatten(randomModule(random, 2, 'random'));
    const fast = new CompiledSimulation(bitBlast(netlist), {
      gatesPerFunction: random.pick([1, 7, 50, 400]),
    });
    const lanes = [0, 31, 32, 127];
    const slow = lanes.map(() => new Interpreter(netlist));
    for (let cycle = 0; cycle < 20; cycle++) {
      for (const { name, width } of netlist.inputs) {
        lanes.forEach((lane, i) => {
          const value = randomWord(random, width);
          slow[i]!.set(name, value);
          fast.input(name).set(lane, value);
        });
      }
      fast.settle();
      lanes.forEach((lane, i) => {
        slow[i]!.settle();
        expect(fast.output('y').get(lane), `cycle ${cycle}, lane ${lane}`).toBe(slow[i]!.get('y'));
      });
      fast.clock();
      for (const engine of slow) engine.clock();
    }
    const gates = fast.gates.registers;
    lanes.forEach((lane, i) => {
      for (const { name, output } of gates) {
        if (output.every((node) => node >= 0)) expect(fast.register(name).get(lane)).toBe(slow[i]!.get(name));
      }
    });
  });
});

describe('the words as JavaScript equal the interpreter', () => {
  it.each(Array.from({ length: 24 }, (_, seed) => seed))('on random hardware, seed %i', (seed) => {
    const random = new Random(1000 + seed);
    const netlist = flatten(randomModule(random, 2, 'random'));
    const [fast, slow] = [new WordSimulation(netlist), new Interpreter(netlist)];
    for (let cycle = 0; cycle < 100; cycle++) {
      for (const { name, width } of netlist.inputs) {
        const value = randomWord(random, width);
        fast.set(name, value);
        slow.set(name, value);
      }
      fast.settle();
      slow.settle();
      expect(fast.get('y'), `cycle ${cycle}`).toBe(slow.get('y'));
      fast.clock();
      slow.clock();
      for (const { name } of netlist.registers)
        expect(fast.get(name), `${name}, cycle ${cycle}`).toBe(slow.get(name));
    }
  });
});

/** Every operator on words of any width: a and b alike, n an amount of 9 bits, c one bit. */
const WIDE: Readonly<Record<string, (a: Word, b: Word, n: Word, c: Word) => Word>> = {
  bitwise: (a, b) => a.and(b).xor(a.or(b).not()),
  plus: (a, b, _, c) => a.plus(b, { carryIn: c }),
  minus: (a, b) => a.minus(b),
  times: (a, b) => a.times(b),
  'times one word': (a, b) => a.times(b.truncate(Math.min(b.width, 20))),
  shiftLeft: (a, _, n) => a.shiftLeft(n),
  shiftRight: (a, _, n) => a.shiftRight(n),
  shiftRightArithmetic: (a, _, n) => a.shiftRightArithmetic(n),
  choose: (a, b, _, c) => c.choose(a, b),
  equals: (a, b) => a.equals(b).xor(a.equals(a.and(b))),
  lessThan: (a, b) => a.lessThan(b),
  lessThanSigned: (a, b) => a.lessThanSigned(b),
  reductions: (a, b) => concat(a.or(b).allOnes(), a.and(b).anyOne(), a.parity()),
  wiring: (a, b) => concat(b, a.slice(a.width >> 1, (a.width + 1) >> 1), b.bit(-1)),
  extension: (a, b) => concat(a.signExtend(a.width + 45), b.zeroExtend(b.width + 7)),
};

describe('the words as JavaScript equal the interpreter on words of any width', () => {
  it.each(Object.entries(WIDE))('%s', (_, operator) => {
    const random = new Random(77);
    for (const width of [1, 2, 15, 26, 27, 31, 32, 33, 53, 63, 64, 65, 100, 130]) {
      const ports = { a: width, b: width, n: 9, c: 1 };
      const netlist = flatten(combinational(ports, ({ a, b, n, c }) => operator(a, b, n, c)));
      const [fast, slow] = [new WordSimulation(netlist), new Interpreter(netlist)];
      for (let trial = 0; trial < 40; trial++) {
        for (const { name, width: bits } of netlist.inputs) {
          const ones = (1n << BigInt(bits)) - 1n;
          const draw = randomWord(random, bits);
          const value = random.pick([draw, draw, draw & 3n, draw | (ones ^ 7n), ones, ones >> 1n, 0n]) & ones;
          fast.set(name, value);
          slow.set(name, value);
        }
        fast.settle();
        slow.settle();
        expect(fast.get('y'), `${width} bits, trial ${trial}`).toBe(slow.get('y'));
      }
    }
  });
});

describe('folding', () => {
  it('removes gates of constant and repeated operands', () => {
    const gates = bitBlast(
      flatten(
        combinational({ a: 8, b: 8 }, ({ a, b }) =>
          a
            .and(0xf0)
            .and(b)
            .xor(b.and(a.and(0xf0))),
        ),
      ),
    );
    expect(gateCount(gates)).toBe(0);
  });

  it('folds a multiplier to the bits that can be set', () => {
    const full = bitBlast(flatten(combinational({ a: 8, b: 8 }, ({ a, b }) => a.times(b))));
    const narrow = bitBlast(flatten(combinational({ a: 4, b: 4 }, ({ a, b }) => a.times(b))));
    const padded = bitBlast(
      flatten(combinational({ a: 8, b: 8 }, ({ a, b }) => a.and(0xf0).times(b.and(0xf0)))),
    );
    expect(gateCount(padded)).toBe(gateCount(narrow));
    expect(gateCount(padded)).toBeLessThan(gateCount(full) / 3);
  });

  it('carries constants through registers, loops included, and drops registers that nothing reads', () => {
    const module = defineModule({
      name: 'folded',
      summary: 'Only the upper half moves.',
      clock: CLOCK,
      inputs: { a: 8, en: 1 },
      body: (m, { a, en }) => {
        const first = m.register('first', a.and(0xf0), { stage: 's1' });
        const sum = m.feedbackRegister('sum', 8, { stage: 's2', enable: en });
        m.setNext(sum, sum.plus(first));
        m.register('unread', a, { stage: 's1' });
        return { y: sum };
      },
    });
    const gates = bitBlast(flatten(module));
    expect(flipFlopCount(gates)).toBe(8);
    const sum = gates.registers.find(({ name }) => name === 'sum')!;
    expect([...sum.output.subarray(0, 4)]).toEqual([0, 0, 0, 0]);
    expect([...gates.registers.find(({ name }) => name === 'unread')!.output]).toEqual(new Array(8).fill(-1));
  });

  it('takes no bit for constant that changes only once in a long time, nor what follows from it', () => {
    const module = defineModule({
      name: 'rare',
      summary: 'Whether a is one of 2^24 values, three edges later; and what can never be.',
      clock: CLOCK,
      inputs: { a: 24 },
      body: (m, { a }) => {
        const met = m.register('met', a.equals(0x5a5a5a), { stage: 's1' });
        const later = m.register('later', met, { stage: 's2' });
        const never = m.register('never', met.and(met.not()), { stage: 's2' });
        return { y: m.register('y3', later.or(never), { stage: 's3' }) };
      },
    });
    const { registers } = bitBlast(flatten(module));
    const bits = new Map(registers.map(({ name, output }) => [name, output[0]!]));
    for (const name of ['met', 'later', 'y3']) expect(bits.get(name)).toBeGreaterThan(1);
    expect(bits.get('never')).toBe(0);
  });

  it('folds across instances', () => {
    const half = defineModule({
      name: 'half',
      summary: 'y = x & m',
      inputs: { x: 8, m: 8 },
      body: (_, { x, m }) => ({ y: x.and(m) }),
    });
    const top = combinational(
      { a: 8 },
      ({ a }, m) => m.instance('u0', half, { x: a, m: m.constant(8, 0) }).y,
    );
    expect(gateCount(bitBlast(flatten(top)))).toBe(0);
  });
});

describe('clocking', () => {
  const counter = defineModule({
    name: 'counter',
    summary: 'count += step when enabled',
    clock: CLOCK,
    inputs: { en: 1, step: 4 },
    body: (m, { en, step }) => {
      const count = m.feedbackRegister('count', 16, { stage: 's1', enable: en, reset: 5n });
      m.setNext(count, count.plus(step.zeroExtend(16)));
      return { y: count };
    },
  });

  it('runs many cycles in one call, each lane on its own', () => {
    const engine = new CompiledSimulation(bitBlast(flatten(counter)));
    for (let lane = 0; lane < 128; lane++) {
      engine.input('step').set(lane, lane % 16);
      engine.input('en').set(lane, lane < 64 ? 1 : 0);
    }
    engine.run(1000);
    engine.settle();
    for (let lane = 0; lane < 128; lane++) {
      const expected = lane < 64 ? (5 + 1000 * (lane % 16)) % 65536 : 5;
      expect(engine.output('y').get(lane)).toBe(BigInt(expected));
    }
    engine.reset();
    engine.settle();
    expect(engine.output('y').get(77)).toBe(5n);
  });

  it('counts the toggles of every node', () => {
    const gates = bitBlast(flatten(counter));
    const engine = new CompiledSimulation(gates, { toggles: true });
    engine.input('en').fill(1);
    engine.input('step').fill(1);
    engine.clearToggles();
    engine.run(257);
    const counts = engine.toggles();
    const count = gates.registers[0]!;
    // 256 increments lie between the first and the last edge: bit i changes 256 / 2^i times in each of 128 lanes.
    const changes = [...count.output.subarray(0, 8)].map((node) => counts[node]! / 128);
    expect(changes).toEqual([256, 128, 64, 32, 16, 8, 4, 2].map((n) => n));
  });
});

describe('lanes', () => {
  it('transposes 32 × 32 bits', () => {
    const random = new Random(5);
    const rows = Uint32Array.from({ length: 32 }, () => random.uint32());
    const columns = Uint32Array.from(rows);
    transpose32(columns);
    for (let i = 0; i < 32; i++) {
      for (let j = 0; j < 32; j++) expect((columns[j]! >>> i) & 1).toBe((rows[i]! >>> j) & 1);
    }
  });

  it('writes and reads one number a lane', () => {
    const word = LaneWord.detached(40);
    const values = Array.from({ length: 128 }, (_, n) => (n * 0x1234567) >>> 0);
    word.write(values, 5, 32);
    expect([...word.read(5, 32)]).toEqual(values);
    expect(word.get(100)).toBe(BigInt(values[100]!) << 5n);
    word.set(100, 3n);
    expect(word.get(100)).toBe(3n);
  });

  it('numbers the lanes', () => {
    const word = LaneWord.detached(7);
    LANE_NUMBER_BITS.forEach((bits, i) => {
      word.vectors.set(bits, i * 4);
    });
    expect([...word.read()]).toEqual(Array.from({ length: 128 }, (_, n) => n));
  });
});
