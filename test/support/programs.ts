/** Small programs for tests of the machine: a complete one, and the means to run a variation of it. */
import { assemble, formatDiagnostics, type Program } from '../../src/assembler/index.js';

/** A one-tile GEMM on generated tensors: one producer, one consumer, a ring of two stages, K = 128. */
export const SMALL_GEMM = `
.machine fp4core
.param M, 32
.param N, 32
.param K, 128
.tensor A, nvfp4, M x K, normal(1)
.tensor B, nvfp4, N x K, student(3, 2)
.tensor D, fp32, M x N, out
.smem As, nvfp4, 32x64, stages=2
.smem Bs, nvfp4, 32x64, stages=2
.acc acc, 32x32
.barrier full[2]
.barrier empty[2]
.barrier stored
.grid M / 32, N / 32, row

.stream producer
        mov r10, 0
        mov r11, 1
.tile:  tile.next r1, r2, .done
        mul r1, r1, 32
        mul r2, r2, 32
        mov r3, 0
        mov r4, K / 64
.step:  bar.wait empty[r10], r11
        bar.expect full[r10], sizeof(As) + sizeof(Bs)
        ld.tile As[r10], A[r1, r3], full[r10]
        ld.tile Bs[r10], B[r2, r3], full[r10]
        add r3, r3, 64
        xor r10, r10, 1
        bne r10, 0, .next
        xor r11, r11, 1
.next:  loop r4, .step
        b .tile
.done:  halt
.endstream

.stream consumer
        mov r10, 0
        mov r11, 0
        mov r13, 1
.tile:  tile.next r1, r2, .done
        mul r1, r1, 32
        mul r2, r2, 32
        bar.wait stored, r13
        xor r13, r13, 1
        mov r4, K / 64
        mov r5, 0
.step:  bar.wait full[r10], r11
        mma acc, As[r10], Bs[r10], r5
        mma.commit empty[r10]
        mov r5, 1
        xor r10, r10, 1
        bne r10, 0, .next
        xor r11, r11, 1
.next:  loop r4, .step
        mma.wait 0
        acc.scale acc, A, B
        st.tile D[r1, r2], acc, stored
        b .tile
.done:  halt
.endstream
`;

/** The program of a text; an assembly error fails the test with its diagnostics. */
export function programOf(text: string, settings: Readonly<Record<string, number>> = {}): Program {
  const set = new Map(Object.entries(settings));
  const { program, diagnostics } = assemble(text, 'test.s', { set });
  if (program === undefined) throw new Error(formatDiagnostics(diagnostics, text));
  return program;
}

/** The text with one passage exchanged; fails if the passage is not there, so that a test cannot silently test nothing. */
export function exchange(text: string, passage: string, replacement: string): string {
  if (!text.includes(passage)) throw new Error(`the program has no "${passage}"`);
  return text.replace(passage, replacement);
}
