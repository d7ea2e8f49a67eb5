/** Programs and helpers for the tests of the assembler. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type AssembleOptions,
  assemble,
  formatDiagnostics,
  includeFrom,
  type Program,
} from '../../src/assembler/index.js';

export const PROGRAMS = join(import.meta.dirname, '../../programs');
/** Programs that are shipped, by their path in that folder. */
export const SHIPPED = readdirSync(PROGRAMS, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.s'),
);

/** What a shipped program is assembled with: the files that it includes. */
export function optionsOf(name: string): AssembleOptions {
  const path = join(PROGRAMS, name);
  return { include: includeFrom(path, [dirname(path)]) };
}

/** A stream that does nothing, and the grid: what every program needs. */
export const REST = '.grid 1, 1\n.stream s\n  halt\n.endstream\n';

/** The program of a text without errors; the test fails with the diagnostics otherwise. */
export function assembled(text: string, options: AssembleOptions = {}): Program {
  const { program, diagnostics } = assemble(text, 'test.s', options);
  if (program === undefined)
    throw new Error(`does not assemble:\n${formatDiagnostics(diagnostics, text)}\n${text}`);
  return program;
}

/** What the command line prints for a text with errors. */
export function complaints(text: string, set?: ReadonlyMap<string, number>): string {
  const { program, diagnostics } = assemble(text, 'test.s', set === undefined ? {} : { set });
  if (program !== undefined) throw new Error(`assembles without error:\n${text}`);
  return formatDiagnostics(diagnostics, text);
}

/** A program without the places it was written at. */
export function meaningOf(program: Program): unknown {
  const { spans: _, file: __, ...rest } = program;
  return JSON.parse(
    JSON.stringify({ ...rest, labels: [...program.labels] }, (key, value) =>
      key === 'span' ? undefined : value,
    ),
  );
}

/** A program that uses every directive and most operand kinds. */
export const GEMM = `; producer and consumer
.machine fp4core
.param M, 256
.param N, 256
.param K, 512
.equ BM, 128
.equ BN, 128
.equ BK, 64
.equ STAGES, 3
.assert M % BM == 0 && N % BN == 0, "M and N must be multiples of the tile"
.tensor A, nvfp4, MxK, normal(1)
.tensor B, nvfp4, N x K, tiled("data/lm.safetensors"#block.q.weight)
.tensor D, fp32, (M*1)xN, out
.smem As, nvfp4, BMxBK, stages=STAGES
.smem Bs, nvfp4, 128x64, stages=STAGES
.acc acc, BMxBN
.barrier full[STAGES]
.barrier empty, STAGES, arrivals=2
.grid M/BM, N/BN, swizzle(4)

.stream producer
again:
  tile.next r1, r2, done
  mov r3, 0
  mov r4, 0
  mul r1, r1, BM
.k: bar.wait empty[r4], r7
  bar.expect full[r4], sizeof(As) + sizeof(Bs)
  ld.tile As[r4], A[r1, r3], full[r4]
  ld.tile Bs[r4], B[r2, r3], full[r4]
  add r3, r3, BK
  blt r3, K, .k
  b again
done: halt
.endstream

.stream consumer, count=2
.t: tile.next r1, r2, .done
  mma.blackwell_mxf4nvf4 acc, As[r4], Bs[r4], init
  mma acc, As[0], Bs[2], r5
  mma.commit
  mma.commit empty[1]
  mma.wait 0
  acc.scale acc, A, B
  acc.act.relu acc
  acc.cvt.bf16 acc
  st.tile D[r0, r1], acc
  b .t
.done: halt
.endstream
`;
