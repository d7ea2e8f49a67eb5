; A pipeline of three kinds of streams, as warp-specialised kernels have them: a producer loads, two consumers multiply,
; and an epilogue stream scales, rounds to BF16 and stores while the consumers are at the next tile.
;
; Shows: what each hand-over costs and what a ring of stages hides. Both consumers share the tile of B and take half the
; rows of A each; every accumulator exists twice, so that one is stored while the other is filled. With one stage loads and
; products take turns; with two they overlap, but the latency shows; with four the MMA units are as busy as L2 allows.
;
; RUN: fp4sim run programs/pipeline.s --set STAGES=1
; CHECK: cycles 13314
; CHECK: D 256x256 bf16 sha256 624c783a1be05fc2 mismatches 0 error 8.573e-2
; RUN: fp4sim run programs/pipeline.s --set STAGES=2
; CHECK: cycles 7299
; CHECK: D 256x256 bf16 sha256 624c783a1be05fc2 mismatches 0 error 8.573e-2
; RUN: fp4sim run programs/pipeline.s
; CHECK: cycles 5878
; CHECK: D 256x256 bf16 sha256 624c783a1be05fc2 mismatches 0 error 8.573e-2

.machine fp4core

.param M, 256
.param N, 256
.param K, 1024
.param STAGES, 4
.equ HALF, 64                           ; rows of a consumer
.equ TM, 2 * HALF
.equ TN, 64
.equ TK, 64
.equ STEPS, K / TK

.assert M % TM == 0 && N % TN == 0 && K % TK == 0, "M, N and K must be multiples of 128, 64 and 64"

.tensor A, nvfp4, M x K, tiled("data/lm_sample.safetensors"#qkv.input)
.tensor B, nvfp4, N x K, tiled("data/lm_sample.safetensors"#qkv.weight)
.tensor D, bf16, M x N, out

.smem As, nvfp4, TM x TK, stages=STAGES
.smem Bs, nvfp4, TN x TK, stages=STAGES
.acc acc, HALF x TN, stages=4           ; of consumer c: c and 2 + c
.barrier full[STAGES]                   ; the stage is loaded
.barrier empty[STAGES], arrivals=2      ; both consumers are done with the stage
.barrier ready[4]                       ; the accumulator holds its tile
.barrier stored[4]                      ; the accumulator may be filled again
.grid M / TM, N / TN, swizzle(2)

.stream producer
        mov         r11, 1              ; parity of empty
.tile:
        tile.next   r1, r2, .done
        mul         r1, r1, TM
        mul         r2, r2, TN
        mov         r3, 0
        mov         r4, STEPS
.step:
        bar.wait    empty[r10], r11
        bar.expect  full[r10], sizeof(As) + sizeof(Bs)
        ld.tile     As[r10], A[r1, r3], full[r10]
        ld.tile     Bs[r10], B[r2, r3], full[r10]
        add         r3, r3, TK
        add         r10, r10, 1
        blt         r10, STAGES, .next
        mov         r10, 0
        xor         r11, r11, 1
.next:
        loop        r4, .step
        b           .tile
.done:
        halt
.endstream

.stream consumer, count=2
        mov         r9, %stream         ; which half of the rows
        mov         r13, 1              ; parity of stored
.tile:
        tile.next   r1, r2, .done
        add         r14, r12, r9        ; accumulator
        bar.wait    stored[r14], r13
        mov         r4, STEPS
        mov         r5, 0
.step:
        bar.wait    full[r10], r11
        mma         acc[r14], As[r10], Bs[r10], r5, r9
        mma.commit  empty[r10]
        mov         r5, 1
        add         r10, r10, 1
        blt         r10, STAGES, .next
        mov         r10, 0
        xor         r11, r11, 1
.next:
        loop        r4, .step
        mma.commit  ready[r14]          ; after all before it
        xor         r12, r12, 2
        bne         r12, 0, .tile
        xor         r13, r13, 1
        b           .tile
.done:
        halt
.endstream

.stream epilogue
.tile:
        tile.next   r1, r2, .done
        mul         r1, r1, TM
        mul         r2, r2, TN
        mov         r4, 2               ; both halves
        mov         r14, r12
.half:
        bar.wait    ready[r14], r11
        acc.scale   acc[r14], A, B
        acc.cvt.bf16 acc[r14]
        st.tile     D[r1, r2], acc[r14], stored[r14]
        add         r1, r1, HALF
        add         r14, r14, 1
        loop        r4, .half
        xor         r12, r12, 2
        bne         r12, 0, .tile
        xor         r11, r11, 1
        b           .tile
.done:
        halt
.endstream
