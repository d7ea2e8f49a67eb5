/** Every program of the repository, as its first RUN line says, on every engine. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assemble, formatDiagnostics, includeFrom, type Program } from '../../src/assembler/index.js';
import { runProgram } from '../../src/machine/index.js';
import { ROOT } from '../support/cli.js';
import { expectEqualEngines } from '../support/engines.js';

const FOLDER = join(ROOT, 'programs');
const PROGRAMS = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.s'))
  .sort();

function programOfFile(name: string): Program {
  const file = join(FOLDER, name);
  const text = readFileSync(file, 'utf8');
  const run = /^; RUN: fp4sim run (.*)$/m.exec(text)![1]!;
  const set = new Map([...run.matchAll(/--set (\w+)=(\d+)/g)].map(([, key, value]) => [key!, Number(value)]));
  const { program, diagnostics } = assemble(text, file, { set, include: includeFrom(file, []) });
  if (program === undefined) throw new Error(formatDiagnostics(diagnostics, text));
  return program;
}

describe('the engines are equal', () => {
  it.each(PROGRAMS)('on %s, in cycles, counters and events', (name) => {
    expectEqualEngines(programOfFile(name), { values: 'none', cores: name.startsWith('hopper') ? 3 : 4 });
  });

  // The check of every program against the oracle is elsewhere; here both engines' own bits.
  it.each([
    'attention_leak.s',
    'gemm_nvfp4.s',
    'gemm_four_over_six.s',
    'quantize_nvfp4.s',
    'recipes/quartet2.s',
    'split_k.s',
    'stream_k.s',
    'tensor_amax.s',
  ])('on %s, in values', (name) => {
    const program = programOfFile(name);
    const [tick, fast] = (['tick', 'timestamp'] as const).map((engine) => {
      const { outputs, notes, cycles } = runProgram(program, { engine, verify: false }).result;
      return { outputs, notes, cycles };
    });
    expect(fast).toEqual(tick);
  });
});
