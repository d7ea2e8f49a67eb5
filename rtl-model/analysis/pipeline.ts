/**
 * Automatic pipelining: where to put registers into a datapath for a clock period or a number of stages.
 * The datapath's own registers are taken out, except those on loops (accumulators), which keep their places: what lies
 * on a loop goes into one stage. Every path from an input to an output gets the same number of registers; outputs are
 * registered, inputs are not. Among the cuts that meet the period, cells move to where fewer register bits are needed.
 * Not modelled: retiming into a loop, loads that registers add to nets, resets of the new registers.
 */
import { ConfigurationError } from '../../src/numerics/index.js';
import { cellDelays, registerOverhead } from './cell-delays.js';
import { cellTable } from './cells.js';
import { driverOf, type LoopStructure, loopStructure, readsOf } from './feedback.js';
import { describeLimit, latestPath } from './limit.js';
import type { MappedNetlist } from './mapped.js';
import type { Timing } from './timing.js';

export interface Pipeline {
  /** Clock cycles from an input to the output that depends on it; loops take no extra cycle. */
  readonly latencyCycles: number;
  /** Shortest period of these stages, calibrated. */
  readonly periodPs: number;
  /** Shortest period that the loops allow, whatever the number of stages; 0 without loops. */
  readonly loopPeriodPs: number;
  /** Register bits: new ones and those of loops. */
  readonly registerBits: number;
  /** Area of cells and registers before calibration. */
  readonly areaUm2: number;
  /** Stage of each cell, from 0. */
  readonly stageOfCell: Int32Array;
}

export interface PipelineGoal {
  /** Longest acceptable period in ps, calibrated. */
  readonly periodPs?: number;
  /** Most acceptable stages; the shortest period is looked for. */
  readonly stages?: number;
}

const MAX_STAGES = 64;
/** Rounds of moving cells between stages. */
const MOVE_ROUNDS = 4;

/**
 * A pipeline that meets the goal: the fewest stages for a period, or the shortest period for a number of stages.
 * `delayFactor` is the calibration of the technology. Throws `ConfigurationError` when the period cannot be met, with
 * the shortest one that can.
 */
export function pipeline(timing: Timing, goal: PipelineGoal, delayFactor = 1): Pipeline {
  const { periodPs, stages } = goal;
  if ((periodPs === undefined) === (stages === undefined)) {
    throw new ConfigurationError('a pipeline needs either a period or a number of stages');
  }
  const cutter = new Cutter(timing);
  const result =
    stages === undefined ? cutter.forPeriod(periodPs! / delayFactor, delayFactor) : cutter.forStages(stages);
  return {
    ...result,
    periodPs: result.periodPs * delayFactor,
    loopPeriodPs: result.loopPeriodPs * delayFactor,
  };
}

/** Stage of every graph node (cells, then flip-flops). */
interface Cut {
  readonly stages: Int32Array;
  readonly count: number;
}

class Cutter {
  readonly #netlist: MappedNetlist;
  readonly #loops: LoopStructure;
  /** Of each cell in ps; 0 for flip-flops, which are wires unless they are on a loop. */
  readonly #delays: Float64Array;
  /** Clock to output and set-up of a register in ps. */
  readonly #overheadPs: number;
  readonly #operands: readonly (readonly number[])[];
  readonly #order: readonly (readonly number[])[];

  constructor(timing: Timing) {
    this.#netlist = timing.netlist;
    this.#loops = loopStructure(timing.netlist);
    this.#delays = cellDelays(timing);
    this.#overheadPs = registerOverhead(timing);
    const nodes = this.#delays.length;
    this.#operands = Array.from({ length: nodes }, (_, node) =>
      readsOf(this.#netlist, node)
        .map((net) => driverOf(this.#netlist, net))
        .filter((driver) => driver >= 0),
    );
    this.#order = this.#loops.groups.map((group) => this.#insideOrder(group));
  }

  forPeriod(periodPs: number, delayFactor: number): Pipeline {
    const shortest = this.#shortestPeriod();
    if (!(periodPs >= shortest * (1 - 1e-9))) {
      const text = (ps: number) => `${(ps * delayFactor).toFixed(1)} ps`;
      const limit = text(shortest);
      throw new ConfigurationError(
        `a period of ${text(periodPs)} cannot be met: one ${this.#limitText(limit)}`,
        `ask for ${limit} or more`,
      );
    }
    return this.#describe(this.#improve(this.#cut(periodPs)!, periodPs));
  }

  forStages(stages: number): Pipeline {
    if (!Number.isInteger(stages) || stages < 1 || stages > MAX_STAGES) {
      throw new ConfigurationError(`${stages} pipeline stages: expected 1 to ${MAX_STAGES}, whole`);
    }
    let low = this.#shortestPeriod();
    let high = low + this.#delays.reduce((sum, delay) => sum + delay, 0);
    for (let step = 0; step < 40 && high - low > 1e-4 * high; step++) {
      const middle = (low + high) / 2;
      const cut = this.#cut(middle);
      if (cut !== undefined && cut.count <= stages) high = middle;
      else low = middle;
    }
    return this.#describe(this.#improve(this.#cut(high)!, high));
  }

  /** The period below which a loop or a single cell does not fit. */
  #shortestPeriod(): number {
    return Math.max(this.#longestLoop().periodPs, this.#overheadPs + Math.max(...this.#delays, 0));
  }

  #limitText(limit: string): string {
    const { periodPs, path } = this.#longestLoop();
    if (periodPs < this.#shortestPeriod()) return `cell needs ${limit}`;
    return `loop through registers needs ${limit}: ${describeLimit(this.#netlist, path)}`;
  }

  /** Period that the slowest loop needs, 0 without loops, and the nodes of its longest path. */
  #longestLoop(): { periodPs: number; path: readonly number[] } {
    const arrival = new Float64Array(this.#delays.length);
    let longest = 0;
    let path: readonly number[] = [];
    this.#order.forEach((group, index) => {
      if (this.#loops.isLoop[index] !== 1) return;
      const latest = this.#walkLoop(group, index, arrival, () => 0);
      if (latest <= longest) return;
      longest = latest;
      const inside = (operand: number) => this.#loops.groupOf[operand] === index;
      path = latestPath(group.find((node) => arrival[node] === latest)!, arrival, (node) =>
        this.#isFlipFlop(node) ? [] : this.#operands[node]!.filter(inside),
      );
    });
    return { periodPs: longest === 0 ? 0 : longest + this.#overheadPs, path };
  }

  /** Latest arrival inside a loop whose outside operands arrive when `outside` says; fills `arrival`. */
  #walkLoop(
    group: readonly number[],
    index: number,
    arrival: Float64Array,
    outside: (operand: number) => number,
  ): number {
    let latest = 0;
    for (const node of group) {
      if (this.#isFlipFlop(node)) arrival[node] = 0;
      else {
        arrival[node] = this.#delays[node]! + this.#latestOperand(node, index, arrival, outside);
        latest = Math.max(latest, arrival[node]!);
      }
    }
    return latest;
  }

  #latestOperand(
    node: number,
    index: number,
    arrival: Float64Array,
    outside: (operand: number) => number,
  ): number {
    let latest = 0;
    for (const operand of this.#operands[node]!) {
      const inside = this.#loops.groupOf[operand] === index;
      latest = Math.max(latest, inside ? arrival[operand]! : outside(operand));
    }
    return latest;
  }

  #isFlipFlop(node: number): boolean {
    return node >= this.#netlist.classes.length;
  }

  /** Members of a loop with its flip-flops first, cells in topological order; cells are numbered that way. */
  #insideOrder(group: readonly number[]): number[] {
    return [...group].sort((a, b) => Number(this.#isFlipFlop(b)) - Number(this.#isFlipFlop(a)) || a - b);
  }

  /** As early as possible: every group into the first stage that has room; undefined if a loop does not fit. */
  #cut(periodPs: number): Cut | undefined {
    const budget = periodPs - this.#overheadPs + 1e-9;
    const stages = new Int32Array(this.#delays.length);
    const arrival = new Float64Array(this.#delays.length);
    let last = 0;
    for (let index = 0; index < this.#order.length; index++) {
      const stage = this.#place(index, budget, stages, arrival);
      if (stage < 0) return undefined;
      last = Math.max(last, stage);
    }
    return { stages, count: last + 1 };
  }

  /** The stage that a group goes to, or −1; sets the stages and arrivals of its members. */
  #place(index: number, budget: number, stages: Int32Array, arrival: Float64Array): number {
    const group = this.#order[index]!;
    let stage = 0;
    for (const node of group) {
      for (const operand of this.#operands[node]!) {
        if (this.#loops.groupOf[operand] !== index) stage = Math.max(stage, stages[operand]!);
      }
    }
    for (const attempt of [stage, stage + 1]) {
      const outside = (operand: number) => (stages[operand] === attempt ? arrival[operand]! : 0);
      if (this.#walkGroup(group, index, arrival, outside) > budget) continue;
      for (const node of group) stages[node] = attempt;
      return attempt;
    }
    return -1;
  }

  #walkGroup(
    group: readonly number[],
    index: number,
    arrival: Float64Array,
    outside: (operand: number) => number,
  ): number {
    if (this.#loops.isLoop[index] === 1) return this.#walkLoop(group, index, arrival, outside);
    const [node] = group;
    arrival[node!] = this.#delays[node!]! + this.#latestOperand(node!, index, arrival, outside);
    return arrival[node!]!;
  }

  /** Moves groups one stage later where that needs fewer register bits and still meets the period. */
  #improve(cut: Cut, periodPs: number): Cut {
    let best = cut;
    let bits = this.#registerBits(best);
    for (let round = 0; round < MOVE_ROUNDS; round++) {
      const moved = this.#moveLater(best, periodPs);
      const movedBits = this.#registerBits(moved);
      if (movedBits >= bits) break;
      [best, bits] = [moved, movedBits];
    }
    return best;
  }

  /** One sweep from the outputs back: a group goes later if it then frees more register bits than it costs. */
  #moveLater(cut: Cut, periodPs: number): Cut {
    const stages = cut.stages.slice();
    const readers = this.#readers();
    for (let index = this.#order.length - 1; index >= 0; index--) {
      const group = this.#order[index]!;
      const stage = stages[group[0]!]!;
      const limit = this.#earliestReader(group, index, readers, stages, cut.count - 1);
      if (limit <= stage || !this.#pays(group, index, readers, stages, cut.count - 1)) continue;
      for (const node of group) stages[node] = stage + 1;
      if (this.#periodOf(stages) > periodPs + 1e-6) for (const node of group) stages[node] = stage;
    }
    return { stages, count: cut.count };
  }

  #earliestReader(
    group: readonly number[],
    index: number,
    readers: readonly (readonly number[])[],
    stages: Int32Array,
    last: number,
  ): number {
    let earliest = last;
    for (const node of group) {
      for (const reader of readers[node]!) {
        if (this.#loops.groupOf[reader] !== index) earliest = Math.min(earliest, stages[reader]!);
      }
    }
    return earliest;
  }

  /** Register bits behind the group that a later stage saves, against those in front of it that it costs. */
  #pays(
    group: readonly number[],
    index: number,
    readers: readonly (readonly number[])[],
    stages: Int32Array,
    last: number,
  ): boolean {
    const stage = stages[group[0]!]!;
    const needed = (node: number) => this.#lastReader(node, readers, stages, last);
    const saved = group.filter((node) => needed(node) > stage).length;
    const operands = new Set(group.flatMap((node) => this.#operands[node]!));
    let cost = 0;
    for (const operand of operands) {
      if (this.#loops.groupOf[operand] !== index && needed(operand) <= stage) cost++;
    }
    return saved > cost;
  }

  /** The latest stage that reads a node; the last one plus one for outputs, which are registered. */
  #lastReader(
    node: number,
    readers: readonly (readonly number[])[],
    stages: Int32Array,
    last: number,
  ): number {
    let latest = this.#outputDrivers().has(node) ? last + 1 : stages[node]!;
    for (const reader of readers[node]!) latest = Math.max(latest, stages[reader]!);
    return latest;
  }

  #outputs: ReadonlySet<number> | undefined;
  #outputDrivers(): ReadonlySet<number> {
    this.#outputs ??= new Set([...this.#netlist.outputs].map((net) => driverOf(this.#netlist, net)));
    return this.#outputs;
  }

  #readerLists: number[][] | undefined;
  #readers(): readonly (readonly number[])[] {
    if (this.#readerLists === undefined) {
      const lists: number[][] = this.#operands.map(() => []);
      this.#operands.forEach((operands, node) => {
        for (const operand of operands) lists[operand]!.push(node);
      });
      this.#readerLists = lists;
    }
    return this.#readerLists;
  }

  /** Registers behind every node (shared among its readers) and inputs, and those of loops. */
  #registerBits({ stages, count }: Cut): number {
    const readers = this.#readers();
    let bits = 0;
    for (let node = 0; node < stages.length; node++) {
      const onLoop = this.#loops.isLoop[this.#loops.groupOf[node]!] === 1;
      if (this.#isFlipFlop(node) && !onLoop) continue;
      if (this.#isFlipFlop(node)) bits++;
      bits += this.#lastThroughWires(node, readers, stages, count) - stages[node]!;
    }
    return bits + this.#inputBits(readers, stages, count);
  }

  /** The latest reader, looking through flip-flops that are wires now. */
  #lastThroughWires(
    node: number,
    readers: readonly (readonly number[])[],
    stages: Int32Array,
    count: number,
  ): number {
    let latest = this.#lastReader(node, readers, stages, count - 1);
    for (const reader of readers[node]!) {
      const wire = this.#isFlipFlop(reader) && this.#loops.isLoop[this.#loops.groupOf[reader]!] === 0;
      if (wire) latest = Math.max(latest, this.#lastThroughWires(reader, readers, stages, count));
    }
    return latest;
  }

  /** Registers that carry input bits to stages after the first. */
  #inputBits(readers: readonly (readonly number[])[], stages: Int32Array, count: number): number {
    const { sourceCount, flipFlops } = this.#netlist;
    const latest = new Int32Array(sourceCount - flipFlops.length);
    for (let node = 0; node < stages.length; node++) {
      const wire = this.#isFlipFlop(node) && this.#loops.isLoop[this.#loops.groupOf[node]!] === 0;
      const stage = wire ? this.#lastThroughWires(node, readers, stages, count) : stages[node]!;
      for (const net of readsOf(this.#netlist, node)) {
        if (net >= 2 && net < latest.length) latest[net] = Math.max(latest[net]!, stage);
      }
    }
    return latest.reduce((sum, stage) => sum + stage, 0);
  }

  /** The period that stages need. */
  #periodOf(stages: Int32Array): number {
    const arrival = new Float64Array(stages.length);
    let longest = 0;
    this.#order.forEach((group, index) => {
      const stage = stages[group[0]!]!;
      const outside = (operand: number) => (stages[operand] === stage ? arrival[operand]! : 0);
      longest = Math.max(longest, this.#walkGroup(group, index, arrival, outside));
    });
    return longest + this.#overheadPs;
  }

  #describe(cut: Cut): Pipeline {
    const { technology, classes, drives } = this.#netlist;
    const registerBits = this.#registerBits(cut);
    const flipFlop = cellTable(technology).flipFlop.areaUm2;
    let areaUm2 = registerBits * flipFlop;
    classes.forEach((cellClass, cell) => {
      areaUm2 += technology.classes[cellClass]!.drives[drives[cell]!]!.areaUm2;
    });
    return {
      latencyCycles: cut.count,
      periodPs: this.#periodOf(cut.stages),
      loopPeriodPs: this.#longestLoop().periodPs,
      registerBits,
      areaUm2,
      stageOfCell: cut.stages.slice(0, classes.length),
    };
  }
}
