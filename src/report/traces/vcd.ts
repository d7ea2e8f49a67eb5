/**
 * Waveforms of streams, units and barriers (value change dump, IEEE 1364-2005, clause 18), for GTKWave and Surfer; one
 * time unit a cycle.
 *
 *   $scope module core0 $end
 *   $scope module stream_producer $end
 *   $var wire 1 ! issue $end             1 in the cycles in which it issues
 *   $var wire 20 " instruction $end      index of the last issued instruction
 *   …
 *   $scope module mma $end               busy, and operations in flight; so for each unit
 *   $scope module barriers $end          completed phases of each
 *   #412
 *   1!
 *
 * Not shown: why streams stall, which is known only when they go on.
 */
import type { Listener, StreamId } from '../../machine/index.js';
import { Later } from './later.js';
import {
  barrierName,
  streamNames,
  type Trace,
  type TraceEnd,
  type TraceKind,
  type TraceSubject,
  trackOf,
  UNIT_TRACKS,
  type Write,
} from './trace.js';

/** A signal of a unit, stream or barrier. */
interface Variable {
  readonly id: string;
  readonly width: number;
  value: number;
}

class VcdTrace implements Trace {
  readonly #later = new Later();
  /** By `core.scope.name`. */
  readonly #variables = new Map<string, Variable>();
  readonly #busyUntil = new Map<string, number>();
  /** Operations in flight, by core, stream and serial number. */
  readonly #open = new Set<string>();
  #cycle = 0;
  #writtenCycle = 0;

  constructor(
    private readonly subject: TraceSubject,
    private readonly write: Write,
  ) {
    const { program, machine, cores } = subject;
    write(
      `$comment ${program.file.replaceAll('$', '')} on ${machine}, a time unit is a cycle $end\n$timescale 1 ns $end\n`,
    );
    for (let core = 0; core < cores; core++) this.#declareCore(core);
    write('$enddefinitions $end\n#0\n$dumpvars\n');
    for (const variable of this.#variables.values()) this.#dump(variable);
    write('$end\n');
  }

  onIssued({ core, name }: StreamId, instruction: number, cycle: number): void {
    this.#advance(cycle);
    const path = `${core}.stream ${name}`;
    this.#set(`${path}.instruction`, instruction);
    this.#hold(path, 'issue', cycle + 1);
  }

  onStarted(...event: Parameters<NonNullable<Listener['onStarted']>>): void {
    const [core, , operation, cycle, busyCycles, { stream, serial }] = event;
    this.#advance(cycle);
    const path = `${core}.${trackOf(operation)}`;
    const key = `${core} ${stream.index} ${serial}`;
    if (!this.#open.has(key)) this.#add(`${path}.in_flight`, 1);
    this.#open.add(key);
    this.#hold(path, 'busy', cycle + busyCycles);
  }

  onDone(...event: Parameters<NonNullable<Listener['onDone']>>): void {
    const [core, , operation, cycle, { stream, serial }] = event;
    this.#advance(cycle);
    if (this.#open.delete(`${core} ${stream.index} ${serial}`)) {
      this.#add(`${core}.${trackOf(operation)}.in_flight`, -1);
    }
  }

  onPhase(core: number, barrier: number, index: number, phase: number, cycle: number): void {
    this.#advance(cycle);
    this.#set(`${core}.barriers.${barrierName(this.subject.program, barrier, index)}`, phase + 1);
  }

  finish({ cycles }: TraceEnd): void {
    this.#advance(cycles);
    this.write(`#${cycles}\n`);
  }

  #declareCore(core: number): void {
    const { program } = this.subject;
    this.write(`$scope module core${core} $end\n`);
    for (const name of streamNames(program)) {
      this.#declare(core, `stream ${name}`, [
        ['issue', 1],
        ['instruction', 20],
      ]);
    }
    for (const track of UNIT_TRACKS) {
      this.#declare(core, track, [
        ['busy', 1],
        ['in_flight', 16],
      ]);
    }
    const phases = program.barriers.flatMap(({ count }, barrier) =>
      Array.from({ length: count }, (_, index) => [barrierName(program, barrier, index), 32] as const),
    );
    this.#declare(core, 'barriers', phases);
    this.write('$upscope $end\n');
  }

  #declare(core: number, scope: string, signals: readonly (readonly [name: string, width: number])[]): void {
    this.write(`$scope module ${scope.replaceAll(/\W/g, '_')} $end\n`);
    for (const [name, width] of signals) {
      const id = identifier(this.#variables.size);
      this.#variables.set(`${core}.${scope}.${name}`, { id, width, value: 0 });
      const range = width === 1 ? '' : ` [${width - 1}:0]`;
      this.write(`$var wire ${width} ${id} ${name.replace(/\[(\d+)\]/, '_$1')}${range} $end\n`);
    }
    this.write('$upscope $end\n');
  }

  /** Sets a signal of a unit or stream up to a cycle, unless it is extended before. */
  #hold(path: string, signal: string, until: number): void {
    const end = Math.max(until, this.#busyUntil.get(path) ?? 0);
    this.#busyUntil.set(path, end);
    this.#set(`${path}.${signal}`, 1);
    this.#later.at(end, () => {
      if (this.#busyUntil.get(path) === end) this.#set(`${path}.${signal}`, 0);
    });
  }

  #add(path: string, change: number): void {
    this.#set(path, this.#variables.get(path)!.value + change);
  }

  #set(path: string, value: number): void {
    const variable = this.#variables.get(path)!;
    if (variable.value === value) return;
    variable.value = value;
    this.#dump(variable);
  }

  #dump({ id, width, value }: Variable): void {
    if (this.#cycle > this.#writtenCycle) this.write(`#${this.#cycle}\n`);
    this.#writtenCycle = this.#cycle;
    this.write(width === 1 ? `${value}${id}\n` : `b${value.toString(2)} ${id}\n`);
  }

  #advance(cycle: number): void {
    this.#later.advanceTo(cycle, (now) => {
      this.#cycle = Math.max(this.#cycle, now);
    });
  }
}

/** The short name of a variable: digits of base 94, from ! to ~. */
function identifier(number: number): string {
  const digit = String.fromCharCode(33 + (number % 94));
  return number < 94 ? digit : identifier(Math.floor(number / 94) - 1) + digit;
}

export const VCD: TraceKind = {
  name: 'vcd',
  extensions: ['.vcd'],
  summary: 'waveforms of streams, units and barriers, for GTKWave and Surfer',
  begin: (subject, write) => new VcdTrace(subject, write),
};
