/**
 * Technology mapping: which cell computes which node of the graph, in which polarity.
 *
 * Works on literals: both polarities of a node can have a cell, or one gets an inverter from the other. First every
 * literal gets the match that is earliest, then area is recovered as far as that cover's latest arrival allows: by area flow (a cell's area
 * shared among its readers), then by the exact area that a choice adds to the cover.
 * Source of the method: S. Chatterjee, A. Mishchenko, R. Brayton, X. Wang, T. Kam, "Reducing structural bias in
 * technology mapping", ICCAD 2005; V. Manohararajah, S. Brown, Z. Vranesic, "Heuristics for area minimization in
 * LUT-based FPGA technology mapping", TCAD 2006 (area flow, exact area).
 * Every cell counts about one level of delay while mapping, as loads and drive strengths are not known yet; that is also
 * what the mapper of the reference flow assumes. Of cones that are copies of each other one is mapped, in time for the
 * earliest need of any. Not modelled: structural choices, cells that reach across the outputs of a copy.
 */

import type { Technology } from '../technology/index.js';
import type { Literal } from './aig.js';
import type { Choice, Cover } from './cover.js';
import { type CutSet, enumerateCuts } from './cuts.js';
import { type Followers, followersOf } from './followers.js';
import { fanOuts, type Logic, neededNodes } from './logic.js';
import { functionsOfCuts, type MatchTable, matchTable, NO_MATCHES } from './matches.js';
import { appendMultiplexers, MULTIPLEXERS } from './multiplexers.js';

export interface MappingOptions {
  /** Most cells on a path; 0 (the default) asks for the fewest. */
  readonly targetLevels?: number;
  /** Literals of sources that come inverted: the plain polarity needs an inverter. */
  readonly invertedSources?: ReadonlySet<Literal>;
}

/** Cuts kept of a node. */
const MAX_CUTS = 14;
const FLOW_ROUNDS = 2;
const EXACT_ROUNDS = 4;
/** Delay of any cell while mapping, in levels. */
const CELL_DELAY = 1;
/**
 * Part of the fastest cover's latest arrival that area recovery may add to it, once: cells of one level differ in delay,
 * so that in time many paths have slack that levels do not show.
 */
const RELAXATION = 0.15;
/** Differences of level or area below this are rounding. */
const EPSILON = 1e-6;

/** The cover of a logic by the cells of a technology. */
export function mapLogic(logic: Logic, technology: Technology, options: MappingOptions = {}): Cover {
  const mapper = new Mapper(logic, matchTable(technology), options);
  mapper.round('delay');
  for (let round = 0; round < FLOW_ROUNDS; round++) mapper.round('flow');
  for (let round = 0; round < EXACT_ROUNDS; round++) mapper.round('exact');
  return mapper.cover();
}

type Goal = 'delay' | 'flow' | 'exact';

/** In place of a match: a literal that is not made, and one made by an inverter behind the other polarity. */
const NONE = -1;
const INVERTER = -2;

class Mapper {
  readonly #logic: Logic;
  readonly #table: MatchTable;
  readonly #cuts: CutSet;
  readonly #followers: Followers;
  /** Latest arrival of any sink in the fastest cover, or the level that was asked for if that is later. */
  #latest: number;
  /** Of each cut and polarity, its function in the table of matches; looked up once. */
  readonly #functions: Int32Array;
  /** Nodes in use, ascending: ANDs only. */
  readonly #nodes: Int32Array;
  readonly #sinks: readonly Literal[];
  /** How each literal is made: a match, `NONE` or `INVERTER`, and the cut of a match. */
  readonly #matchOf: Int32Array;
  readonly #cutOf: Int32Array;
  readonly #arrival: Float64Array;
  readonly #required: Float64Array;
  /** Area of a literal's cone, shared among its readers. */
  readonly #flow: Float64Array;
  readonly #estimate: Float64Array;
  readonly #references: Int32Array;
  /** The best match so far of the literal that is being chosen for by exact area. */
  readonly #best = { match: NONE, cut: -1, arrival: 0, area: 0 };

  constructor(logic: Logic, table: MatchTable, { targetLevels = 0, invertedSources }: MappingOptions) {
    this.#logic = logic;
    this.#table = table;
    this.#latest = targetLevels;
    const { aig } = logic;
    const needed = neededNodes(logic);
    this.#followers = followersOf(logic);
    const { leaderOf } = this.#followers;
    const mapped = needed.map((wanted, node) => (leaderOf[node]! < 0 ? wanted : 0));
    this.#cuts = enumerateCuts(aig, mapped, {
      leaves: table.leaves,
      cuts: MAX_CUTS,
      ...(table.multiplexers !== NO_MATCHES && { appended: MULTIPLEXERS }),
    });
    this.#nodes = Int32Array.from([...needed.keys()].filter((node) => needed[node] === 1 && aig.isAnd(node)));
    if (table.multiplexers !== NO_MATCHES) appendMultiplexers(this.#cuts, this.#nodes);
    this.#functions = functionsOfCuts(this.#cuts, this.#nodes, table);
    this.#sinks = [...logic.outputs, ...logic.flipFlops.map(({ next }) => next)];
    const literals = 2 * aig.count;
    this.#matchOf = new Int32Array(literals).fill(NONE);
    this.#cutOf = new Int32Array(literals).fill(-1);
    this.#arrival = new Float64Array(literals);
    this.#required = new Float64Array(literals).fill(Number.POSITIVE_INFINITY);
    this.#flow = new Float64Array(literals);
    const readers = fanOuts(logic, needed);
    this.#estimate = new Float64Array(literals);
    for (let literal = 0; literal < literals; literal++) {
      this.#estimate[literal] = Math.max(1, readers[literal >> 1]!);
    }
    this.#references = new Int32Array(literals);
    for (const source of logic.sources) this.#addSource(source, invertedSources?.has(source) === true);
  }

  /** The polarity that a source does not come in is made by an inverter. */
  #addSource(source: Literal, inverted: boolean): void {
    const made = inverted ? source : source ^ 1;
    this.#matchOf[made] = INVERTER;
    this.#arrival[made] = CELL_DELAY;
    this.#flow[made] = this.#table.inverterArea / this.#estimate[made]!;
  }

  round(goal: Goal): void {
    for (const node of this.#nodes) {
      const [plain, inverse] = [2 * node, 2 * node + 1];
      if (this.#followers.leaderOf[node]! >= 0) this.#arriveLikeLeader(node);
      else if (goal === 'exact') {
        this.#chooseExactly(plain);
        this.#chooseExactly(inverse);
      } else {
        this.#choose(plain, goal);
        this.#choose(inverse, goal);
        this.#considerInverter(plain, goal);
        this.#considerInverter(inverse, goal);
      }
    }
    this.#copyToFollowers();
    this.#count();
    if (goal === 'delay')
      this.#latest = this.#sinks.reduce((late, sink) => Math.max(late, this.#arrival[sink]!), this.#latest);
    this.#require();
  }

  cover(): Cover {
    const { matches } = this.#table;
    const choices = Array.from(this.#matchOf, (match, literal): Choice | undefined => {
      if (match === NONE || this.#references[literal]! === 0) return undefined;
      return { match: match === INVERTER ? undefined : matches[match]!, cut: this.#cutOf[literal]! };
    });
    return {
      logic: this.#logic,
      technology: this.#table.technology,
      choices,
      cuts: this.#cuts,
      inverter: this.#table.inverter,
      references: this.#references,
    };
  }

  #arriveLikeLeader(node: number): void {
    const leader = this.#followers.leaderOf[node]!;
    for (const figures of [this.#arrival, this.#flow])
      figures.copyWithin(2 * node, 2 * leader, 2 * leader + 2);
  }

  /** Gives every literal of a copy the match of what it follows, over nodes of its own. */
  #copyToFollowers(): void {
    const { cones, leaderOf } = this.#followers;
    const nodeOf = Int32Array.from(cones.length === 0 ? [] : leaderOf.keys());
    for (const { nodes, leaders } of cones) {
      for (let i = 0; i < nodes.length; i++) if (leaders[i]! > 0) nodeOf[leaders[i]!] = nodes[i]!;
      for (const node of nodes) {
        if (leaderOf[node]! < 0) continue;
        for (const polarity of [0, 1]) {
          const leader = 2 * leaderOf[node]! + polarity;
          const cut = this.#cuts.start(node) + polarity;
          this.#put(2 * node + polarity, this.#matchOf[leader]!, cut);
          if (this.#matchOf[leader]! >= 0) this.#cuts.copyLeaves(this.#cutOf[leader]!, cut, nodeOf);
        }
      }
    }
  }

  /** The best match of a literal, inverters aside. */
  #choose(literal: Literal, goal: Goal): void {
    const limit = goal === 'delay' ? Number.POSITIVE_INFINITY : this.#required[literal]! + EPSILON;
    let [best, bestCut] = [NONE, -1];
    let [bestArrival, bestFlow] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    let bestInTime = false;
    const { starts } = this.#table;
    const start = this.#cuts.start(literal >> 1);
    const end = start + this.#cuts.counts[literal >> 1]!;
    for (let cut = start; cut < end; cut++) {
      const f = this.#functions[2 * cut + (literal & 1)]!;
      for (let match = starts[f]!; match < starts[f + 1]!; match++) {
        const arrival = this.#arrivalOf(match, cut);
        const flow = this.#flowOf(match, cut);
        const inTime = arrival <= limit;
        const earlier =
          arrival < bestArrival - EPSILON || (arrival <= bestArrival + EPSILON && flow < bestFlow);
        const cheaper = flow < bestFlow - EPSILON || (flow <= bestFlow + EPSILON && arrival < bestArrival);
        const better = goal === 'delay' || !inTime ? earlier && !bestInTime : cheaper || !bestInTime;
        if (best !== NONE && !better) continue;
        [best, bestCut] = [match, cut];
        [bestArrival, bestFlow, bestInTime] = [arrival, flow, inTime && goal !== 'delay'];
      }
    }
    this.#put(literal, best, bestCut);
    this.#arrival[literal] = bestArrival;
    this.#flow[literal] = bestFlow / this.#estimate[literal]!;
  }

  #put(literal: Literal, match: number, cut: number): void {
    this.#matchOf[literal] = match;
    this.#cutOf[literal] = cut;
  }

  #leaf(match: number, cut: number, index: number): Literal {
    const node = this.#cuts.leaves[cut * this.#cuts.leavesPerCut + index]!;
    return 2 * node + ((this.#table.inverted[match]! >> index) & 1);
  }

  // Both are the innermost loops of mapping.
  #arrivalOf(match: number, cut: number): number {
    const arrivals = this.#arrival;
    const { delays, sizes, inverted } = this.#table;
    const { leaves, leavesPerCut } = this.#cuts;
    const [from, size, mask] = [cut * leavesPerCut, sizes[match]!, inverted[match]!];
    let latest = 0;
    for (let i = 0; i < size; i++) {
      const arrival = arrivals[2 * leaves[from + i]! + ((mask >> i) & 1)]!;
      if (arrival > latest) latest = arrival;
    }
    return latest + delays[match]!;
  }

  #flowOf(match: number, cut: number): number {
    const flows = this.#flow;
    const { areas, sizes, inverted } = this.#table;
    const { leaves, leavesPerCut } = this.#cuts;
    const [from, size, mask] = [cut * leavesPerCut, sizes[match]!, inverted[match]!];
    let flow = areas[match]!;
    for (let i = 0; i < size; i++) flow += flows[2 * leaves[from + i]! + ((mask >> i) & 1)]!;
    return flow;
  }

  /** Takes an inverter behind the other polarity where that is better than a cell of its own. */
  #considerInverter(literal: Literal, goal: Goal): void {
    const other = literal ^ 1;
    if (this.#matchOf[other]! < 0) return;
    const arrival = this.#arrival[other]! + CELL_DELAY;
    const flow = (this.#table.inverterArea + this.#flow[other]!) / this.#estimate[literal]!;
    const none = this.#matchOf[literal] === NONE;
    const cheaper = flow < this.#flow[literal]! - EPSILON && arrival <= this.#required[literal]! + EPSILON;
    const earlier = arrival < this.#arrival[literal]! - EPSILON;
    const late = this.#arrival[literal]! > this.#required[literal]! + EPSILON;
    if (!none && !(goal === 'delay' ? earlier : cheaper || (late && earlier))) return;
    this.#put(literal, INVERTER, -1);
    this.#arrival[literal] = arrival;
    this.#flow[literal] = flow;
  }

  /** The match that adds least area to the present cover, of those in time. */
  #chooseExactly(literal: Literal): void {
    const [present, presentCut] = [this.#matchOf[literal]!, this.#cutOf[literal]!];
    if (this.#references[literal] === 0 || present === NONE) return;
    this.#release(literal, present, presentCut);
    const best = this.#best;
    [best.match, best.cut] = [present, presentCut];
    best.arrival = this.#arrivalOfChoice(literal, present, presentCut);
    best.area = this.#areaOf(literal, present, presentCut, Number.POSITIVE_INFINITY);
    const { starts, areas } = this.#table;
    const start = this.#cuts.start(literal >> 1);
    const end = start + this.#cuts.counts[literal >> 1]!;
    for (let cut = start; cut < end; cut++) {
      const f = this.#functions[2 * cut + (literal & 1)]!;
      for (let match = starts[f]!; match < starts[f + 1]!; match++) {
        // What else comes into use can only add to it, and the rest of the function's matches are no smaller.
        if (areas[match]! > best.area + EPSILON) break;
        this.#tryExactly(literal, match, cut);
      }
    }
    const other = literal ^ 1;
    if (this.#matchOf[other]! >= 0 && this.#references[other]! > 0) this.#tryExactly(literal, INVERTER, -1);
    this.#acquire(literal, best.match, best.cut);
    this.#put(literal, best.match, best.cut);
    this.#arrival[literal] = best.arrival;
  }

  /** Keeps a match if it is in time and adds less area than the best so far, or as much and is earlier. */
  #tryExactly(literal: Literal, match: number, cut: number): void {
    const best = this.#best;
    const arrival = this.#arrivalOfChoice(literal, match, cut);
    if (arrival > this.#required[literal]! + EPSILON) return;
    const limit = arrival < best.arrival ? best.area + EPSILON : best.area - EPSILON;
    const area = this.#areaOf(literal, match, cut, limit);
    if (area > limit) return;
    [best.match, best.cut, best.arrival, best.area] = [match, cut, arrival, area];
  }

  /** The area of the cells that would come into use with a choice for a literal that has none; stops beyond a limit. */
  #areaOf(literal: Literal, match: number, cut: number, limit: number): number {
    if (match === INVERTER) {
      const area = this.#acquire(literal, match, cut);
      this.#release(literal, match, cut);
      return area;
    }
    const size = this.#table.sizes[match]!;
    let area = this.#table.areas[match]!;
    let acquired = 0;
    while (acquired < size && area <= limit) area += this.#reference(this.#leaf(match, cut, acquired++));
    for (let i = 0; i < acquired; i++) this.#dereference(this.#leaf(match, cut, i));
    return area;
  }

  #arrivalOfChoice(literal: Literal, match: number, cut: number): number {
    return match === INVERTER ? this.#arrival[literal ^ 1]! + CELL_DELAY : this.#arrivalOf(match, cut);
  }

  /** References what a choice reads; the area of the cells that come into use by it, its own included. */
  #acquire(literal: Literal, match: number, cut: number): number {
    if (match === INVERTER) return this.#table.inverterArea + this.#reference(literal ^ 1);
    const size = this.#table.sizes[match]!;
    let area = this.#table.areas[match]!;
    for (let i = 0; i < size; i++) area += this.#reference(this.#leaf(match, cut, i));
    return area;
  }

  #reference(literal: Literal): number {
    const match = this.#matchOf[literal]!;
    if (this.#references[literal]!++ > 0 || match === NONE) return 0;
    return this.#acquire(literal, match, this.#cutOf[literal]!);
  }

  /** Undoes `#acquire`. */
  #release(literal: Literal, match: number, cut: number): void {
    if (match === INVERTER) this.#dereference(literal ^ 1);
    else
      for (let i = this.#table.sizes[match]! - 1; i >= 0; i--) this.#dereference(this.#leaf(match, cut, i));
  }

  #dereference(literal: Literal): void {
    const match = this.#matchOf[literal]!;
    if (--this.#references[literal]! > 0 || match === NONE) return;
    this.#release(literal, match, this.#cutOf[literal]!);
  }

  /** Readers of every literal in the cover, and a smoothed estimate of them for the next round. */
  #count(): void {
    this.#references.fill(0);
    for (const sink of this.#sinks) this.#reference(sink);
    for (let literal = 0; literal < this.#estimate.length; literal++) {
      const readers = Math.max(1, this.#references[literal]!);
      this.#estimate[literal] = (2 * readers + this.#estimate[literal]!) / 3;
    }
  }

  /** When each literal of the cover must have arrived for the latest sink to be no later. */
  #require(): void {
    this.#required.fill(Number.POSITIVE_INFINITY);
    for (const sink of this.#sinks) this.#required[sink] = this.#latest * (1 + RELAXATION);
    for (let i = this.#nodes.length - 1; i >= 0; i--) {
      const plain = 2 * this.#nodes[i]!;
      // The polarity that reads the other one goes first.
      const first = this.#matchOf[plain]! < 0 ? plain : plain + 1;
      this.#requireOf(first);
      this.#requireOf(first ^ 1);
    }
  }

  /** Passes on to what a literal of the cover reads when that must have arrived. */
  #requireOf(literal: Literal): void {
    const match = this.#matchOf[literal]!;
    if (this.#references[literal] === 0 || match === NONE) return;
    const leader = this.#followers.leaderOf[literal >> 1]!;
    if (leader >= 0) this.#lower(2 * leader + (literal & 1), this.#required[literal]!);
    if (match === INVERTER) {
      this.#lower(literal ^ 1, this.#required[literal]! - CELL_DELAY);
      return;
    }
    const latest = this.#required[literal]! - this.#table.delays[match]!;
    for (let i = 0; i < this.#table.sizes[match]!; i++) {
      this.#lower(this.#leaf(match, this.#cutOf[literal]!, i), latest);
    }
  }

  #lower(literal: Literal, latest: number): void {
    if (latest < this.#required[literal]!) this.#required[literal] = latest;
  }
}
