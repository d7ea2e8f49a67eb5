; NVFP4 GEMM on real tensors: D[M, N] = A[M, K] · B[N, K]ᵀ, output in FP32.
;
; Shows: a producer stream that fills a ring of shared-memory stages, a consumer stream that multiplies and writes
; back, barriers between them, and tiles handed out over all cores.
; A is an activation and B a weight of a small language model trained for this project (256 x 256 slices); larger
; shapes repeat them.
;
; RUN: fp4sim run programs/gemm_nvfp4.s
; CHECK: cycles 3328
; CHECK: D 256x256 fp32 sha256 11fcaf609c74687e mismatches 0 error 8.571e-2
; RUN: fp4sim run programs/gemm_nvfp4.s --set M=1024 --set N=1024 --set K=1024 --no-check
; CHECK: cycles 120641
; CHECK: D 1024x1024 fp32 sha256 39a8ef24d580c098

.machine fp4core

.param M, 256
.param N, 256
.param K, 256
.param TM, 64                           ; tile of D
.param TN, 64
.param TK, 64                           ; products along K a step: one Blackwell-style mxf4nvf4 instruction
.param STAGES, 4
.equ STEPS, K / TK

.assert M % TM == 0 && N % TN == 0, "M and N must be multiples of the tile, TM and TN"
.assert K % TK == 0 && K > 0, "K must be a multiple of the k-step, TK"

.tensor A, nvfp4, M x K, tiled("data/lm_sample.safetensors"#qkv.input)
.tensor B, nvfp4, N x K, tiled("data/lm_sample.safetensors"#qkv.weight)
.tensor D, fp32, M x N, out

.smem As, nvfp4, TM x TK, stages=STAGES
.smem Bs, nvfp4, TN x TK, stages=STAGES
.acc acc, TM x TN, stages=2             ; one is stored while the other is filled
.barrier full[STAGES]                   ; the stage holds both operand tiles
.barrier empty[STAGES]                  ; the stage may be overwritten
.barrier stored[2]                      ; the accumulator has reached global memory
.grid M / TM, N / TN, swizzle(2)

; Loads the operand tiles of every k-step of every output tile of this core, as far ahead as the ring allows.
.stream producer
        mov         r10, 0              ; stage
        mov         r11, 1              ; parity of empty: parity 1 passes at once on a fresh barrier
.tile:
        tile.next   r1, r2, .done
        mul         r1, r1, TM          ; first row of A
        mul         r2, r2, TN          ; first row of B
        mov         r3, 0               ; first column of both
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

; Multiplies, scales by the tensors' second-level factors and stores.
.stream consumer
        mov         r10, 0              ; stage
        mov         r11, 0              ; parity of full
        mov         r12, 0              ; accumulator
        mov         r13, 1              ; parity of stored
.tile:
        tile.next   r1, r2, .done
        mul         r1, r1, TM
        mul         r2, r2, TN
        bar.wait    stored[r12], r13    ; the accumulator's last contents are out
        mov         r4, STEPS
        mov         r5, 0               ; 0: start from zero
.step:
        bar.wait    full[r10], r11
        mma         acc[r12], As[r10], Bs[r10], r5
        mma.commit  empty[r10]
        mov         r5, 1
        add         r10, r10, 1
        blt         r10, STAGES, .next
        mov         r10, 0
        xor         r11, r11, 1
.next:
        loop        r4, .step
        mma.wait    0
        acc.scale   acc[r12], A, B
        st.tile     D[r1, r2], acc[r12], stored[r12]
        add         r12, r12, 1
        blt         r12, 2, .tile
        mov         r12, 0
        xor         r13, r13, 1
        b           .tile
.done:
        halt
.endstream
