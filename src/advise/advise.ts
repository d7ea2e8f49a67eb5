/**
 * What bounds a program, and what one change would gain. The counters of a run say which resource is used most; the
 * proof is another run with that resource twice as fast. Every line of the advice is a run of its own.
 *
 * Not looked at: pairs of changes, and the values of a changed program.
 */
import type { Program } from '../assembler/index.js';
import {
  type BusyUnit,
  type MachineModel,
  type RunOptions,
  type RunResult,
  runProgram,
  type StreamStatistics,
  Trap,
} from '../machine/index.js';
import { ConfigurationError } from '../numerics/index.js';
import { changedModel, MACHINE_CHANGES, RESOURCES, type Resource, withCores } from './machine-changes.js';
import {
  type ProgramChange,
  parameterChanges,
  type Reassemble,
  sameTensors,
  scheduleChanges,
} from './program-changes.js';

/** A run with one change made. */
export interface Trial {
  readonly change: string;
  readonly cycles: number;
  /** Share of the cycles that it saves; negative if it takes longer. */
  readonly saved: number;
}

/** A trial of a changed machine. */
export interface ResourceTrial extends Trial {
  readonly resource: Resource;
  /** What of the saving is due to the resource: of more cores, what goes beyond their number. */
  readonly gain: number;
  /** The resource was done away with instead of halved. */
  readonly limit: boolean;
}

/** A change that was not counted, with the reason. */
export interface RefusedChange {
  readonly change: string;
  readonly reason: string;
}

/** What a stream waited for most. */
export interface Wait {
  readonly stream: string;
  /** Share of its time until its halt, over all cores. */
  readonly issued: number;
  readonly reason: string;
  readonly share: number;
}

export interface Advice {
  readonly program: string;
  readonly machine: string;
  readonly configuration: string;
  readonly cycles: number;
  /** By the runs: the resource that saves most when it is halved; `several` if none alone saves 2 %. */
  readonly bound: Resource | 'several';
  /** By the counters of the unchanged run. */
  readonly suspected: Resource;
  /** Share of each resource's capacity that was used, 0 … 1, by the busiest core; of the tail, share of the cores' time that it wastes. */
  readonly used: Readonly<Partial<Record<Resource, number>>>;
  readonly waits: readonly Wait[];
  readonly machineChanges: readonly ResourceTrial[];
  /** The best first. */
  readonly programChanges: readonly Trial[];
  readonly refused: readonly RefusedChange[];
}

export interface AdviseOptions {
  readonly machine: MachineModel;
  readonly maxCycles?: number | undefined;
  /** Assembles the program with other parameters; absent for an object file. */
  readonly reassemble?: Reassemble | undefined;
  /** Values of parameters to be tried beside the neighbours of all. */
  readonly further?: readonly (readonly [name: string, value: number])[] | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
}

/** A saving that counts. */
const SIGNIFICANT = 0.02;
/** Use beyond which a resource is suspected. */
const BUSY = 0.7;
/** A change that takes so many times as long is given up. */
const PATIENCE = 8;

/** Runs the program and its changes. Throws what `runProgram` throws for the unchanged program. */
export function advise(program: Program, options: AdviseOptions): Advice {
  const { machine, maxCycles, onProgress } = options;
  onProgress?.('the program as it is');
  const base = runProgram(program, { machine, maxCycles, values: 'none' }).result;
  const trials = new Trials(program, base, options);
  const used = usedOf(base, machine);
  const machineChanges = trials.ofMachine();
  const programChanges = trials.ofProgram();
  return {
    program: base.program,
    machine: base.machine,
    configuration: base.configuration,
    cycles: base.cycles,
    bound: boundOf(machineChanges),
    suspected: suspectedOf(used),
    used,
    waits: waitsOf(base),
    machineChanges,
    programChanges: programChanges.sort((a, b) => b.saved - a.saved),
    refused: trials.refused,
  };
}

class Trials {
  readonly refused: RefusedChange[] = [];
  readonly #options: RunOptions;

  constructor(
    private readonly program: Program,
    private readonly base: RunResult,
    private readonly asked: AdviseOptions,
  ) {
    this.#options = { machine: asked.machine, values: 'none', maxCycles: PATIENCE * base.cycles + 1000 };
  }

  ofMachine(): ResourceTrial[] {
    const { machine } = this.asked;
    const resources = MACHINE_CHANGES.flatMap((change) => {
      const changed = changedModel(machine, change);
      const cycles = changed && this.#cyclesOf(change.text, this.program, changed);
      if (cycles === undefined) return [];
      const trial = this.#trial(change.text, cycles);
      return [{ ...trial, resource: change.resource, gain: trial.saved, limit: change.limit === true }];
    });
    return [...resources, ...this.#moreCores()];
  }

  /** As few cores more as save every core a tile, and twice the cores. */
  #moreCores(): ResourceTrial[] {
    const { machine } = this.asked;
    const cores = machine.cores.value;
    const { items, mostOfCore } = this.base.schedule;
    if (mostOfCore < 2) return [];
    return [...new Set([Math.ceil(items / (mostOfCore - 1)), 2 * cores])].flatMap((more) => {
      const text = `${more} cores instead of ${cores}`;
      const cycles = this.#cyclesOf(text, this.program, withCores(machine, more));
      if (cycles === undefined) return [];
      const trial = this.#trial(text, cycles);
      return [{ ...trial, resource: 'tail' as const, gain: trial.saved - (1 - cores / more), limit: false }];
    });
  }

  ofProgram(): Trial[] {
    const { reassemble, further = [] } = this.asked;
    const parameters = reassemble === undefined ? [] : parameterChanges(this.program, reassemble, further);
    return [...parameters, ...scheduleChanges(this.program)].flatMap((change) => this.#sameWork(change));
  }

  /** The trial of a change that leaves the work the same. */
  #sameWork({ text, program }: ProgramChange): Trial[] {
    const refuse = (reason: string): Trial[] => {
      this.refused.push({ change: text, reason });
      return [];
    };
    const changed = program();
    if (changed === undefined) return refuse('does not assemble');
    if (!sameTensors(this.program, changed)) return refuse('other tensors');
    const result = this.#run(text, changed, this.asked.machine);
    if (result === undefined) return [];
    if (workOf(result) !== workOf(this.base)) return refuse('other work');
    return [this.#trial(text, result.cycles)];
  }

  #trial(change: string, cycles: number): Trial {
    return { change, cycles, saved: 1 - cycles / this.base.cycles };
  }

  #cyclesOf(text: string, program: Program, machine: MachineModel): number | undefined {
    return this.#run(text, program, machine)?.cycles;
  }

  #run(text: string, program: Program, machine: MachineModel): RunResult | undefined {
    this.asked.onProgress?.(text);
    try {
      return runProgram(program, { ...this.#options, machine }).result;
    } catch (error) {
      if (!(error instanceof Trap || error instanceof ConfigurationError)) throw error;
      this.refused.push({ change: text, reason: error.message });
      return undefined;
    }
  }
}

/** What a program does, whatever its parameters: products and bytes written. */
function workOf({ macs, statistics }: RunResult): string {
  return `${macs} ${statistics.cores.reduce((sum, { storedBytes }) => sum + storedBytes, 0)}`;
}

function boundOf(trials: readonly ResourceTrial[]): Advice['bound'] {
  const best = trials
    .filter(({ limit }) => !limit)
    .reduce<ResourceTrial | undefined>(
      (most, each) => (each.gain > (most?.gain ?? 0) ? each : most),
      undefined,
    );
  return best === undefined || best.gain < SIGNIFICANT ? 'several' : best.resource;
}

/**
 * Use of each resource: of what a core has, by the busiest core; of the tail, the share of the cores' time in which they
 * wait for the last one to halt. With one tile a core there is no tail, but too few tiles.
 */
function usedOf(
  { utilisation, statistics, schedule, cycles }: RunResult,
  model: MachineModel,
): Advice['used'] {
  const { cores, streams } = statistics;
  const ofCore = (index: number): StreamStatistics[] => streams.filter(({ core }) => core === index);
  const busiest = (unit: BusyUnit): number =>
    Math.max(...cores.map((core) => core.busyCycles[unit])) / cycles;
  const issued = cores.map(({ core }) => ofCore(core).reduce((sum, stream) => sum + stream.issued, 0));
  const ends = cores.map(({ core }) => Math.max(...ofCore(core).map((stream) => stream.haltedAtCycle + 1)));
  const mean = ends.reduce((sum, end) => sum + end, 0) / ends.length;
  const { l2, dram } = utilisation;
  return {
    mma: busiest('mma'),
    copy: busiest('load'),
    l2,
    ...(dram === undefined ? {} : { dram }),
    issue: Math.max(...issued) / cycles / model.issueWidth.value,
    quantise: busiest('quantize'),
    epilogue: Math.max(busiest('vector'), busiest('store')),
    tail: schedule.mostOfCore > 1 ? 1 - mean / Math.max(...ends) : 0,
  };
}

/** The resource that is used most if one is busy; else cores that idle at the end; else what everything waits for. */
function suspectedOf(used: Advice['used']): Resource {
  const units = RESOURCES.filter((name) => name !== 'tail' && used[name] !== undefined);
  const [most] = units.sort((a, b) => used[b]! - used[a]!);
  if (used[most!]! >= BUSY) return most!;
  return used.tail! >= 1 - BUSY ? 'tail' : 'dependency';
}

function waitsOf({ statistics: { streams } }: RunResult): Wait[] {
  return [...new Set(streams.map(({ stream }) => stream))].map((name) => {
    const mine = streams.filter(({ stream }) => stream === name);
    const time = mine.reduce((sum, { haltedAtCycle }) => sum + haltedAtCycle + 1, 0);
    const [reason, cycles] = longestOf(mine);
    const issued = mine.reduce((sum, each) => sum + each.issued, 0);
    return { stream: name, issued: issued / time, reason, share: cycles / time };
  });
}

function longestOf(streams: readonly StreamStatistics[]): readonly [string, number] {
  const sums = new Map<string, number>();
  for (const { stalls } of streams) {
    for (const [reason, cycles] of Object.entries(stalls)) sums.set(reason, (sums.get(reason) ?? 0) + cycles);
  }
  return [...sums].reduce((most, each) => (each[1] > most[1] ? each : most), ['none', 0] as const);
}
