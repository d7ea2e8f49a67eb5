/**
 * What a machine is: a plain record of figures, each with its source. The engines read nothing else about the
 * hardware, so that a new machine is one new record.
 */

import { macFiguresOf } from './netlist-mac.js';

/** One number of a machine model. */
export interface Figure {
  readonly value: number;
  /** Where the number comes from. Begins with `assumption:` where nobody measured or published it. */
  readonly source: string;
}

/** The MAC of a grid: what it takes a cycle, and how deep it is. */
export interface MacFigures {
  /** Products that it takes a cycle, along K. */
  readonly depth: Figure;
  /** Pipeline registers between the last operands and the accumulator. */
  readonly latencyCycles: Figure;
}

/** The same, read off the netlist of one of this project's designs. */
export interface NetlistMac {
  readonly from: 'netlist';
  /** Name of the design. */
  readonly design: string;
}

/**
 * How long an MMA occupies its unit, and when its result is there.
 *
 * `grid`: rows × cols MACs of `depth` products a cycle. An m × n × k instruction is busy
 * ceil(m/rows) · ceil(n/cols) · ceil(k/depth) cycles and done `latencyCycles` later.
 */
export interface GridRate {
  readonly kind: 'grid';
  readonly rows: Figure;
  readonly cols: Figure;
  readonly mac: MacFigures | NetlistMac;
}

/** A resource that each step of an MMA occupies for cycles + cyclesPerColumn · n. */
export interface StepPort {
  readonly name: string;
  readonly cycles: Figure;
  readonly cyclesPerColumn: Figure;
  /** Whether it reads operands from shared memory, and so suffers from conflicts of banks. */
  readonly readsBanks?: boolean;
}

/**
 * `steps`: an instruction is issued as steps of rows × n × depth, one behind the other. The interval between steps is
 * that of the slowest port; a step's result is there latency + latencyPerColumn · n cycles after its start.
 */
export interface StepRate {
  readonly kind: 'steps';
  readonly rows: Figure;
  /** Bytes of an operand row that a step takes along K. */
  readonly depthBytes: Figure;
  /** Cycles of its stream that the issue of one step takes. */
  readonly issueCycles: Figure;
  /** Ports by where A comes from. */
  readonly ports: Readonly<Record<'shared' | 'registers', readonly StepPort[]>>;
  readonly latencyCycles: Readonly<Record<'shared' | 'registers', Figure>>;
  readonly latencyPerColumn: Figure;
  /** Columns beyond which an accumulation from registers that finds the unit empty starts `cycles` later. */
  readonly restart: { readonly columns: Figure; readonly cycles: Figure };
}

export type MmaRate = GridRate | StepRate;

/** Direct stores: the threads of a stream write an accumulator themselves and are held while the queue is full. */
export interface DirectStore {
  /** From the last byte's way out to its acknowledgement. */
  readonly latencyCycles: Figure;
  /** Bytes of a write to memory. */
  readonly sectorBytes: Figure;
  /** Adjacent elements of a row that one write instruction covers. */
  readonly elementsPerWrite: Figure;
  /** Cycles of the port for a full sector, and for one that is written in part. */
  readonly sectorCycles: Figure;
  readonly partialSectorCycles: Figure;
  /** Bytes a cycle at which a stream issues stores while the queue has room. */
  readonly issueBytesPerCycle: Figure;
  /** Work of the port, in cycles, that its queue takes of a stream; beyond it the stream is held. */
  readonly queueCycles: Figure;
  /** From the last byte's way out until the accumulator can be written again. */
  readonly readCycles: Figure;
}

/** Bulk stores: the accumulator goes through shared memory, from where the bulk-copy engine takes it. */
export interface BulkStore {
  /** Until the first byte is in shared memory, and the copy's own start. */
  readonly latencyCycles: Figure;
  /** Bytes a cycle into shared memory; the stream is held meanwhile. */
  readonly stagingBytesPerCycle: Figure;
  readonly bytesPerCycle: Figure;
}

/** Banks of the shared memory, each of which serves one word a cycle. */
export interface BankFigures {
  readonly count: Figure;
  readonly wordBytes: Figure;
  /** Widest row whose tile is laid out so that no two of eight neighbouring rows meet in a bank; 0: none. */
  readonly swizzleBytes: Figure;
}

/** What lies behind the cores' ports. Absent in a machine all of whose accesses hit L2 at its full bandwidth. */
export interface MemoryFigures {
  /** Share of L2's bandwidth that a byte costs which another core asked for as well. */
  readonly sharedCost: Figure;
  /** Bytes of tensors that L2 keeps; what makes room is picked at random, by a fixed seed. */
  readonly l2Bytes: Figure;
  readonly dramBytesPerCycle: Figure;
  /** Beyond the latency of an L2 hit. */
  readonly dramLatencyCycles: Figure;
}

/** The quantise unit beside the designs whose netlists give its pipelines. */
export interface QuantizeFigures {
  readonly queueDepth: Figure;
  /** Pipelines side by side, of whatever kind an operation needs. */
  readonly pipelines: Figure;
  /** Elements a cycle of a pipeline for which there is no design. */
  readonly lanes: Figure;
  /** Its depth. */
  readonly latencyCycles: Figure;
  /** Added depth when a tile is read by columns. */
  readonly transposeCycles: Figure;
}

export interface MachineModel {
  readonly name: string;
  readonly summary: string;
  /** Of a user's model: the model it changes, and the file it was read from. */
  readonly base?: string;
  readonly file?: string;
  readonly clockMhz: Figure;
  readonly cores: Figure;
  /** Instruction streams a core can hold. */
  readonly streamsPerCore: Figure;
  /** Instructions a core issues a cycle, over all its streams; each stream issues at most one. */
  readonly issueWidth: Figure;
  /** Cycles from an instruction's issue to the next of its stream, by mnemonic; `default` for all others. */
  readonly issueCycles: Readonly<{ default: Figure } & Partial<Record<string, Figure>>>;
  readonly sharedMemoryBytes: Figure;
  readonly banks: BankFigures;
  readonly accumulatorBytes: Figure;
  /** Cycles from the arrival that completes a phase until a waiting stream's poll can return it. */
  readonly barrierLatencyCycles: Figure;
  /** What the poll of a barrier that succeeds costs its stream. */
  readonly poll: {
    readonly warpThreads: Figure;
    /** One converged warp polls and finds the phase completed. */
    readonly warpCycles: Figure;
    /** Further, for each other warp that polls in the same instruction. */
    readonly furtherWarpCycles: Figure;
    /** Instead of both, when the warps had to wait and are woken. */
    readonly wakeCycles: Figure;
    /** The same two when less than a warp polls, and the rest of it waits for those lanes. */
    readonly laneCycles: Figure;
    readonly laneWakeCycles: Figure;
    /** Further, for each warp of another stream of the core that polled in vain at its last wait. */
    readonly contentionCycles: Figure;
  };
  /** Bulk copies between global and shared memory, each direction a channel of its own. */
  readonly copy: {
    /** Copies that may be queued or in flight, a direction. */
    readonly queueDepth: Figure;
    readonly loadLatencyCycles: Figure;
    readonly loadBytesPerCycle: Figure;
    /** Cycles of the port that a load takes beside its bytes. */
    readonly loadOverheadCycles: Figure;
    readonly storeLatencyCycles: Figure;
    readonly storeBytesPerCycle: Figure;
    /** Share of L2's bandwidth that a byte costs which is added to what is there, or compared with it. */
    readonly combineCost: Figure;
  };
  /** How accumulators leave the core where that is not the copy engine's business alone. */
  readonly store?: { readonly direct: DirectStore; readonly bulk: BulkStore };
  /** Bytes a cycle that L2 moves for all cores together, both directions. */
  readonly l2BytesPerCycle: Figure;
  readonly memory?: MemoryFigures;
  readonly mma: {
    readonly queueDepth: Figure;
    readonly rate: MmaRate;
  };
  /** Element-wise work on accumulators. */
  readonly vector: {
    readonly queueDepth: Figure;
    /** Accumulator elements a cycle. */
    readonly lanes: Figure;
    readonly latencyCycles: Figure;
  };
  /** The quantise unit; absent in a machine that has none. */
  readonly quantize?: QuantizeFigures;
  /** Name of the dot semantic of an `mma` without a suffix. */
  readonly defaultSemantic: string;
}

/** A figure that somebody measured or published. */
export function figure(value: number, source: string): Figure {
  return { value, source };
}

/** A figure that nobody measured or published, with the reason for it. */
export function assumed(value: number, why: string): Figure {
  return { value, source: `assumption: ${why}` };
}

/** Every figure of a model with its path, for listings and checks. */
export function figuresOf(model: MachineModel): { readonly path: string; readonly figure: Figure }[] {
  const found: { path: string; figure: Figure }[] = [];
  const visit = (value: unknown, path: string): void => {
    if (!isRecord(value)) return;
    if (isFigure(value)) found.push({ path, figure: value });
    else if (isNetlistMac(value)) visit(macFiguresOf(value), path);
    else for (const [key, child] of Object.entries(value)) visit(child, path === '' ? key : `${path}.${key}`);
  };
  visit(model, '');
  return found;
}

/** The model with some of its figures changed, by their paths in `figuresOf`; the path must be one that a model may have. */
export function withFigures(model: MachineModel, figures: ReadonlyMap<string, Figure>): MachineModel {
  let changed: unknown = model;
  for (const [path, value] of figures) changed = withFigure(changed, namesOf(path), value);
  return changed as MachineModel;
}

function withFigure(part: unknown, [name, ...rest]: readonly string[], value: Figure): unknown {
  if (name === undefined) return value;
  const known = (isRecord(part) && isNetlistMac(part) ? macFiguresOf(part) : part) as Record<string, unknown>;
  const inner = withFigure(known?.[name], rest, value);
  return Array.isArray(part) ? part.with(Number(name), inner) : { ...known, [name]: inner };
}

/** The names along a path; a mnemonic, which may hold a dot, is one of them. */
function namesOf(path: string): string[] {
  const [first, ...rest] = path.split('.');
  return first === 'issueCycles' ? [first, rest.join('.')] : path.split('.');
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isNetlistMac(value: object): value is NetlistMac {
  return 'from' in value && value.from === 'netlist';
}

function isFigure(value: object): value is Figure {
  return 'value' in value && 'source' in value;
}
