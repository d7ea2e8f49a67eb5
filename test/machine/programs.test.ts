/** Every program of the repository, as its first RUN line says, on every engine. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assemble, formatDiagnostics, includeFrom, type Program } from '../../src/assembler/index.js';
import { runProgram } from '../../src/machine/index.js';
import { ROOT } from '../support/cli.js';
import { expectEqualEngines } from '../support/engines.js';

const FOLDER = join(ROOT, 'programs');
/** Only the tick engine knows stores that join with others in global memory, which are taken in turns across cores. */
const TICK_ONLY = new Map([
  ['split_k.s', 'st.add'],
  ['stream_k.s', 'st.add'],
  ['tensor_amax.s', 'st.max'],
]);
const PROGRAMS = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.s') && !TICK_ONLY.has(name))
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

  it.each([...TICK_ONLY])('but for %s, which the others refuse for its %s', (name, instruction) => {
    const run = (engine?: 'timestamp') => runProgram(programOfFile(name), { engine, values: 'none' });
    expect(() => run('timestamp')).toThrow(`does not know ${instruction}`);
    expect(run().result.engine.name).toBe('tick');
  });

  // The check of every program against the oracle is elsewhere; here both engines' own bits.
  it.each([
    'attention_leak.s',
    'gemm_nvfp4.s',
    'gemm_four_over_six.s',
    'quantize_nvfp4.s',
    'recipes/quartet2.s',
  ])('on %s, in values', (name) => {
    const program = programOfFile(name);
    const [tick, fast] = (['tick', 'timestamp'] as const).map((engine) => {
      const { outputs, notes, cycles } = runProgram(program, { engine, verify: false }).result;
      return { outputs, notes, cycles };
    });
    expect(fast).toEqual(tick);
  });
});
