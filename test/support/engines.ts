/** Whether all engines do the same with a program. */
import { expect } from 'vitest';
import type { Program } from '../../src/assembler/index.js';
import {
  type EngineName,
  type FinishedRun,
  type Listener,
  type Origin,
  type RunOptions,
  runProgram,
  Trap,
} from '../../src/machine/index.js';

const named = ({ stream, instruction, serial }: Origin): number[] => [stream.index, instruction, serial];

/** All of a run that an engine may not change: its result, and every event but the split of stalls. */
function trace(program: Program, engine: EngineName, options: RunOptions = {}): unknown {
  const events: unknown[] = [];
  const listener: Listener = {
    onIssued: ({ core, index }, instruction, cycle) =>
      events.push(['issued', core, index, instruction, cycle]),
    onHalted: ({ core, index }, cycle) => events.push(['halted', core, index, cycle]),
    onStarted: (core, unit, _operation, cycle, busy, origin) =>
      events.push(['started', core, unit, cycle, busy, ...named(origin)]),
    onDone: (core, unit, _operation, cycle, origin) =>
      events.push(['done', core, unit, cycle, ...named(origin)]),
    onPhase: (...event) => events.push(['phase', ...event]),
    onTransfer: (...event) => events.push(['transfer', ...event]),
    onMacs: (...event) => events.push(['macs', ...event]),
  };
  try {
    const run = runProgram(program, { ...options, engine, verify: false, listeners: [listener] });
    return { result: withoutEngine(run), events };
  } catch (error) {
    if (!(error instanceof Trap)) throw error;
    const { kind, message, cycle, place, state, hint } = error;
    return { trap: { kind, message, cycle, place, state, hint }, events };
  }
}

/** A result but for the name of the engine. */
function withoutEngine({ result: { engine: _, ...result } }: FinishedRun): unknown {
  return result;
}

/** What remains of a trace without its events. */
function outcomeOf(traced: unknown): unknown {
  const { events: _, ...outcome } = traced as { events: unknown };
  return outcome;
}

/** The result or the trap of a run that nobody listens to. */
function outcome(program: Program, engine: EngineName, options: RunOptions): unknown {
  try {
    return { result: withoutEngine(runProgram(program, { ...options, engine, verify: false })) };
  } catch (error) {
    if (!(error instanceof Trap)) throw error;
    const { kind, message, cycle, place, state, hint } = error;
    return { trap: { kind, message, cycle, place, state, hint } };
  }
}

/** Results, counters, events and traps of the engines, and both directions of ties. */
export function expectEqualEngines(program: Program, options: RunOptions = {}): void {
  const tick = trace(program, 'tick', options);
  expect(trace(program, 'timestamp', options)).toEqual(tick);
  for (const reverse of [false, true]) {
    expect(outcome(program, 'timestamp', { ...options, reverse })).toEqual(outcomeOf(tick));
    expect(outcome(program, 'fast-forward', { ...options, reverse })).toEqual(outcomeOf(tick));
  }
}
