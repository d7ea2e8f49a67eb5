import type { Program } from '../../src/assembler/index.js';
import { type RunOptions, type RunResult, runProgram } from '../../src/machine/index.js';
import { TRACE_KINDS } from '../../src/report/index.js';
import { programOf, SMALL_GEMM } from '../support/programs.js';

export const GEMM = programOf(SMALL_GEMM, { M: 96, N: 64, K: 256 });

/** A run and its trace. */
export function traced(
  kind: string,
  program: Program = GEMM,
  options: RunOptions = {},
): { text: string; result: RunResult } {
  const pieces: string[] = [];
  const cores = options.cores ?? 4;
  const subject = { program, machine: 'fp4core', cores };
  const trace = TRACE_KINDS.find(({ name }) => name === kind)!.begin(subject, (text) => pieces.push(text));
  const { result } = runProgram(program, { values: 'none', cores, ...options, listeners: [trace] });
  trace.finish({ cycles: result.cycles });
  return { text: pieces.join(''), result };
}
