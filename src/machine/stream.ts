/**
 * An instruction stream: program counter, registers, MMA groups, and the view of the machine that its instructions
 * see. In order, one instruction a cycle at most.
 */
import {
  type InstructionContext,
  type Place,
  REGISTER_COUNT,
  type Slot,
  type Source,
  type SpecialRegister,
  type StallReason,
  type UnitOperation,
} from '../../isa/index.js';
import type { Core } from './core.js';
import type { StreamId } from './events.js';
import type { Tile } from './tile-scheduler.js';
import { Fault } from './trap.js';

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
  readonly #registers = new Int32Array(REGISTER_COUNT);
  /** Committed groups that are not done, oldest first. */
  readonly #groups: MmaGroup[] = [];
  #openGroup: MmaGroup = { pending: 0, barrier: undefined };
  #tile: Tile = { m: 0, n: 0 };
  #nextTile = 0;
  #target: number | undefined;
  #cycle = 0;

  constructor(
    readonly id: StreamId,
    start: number,
    /** Number of this copy of the stream within its core: %stream. */
    private readonly copy: number,
    private readonly core: Core,
    private readonly cores: number,
    private readonly tiles: readonly Tile[],
  ) {
    this.counter = start;
  }

  /** Opens a cycle: what the instruction about to be tried sees as now. */
  enter(cycle: number): void {
    this.#cycle = cycle;
    this.#target = undefined;
  }

  /** Moves on after an instruction that was issued. */
  advance(): void {
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

  jump(target: number): void {
    this.#target = target;
  }

  halt(): void {
    this.halted = true;
  }

  nextTile(): Tile | null {
    const tile = this.tiles[this.#nextTile];
    if (tile === undefined) return null;
    this.#nextTile++;
    this.#tile = tile;
    return tile;
  }

  phaseComplete(barrier: Place, parity: number): boolean {
    return this.core.barrier(barrier).phaseComplete(parity, this.#cycle);
  }

  arrive(barrier: Place, bytes: number): void {
    this.core.barrier(barrier).arrive(bytes, this.#cycle);
  }

  enqueue(operation: UnitOperation): StallReason | null {
    const group = this.#openGroup;
    const wait = this.core.enqueue(operation, this.#cycle, (cycle) => {
      group.pending--;
      this.#retireGroups(cycle);
    });
    if (wait === null && operation.unit === 'mma') group.pending++;
    return wait;
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
        return this.cores;
      case '%tile.m':
        return this.#tile.m;
      case '%tile.n':
        return this.#tile.n;
      case '%stream':
        return this.copy;
      case '%clock':
        return this.#cycle | 0;
      default:
        throw new Fault('index-out-of-range', `no special register ${String(name)}`);
    }
  }
}
