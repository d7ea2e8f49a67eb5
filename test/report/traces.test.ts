import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Listener, type RunResult, runProgram, Trap } from '../../src/machine/index.js';
import { ConfigurationError } from '../../src/numerics/index.js';
import { TRACE_KINDS, traceTarget } from '../../src/report/index.js';
import { ROOT } from '../support/cli.js';
import { exchange, programOf, SMALL_GEMM } from '../support/programs.js';
import { GEMM, traced } from './support.js';

/** A trace of a run that traps. */
function trapped(kind: string): string {
  const program = programOf(exchange(SMALL_GEMM, 'mma.commit empty[r10]', 'mma.commit'), { K: 512 });
  const pieces: string[] = [];
  const subject = { program, machine: 'fp4core', cores: 1 };
  const trace = TRACE_KINDS.find(({ name }) => name === kind)!.begin(subject, (text) => pieces.push(text));
  try {
    runProgram(program, { values: 'none', cores: 1, listeners: [trace] });
  } catch (error) {
    if (!(error instanceof Trap)) throw error;
    trace.finish({ cycles: error.cycle, trap: `${error.kind} at cycle ${error.cycle}` });
    return pieces.join('');
  }
  throw new Error('the run did not trap');
}

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

const issuedOf = ({ statistics }: RunResult): number => sum(statistics.streams.map(({ issued }) => issued));

describe('a trace', () => {
  it.each(TRACE_KINDS.map(({ name }) => name))('as %s is the same from every engine, and twice', (kind) => {
    const once = traced(kind).text;
    expect(traced(kind).text).toBe(once);
    expect(traced(kind, GEMM, { engine: 'tick' }).text).toBe(once);
  });

  it('does not change the run', () => {
    const { engine: _, ...result } = runProgram(GEMM, { values: 'none' }).result;
    for (const { name } of TRACE_KINDS) expect(traced(name).result).toMatchObject(result);
  });

  it.each([
    ['a.html', 'a.html', 'html'],
    ['a.json', 'a.json', 'chrome'],
    ['a.wavedrom.json', 'a.wavedrom.json', 'wavedrom'],
    ['a.KANATA', 'a.KANATA', 'kanata'],
    ['a.log', 'a.log', 'kanata'],
    ['a.vcd', 'a.vcd', 'vcd'],
    ['a.txt', 'a.txt', 'text'],
    ['a.txt:vcd', 'a.txt', 'vcd'],
    ['/dev/stdout:chrome', '/dev/stdout', 'chrome'],
    ['c:a.html', 'c:a.html', 'html'],
  ])('to %s goes to the file and kind that is meant', (text, file, kind) => {
    expect(traceTarget(text)).toMatchObject({ file, kind: { name: kind } });
  });

  it.each(['a', 'a.pdf', 'a:foo', ':vcd', ''])('to %j is refused with what there is', (text) => {
    expect(() => traceTarget(text)).toThrow(ConfigurationError);
  });
});

/** The Trace Event Format, as far as it is used; any other field or phase is an error. */
const EVENT = z.discriminatedUnion('ph', [
  z.strictObject({
    ph: z.literal('X'),
    pid: z.int().min(1),
    tid: z.int().min(1),
    ts: z.number().min(0),
    dur: z.number().min(0),
    name: z.string().min(1),
    cat: z.string().min(1),
    args: z.record(z.string(), z.unknown()).optional(),
  }),
  z.strictObject({
    ph: z.literal(['b', 'e']),
    pid: z.int().min(1),
    tid: z.int().min(1),
    ts: z.number().min(0),
    id: z.int().min(0),
    name: z.string().min(1),
    cat: z.string().min(1),
    args: z.record(z.string(), z.unknown()).optional(),
  }),
  z.strictObject({
    ph: z.literal('i'),
    s: z.literal('t'),
    pid: z.int().min(1),
    tid: z.int().min(1),
    ts: z.number().min(0),
    name: z.string().min(1),
    cat: z.literal('barrier'),
    args: z.strictObject({ phase: z.int().min(0) }),
  }),
  z.strictObject({
    ph: z.literal('M'),
    pid: z.int().min(1),
    tid: z.int().min(1),
    ts: z.literal(0),
    cat: z.literal('__metadata'),
    name: z.enum(['process_name', 'thread_name', 'process_sort_index']),
    args: z.union([z.strictObject({ name: z.string() }), z.strictObject({ sort_index: z.int() })]),
  }),
]);
const CHROME = z.strictObject({
  displayTimeUnit: z.enum(['ms', 'ns']),
  traceEvents: z.array(EVENT),
  otherData: z.record(z.string(), z.union([z.string(), z.number()])),
});

describe('the trace for Perfetto', () => {
  const { text, result } = traced('chrome');
  const { traceEvents, otherData } = CHROME.parse(JSON.parse(text));
  const slices = traceEvents.filter((event) => event.ph === 'X');
  const threads = new Map(
    traceEvents.flatMap((event) =>
      event.ph === 'M' && event.name === 'thread_name' && 'name' in event.args
        ? [[event.tid!, { core: event.pid - 1, name: event.args.name }] as const]
        : [],
    ),
  );

  it('says what ran, and names every core and thread', () => {
    expect(otherData).toEqual({ program: 'test.s', machine: 'fp4core', cycles: result.cycles });
    for (const { pid, tid } of slices) expect(threads.get(tid)?.core).toBe(pid - 1);
    expect([...threads.values()].filter(({ core }) => core === 0).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['stream producer', 'stream consumer', 'load', 'store', 'mma', 'barriers']),
    );
  });

  it('has every issue and every cycle of every stall', () => {
    expect(slices.filter(({ cat }) => cat === 'issue')).toHaveLength(issuedOf(result));
    for (const { core, stream, stalls } of result.statistics.streams) {
      const mine = slices.filter(
        ({ cat, pid, tid }) =>
          cat === 'stall' && pid === core + 1 && threads.get(tid)?.name === `stream ${stream}`,
      );
      for (const [reason, cycles] of Object.entries(stalls)) {
        expect(sum(mine.filter(({ name }) => name === reason).map(({ dur }) => dur))).toBe(cycles);
      }
    }
  });

  it('has slices that do not overlap on a thread, and as busy units as the statistics', () => {
    for (const [tid, { core, name }] of threads) {
      const mine = slices.filter((slice) => slice.tid === tid).sort((a, b) => a.ts - b.ts);
      for (const [i, { ts }] of mine.slice(1).entries()) {
        expect(ts).toBeGreaterThanOrEqual(mine[i]!.ts + mine[i]!.dur);
      }
      if (name === 'mma' || name === 'vector') {
        expect(sum(mine.map(({ dur }) => dur))).toBe(result.statistics.cores[core]!.busyCycles[name]);
      }
    }
  });

  it('has a beginning and an end of every operation, in this order', () => {
    const open = new Map<string, number>();
    for (const event of traceEvents) {
      if (event.ph !== 'b' && event.ph !== 'e') continue;
      const key = `${event.cat} ${event.id} ${event.name}`;
      if (event.ph === 'b') open.set(key, event.ts);
      else expect(open.get(key)).toBeLessThanOrEqual(event.ts);
      if (event.ph === 'e') open.delete(key);
    }
    expect(open.size).toBe(0);
  });
});

interface KanataRow {
  thread: number;
  stages: [stage: string, cycle: number][];
  text: string;
  retired: number | undefined;
}

/** A strict reader of Kanata logs. */
function readKanata(text: string): Map<number, KanataRow> {
  const [head, start, ...lines] = text.trimEnd().split('\n');
  expect([head, start]).toEqual(['Kanata\t0004', 'C=\t0']);
  const rows = new Map<number, KanataRow>();
  let cycle = 0;
  let retired = 0;
  for (const line of lines) {
    const [command, ...fields] = line.split('\t');
    const [a, b, c] = fields.slice(0, 3).map(Number);
    if (command === 'C') {
      expect(a).toBeGreaterThan(0);
      cycle += a!;
    } else if (command === 'I') {
      expect(rows.has(a!)).toBe(false);
      rows.set(a!, { thread: c!, stages: [], text: '', retired: undefined });
    } else {
      const row = rows.get(a!)!;
      expect(row.retired, line).toBeUndefined();
      if (command === 'S') row.stages.push([fields[2]!, cycle]);
      else if (command === 'L' && b === 0) row.text += fields[2];
      else if (command === 'R') {
        expect([b, c]).toEqual([retired++, 0]);
        row.retired = cycle;
      } else expect([command, b]).toEqual(['L', 1]);
    }
  }
  return rows;
}

const UNITS = new Set(['load', 'store', 'mma', 'vector']);

describe('the trace for Konata', () => {
  it('has a row for every instruction, issued and retired in the cycles of the run', () => {
    const issues: string[] = [];
    const ends: number[] = [];
    const listener: Listener = {
      onIssued: ({ core, index }, instruction, cycle) =>
        issues.push(`${core} ${index} ${instruction} ${cycle}`),
      onDone: (_core, _unit, _operation, cycle) => ends.push(cycle),
    };
    runProgram(GEMM, { values: 'none', cores: 4, listeners: [listener] });
    const rows = [...readKanata(traced('kanata').text).values()];
    const real = rows.filter(({ text }) => text !== '');
    expect(real).toHaveLength(issues.length);
    expect(rows).toHaveLength(real.length);
    expect(real.every(({ retired }) => retired !== undefined)).toBe(true);
    const issuedAt = real.map(({ stages }) => stages.find(([stage]) => stage === 'I')![1]);
    expect(issuedAt.sort((a, b) => a - b)).toEqual(
      issues.map((issue) => Number(issue.split(' ')[3])).sort((a, b) => a - b),
    );
    const operations = real.filter(({ stages }) => stages.some(([stage]) => UNITS.has(stage)));
    expect(operations.map(({ retired }) => retired).sort()).toEqual(ends.sort());
  });

  it('is not broken by the name of a file', () => {
    const spans = GEMM.spans.map((span) => ({ ...span, file: 'a\tb\nR\t0\t0\t0.s' }));
    const rows = [...readKanata(traced('kanata', { ...GEMM, spans }, { cores: 1 }).text).values()];
    expect(rows[0]?.text).toMatch(/^a b R 0 0 0\.s:\d+ mov r10, 0$/);
  });

  it('shows an operation from its queue to its result', () => {
    const rows = [...readKanata(traced('kanata', GEMM, { cores: 1 }).text).values()];
    const load = rows.find(({ text }) => text.includes('ld.tile'))!;
    expect(load.text).toMatch(/^test\.s:\d+ ld\.tile As\[r10\], A\[r1, r3\], full\[r10\]$/);
    expect(load.stages.map(([stage]) => stage)).toEqual(['W', 'I', 'Q', 'load']);
    const mma = rows.find(({ text }) => text.includes(' mma '))!;
    expect(mma.stages.map(([stage]) => stage)).toEqual(expect.arrayContaining(['W', 'I', 'mma', 'L']));
  });
});

/** A strict reader of value change dumps: values over time by path. */
function readVcd(text: string): { values: Map<string, [time: number, value: number][]>; end: number } {
  const [head, body] = text.split('$enddefinitions $end\n');
  const scope: string[] = [];
  const paths = new Map<string, string>();
  for (const [, command, rest] of head!.matchAll(/\$(scope|upscope|var)\s+(.*?)\s*\$end/g)) {
    const words = rest!.split(/\s+/);
    if (command === 'scope') scope.push(words[1]!);
    else if (command === 'upscope') scope.pop();
    else {
      expect(paths.has(words[2]!)).toBe(false);
      paths.set(words[2]!, [...scope, words[3]!].join('.'));
    }
  }
  expect(scope).toEqual([]);
  const values = new Map<string, [number, number][]>([...paths.values()].map((path) => [path, []]));
  let time = -1;
  for (const line of body!.trimEnd().split('\n')) {
    const change = /^(?:b([01]+) |([01]))(\S+)$/.exec(line);
    if (line.startsWith('#')) {
      expect(Number(line.slice(1))).toBeGreaterThanOrEqual(Math.max(0, time));
      time = Number(line.slice(1));
    } else if (change !== null) {
      values.get(paths.get(change[3]!)!)!.push([time, Number.parseInt(change[1] ?? change[2]!, 2)]);
    } else expect(['$dumpvars', '$end']).toContain(line);
  }
  return { values, end: time };
}

/** Cycles in which a signal of one bit is 1. */
function cyclesHigh(changes: readonly (readonly [number, number])[], end: number): number {
  return sum(changes.map(([time, value], i) => value * ((changes[i + 1]?.[0] ?? end) - time)));
}

describe('the waveform', () => {
  const { text, result } = traced('vcd');
  const { values, end } = readVcd(text);

  it('ends with the run, starts with every signal at 0, and changes only what changes', () => {
    expect(end).toBe(result.cycles);
    for (const [path, changes] of values) {
      expect(changes[0], path).toEqual([0, 0]);
      for (const [i, [, value]] of changes.slice(1).entries()) expect(value).not.toBe(changes[i]![1]);
    }
  });

  it('is busy, issues and has operations in flight as the statistics say', () => {
    for (const { core, busyCycles } of result.statistics.cores) {
      for (const unit of ['mma', 'vector'] as const) {
        expect(cyclesHigh(values.get(`core${core}.${unit}.busy`)!, end)).toBe(busyCycles[unit]);
        expect(values.get(`core${core}.${unit}.in_flight`)!.at(-1)![1]).toBe(0);
      }
    }
    for (const { core, stream, issued } of result.statistics.streams) {
      expect(cyclesHigh(values.get(`core${core}.stream_${stream}.issue`)!, end)).toBe(issued);
    }
  });

  it('counts the phases of every barrier', () => {
    const phases = new Map<string, number>();
    const listener: Listener = {
      onPhase: (core, barrier, index) => {
        const key = `core${core}.barriers.${['full', 'empty', 'stored'][barrier]}${barrier === 2 ? '' : `_${index}`}`;
        phases.set(key, (phases.get(key) ?? 0) + 1);
      },
    };
    runProgram(GEMM, { values: 'none', cores: 4, listeners: [listener] });
    expect(phases.size).toBe(4 * 5);
    for (const [path, count] of phases) expect(values.get(path)!.at(-1)![1]).toBe(count);
  });
});

describe('the timing diagram', () => {
  it('has one mark a cycle, a text for every "=", and what was issued', () => {
    const program = programOf(SMALL_GEMM, { K: 64 });
    const { text, result } = traced('wavedrom', program, { cores: 1 });
    const { signal, foot } = JSON.parse(text);
    expect(result.cycles).toBeLessThan(500);
    const [clock, [title, ...lines]] = signal;
    expect([clock.wave.length, title]).toEqual([result.cycles, 'core 0']);
    for (const { wave, data } of lines) {
      expect(wave).toMatch(/^[x0=][x0=.]*$/);
      expect(wave).toHaveLength(result.cycles);
      expect(data).toHaveLength(wave.split('=').length - 1);
    }
    const consumer = lines.find(({ name }: { name: string }) => name === 'consumer');
    expect(consumer.data).toHaveLength(result.statistics.streams[1]!.issued);
    expect(foot.text).toBe(`cycles 0 to ${result.cycles - 1} of ${result.cycles}`);
  });

  it('shows the beginning of a long run and says so', () => {
    const { text, result } = traced('wavedrom', programOf(SMALL_GEMM, { K: 2048 }), { cores: 1 });
    const { signal, foot } = JSON.parse(text);
    expect(signal[0].wave).toHaveLength(500);
    expect(foot.text).toBe(`cycles 0 to 499 of ${result.cycles}`);
  });
});

describe('the timeline of characters', () => {
  it('looks like this', () => {
    expect(traced('text', programOf(SMALL_GEMM, { K: 512 }), { cores: 1 }).text).toMatchInlineSnapshot(`
      "core 0              0           192         384         576         768         960
      producer            iibbbbbbbbbbbbbibbbbbbbbbbbbbbbbbbbbbbbi........................
      consumer            obbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbwaa............
      load                        ▒████░      ▓████       ████▓      ░████▒
      store                                                                      ████████░
      mma                            █░▓▒       ░█ █░       ▒▓░█        ▓▒▒▓
      vector                                                                █░

      one column is 16 cycles
      streams: i issues · b barrier · w mma-wait · a accumulator · o issue-slot · . halted; units: ░ ▒ ▓ █ a quarter to all of the time
      "
    `);
  });

  it('has at most 96 columns, however long the run', () => {
    const { text } = traced('text', programOf(SMALL_GEMM, { M: 256, K: 2048 }), { cores: 2 });
    for (const line of text.split('\n').filter((each) => !each.includes(':'))) {
      expect(line.length).toBeLessThanOrEqual(20 + 96 + 8);
    }
    expect(text).toContain('core 1');
  });

  it('says what a run ended with', () => {
    expect(trapped('text')).toMatch(/the run ended with deadlock at cycle \d+/);
    expect(JSON.parse(trapped('chrome')).otherData.trap).toMatch(/^deadlock at cycle \d+$/);
    expect(trapped('html')).toMatch(/"trap":"deadlock at cycle \d+"/);
    expect(readKanata(trapped('kanata')).size).toBeGreaterThan(10);
    expect(readVcd(trapped('vcd')).end).toBeGreaterThan(10);
    expect(JSON.parse(trapped('wavedrom')).foot.text).toContain('ended by deadlock');
  });
});

describe('traces of a machine whose instructions are issued in steps', () => {
  const file = join(ROOT, 'programs', 'hopper', 'gemm.s');
  const program = programOf(readFileSync(file, 'utf8'), { ROWS: 128, EPILOGUE: 1, STEPS: 8 });
  const options = { machine: 'hopper', cores: 2 };

  it('begin and end every operation once', () => {
    let ends = 0;
    const listener: Listener = { onDone: () => ends++ };
    runProgram(program, { ...options, values: 'none', listeners: [listener] });
    const events = CHROME.parse(JSON.parse(traced('chrome', program, options).text)).traceEvents;
    expect(ends).toBeGreaterThan(10);
    for (const phase of ['b', 'e']) expect(events.filter(({ ph }) => ph === phase)).toHaveLength(ends);
    const rows = [...readKanata(traced('kanata', program, options).text).values()];
    expect(rows.every(({ retired }) => retired !== undefined)).toBe(true);
    expect(rows.filter(({ stages }) => stages.some(([stage]) => UNITS.has(stage)))).toHaveLength(ends);
    for (const [path, changes] of readVcd(traced('vcd', program, options).text).values) {
      if (/busy|issue|in_flight/.test(path)) expect(changes.at(-1)![1], path).toBe(0);
    }
  });
});
