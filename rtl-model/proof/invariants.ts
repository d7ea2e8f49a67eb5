/**
 * Statements about registers that hold in every reachable state of a design, and their proof: true after reset, and if
 * all of them are true before an edge, each is true after it. They exclude the states that a mutant cannot be told
 * from the design in: sums of bounded products neither overflow nor underflow FP32.
 */
import { FP32 } from '../../src/formats/index.js';
import type { GateBuilder, Netlist } from '../hdl/index.js';
import { type Assumption, CircuitSolver } from './circuit-solver.js';
import { type Frame, MutantMiter } from './mutant-miter.js';
import { type ProofGoal, prove } from './prove.js';

type Bits = readonly number[];

/** The nodes of a register before an edge or of an input port at it, by its name. */
export type StateReader = (register: string) => Bits;

export interface Invariant {
  readonly name: string;
  /** A rule of the protocol about input ports: given, not proved. */
  readonly given?: true;
  /** It follows by arithmetic from this goal and the other invariants, where gates are too many for a solver. */
  readonly because?: ProofGoal;
  /** Registers (or input ports) that it speaks of. */
  readonly registers: readonly string[];
  /** The node that is 1 when it holds. */
  holds(gates: GateBuilder, state: StateReader): number;
}

export interface FloatRange {
  /** Biased exponents of numbers that are not zero. */
  readonly least: number;
  readonly largest: number;
  /** Numbers are multiples of the last place of a number of this biased exponent; at most 32 above `least`. */
  readonly grid: number;
}

/** An FP32 register is ±0 or a number of a range; under a condition if one is given (a node of the state). */
export function floatRange(
  register: string,
  { least, largest, grid }: FloatRange,
  condition?: { readonly registers: readonly string[]; node(gates: GateBuilder, state: StateReader): number },
): Invariant {
  return {
    name: `${register} is 0 or within 2^${least - FP32.bias} … 2^${largest + 1 - FP32.bias}`,
    registers: [register, ...(condition?.registers ?? [])],
    holds: (gates, state) => {
      const bits = state(register);
      const { fractionBits, exponentBits } = FP32;
      const fraction = bits.slice(0, fractionBits);
      const exponent = bits.slice(fractionBits, fractionBits + exponentBits);
      const zero = noneOf(gates, [...fraction, ...exponent]);
      const inRange = gates.and(
        atLeast(gates, exponent, least),
        gates.not(atLeast(gates, exponent, largest + 1)),
      );
      // Below `grid`, as many last places are zero as the exponent is lower.
      const onGrid = Array.from({ length: grid - least }, (_, i) => {
        const low = gates.not(atLeast(gates, exponent, least + i + 1));
        return gates.or(gates.not(low), gates.not(fraction[grid - least - i - 1]!));
      }).reduce((a, b) => gates.and(a, b), gates.one);
      const holds = gates.or(zero, gates.and(inRange, onGrid));
      return condition === undefined ? holds : gates.or(gates.not(condition.node(gates, state)), holds);
    },
  };
}

/** A raw float in three registers, whose name ends in the part: a range, all multiples of 2^`unit`, normalised. */
export interface RawRange {
  /** Biased exponents of numbers that are not zero. */
  readonly least: number;
  readonly largest: number;
  /** Biased exponent of a power of two that all numbers are multiples of. */
  readonly unit: number;
}

/** A raw float is zero, or normalised and a number of a range. */
export function rawRange(prefix: string, { least, largest, unit }: RawRange): Invariant {
  const [exponent, significand] = [`${prefix}exponent`, `${prefix}significand`];
  return {
    name: `${prefix}… is 0 or normalised within 2^${least - FP32.bias} … 2^${largest + 1 - FP32.bias}`,
    registers: [exponent, significand],
    holds: (gates, state) => {
      const [e, bits] = [state(exponent), state(significand)];
      const inRange = gates.and(atLeast(gates, e, least), gates.not(atLeast(gates, e, largest + 1)));
      const onGrid = bits.map((bit, i) => {
        return gates.or(gates.not(bit), atLeast(gates, e, Math.max(0, unit + bits.length - 1 - i)));
      });
      const normal = [bits.at(-1)!, inRange, ...onGrid].reduce((a, b) => gates.and(a, b), gates.one);
      return gates.or(noneOf(gates, [...e, ...bits]), normal);
    },
  };
}

/** An unsigned word lies between two numbers, unless another word is 0. */
export function wordRange(register: string, least: number, largest: number, unlessZero: string): Invariant {
  return {
    name: `${register} is within ${least} … ${largest} unless ${unlessZero} is 0`,
    registers: [register, unlessZero],
    holds: (gates, state) => {
      const bits = state(register);
      const within = gates.and(atLeast(gates, bits, least), gates.not(atLeast(gates, bits, largest + 1)));
      return gates.or(within, noneOf(gates, state(unlessZero)));
    },
  };
}

/** An unsigned word is at least so large while registers of one bit are all 1. */
export function atLeastWhile(register: string, least: number, flags: readonly string[]): Invariant {
  return {
    name: `${register} is at least ${least} while ${flags.join(' and ')}`,
    registers: [register, ...flags],
    holds: (gates, state) => {
      const applies = flags.map((flag) => state(flag)[0]!).reduce((a, b) => gates.and(a, b), gates.one);
      return gates.or(gates.not(applies), atLeast(gates, state(register), least));
    },
  };
}

/** An unsigned word is at most so large while registers of one bit are all 0. */
export function atMostUnless(register: string, largest: number, flags: readonly string[]): Invariant {
  return {
    name: `${register} is at most ${largest} unless ${flags.join(' or ')}`,
    registers: [register, ...flags],
    holds: (gates, state) => {
      const small = gates.not(atLeast(gates, state(register), largest + 1));
      return flags.map((flag) => state(flag)[0]!).reduce((a, b) => gates.or(a, b), small);
    },
  };
}

/** A two's complement word lies within ±(2^bits − 1) where an unsigned one is at least so large. */
export function withinAbove(word: string, bits: number, register: string, least: number): Invariant {
  return {
    name: `${word} is within ±(2^${bits} − 1) where ${register} is at least ${least}`,
    registers: [word, register],
    holds: (gates, state) => {
      const value = state(word);
      const sign = value.at(-1)!;
      const high = value.slice(bits);
      const extended = high
        .map((bit) => gates.not(gates.xor(bit, sign)))
        .reduce((a, b) => gates.and(a, b), gates.one);
      const most = gates.and(sign, noneOf(gates, value.slice(0, bits)));
      const within = gates.and(extended, gates.not(most));
      return gates.or(gates.not(atLeast(gates, state(register), least)), within);
    },
  };
}

/** A word is a multiple of 2^zeros while registers of one bit are all 1. */
export function multipleOf(word: string, zeros: number, flags: readonly string[] = []): Invariant {
  const condition = flags.length === 0 ? '' : ` while ${flags.join(' and ')}`;
  return {
    name: `${word} is a multiple of ${2 ** zeros}${condition}`,
    registers: [word, ...flags],
    holds: (gates, state) => {
      const applies = flags.map((flag) => state(flag)[0]!).reduce((a, b) => gates.and(a, b), gates.one);
      return gates.or(gates.not(applies), noneOf(gates, state(word).slice(0, zeros)));
    },
  };
}

/** A word is 0 or one of some numbers. */
export function oneOf(register: string, numbers: Iterable<number>): Invariant {
  const listed = [0, ...numbers];
  return {
    name: `${register} is 0 or one of ${listed.length - 1} numbers`,
    registers: [register],
    holds: (gates, state) => {
      const bits = state(register);
      const is = (number: number) =>
        bits
          .map((bit, i) => (Math.floor(number / 2 ** i) % 2 === 1 ? bit : gates.not(bit)))
          .reduce((a, b) => gates.and(a, b), gates.one);
      return listed.map(is).reduce((a, b) => gates.or(a, b), gates.zero);
    },
  };
}

/** Words are all 0 unless a number is at least so large: it is smaller after reset only. */
export function zeroBelow(register: string, least: number, words: readonly string[]): Invariant {
  return {
    name: `${register} is at least ${least} unless everything beside it is 0`,
    registers: [register, ...words],
    holds: (gates, state) =>
      gates.or(atLeast(gates, state(register), least), noneOf(gates, words.flatMap(state))),
  };
}

/** A word is 0 while a register of one bit is. */
export function zeroUnless(word: string, flag: string): Invariant {
  return {
    name: `${word} is 0 unless ${flag}`,
    registers: [word, flag],
    holds: (gates, state) => gates.or(state(flag)[0]!, noneOf(gates, state(word))),
  };
}

/** A bit is 0 while one of registers of one bit is 1. */
export function zeroWhile(bit: string, flags: readonly string[]): Invariant {
  return {
    name: `${bit} is 0 while ${flags.join(' or ')}`,
    registers: [bit, ...flags],
    holds: (gates, state) => gates.or(gates.not(state(bit)[0]!), noneOf(gates, flags.flatMap(state))),
  };
}

/** An FP32 register is not NaN; and not negative, if wanted. */
export function isNumber(register: string, { positive = false } = {}): Invariant {
  return {
    name: `${register} is a number${positive ? ' and not negative' : ''}`,
    registers: [register],
    holds: (gates, state) => {
      const bits = state(register);
      const finiteOrInfinite = gates.not(atLeast(gates, bits.slice(0, -1), 0x7f800001));
      return positive ? gates.and(finiteOrInfinite, gates.not(bits.at(-1)!)) : finiteOrInfinite;
    },
  };
}

/** The biased exponent of an FP32 register is at most so large, or that of infinities. */
export function atMostUnlessInfinite(register: string, largest: number): Invariant {
  return {
    name: `${register} is below 2^${largest + 1 - FP32.bias} or not finite`,
    registers: [register],
    holds: (gates, state) => {
      const exponent = state(register).slice(FP32.fractionBits, FP32.fractionBits + FP32.exponentBits);
      const small = gates.not(atLeast(gates, exponent, largest + 1));
      return gates.or(
        small,
        exponent.reduce((a, b) => gates.and(a, b), gates.one),
      );
    },
  };
}

/** An FP32 register never holds −0. */
export function noNegativeZero(register: string): Invariant {
  return {
    name: `${register} is not −0`,
    registers: [register],
    holds: (gates, state) => {
      const bits = state(register);
      return gates.or(gates.not(bits.at(-1)!), gates.not(noneOf(gates, bits.slice(0, -1))));
    },
  };
}

/** Every number in a register or on a port, side by side in `width` bits each, is finite; and not negative, if wanted. */
export function finite(
  register: string,
  exponentBits: number,
  width: number,
  options: { readonly positive?: true; readonly given?: true } = {},
): Invariant {
  const { positive, given } = options;
  return {
    name: `numbers in ${register} are finite${positive ? ' and not negative' : ''}`,
    ...(given === undefined ? {} : { given }),
    registers: [register],
    holds: (gates, state) => {
      const bits = state(register);
      const words = Array.from({ length: bits.length / width }, (_, i) =>
        bits.slice(i * width, (i + 1) * width),
      );
      const legal = words.map((word) => {
        const exponent = word.slice(width - 1 - exponentBits, width - 1);
        const some = gates.not(exponent.reduce((a, b) => gates.and(a, b), gates.one));
        return positive ? gates.and(some, gates.not(word.at(-1)!)) : some;
      });
      return legal.reduce((a, b) => gates.and(a, b), gates.one);
    },
  };
}

/** Bits of a word under a common exponent: up to bit `kept`, bit i is 0 unless the exponent is more than `kept` − i. */
export function alignedBits(word: string, exponent: string, kept: number): Invariant {
  return {
    name: `${word} has no bits below the smallest number`,
    registers: [word, exponent],
    holds: (gates, state) => {
      const bits = state(word).slice(0, kept + 1);
      const common = state(exponent);
      return bits
        .map((bit, i) => gates.or(gates.not(bit), atLeast(gates, common, kept - i + 1)))
        .reduce((a, b) => gates.and(a, b), gates.one);
    },
  };
}

/** At most one of one-bit registers is 1. */
export function atMostOne(registers: readonly string[]): Invariant {
  return {
    name: `at most one of ${registers.join(', ')}`,
    registers,
    holds: (gates, state) => {
      const bits = registers.map((name) => state(name)[0]!);
      const pairs = bits.flatMap((x, i) => bits.slice(0, i).map((y) => gates.not(gates.and(x, y))));
      return pairs.reduce((a, b) => gates.and(a, b), gates.one);
    },
  };
}

/** The invariants as assumptions about the states before frames of a miter; all of them by default. */
export function assumptionsOf(
  invariants: readonly Invariant[],
  { netlist, gates, frames }: MutantMiter,
  among = frames,
): Assumption[] {
  const read = stateReader(netlist);
  return among.flatMap((frame) =>
    invariants.map(({ registers, holds }): Assumption => {
      const sources = registers.flatMap((name) => [...read(frame)(name)]);
      return { node: holds(gates, read(frame)), sources };
    }),
  );
}

/** The first invariant that could not be proved; undefined if all hold. Those with a goal need Yosys. */
export function firstUnproved(
  netlist: Netlist,
  invariants: readonly Invariant[],
  conflicts: number,
): Invariant | undefined {
  const miter = new MutantMiter(netlist, [], 1, 'free');
  const reset = new MutantMiter(netlist, [], 0, 'reset');
  const reader = stateReader(netlist);
  const [before, after] = miter.frames;
  const assumptions = assumptionsOf(invariants, miter, [before!]);
  return invariants.find(({ holds, given, because }) => {
    if (given) return false;
    if (holds(reset.gates, reader(reset.last)) !== reset.gates.one) return true;
    if (because !== undefined) return prove(because).status !== 'proved';
    const goal = holds(miter.gates, reader(after!));
    const solver = new CircuitSolver(miter.gates, assumptions);
    return solver.canBeOne(miter.gates.not(goal), conflicts) !== 'unsatisfiable';
  });
}

/** Reads the registers and input ports of a netlist in a frame, by name. */
export function stateReader({ registers, inputs }: Netlist): (frame: Frame) => StateReader {
  const register = new Map(registers.map(({ name }, r) => [name, r]));
  const port = new Map(inputs.map(({ name }, p) => [name, p]));
  return (frame) => (name) => {
    const r = register.get(name);
    return r === undefined ? frame.inputs[port.get(name)!]! : frame.state[r]!;
  };
}

function noneOf(gates: GateBuilder, bits: Bits): number {
  return gates.not(bits.reduce((a, b) => gates.or(a, b), gates.zero));
}

/** Whether an unsigned word is at least a constant. */
export function atLeast(gates: GateBuilder, bits: Bits, constant: number): number {
  if (constant >= 2 ** bits.length) return gates.zero;
  let result: number = gates.one;
  bits.forEach((bit, i) => {
    result = (constant >> i) & 1 ? gates.and(bit, result) : gates.or(bit, result);
  });
  return result;
}
