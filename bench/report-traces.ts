/**
 * Memory of tracing: a GEMM of ten million events, traced as each kind into a file that is thrown away, each in a process
 * of its own. Prints events, bytes of the trace and the most memory that the process held.
 *
 *   node dist/bench/report-traces.js          all kinds
 *   node dist/bench/report-traces.js chrome   one, in this process
 */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assemble } from '../src/assembler/index.js';
import { type Listener, runProgram } from '../src/machine/index.js';
import { TRACE_KINDS, type Trace } from '../src/report/index.js';

const PROGRAM = join(process.cwd(), 'programs', 'gemm_nvfp4.s');
/** M = N = K = SIZE gives somewhat more than ten million events. */
const SIZE = 5120;

interface Measured {
  readonly kind: string;
  readonly events: number;
  readonly bytes: number;
  /** Most memory that the process held, in MB. */
  readonly peakMegabytes: number;
  /** Processor time, in seconds. */
  readonly seconds: number;
}

/** Counts every event that it passes on. */
function counting(trace: Trace | undefined): { listener: Listener; count: () => number } {
  let events = 0;
  const names = ['onIssued', 'onStall', 'onHalted', 'onStarted', 'onDone', 'onPhase', 'onTransfer'] as const;
  const listener: Record<string, (...event: unknown[]) => void> = {};
  for (const name of names) {
    const receive = trace?.[name]?.bind(trace) as ((...event: unknown[]) => void) | undefined;
    listener[name] = (...event) => {
      events++;
      receive?.(...event);
    };
  }
  return { listener, count: () => events };
}

function measure(kindName: string): Measured {
  const sizes = new Map(['M', 'N', 'K'].map((name) => [name, SIZE] as const));
  const { program } = assemble(readFileSync(PROGRAM, 'utf8'), PROGRAM, { set: sizes });
  const file = join(tmpdir(), `fp4sim-trace-${process.pid}`);
  const descriptor = openSync(file, 'w');
  let [bytes, pending] = [0, ''];
  const flush = (): void => {
    bytes += writeSync(descriptor, pending);
    pending = '';
  };
  const kind = TRACE_KINDS.find(({ name }) => name === kindName);
  const trace = kind?.begin({ program: program!, machine: 'fp4core', cores: 4 }, (text) => {
    pending += text;
    if (pending.length > 1 << 16) flush();
  });
  const { listener, count } = counting(trace);
  const { result } = runProgram(program!, { values: 'none', listeners: [listener] });
  trace?.finish({ cycles: result.cycles });
  flush();
  closeSync(descriptor);
  rmSync(file);
  const { maxRSS, userCPUTime } = process.resourceUsage();
  const peakMegabytes = Math.round(maxRSS / 1024);
  return { kind: kindName, events: count(), bytes, peakMegabytes, seconds: userCPUTime / 1e6 };
}

const [, , only] = process.argv;
if (only !== undefined) console.log(JSON.stringify(measure(only)));
else {
  for (const name of ['none', ...TRACE_KINDS.map((kind) => kind.name)]) {
    const { stdout, stderr, status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), name], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${name}: ${stderr}`);
    const { events, bytes, peakMegabytes, seconds } = JSON.parse(stdout) as Measured;
    const size = `${(bytes / 1e6).toFixed(0)} MB`;
    console.log(
      `${name.padEnd(9)} ${events.toLocaleString('en')} events  ${size.padStart(8)} written  ${peakMegabytes} MB held  ${seconds.toFixed(1)} s`,
    );
  }
}
