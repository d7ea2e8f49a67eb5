/**
 * Technology mapping: which cell computes which node of the graph, in which polarity.
 *
 * Works on literals: both polarities of a node can have a cell, or one gets an inverter from the other. First every
 * literal gets the match that is earliest, then area is recovered where there is slack: by area flow (a cell's area
 * shared among its readers), then by the exact area that a choice adds to the cover.
 * Source of the method: S. Chatterjee, A. Mishchenko, R. Brayton, X. Wang, T. Kam, "Reducing structural bias in
 * technology mapping", ICCAD 2005; V. Manohararajah, S. Brown, Z. Vranesic, "Heuristics for area minimization in
 * LUT-based FPGA technology mapping", TCAD 2006 (area flow, exact area).
 * Every cell counts about one level of delay while mapping, as loads and drive strengths are not known yet; that is also
 * what the mapper of the reference flow assumes. Not modelled: structural choices.
 */

import type { Technology } from '../technology/index.js';
import type { Literal } from './aig.js';
import { type CutSet, enumerateCuts } from './cuts.js';
import { fanOuts, type Logic, neededNodes } from './logic.js';
import { type Match, type MatchTable, matchTable, NO_MATCHES } from './matches.js';

/** How a literal is made. */
export interface Choice {
  /** The match whose leaves are those of `cut`; undefined for an inverter behind the other polarity. */
  readonly match: Match | undefined;
  readonly cut: number;
}

/** A cover: the choices of the literals that are in use. */
export interface Cover {
  readonly logic: Logic;
  readonly technology: Technology;
  /** By literal; undefined for sources, constants and literals not in use. */
  readonly choices: readonly (Choice | undefined)[];
  readonly cuts: CutSet;
  /** Class index of the inverter. */
  readonly inverter: number;
  /** How many cells and sinks read each literal. */
  readonly references: Int32Array;
}

export interface MappingOptions {
  /** Most cells on a path; 0 (the default) asks for the fewest. */
  readonly targetLevels?: number;
  /** Literals of sources that come inverted: the plain polarity needs an inverter. */
  readonly invertedSources?: ReadonlySet<Literal>;
}

/** Cuts kept of a node. */
const MAX_CUTS = 14;
const FLOW_ROUNDS = 3;
const EXACT_ROUNDS = 8;
/** Delay of any cell while mapping, in levels. */
const CELL_DELAY = 1;
/** Part of the latest arrival that area recovery may add to it: cells of one level differ a little in delay. */
const RELAXATION = 0.03;
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

class Mapper {
  readonly #logic: Logic;
  readonly #table: MatchTable;
  readonly #cuts: CutSet;
  readonly #targetLevels: number;
  /** Of each cut and polarity, the place of its matches in the table's lists; looked up once. */
  readonly #matches: Int32Array;
  /** Nodes in use, ascending: ANDs only. */
  readonly #nodes: readonly number[];
  readonly #sinks: readonly Literal[];
  readonly #choices: (Choice | undefined)[];
  readonly #arrival: Float64Array;
  readonly #required: Float64Array;
  /** Area of a literal's cone, shared among its readers. */
  readonly #flow: Float64Array;
  readonly #estimate: Float64Array;
  readonly #references: Int32Array;

  constructor(logic: Logic, table: MatchTable, { targetLevels = 0, invertedSources }: MappingOptions) {
    this.#logic = logic;
    this.#table = table;
    this.#targetLevels = targetLevels;
    const { aig } = logic;
    const needed = neededNodes(logic);
    this.#cuts = enumerateCuts(aig, needed, { leaves: table.leaves, cuts: MAX_CUTS });
    this.#matches = this.#lookUp();
    this.#nodes = [...needed.keys()].filter((node) => needed[node] === 1 && aig.isAnd(node));
    this.#sinks = [...logic.outputs, ...logic.flipFlops.map(({ next }) => next)];
    const literals = 2 * aig.count;
    this.#choices = new Array<Choice | undefined>(literals).fill(undefined);
    this.#arrival = new Float64Array(literals);
    this.#required = new Float64Array(literals).fill(Number.POSITIVE_INFINITY);
    this.#flow = new Float64Array(literals);
    const readers = fanOuts(logic, needed);
    this.#estimate = Float64Array.from({ length: literals }, (_, literal) =>
      Math.max(1, readers[literal >> 1]!),
    );
    this.#references = new Int32Array(literals);
    for (const source of logic.sources) this.#addSource(source, invertedSources?.has(source) === true);
  }

  #lookUp(): Int32Array {
    const { tables } = this.#cuts;
    const { byTable } = this.#table;
    const found = new Int32Array(2 * tables.length);
    tables.forEach((table, cut) => {
      found[2 * cut] = byTable.get(table) ?? NO_MATCHES;
      found[2 * cut + 1] = byTable.get(~table) ?? NO_MATCHES;
    });
    return found;
  }

  /** The polarity that a source does not come in is made by an inverter. */
  #addSource(source: Literal, inverted: boolean): void {
    const made = inverted ? source : source ^ 1;
    this.#choices[made] = { match: undefined, cut: -1 };
    this.#arrival[made] = CELL_DELAY;
    this.#flow[made] = this.#table.inverterArea / this.#estimate[made]!;
  }

  round(goal: Goal): void {
    for (const node of this.#nodes) {
      const [plain, inverse] = [2 * node, 2 * node + 1];
      if (goal === 'exact') {
        this.#chooseExactly(plain);
        this.#chooseExactly(inverse);
      } else {
        this.#choose(plain, goal);
        this.#choose(inverse, goal);
        this.#considerInverter(plain, goal);
        this.#considerInverter(inverse, goal);
      }
    }
    this.#count();
    this.#require();
  }

  cover(): Cover {
    const choices = this.#choices.map((choice, literal) =>
      this.#references[literal]! > 0 ? choice : undefined,
    );
    return {
      logic: this.#logic,
      technology: this.#table.technology,
      choices,
      cuts: this.#cuts,
      inverter: this.#table.inverter,
      references: this.#references,
    };
  }

  /** The best match of a literal, inverters aside. */
  #choose(literal: Literal, goal: Goal): void {
    const limit = goal === 'delay' ? Number.POSITIVE_INFINITY : this.#required[literal]! + EPSILON;
    let best: Match | undefined;
    let bestCut = -1;
    let [bestArrival, bestFlow] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    let bestInTime = false;
    const { lists } = this.#table;
    const start = this.#cuts.start(literal >> 1);
    const end = start + this.#cuts.counts[literal >> 1]!;
    for (let cut = start; cut < end; cut++) {
      for (const match of lists[this.#matches[2 * cut + (literal & 1)]!]!) {
        const arrival = this.#arrivalOf(match, cut);
        const flow = this.#flowOf(match, cut);
        const inTime = arrival <= limit;
        const earlier =
          arrival < bestArrival - EPSILON || (arrival <= bestArrival + EPSILON && flow < bestFlow);
        const cheaper = flow < bestFlow - EPSILON || (flow <= bestFlow + EPSILON && arrival < bestArrival);
        const better = goal === 'delay' || !inTime ? earlier && !bestInTime : cheaper || !bestInTime;
        if (best !== undefined && !better) continue;
        [best, bestCut] = [match, cut];
        [bestArrival, bestFlow, bestInTime] = [arrival, flow, inTime && goal !== 'delay'];
      }
    }
    this.#choices[literal] = best === undefined ? undefined : { match: best, cut: bestCut };
    this.#arrival[literal] = bestArrival;
    this.#flow[literal] = bestFlow / this.#estimate[literal]!;
  }

  #leaf(match: Match, cut: number, index: number): Literal {
    const node = this.#cuts.leaves[cut * this.#cuts.leavesPerCut + index]!;
    return 2 * node + ((match.inverted >> index) & 1);
  }

  // Both are the innermost loops of mapping.
  #arrivalOf({ order, inverted, delay }: Match, cut: number): number {
    const arrivals = this.#arrival;
    const { leaves, leavesPerCut } = this.#cuts;
    const from = cut * leavesPerCut;
    let latest = 0;
    for (let i = 0; i < order.length; i++) {
      const arrival = arrivals[2 * leaves[from + i]! + ((inverted >> i) & 1)]!;
      if (arrival > latest) latest = arrival;
    }
    return latest + delay;
  }

  #flowOf({ order, inverted, area }: Match, cut: number): number {
    const flows = this.#flow;
    const { leaves, leavesPerCut } = this.#cuts;
    const from = cut * leavesPerCut;
    let flow = area;
    for (let i = 0; i < order.length; i++) flow += flows[2 * leaves[from + i]! + ((inverted >> i) & 1)]!;
    return flow;
  }

  /** Takes an inverter behind the other polarity where that is better than a cell of its own. */
  #considerInverter(literal: Literal, goal: Goal): void {
    const other = literal ^ 1;
    const from = this.#choices[other];
    if (from === undefined || from.match === undefined) return;
    const arrival = this.#arrival[other]! + CELL_DELAY;
    const flow = (this.#table.inverterArea + this.#flow[other]!) / this.#estimate[literal]!;
    const none = this.#choices[literal] === undefined;
    const cheaper = flow < this.#flow[literal]! - EPSILON && arrival <= this.#required[literal]! + EPSILON;
    const earlier = arrival < this.#arrival[literal]! - EPSILON;
    const late = this.#arrival[literal]! > this.#required[literal]! + EPSILON;
    if (!none && !(goal === 'delay' ? earlier : cheaper || (late && earlier))) return;
    this.#choices[literal] = { match: undefined, cut: -1 };
    this.#arrival[literal] = arrival;
    this.#flow[literal] = flow;
  }

  /** The match that adds least area to the present cover, of those in time. */
  #chooseExactly(literal: Literal): void {
    const present = this.#choices[literal];
    if (this.#references[literal] === 0 || present === undefined) return;
    this.#release(literal, present.match, present.cut);
    const limit = this.#required[literal]! + EPSILON;
    let { match: best, cut: bestCut } = present;
    let bestArrival = this.#arrivalOfChoice(literal, present);
    let bestArea = this.#areaOf(literal, best, bestCut);
    const consider = (match: Match | undefined, cut: number, arrival: number) => {
      if (arrival > limit) return;
      const area = this.#areaOf(literal, match, cut);
      if (area > bestArea + EPSILON || (area > bestArea - EPSILON && arrival >= bestArrival)) return;
      [best, bestCut, bestArrival, bestArea] = [match, cut, arrival, area];
    };
    const { lists } = this.#table;
    const start = this.#cuts.start(literal >> 1);
    const end = start + this.#cuts.counts[literal >> 1]!;
    for (let cut = start; cut < end; cut++) {
      for (const match of lists[this.#matches[2 * cut + (literal & 1)]!]!) {
        // What else comes into use can only add to it.
        if (match.area <= bestArea + EPSILON) consider(match, cut, this.#arrivalOf(match, cut));
      }
    }
    const other = this.#choices[literal ^ 1];
    if (other?.match !== undefined && this.#references[literal ^ 1]! > 0) {
      consider(undefined, -1, this.#arrival[literal ^ 1]! + CELL_DELAY);
    }
    this.#acquire(literal, best, bestCut);
    if (best !== present.match || bestCut !== present.cut)
      this.#choices[literal] = { match: best, cut: bestCut };
    this.#arrival[literal] = bestArrival;
  }

  /** The area of the cells that would come into use with a choice for a literal that has none. */
  #areaOf(literal: Literal, match: Match | undefined, cut: number): number {
    const area = this.#acquire(literal, match, cut);
    this.#release(literal, match, cut);
    return area;
  }

  #arrivalOfChoice(literal: Literal, { match, cut }: Choice): number {
    if (match !== undefined) return this.#arrivalOf(match, cut);
    return this.#arrival[literal ^ 1]! + CELL_DELAY;
  }

  /** References what a choice reads; the area of the cells that come into use by it, its own included. */
  #acquire(literal: Literal, match: Match | undefined, cut: number): number {
    if (match === undefined) return this.#table.inverterArea + this.#reference(literal ^ 1);
    let area = match.area;
    for (let i = 0; i < match.order.length; i++) area += this.#reference(this.#leaf(match, cut, i));
    return area;
  }

  #reference(literal: Literal): number {
    const choice = this.#choices[literal];
    if (this.#references[literal]!++ > 0 || choice === undefined) return 0;
    return this.#acquire(literal, choice.match, choice.cut);
  }

  /** Undoes `#acquire`. */
  #release(literal: Literal, match: Match | undefined, cut: number): void {
    if (match === undefined) this.#dereference(literal ^ 1);
    else for (let i = 0; i < match.order.length; i++) this.#dereference(this.#leaf(match, cut, i));
  }

  #dereference(literal: Literal): void {
    const choice = this.#choices[literal];
    if (--this.#references[literal]! > 0 || choice === undefined) return;
    this.#release(literal, choice.match, choice.cut);
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
    const latest = this.#sinks.reduce(
      (late, sink) => Math.max(late, this.#arrival[sink]!),
      this.#targetLevels,
    );
    const relaxed = latest * (1 + RELAXATION);
    for (const sink of this.#sinks) this.#required[sink] = relaxed;
    for (let i = this.#nodes.length - 1; i >= 0; i--) {
      const plain = 2 * this.#nodes[i]!;
      // The polarity that reads the other one goes first.
      const order = this.#choices[plain]?.match === undefined ? [plain, plain + 1] : [plain + 1, plain];
      for (const literal of order) if (this.#references[literal]! > 0) this.#requireOf(literal);
    }
  }

  #requireOf(literal: Literal): void {
    const choice = this.#choices[literal];
    if (choice === undefined) return;
    const { match, cut } = choice;
    const lower = (read: Literal, delay: number) => {
      this.#required[read] = Math.min(this.#required[read]!, this.#required[literal]! - delay);
    };
    if (match === undefined) lower(literal ^ 1, CELL_DELAY);
    else for (let i = 0; i < match.order.length; i++) lower(this.#leaf(match, cut, i), match.delay);
  }
}
