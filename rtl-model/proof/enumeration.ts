/**
 * Mutants that load another number into one register than the design does, which nothing behind that register tells
 * from it: proved by trying all numbers, where they are too irregular for a solver.
 *
 * 1. At the edge of the mistake, the narrowest cut behind the register decides what design and mutant load. All values
 *    of the cut give all *pairs* of unequal numbers.
 * 2. At the next edge, each bit that reads the register is evaluated for both numbers of each pair, under all values of
 *    whatever else it reads; a register with sets of alike values (`alike.ts`) as a whole.
 *
 * Claim: from states that are alike but for a pair in that register, design and mutant show the same and come to such
 * states again. It is not tried where the register feeds what it loads itself, or the mistake reaches anything else.
 */
import { GateBuilder, type GateNetlist, gateCount } from '../hdl/index.js';
import {
  CompiledSimulation,
  firstLaneSet,
  forEachCombination,
  LANES,
  type Mutant,
} from '../simulation/index.js';
import { alikeAssumptions } from './alike.js';
import { type AlikeSet, alikeSetsIn } from './alike-sets.js';
import { type Assumption, CircuitSolver } from './circuit-solver.js';
import {
  anyDiffers,
  ConeCopy,
  combinational,
  madeFrom,
  narrowestCut,
  paired,
  sourcesLike,
  sourcesOf,
} from './gate-cone.js';
import type { Invariant } from './invariants.js';
import type { MutantMiter, SinkPair } from './mutant-miter.js';

/** Bits of a register that are read as one number. */
const WORD_BITS = 32;
/** Bits of a cut that may be tried, and of what is read beside a register. */
const CUT_BITS = 31;
const BESIDE_BITS = 16;
/** Bits of a cut before those that do not matter are found. */
const WIDEST_CUT = 48;
/** Gate evaluations of all trials of a cut: minutes. */
const EVALUATIONS = 1e14;
const MOST_PAIRS = 2 ** 20;
/** Conflicts of the solver before a bit counts as free. */
const CONFLICTS = 10_000;

type Bits = readonly number[];

/** Numbers of a register that the design and a mutant load from one state: wrong ones by the right one. */
type Pairs = ReadonlyMap<number, ReadonlySet<number>>;

/** What is known, and proved, of states: see `ProverOptions`. */
interface Known {
  readonly invariants: readonly Invariant[];
  readonly alike: readonly AlikeSet[];
}

/** Whether all values tried show that a mutant does what the design does. `miter`: of one edge, from any state. */
export function isEqualByEnumeration(
  miter: MutantMiter,
  mutant: Mutant,
  { invariants, alike }: Known,
): boolean {
  const [register, ...more] = new Set(miter.differences(mutant).map((pair) => pair.register));
  if (register === undefined || register < 0 || more.length > 0) return false;
  const state = miter.last.state[register]!;
  const other = miter.anythingLike(state);
  const readers = miter.differencesFrom(register, other, alikeSetsIn(miter.netlist, alike));
  if (readers.some((pair) => pair.register === register)) return false;
  const cones = readingCones(miter, readers, state, other);
  const assumptions = alikeAssumptions(invariants, alike, miter);
  const pairs = cones && unequalPairs(miter, assumptions, register, mutant);
  return pairs !== undefined && cones!.every((cone) => isBlindTo(pairs, cone));
}

/** What a mutant may load where the design loads something else; undefined if there is too much to try. */
function unequalPairs(
  miter: MutantMiter,
  assumptions: readonly Assumption[],
  register: number,
  mutant: Mutant,
): Pairs | undefined {
  const { right, wrong } = miter.loads(register, mutant);
  const cut = narrowestCut(miter.gates, [...right, ...wrong], WIDEST_CUT);
  if (cut === undefined || right.length > WORD_BITS) return undefined;
  const constants = decidedBits(miter, assumptions, cut, right, wrong);
  const free = cut.filter((node) => !constants.has(node));
  if (free.length > CUT_BITS) return undefined;
  const gates = new GateBuilder('ripple');
  const bits = sourcesLike(gates, free);
  const copy = new ConeCopy(miter.gates, gates, [...constants, ...paired(free, bits)]);
  const [rights, wrongs] = [right.map((node) => copy.of(node)), wrong.map((node) => copy.of(node))];
  const differ = [anyDiffers(gates, rights, wrongs)];
  const cone = combinational(gates, { cut: bits }, { differ, right: rights, wrong: wrongs });
  return gateCount(cone) * 2 ** free.length > EVALUATIONS ? undefined : collectPairs(cone);
}

/** Bits of a cut with the only value that has to be tried: the other cannot occur, or makes no difference. */
function decidedBits(
  miter: MutantMiter,
  assumptions: readonly Assumption[],
  cut: Bits,
  right: Bits,
  wrong: Bits,
): ReadonlyMap<number, 0 | 1> {
  const solver = new CircuitSolver(miter.gates, assumptions);
  const decided = new Map<number, 0 | 1>();
  const matters = (node: number, value: 0 | 1): boolean => {
    const literal = value === 1 ? node : miter.gates.not(node);
    if (solver.canBeOne(literal, CONFLICTS) === 'unsatisfiable') return false;
    const gates = new GateBuilder('ripple');
    const copy = new ConeCopy(miter.gates, gates, [
      ...paired(cut, sourcesLike(gates, cut)),
      ...decided,
      [node, value],
    ]);
    return right.some((one, i) => copy.of(one) !== copy.of(wrong[i]!));
  };
  for (const node of cut) {
    if (!matters(node, 0)) decided.set(node, 1);
    else if (!matters(node, 1)) decided.set(node, 0);
  }
  return decided;
}

function collectPairs(cone: GateNetlist): Pairs | undefined {
  const engine = new CompiledSimulation(cone);
  const [differ, right, wrong] = ['differ', 'right', 'wrong'].map((name) => engine.output(name));
  const pairs = new Map<number, Set<number>>();
  let count = 0;
  forEachCombination(engine, [{ name: 'cut' }], () => {
    if (count > MOST_PAIRS) return;
    engine.settle();
    if (firstLaneSet(differ!) < 0) return;
    const [is, rights, wrongs] = [differ!.read(), right!.read(), wrong!.read()];
    for (let lane = 0; lane < LANES; lane++) {
      if (is[lane] === 0) continue;
      const known = pairs.get(rights[lane]!) ?? new Set();
      pairs.set(rights[lane]!, known.add(wrongs[lane]!));
      count++;
    }
  });
  return count > MOST_PAIRS ? undefined : pairs;
}

/**
 * What reads a register, with both of its numbers as ports `right` and `wrong`: port `differ` is 1 where that shows,
 * `beside` is all else that it depends on. Lanes that are alike become the same gates, and are there once. Of what reads
 * too much beside, only what it makes of the register alone is looked at. Undefined if that cannot be told.
 */
function readingCones(
  miter: MutantMiter,
  readers: readonly SinkPair[],
  right: Bits,
  wrong: Bits,
): GateNetlist[] | undefined {
  const own = new Set([...right, ...wrong]);
  const alone = new Set<number>();
  const groups = new Map<string, { readonly beside: Bits; readonly readers: SinkPair[] }>();
  for (const reader of readers) {
    const sources = sourcesOf(miter.gates, [reader.right, reader.wrong]);
    const beside = sources.filter((node) => !own.has(node));
    if (beside.length > BESIDE_BITS) {
      if (reader.right <= miter.gates.one) return undefined;
      for (const node of madeFrom(miter.gates, reader.right, right)) alone.add(node);
      continue;
    }
    const group = groups.get(beside.join()) ?? { beside, readers: [] };
    groups.set(beside.join(), group);
    group.readers.push(reader);
  }
  const gates = new GateBuilder('ripple');
  const [rights, wrongs] = [sourcesLike(gates, right), sourcesLike(gates, wrong)];
  const ofAlone = [rights, wrongs].map((bits) => {
    const copy = new ConeCopy(miter.gates, gates, paired(right, bits));
    return [...alone].map((node) => copy.of(node));
  });
  const besides = Array.from({ length: BESIDE_BITS }, () => gates.source('input'));
  const shows = new Map<number, number>([[anyDiffers(gates, ofAlone[0]!, ofAlone[1]!), 0]]);
  for (const { beside, readers } of groups.values()) {
    const known = [...paired(right, rights), ...paired(wrong, wrongs), ...paired(beside, besides)];
    const copy = new ConeCopy(miter.gates, gates, known);
    const sides = (side: 'right' | 'wrong') => readers.map((reader) => copy.of(reader[side]));
    shows.set(anyDiffers(gates, sides('right'), sides('wrong')), beside.length);
  }
  return [...shows].map(([differ, width]) => {
    const inputs = { right: rights, wrong: wrongs, beside: besides.slice(0, width) };
    return combinational(gates, inputs, { differ: [differ] });
  });
}

/** Whether nothing that reads a register shows which number of a pair it holds. */
function isBlindTo(pairs: Pairs, cone: GateNetlist): boolean {
  const engine = new CompiledSimulation(cone);
  const [right, wrong, differ] = [engine.input('right'), engine.input('wrong'), engine.output('differ')];
  let isBlind = true;
  for (const [one, others] of pairs) {
    right.fill(one);
    for (const other of others) {
      wrong.fill(other);
      forEachCombination(engine, [{ name: 'beside' }], () => {
        engine.settle();
        isBlind &&= firstLaneSet(differ) < 0;
      });
      if (!isBlind) return false;
    }
  }
  return true;
}
