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

/** A pipelined FP8 GEMM with two consumers that share the A tile, and an epilogue. */
export const HOPPER_GEMM = `
.machine hopper
.param M, 128
.param N, 64
.param STAGES, 3
.param STEPS, 5
.param WAIT, 1
.tensor A, e4m3, M * 2 x 64 * STEPS, uniform(1)
.tensor B, e4m3, N * 2 x 64 * STEPS, uniform(2)
.tensor D, bf16, M * 2 x N * 2, out
.smem As, e4m3, M x 64, stages=STAGES
.smem Bs, e4m3, N x 64, stages=STAGES
.acc acc, 64 x N, stages=M / 64
.barrier full[STAGES]
.barrier empty[STAGES], arrivals=M / 64
.grid 2, 2, swizzle(2)
.stream producer
        mov r11, 1
tile:   tile.next r1, r2, over
        mul r1, r1, M
        mul r2, r2, N
        mov r3, 0
        mov r4, STEPS
fill:   bar.wait empty[r10], r11
        bar.expect full[r10], sizeof(As) + sizeof(Bs)
        ld.tile As[r10], A[r1, r3], full[r10]
        ld.tile Bs[r10], B[r2, r3], full[r10]
        add r3, r3, 64
        add r10, r10, 1
        blt r10, STAGES, fill1
        mov r10, 0
        xor r11, r11, 1
fill1:  loop r4, fill
        b tile
over:   halt
.endstream
.stream consumer, count=M / 64
        mov r9, %stream
next:   tile.next r1, r2, done
        mul r1, r1, M
        mul r3, r9, 64
        add r1, r1, r3
        mul r2, r2, N
        mov r4, 0
take:   bar.wait full[r10], r11, 128
        mma.fence
        mma acc[r9], As[r10], Bs[r10], r4, r9
        mma.commit empty[r10]
        mma.wait WAIT
        add r4, r4, 1
        add r10, r10, 1
        blt r10, STAGES, take1
        mov r10, 0
        xor r11, r11, 1
take1:  blt r4, STEPS, take
        mma.wait 0
        st.tile D[r1, r2], acc[r9]
        b next
done:   st.wait 0
        halt
.endstream
`;

/** Tiles quantised in two ways, a maximum joined over them and stored as a block; two streams. */
export const SMALL_QUANTISE = `
.machine fp4core
.tensor X, bf16, 128 x 128, student(3, 7)
.tensor D, fp32, 64 x 64, out
.tensor R, fp32, 64 x 1, out
.smem Xs, bf16, 32x64, stages=2
.smem Xq, nvfp4, 32x64, stages=2
.smem Xt, bf16, 32x64
.smem most, fp32, 32x1
.acc acc, 32x32
.barrier full[2]
.barrier empty[2]
.barrier ready[2]
.barrier stored
.grid 2, 2, row

.stream producer
        mov r10, 0
        mov r11, 1
.tile:  tile.next r1, r2, .done
        mul r1, r1, 32
        mov r3, 0
.step:  bar.wait empty[r10], r11
        bar.expect full[r10], sizeof(Xs)
        ld.tile Xs[r10], X[r1, r3], full[r10]
        add r3, r3, 64
        xor r10, r10, 1
        bne r10, 0, .next
        xor r11, r11, 1
.next:  blt r3, 128, .step
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
        mov r5, 0
.step:  bar.wait full[r10], r11
        amax most, Xs[r10], r5
        hadamard.16 Xt, Xs[r10], empty[r10]
        quant.nvfp4 Xq[r10], Xt, ready[r10]
        bar.wait ready[r10], r11
        bar.wait stored, r13
        mma.exact acc, Xq[r10], Xq[r10], r5
        mma.commit
        mma.wait 0
        add r5, r5, 1
        xor r10, r10, 1
        bne r10, 0, .step
        xor r11, r11, 1
        dequant Xt, Xq
        xor r13, r13, 1
        st.tile D[r1, r2], acc, stored
        st.block R[r1, r0], most
        st.wait 0
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

/** SMALL_GEMM on the k-steps of its work item. */
export const DIVIDED_GEMM = [
  [
    'mov r3, 0\n        mov r4, K / 64',
    'mov r3, %tile.k0\n        mov r4, %tile.k1\n        sub r4, r4, r3\n        mul r3, r3, 64',
  ],
  [
    'mov r4, K / 64\n        mov r5, 0',
    'mov r6, %tile.k0\n        mov r4, %tile.k1\n        sub r4, r4, r6\n        mov r5, 0',
  ],
].reduce((text, [passage, replacement]) => exchange(text, passage!, replacement!), SMALL_GEMM);
