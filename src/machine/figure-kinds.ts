/**
 * What each figure of a machine model may be: its unit, its range, and whether it is a whole number. The paths are those
 * of `figuresOf`. User models are checked against this table, and a test holds every shipped model to it.
 *
 * The upper ends keep what a host has to hold in bounds; no machine is near them.
 */

export interface FigureKind {
  /** With `*` for a mnemonic, or for the number of a port. */
  readonly path: string;
  readonly unit: string;
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
}

const CYCLES = 'cycles';
const RATE = 'B/cycle';
const MEBI = 2 ** 20;
/** Largest latency and largest cost of an instruction, in cycles. */
const LONGEST = 1_000_000;

const whole = (path: string, unit: string, least: number, most: number): FigureKind => ({
  path,
  unit,
  least,
  most,
  whole: true,
});
const real = (path: string, unit: string, least: number, most: number): FigureKind => ({
  path,
  unit,
  least,
  most,
  whole: false,
});
const latency = (path: string, least = 0): FigureKind => whole(path, CYCLES, least, LONGEST);
const rate = (path: string): FigureKind => real(path, RATE, 0.01, MEBI);
const queue = (path: string): FigureKind => whole(path, 'operations', 1, 4096);

export const FIGURE_KINDS: readonly FigureKind[] = [
  real('clockMhz', 'MHz', 0.001, 100_000),
  whole('cores', 'cores', 1, 1024),
  whole('streamsPerCore', 'streams', 1, 256),
  whole('issueWidth', 'instructions/cycle', 1, 256),
  latency('issueCycles.*', 1),
  whole('sharedMemoryBytes', 'B', 1024, 64 * MEBI),
  whole('banks.count', 'banks', 8, 4096),
  whole('banks.wordBytes', 'B', 1, 1024),
  whole('banks.swizzleBytes', 'B', 0, MEBI),
  whole('accumulatorBytes', 'B', 1024, 64 * MEBI),
  latency('barrierLatencyCycles'),
  whole('poll.warpThreads', 'threads', 1, 1024),
  latency('poll.warpCycles', 1),
  latency('poll.furtherWarpCycles'),
  latency('poll.wakeCycles', 1),
  latency('poll.laneCycles', 1),
  latency('poll.laneWakeCycles', 1),
  latency('poll.contentionCycles'),
  queue('copy.queueDepth'),
  latency('copy.loadLatencyCycles'),
  rate('copy.loadBytesPerCycle'),
  latency('copy.loadOverheadCycles'),
  latency('copy.storeLatencyCycles'),
  rate('copy.storeBytesPerCycle'),
  real('copy.combineCost', 'share', 0, 1000),
  latency('store.direct.latencyCycles'),
  whole('store.direct.sectorBytes', 'B', 1, 4096),
  whole('store.direct.elementsPerWrite', 'elements', 1, 4096),
  real('store.direct.sectorCycles', CYCLES, 0.001, 1000),
  real('store.direct.partialSectorCycles', CYCLES, 0.001, 1000),
  rate('store.direct.issueBytesPerCycle'),
  latency('store.direct.queueCycles'),
  latency('store.direct.readCycles'),
  latency('store.bulk.latencyCycles'),
  rate('store.bulk.stagingBytesPerCycle'),
  rate('store.bulk.bytesPerCycle'),
  rate('l2BytesPerCycle'),
  real('memory.sharedCost', 'share', 0, 1),
  whole('memory.l2Bytes', 'B', 4096, 2 ** 40),
  rate('memory.dramBytesPerCycle'),
  latency('memory.dramLatencyCycles'),
  queue('mma.queueDepth'),
  whole('mma.rate.rows', 'rows', 1, 4096),
  whole('mma.rate.cols', 'columns', 1, 4096),
  whole('mma.rate.mac.depth', 'products/cycle', 1, 4096),
  latency('mma.rate.mac.latencyCycles'),
  whole('mma.rate.depthBytes', 'B', 1, 4096),
  latency('mma.rate.issueCycles'),
  real('mma.rate.ports.shared.*.cycles', CYCLES, 0, LONGEST),
  real('mma.rate.ports.shared.*.cyclesPerColumn', 'cycles/column', 0, 1000),
  real('mma.rate.ports.registers.*.cycles', CYCLES, 0, LONGEST),
  real('mma.rate.ports.registers.*.cyclesPerColumn', 'cycles/column', 0, 1000),
  latency('mma.rate.latencyCycles.shared'),
  latency('mma.rate.latencyCycles.registers'),
  real('mma.rate.latencyPerColumn', 'cycles/column', 0, 1000),
  whole('mma.rate.restart.columns', 'columns', 0, 65_536),
  latency('mma.rate.restart.cycles'),
  queue('vector.queueDepth'),
  whole('vector.lanes', 'elements/cycle', 1, 65_536),
  latency('vector.latencyCycles'),
  queue('quantize.queueDepth'),
  whole('quantize.pipelines', 'pipelines', 1, 4096),
  whole('quantize.lanes', 'elements/cycle', 1, 65_536),
  latency('quantize.latencyCycles'),
  latency('quantize.transposeCycles'),
];

/** Parts of a model that it may lack; what has one of their figures has all. */
export const OPTIONAL_PARTS = ['store', 'memory', 'quantize'] as const;

const ISSUE = 'issueCycles.';

/** The kind of the figure at a path; undefined if no model has such a figure. */
export function figureKind(path: string): FigureKind | undefined {
  // A mnemonic may hold a dot.
  const pattern = path.startsWith(ISSUE) ? `${ISSUE}*` : path.replace(/\.\d+\./, '.*.');
  return KIND_BY_PATH.get(pattern);
}

const KIND_BY_PATH = new Map(FIGURE_KINDS.map((kind) => [kind.path, kind]));

/** `1 to 1,024 cores`, `whole, 0 to 1,000,000 cycles` */
export function rangeText({ least, most, unit, whole: isWhole }: FigureKind): string {
  return `${isWhole ? 'a whole number, ' : ''}${least.toLocaleString('en')} to ${most.toLocaleString('en')} ${unit}`;
}
