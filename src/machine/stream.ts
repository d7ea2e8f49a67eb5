/**
 * An instruction stream: program counter, registers, MMA groups, and the view of the machine that its instructions
 * see. In order, one instruction a cycle at most.
 */
import {
  type CopyOperation,
  type InstructionContext,
  type MatrixPlace,
  type MatrixSlot,
  type MmaOperation,
  type Place,
  REGISTER_COUNT,
  type Slot,
  type Source,
  type SpecialRegister,
  type StallReason,
  type UnitOperation,
} from '../../isa/index.js';
import type { Core } from './core.js';
import type { Origin, StreamId } from './events.js';
import type { MachineModel } from './model.js';
import { pollCycles, warpsOf } from './poll.js';
import type { TileSource, WorkItem } from './tile-scheduler.js';
import { Fault } from './trap.js';
import type { Issuer } from './units/store-unit.js';

/** What a stream knows of the machine around its core. */
export interface StreamEnvironment {
  readonly cores: number;
  /** Cycles from each instruction of the program to the next of its stream. */
  readonly costs: readonly number[];
  readonly poll: MachineModel['poll'];
  /** Warps of a core that spin at barriers. */
  spinningWarps(core: number): number;
}

/** MMAs between two commits. */
interface MmaGroup {
  pending: number;
  barrier: Place | undefined;
}

export class Stream implements InstructionContext {
  /** Index of the next instruction. */
  counter: number;
  halted = false;
  /** Why it could not issue last, and since when; for messages. */
  stalled: { readonly reason: StallReason | 'issue-slot'; readonly since: number } | undefined;
  /** Cycle in which it was last tried without success. */
  triedAt = 0;
  /** First cycle in which its next instruction may be tried. */
  readyAt = 0;
  /** Warps that polled in vain at this stream's last wait; 0 if it found its phase completed. */
  spinningWarps = 0;
  readonly #registers = new Int32Array(REGISTER_COUNT);
  /** Committed groups that are not done, oldest first. */
  readonly #groups: MmaGroup[] = [];
  #openGroup: MmaGroup = { pending: 0, barrier: undefined };
  #tile: WorkItem = { m: 0, n: 0, k0: 0, k1: 0, part: 0, parts: 0 };
  #nextTile = 0;
  #target: number | undefined;
  #cycle = 0;
  /** Steps of the current MMA that were handed over. */
  #steps = 0;
  #stores = 0;
  /** Operations that were handed over whole. */
  #operations = 0;
  /** Cycles of the current instruction beside its own cost. */
  #extraCycles = 0;
  readonly #costs: readonly number[];

  constructor(
    readonly id: StreamId,
    start: number,
    /** Number of this copy of the stream within its core: %stream. */
    private readonly copy: number,
    private readonly core: Core,
    private readonly machine: StreamEnvironment,
    private readonly tiles: TileSource,
  ) {
    this.counter = start;
    this.#costs = machine.costs;
  }

  /** Opens a cycle: what the instruction about to be tried sees as now. */
  enter(cycle: number): void {
    this.#cycle = cycle;
    this.#target = undefined;
    this.#extraCycles = 0;
  }

  /** Moves on after an instruction that was issued. */
  advance(): void {
    const cost = this.#costs[this.counter]! + this.#extraCycles;
    this.readyAt = Math.max(this.readyAt, this.#cycle + Math.max(1, Math.round(cost)));
    this.counter = this.#target ?? this.counter + 1;
  }

  read(source: Source): number {
    if (source.kind === 'immediate') return source.value | 0;
    return source.kind === 'register' ? this.#registers[source.register]! : this.#special(source.special);
  }

  write(register: number, value: number): void {
    if (register !== 0) this.#registers[register] = value;
  }

  place({ id, index }: Slot): Place {
    return { id, index: this.read(index) };
  }

  placeOf(slot: MatrixSlot): MatrixPlace {
    return { ...this.place(slot), memory: slot.memory };
  }

  jump(target: number): void {
    this.#target = target;
  }

  halt(): void {
    this.halted = true;
  }

  nextTile(): WorkItem | null {
    const tile = this.tiles.take(this.core.index, this.#nextTile);
    if (tile === undefined) return null;
    this.#nextTile++;
    this.#tile = tile;
    return tile;
  }

  phaseComplete(barrier: Place, parity: number, threads: number): boolean {
    const { poll } = this.machine;
    if (!this.core.barrier(barrier).phaseComplete(parity, this.#cycle)) {
      this.spinningWarps = warpsOf(poll, threads);
      return false;
    }
    const waited = this.stalled?.reason === 'barrier';
    if (!waited) this.spinningWarps = 0;
    // The poll's own cycle is the instruction's.
    this.#extraCycles = pollCycles(poll, threads, waited, this.machine.spinningWarps(this.id.core)) - 1;
    return true;
  }

  arrive(barrier: Place, bytes: number): void {
    this.core.barrier(barrier).arrive(bytes, this.#cycle);
  }

  enqueue(operation: UnitOperation): StallReason | null {
    const origin = { stream: this.id, instruction: this.counter, serial: this.#operations };
    const wait = this.#handOver(operation, origin);
    if (wait === null) this.#operations++;
    return wait;
  }

  #handOver(operation: UnitOperation, origin: Origin): StallReason | null {
    switch (operation.unit) {
      case 'copy':
        return operation.direction === 'load'
          ? this.core.enqueueLoad(operation, this.#cycle, origin)
          : this.#enqueueStore(operation, origin);
      case 'mma':
        return this.#enqueueMma(operation, origin);
      case 'vector':
        return this.core.enqueueVector(operation, origin);
      case 'quantize':
        return this.core.enqueueConversion(operation, origin);
    }
  }

  #enqueueStore(operation: CopyOperation, origin: Origin): StallReason | null {
    const issuer: Issuer = {
      origin,
      onDone: () => {
        this.#stores--;
      },
      hold: (until) => {
        this.readyAt = until;
      },
    };
    const wait = this.core.enqueueStore(operation, this.#cycle, issuer);
    if (wait === null) this.#stores++;
    return wait;
  }

  /** One step; the instruction is issued with its last. */
  #enqueueMma(operation: MmaOperation, origin: Origin): StallReason | null {
    const group = this.#openGroup;
    const onDone = (cycle: number): void => {
      group.pending--;
      this.#retireGroups(cycle);
    };
    const wait = this.core.enqueueMma(operation, this.#steps, { origin, onDone, hold: () => {} });
    if (wait !== null) return wait;
    const { steps, issueCycles } = this.core.planOf(operation);
    this.#steps = (this.#steps + 1) % steps;
    if (this.#steps === 1 || steps === 1) group.pending++;
    this.readyAt = this.#cycle + Math.ceil(issueCycles);
    return this.#steps === 0 ? null : 'pipeline';
  }

  commitMma(barrier: Place | undefined): void {
    if (barrier !== undefined) this.core.barrier(barrier); // an index that does not exist traps here
    this.#openGroup.barrier = barrier;
    this.#groups.push(this.#openGroup);
    this.#openGroup = { pending: 0, barrier: undefined };
    this.#retireGroups(this.#cycle);
  }

  mmaGroupsInFlight(): number {
    return this.#groups.length;
  }

  storesInFlight(): number {
    return this.#stores;
  }

  /** Groups finish in the order of their commits. */
  #retireGroups(cycle: number): void {
    while (this.#groups.length > 0 && this.#groups[0]!.pending === 0) {
      const { barrier } = this.#groups.shift()!;
      if (barrier !== undefined) this.core.barrier(barrier).arrive(0, cycle);
    }
  }

  #special(name: SpecialRegister): number {
    switch (name) {
      case '%core':
        return this.core.index;
      case '%cores':
        return this.machine.cores;
      case '%tile.m':
        return this.#tile.m;
      case '%tile.n':
        return this.#tile.n;
      case '%tile.k0':
        return this.#tile.k0;
      case '%tile.k1':
        return this.#tile.k1;
      case '%tile.part':
        return this.#tile.part;
      case '%tile.parts':
        return this.#tile.parts;
      case '%stream':
        return this.copy;
      case '%clock':
        return this.#cycle | 0;
      default:
        throw new Fault('index-out-of-range', `no special register ${String(name)}`);
    }
  }
}
