/**
 * `reports/rtl-speed.md`: the compiled simulator against Verilator (C++ main, -O3, one thread) on the same hardware:
 * the design behind LFSRs that give it new inputs at every edge, emitted for Verilator by this project.
 *
 * Run after `npm run build`: `node dist/bench/rtl/speed.js`. Needs verilator and g++. Takes minutes, most of them
 * Verilator's build.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMac, type MacDesign } from '../../rtl-model/designs/index.js';
import {
  bitBlast,
  defineModule,
  flatten,
  gateCount,
  type Module,
  type Word,
} from '../../rtl-model/hdl/index.js';
import { multiplyFloats } from '../../rtl-model/library/index.js';
import { CompiledSimulation, LANES, seedStimulus, selfDriving } from '../../rtl-model/simulation/index.js';
import {
  buildWithVerilator,
  type EmittedFile,
  emitGates,
  emitModules,
  runProgram,
} from '../../rtl-model/systemverilog/index.js';
import { FP32 } from '../../src/formats/index.js';
import { Random } from '../../src/numerics/index.js';
import { writeReport } from '../reports/write-report.js';
import {
  type Comparison,
  compareRates,
  metric,
  type Sample,
  secondsOf,
  summarize,
  wallSecondsOf,
} from './measure.js';

const ROUNDS = 5;
/** Netlists made ready: they take milliseconds, so that five would show little but how JavaScript warms up. */
const READY_ROUNDS = 15;
/** Time that one measurement should take. */
const TARGET_SECONDS = 0.5;

/** Clocks the model as often as its argument says, prints seconds and a value that depends on the outputs. */
const RUNNING_MAIN = (held: readonly string[], output: string) => `#include <cstdio>
#include <cstdlib>
#include <ctime>
#include "verilated.h"
#include "Vprobe.h"
int main(int argc, char** argv) {
  VerilatedContext context;
  Vprobe dut(&context);
  ${held.map((name) => `dut.${name} = 1;`).join(' ')}
  dut.clk = 0; dut.rst_n = 1; dut.eval(); dut.rst_n = 0; dut.eval(); dut.rst_n = 1; dut.eval();
  const long cycles = std::atol(argv[1]);
  unsigned long sum = 0;
  const std::clock_t start = std::clock();
  for (long i = 0; i < cycles; i++) {
    dut.clk = 1; dut.eval();
    sum += dut.${output};
    dut.clk = 0; dut.eval();
  }
  std::printf("%.6f %lu\\n", double(std::clock() - start) / CLOCKS_PER_SEC, sum);
}
`;

interface Contest {
  readonly name: string;
  readonly gates: number;
  /** Cycles of one instance of the design a second. */
  readonly cycles: Comparison;
  /** The same against this project's own simpler way of compiling. */
  readonly plain: Comparison;
  readonly readySeconds: Sample;
  /** That of the first round: of a process that has just begun. */
  readonly firstReadySeconds: number;
  readonly buildSeconds: number;
}

const folder = mkdtempSync(join(tmpdir(), 'fp4sim-bench-'));

/** The compiled simulator and Verilator on one driven module; `files` is what Verilator gets. */
function contest(
  name: string,
  driven: Module,
  held: readonly string[],
  done: string,
  files: readonly EmittedFile[],
): Contest {
  const ready = Array.from({ length: READY_ROUNDS }, () =>
    wallSecondsOf(() => new CompiledSimulation(bitBlast(flatten(driven))).run(1)),
  );
  const gates = bitBlast(flatten(driven));
  const [engine, plain] = (['fast', 'plain'] as const).map((style) => {
    const made = new CompiledSimulation(gates, { style });
    seedStimulus(made, new Random(1));
    for (const port of held) made.input(port).fill(1);
    return made;
  }) as [CompiledSimulation, CompiledSimulation];
  const top = files.at(-1)!.file.replace('.sv', '');
  const main = RUNNING_MAIN(held, done);
  const { program, seconds } = buildWithVerilator(join(folder, name), files, top, main, {
    optimization: '-O3',
  });
  const ours = (cycles: number) => secondsOf(() => engine.run(cycles));
  const simpler = (cycles: number) => secondsOf(() => plain.run(cycles));
  const theirs = (cycles: number) => Number(runProgram(program, [`${cycles}`]).output.split(' ')[0]);
  const [ourCycles, theirCycles, plainCycles] = [calibrated(ours), calibrated(theirs), calibrated(simpler)];
  return {
    name,
    gates: engine.gateCount,
    cycles: compareRates(
      ROUNDS,
      () => (LANES * ourCycles) / ours(ourCycles),
      () => theirCycles / theirs(theirCycles),
    ),
    plain: compareRates(
      ROUNDS,
      () => (LANES * ourCycles) / ours(ourCycles),
      () => (LANES * plainCycles) / simpler(plainCycles),
    ),
    readySeconds: summarize(ready),
    firstReadySeconds: ready[0]!,
    buildSeconds: seconds,
  };
}

/** How many cycles take about the target time. */
function calibrated(run: (cycles: number) => number): number {
  let cycles = 1000;
  for (let seconds = run(cycles); seconds < TARGET_SECONDS / 4; seconds = run(cycles)) cycles *= 2;
  return Math.ceil((cycles * TARGET_SECONDS) / run(cycles));
}

/** Ports that say "a slice, of a long segment". */
const heldPorts = ({ protocol }: MacDesign) => [protocol.enable];

function designContest(name: string): Contest {
  const design = createMac(name);
  const held = heldPorts(design);
  const driven = selfDriving(design.module, held);
  return contest(name, driven, held, design.protocol.done, emitModules(driven));
}

function gateContest(name: string): Contest {
  const design = createMac(name);
  const held = heldPorts(design);
  const driven = selfDriving(design.module, held);
  const flat = emitGates(bitBlast(flatten(driven)), 'flat_netlist');
  return contest(`${name}-gates`, driven, held, design.protocol.done, [flat]);
}

/** Builds and bit-blasts FP32 multipliers until there are at least 50,000 gates. */
function largeNetlist(): { gates: number; seconds: Sample } {
  const count = 12;
  let gates = 0;
  const seconds = Array.from({ length: ROUNDS }, () =>
    secondsOf(() => {
      const module = defineModule({
        name: 'multipliers',
        summary: `${count} FP32 multipliers`,
        inputs: Object.fromEntries(Array.from({ length: 2 * count }, (_, i) => [`x${i}`, 32])),
        body: (m, x): Record<string, Word> => {
          const one = (i: number) => {
            const part = defineModule({
              name: `multiplier${i}`,
              summary: 'FP32 product',
              inputs: { a: 32, b: 32 },
              body: (_, { a, b }) => ({ y: multiplyFloats(FP32, { subnormals: 'keep' }, a, b) }),
            });
            return m.instance(`u${i}`, part, { a: x[`x${2 * i}`]!, b: x[`x${2 * i + 1}`]! }).y;
          };
          return Object.fromEntries(Array.from({ length: count }, (_, i) => [`y${i}`, one(i)]));
        },
      });
      gates = gateCount(bitBlast(flatten(module)));
    }),
  );
  return { gates, seconds: summarize(seconds) };
}

const spread = ({ median, least, largest }: Sample, digits = 3) =>
  `${median.toPrecision(digits)} (${least.toPrecision(digits)}–${largest.toPrecision(digits)})`;

/** `work`: what one cycle of one instance counts. */
function row({ name, gates, cycles }: Contest, floor: number, work = 1): string {
  const { ours, theirs, ratio } = cycles;
  const verdict = ratio.median >= floor ? 'met' : 'missed';
  return `| ${name} | ${gates} | ${metric(work * ours.median)} | ${metric(work * theirs.median)} | ${spread(ratio)} | ${floor} | ${verdict} |`;
}

const designs = [
  { contest: designContest('nvfp4-exact'), floor: 3 },
  { contest: designContest('nvfp4-lanes'), floor: 8 },
];
const flats = ['nvfp4-exact', 'nvfp4-lanes'].map(gateContest);
const large = largeNetlist();
rmSync(folder, { recursive: true, force: true });

const builds = [...designs.map(({ contest: c }) => c), ...flats].map(
  ({ name, readySeconds, firstReadySeconds, buildSeconds }) =>
    `| ${name} | ${spread(readySeconds)} | ${firstReadySeconds.toPrecision(3)} | ${buildSeconds.toFixed(1)} | ${(buildSeconds / readySeconds.median).toFixed(0)} |`,
);
writeReport(
  'rtl-speed.md',
  `# Speed of RTL simulation

One core of ${cpus()[0]?.model ?? 'an unknown machine'}, ${ROUNDS} rounds, both sides in turn, processor time: median (least–largest).
Verilator: C++ main, \`-O3\`, one thread. Both simulate the design behind the same LFSRs, one new block at each edge.

| design | gates | block-MACs/s, compiled to WASM | block-MACs/s, Verilator | ratio | floor | |
|---|---|---|---|---|---|---|
${designs.map(({ contest: c, floor }) => row(c, floor)).join('\n')}

The same flat netlist of gates in both:

| netlist | gates | gate evaluations/s, compiled to WASM | Verilator | ratio | floor | |
|---|---|---|---|---|---|---|
${flats.map((c) => row(c, 100, c.gates)).join('\n')}

Against the simpler way of compiling that was rejected (next values in memory until the end of the cycle, inverters as
gates of their own, operands in any order): ${flats.map((c) => `${c.name} ${spread(c.plain.ratio)} times as fast`).join(', ')}.

From a module to the end of its first cycle, ${READY_ROUNDS} times in one process; the first one warms JavaScript up.

| netlist ready to run, s | compiled to WASM | the first | Verilator and g++ | ratio (floor 100) |
|---|---|---|---|---|
${builds.join('\n')}

${large.gates} gates built and bit-blasted in ${spread(large.seconds)} s (floor: 50,000 in less than 1 s).`,
);
