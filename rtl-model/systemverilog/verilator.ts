/**
 * Checking recorded behaviour in Verilator, driven from a C++ main that evaluates the model edge by edge.
 * (Verilator 5.006 mis-simulates `--timing` testbenches, so none are used.)
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Module } from '../hdl/index.js';
import { type CheckResult, type PlayResult, parseCheck, playAll } from './check.js';
import { type EmittedFile, emitModules } from './emit.js';
import { probeModule, probeName } from './probe.js';
import { inFolder, runProgram, writeFiles } from './programs.js';
import { littleEndian, type Vectors } from './vectors.js';

export interface VerilatorOptions {
  /** Of the C++ compiler: `-O1` builds quickly, `-O3` runs quickly. */
  readonly optimization: '-O0' | '-O1' | '-O3';
}

/** The prefix of the generated classes, the same for every design so that one main serves all. */
const PREFIX = 'Vprobe';

/** Plays vectors as the Icarus testbench does and prints the same lines. Arguments: lanes, cycles, two files. */
export const CHECKING_MAIN = `#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>
#include "verilated.h"
#include "${PREFIX}.h"

static std::vector<unsigned> words(const char* path) {
  FILE* file = std::fopen(path, "rb");
  if (!file) { std::perror(path); std::exit(2); }
  std::fseek(file, 0, SEEK_END);
  std::vector<unsigned> all(std::ftell(file) / 4);
  std::rewind(file);
  if (std::fread(all.data(), 4, all.size(), file) != all.size()) std::exit(2);
  std::fclose(file);
  return all;
}

int main(int argc, char** argv) {
  const long lanes = std::atol(argv[1]), cycles = std::atol(argv[2]);
  const auto stimulus = words(argv[3]), expected = words(argv[4]);
  VerilatedContext context;
  ${PREFIX} dut(&context);
  const size_t inputWords = sizeof(dut.stimulus) / 4, stateWords = sizeof(dut.state) / 4;
  const unsigned* in = stimulus.data();
  const unsigned* out = expected.data();
  const unsigned* state = reinterpret_cast<const unsigned*>(&dut.state);
  long mismatches = 0;
  for (long lane = 0; lane < lanes; lane++) {
    std::memcpy(&dut.stimulus, in, 4 * inputWords);
    dut.clk = 0; dut.rst_n = 1; dut.eval();
    dut.rst_n = 0; dut.eval();
    dut.rst_n = 1; dut.eval();
    for (long cycle = 0; cycle < cycles; cycle++) {
      std::memcpy(&dut.stimulus, in, 4 * inputWords);
      dut.eval();
      for (size_t w = 0; w < stateWords; w++) {
        if (state[w] == out[w]) continue;
        if (++mismatches <= 20)
          std::printf("mismatch %ld %ld %zu %08x %08x\\n", lane, cycle, w, out[w], state[w]);
      }
      dut.clk = 1; dut.eval();
      dut.clk = 0;
      in += inputWords; out += stateWords;
    }
  }
  std::printf("%ld mismatches in %ld cycles\\n", mismatches, lanes * cycles);
  return 0;
}
`;

/**
 * Checks the emitted SystemVerilog of a design in Verilator against one or several recordings of it; the design is
 * built once. Throws `ProgramError` if a tool refuses, `RangeError` without a recording.
 */
export function checkWithVerilator(
  module: Module,
  recordings: Vectors | Iterable<Vectors>,
  options: VerilatorOptions = { optimization: '-O1' },
): CheckResult {
  return inFolder((folder) => {
    let program = '';
    return playAll(recordings, {
      build: ({ layout }) => {
        const files = [...emitModules(module), probeModule(layout)];
        const built = buildWithVerilator(folder, files, probeName(layout), CHECKING_MAIN, options);
        program = built.program;
        return built.seconds;
      },
      play: (vectors) => play(program, folder, vectors),
    });
  });
}

/** Runs the built program on one recording. */
function play(program: string, folder: string, vectors: Vectors): PlayResult {
  const { layout, lanes, cycles, stimulus, expected } = vectors;
  const files = Object.entries({ stimulus, expected }).map(([name, words]) => {
    writeFileSync(join(folder, name), littleEndian(words));
    return name;
  });
  const run = runProgram(program, [`${lanes}`, `${cycles}`, ...files], { cwd: folder });
  return { ...parseCheck(run.output, layout), runSeconds: run.seconds };
}

/** A program from SystemVerilog files and a C++ main that includes `Vprobe.h`; returns its path and build time. */
export function buildWithVerilator(
  folder: string,
  files: readonly EmittedFile[],
  top: string,
  main: string,
  { optimization }: VerilatorOptions,
): { program: string; seconds: number } {
  const runtime = verilatorRuntime(optimization);
  const paths = writeFiles(folder, files);
  const generated = join(folder, 'generated');
  const start = performance.now();
  const translate = ['--cc', '-O3', '--x-assign', 'fast', '--noassert', '-Wno-fatal', '-Wno-lint'];
  runProgram('verilator', [
    ...translate,
    '--prefix',
    PREFIX,
    '--top-module',
    top,
    '--Mdir',
    generated,
    ...paths,
  ]);
  // One translation unit: most of the time would go into reading the same headers again.
  const sources = readdirSync(generated).filter((name) => name.endsWith('.cpp'));
  const includes = sources.sort().map((name) => `#include "${name}"\n`);
  writeFileSync(join(generated, 'all.cc'), includes.join('') + main);
  const program = join(folder, 'simulation');
  runProgram('g++', [...compilerFlags(optimization), '-o', program, 'all.cc', ...runtime, '-pthread'], {
    cwd: generated,
  });
  return { program, seconds: (performance.now() - start) / 1000 };
}

/** Verilator's own library, compiled once for each optimisation level and kept in the temporary folder. */
function verilatorRuntime(optimization: VerilatorOptions['optimization']): string[] {
  const version = runProgram('verilator', ['--version'])
    .output.trim()
    .replaceAll(/[^\w.]+/g, '-');
  const kept = join(tmpdir(), `fp4sim-${version}${optimization}-${process.getuid?.() ?? 0}`);
  const objects = ['verilated.o', 'verilated_threads.o'];
  if (!existsSync(kept)) {
    mkdirSync(tmpdir(), { recursive: true });
    const fresh = mkdtempSync(`${kept}-`);
    const sources = objects.map((object) => join(includeFolder(), object.replace('.o', '.cpp')));
    runProgram('g++', [...compilerFlags(optimization), '-c', ...sources], { cwd: fresh });
    // Another process may have been faster; its result is as good.
    if (!existsSync(kept)) renameSync(fresh, kept);
  }
  return objects.map((object) => join(kept, object));
}

function compilerFlags(optimization: VerilatorOptions['optimization']): string[] {
  const include = includeFolder();
  return [optimization, '-std=c++17', '-I.', `-I${include}`, `-I${join(include, 'vltstd')}`, '-w'];
}

function includeFolder(): string {
  return join(runProgram('verilator', ['--getenv', 'VERILATOR_ROOT']).output.trim(), 'include');
}
