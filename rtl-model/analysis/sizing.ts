/**
 * Buffers on nets with many readers, and larger drives on critical cells: what synthesis does after mapping.
 *
 * Not modelled: resizing flip-flops, moving logic, cloning cells instead of buffering.
 */
import { type CellTable, cellTable, DRIVES, TIMING_FIGURES } from './cells.js';
import { type MappedNetlist, PINS } from './mapped.js';
import { analyseTiming, netCount, type Timing } from './timing.js';

/** Readers of a net beyond which it gets buffers. */
const MAX_FAN_OUT = 12;
/** Readers that a buffer takes. */
const BUFFER_FAN_OUT = 10;
const SIZING_ROUNDS = 12;
/** Cells within this part of the period of the longest path are made larger together. */
const CRITICAL_PART = 0.03;

/**
 * Puts buffers on nets with more than 12 readers, in as many levels as it takes: the smallest, as the reference flow does,
 * which makes them larger only where paths stay critical.
 */
export function insertBuffers(netlist: MappedNetlist): MappedNetlist {
  const cells = cellTable(netlist.technology);
  return cells.buffer < 0 ? netlist : new BufferInserter(netlist, cells).run();
}

/** Pins of a buffer beyond its first. */
const UNUSED_PINS: readonly number[] = new Array<number>(PINS - 1).fill(-1);

class BufferInserter {
  readonly #netlist: MappedNetlist;
  readonly #cells: CellTable;
  /** Readers left to each old net before it is buffered, and those given to its present driver. */
  readonly #readers: Int32Array;
  /** New net that the next readers of an old net are attached to. */
  readonly #attach: Int32Array[] = [];
  readonly #classes: number[] = [];
  readonly #drives: number[] = [];
  readonly #pins: number[] = [];
  readonly #scopes: number[] = [];
  /** New net of each old one, unbuffered. */
  readonly #moved: Int32Array;
  readonly #served: Int32Array;

  constructor(netlist: MappedNetlist, cells: CellTable) {
    this.#netlist = netlist;
    this.#cells = cells;
    this.#readers = readerCounts(netlist);
    this.#moved = Int32Array.from({ length: netCount(netlist) }, (_, net) => net);
    this.#served = new Int32Array(netCount(netlist));
  }

  run(): MappedNetlist {
    const { sourceCount, classes, drives, pins, scopes } = this.#netlist;
    for (let net = 0; net < sourceCount; net++) this.#buffer(net, 0);
    for (let cell = 0; cell < classes.length; cell++) {
      const moved = Array.from({ length: PINS }, (_, pin) => this.#read(pins[cell * PINS + pin]!));
      this.#moved[sourceCount + cell] = this.#emit(classes[cell]!, drives[cell]!, moved, scopes[cell]!);
      this.#buffer(sourceCount + cell, scopes[cell]!);
    }
    return {
      ...this.#netlist,
      classes: Uint8Array.from(this.#classes),
      drives: Uint8Array.from(this.#drives),
      pins: Int32Array.from(this.#pins),
      scopes: Int32Array.from(this.#scopes),
      outputs: this.#netlist.outputs.map((net) => this.#read(net)),
      flipFlops: this.#netlist.flipFlops.map((flipFlop) => ({
        ...flipFlop,
        next: this.#read(flipFlop.next),
      })),
      netOfGate: this.#netlist.netOfGate.map((net) => (net < 0 ? -1 : this.#moved[net]!)),
    };
  }

  #emit(cellClass: number, drive: number, pins: readonly number[], scope: number): number {
    this.#classes.push(cellClass);
    this.#drives.push(drive);
    this.#pins.push(...pins);
    this.#scopes.push(scope);
    return this.#netlist.sourceCount + this.#classes.length - 1;
  }

  /** Buffers behind a net that has too many readers, as a tree. */
  #buffer(net: number, scope: number): void {
    const readers = this.#readers[net]!;
    if (readers <= MAX_FAN_OUT || net < 2) return;
    let drivers = Int32Array.of(this.#moved[net]!);
    let wanted = Math.ceil(readers / BUFFER_FAN_OUT);
    const levels: number[] = [];
    for (; wanted > 1; wanted = Math.ceil(wanted / BUFFER_FAN_OUT)) levels.unshift(wanted);
    for (const count of levels) {
      drivers = Int32Array.from({ length: count }, (_, i) => {
        const from = drivers[Math.floor((i * drivers.length) / count)]!;
        return this.#emit(this.#cells.buffer, 0, [from, ...UNUSED_PINS], scope);
      });
    }
    this.#attach[net] = drivers;
  }

  /** The new net for one more reader of an old net. */
  #read(net: number): number {
    if (net < 0) return -1;
    const drivers = this.#attach[net];
    if (drivers === undefined) return this.#moved[net]!;
    const at = Math.floor((this.#served[net]! * drivers.length) / this.#readers[net]!);
    this.#served[net]!++;
    return drivers[at]!;
  }
}

/** Cells, outputs and flip-flops that read each net. */
export function readerCounts({ pins, outputs, flipFlops, ...netlist }: MappedNetlist): Int32Array {
  const readers = new Int32Array(netlist.sourceCount + netlist.classes.length);
  const read = (net: number) => {
    if (net >= 0) readers[net]!++;
  };
  pins.forEach(read);
  outputs.forEach(read);
  for (const { next } of flipFlops) read(next);
  return readers;
}

/**
 * Larger drives where they make the longest path shorter, in rounds; a round that does not help ends it. Drives of the
 * given netlist are starting values.
 */
export function sizeCells(netlist: MappedNetlist): MappedNetlist {
  let best = netlist;
  let timing = analyseTiming(best);
  for (let round = 0; round < SIZING_ROUNDS; round++) {
    const drives = largerDrives(timing);
    if (drives === undefined) break;
    const candidate = { ...best, drives };
    const after = analyseTiming(candidate);
    if (after.periodPs >= timing.periodPs * 0.9995) break;
    [best, timing] = [candidate, after];
  }
  return best;
}

/** Drives with every critical cell moved to the size that is best for its own path; undefined if none moves. */
function largerDrives(timing: Timing): Uint8Array | undefined {
  const { netlist } = timing;
  const drives = netlist.drives.slice();
  let moved = false;
  for (const cell of criticalCells(timing)) {
    const better = bestDrive(timing, cell);
    if (better === drives[cell]) continue;
    drives[cell] = better;
    moved = true;
  }
  return moved ? drives : undefined;
}

/** Cells on the longest path into each endpoint that is within a small part of the period of the latest. */
function criticalCells({ netlist, arrivalsPs, causes, periodPs }: Timing): Set<number> {
  const cells = new Set<number>();
  const setup = cellTable(netlist.technology).flipFlop.setupPs;
  for (const { next } of netlist.flipFlops) {
    let edge = arrivalsPs[2 * next]! > arrivalsPs[2 * next + 1]! ? 2 * next : 2 * next + 1;
    if (arrivalsPs[edge]! + setup < periodPs * (1 - CRITICAL_PART)) continue;
    for (; edge >= 0 && !cells.has((edge >> 1) - netlist.sourceCount); edge = causes[edge]!) {
      if (edge >> 1 >= netlist.sourceCount) cells.add((edge >> 1) - netlist.sourceCount);
    }
  }
  return cells;
}

/** The drive of least delay: the cell's own at its load, and what its larger inputs cost the cell before it. */
function bestDrive({ netlist, loadsFf, causes, arrivalsPs, transitionsPs }: Timing, cell: number): number {
  const cells = cellTable(netlist.technology);
  const { classes, drives, sourceCount } = netlist;
  const cellClass = classes[cell]!;
  const output = sourceCount + cell;
  const edge = arrivalsPs[2 * output]! > arrivalsPs[2 * output + 1]! ? 2 * output : 2 * output + 1;
  const cause = causes[edge]!;
  const driver = (cause >> 1) - sourceCount;
  const perFf =
    driver < 0 ? cells.flipFlopTiming[1]! : slopeOf(cells, classes[driver]!, drives[driver]!, cause & 1);
  const kind = (drive: number) => cellClass * DRIVES + drive;
  const delay = (drive: number) => {
    const at = kind(drive) * TIMING_FIGURES + 6 * (edge & 1);
    const own =
      cells.timing[at]! +
      cells.timing[at + 1]! * loadsFf[output]! +
      cells.timing[at + 2]! * transitionsPs[cause]!;
    return own + perFf * cells.inputCapacitanceFf[kind(drive)]!;
  };
  let best = drives[cell]!;
  for (let drive = 0; drive < cells.driveCounts[cellClass]!; drive++) {
    if (delay(drive) < delay(best) * 0.98) best = drive;
  }
  return best;
}

function slopeOf(cells: CellTable, cellClass: number, drive: number, falling: number): number {
  return cells.timing[(cellClass * DRIVES + drive) * TIMING_FIGURES + 6 * falling + 1]!;
}
