; A GEMM that quantises in the kernel: D[M, N] = Q(A[M, K]) · Q(B[N, K])ᵀ with Q = NVFP4 after a random Hadamard transform.
;
; Shows: the quantise unit between the copies and the MMA unit. Operands arrive in BF16; a stream of its own turns each
; stage into NVFP4 codes and scales, so that three streams meet at three rings of barriers. The transform goes along K on
; both sides, so that it cancels in the product. acc.dequant takes back the second level.
;
; RUN: fp4sim run programs/quantize_nvfp4.s
; CHECK: cycles 7482
; CHECK: D 256x256 fp32 sha256 582a9e546d30c672 mismatches 0 error 8.628e-2

.machine fp4core

.param M, 256
.param N, 256
.param K, 256
.equ TM, 64
.equ TN, 64
.equ TK, 64
.equ STAGES, 4
.equ STEPS, K / TK

.assert M % TM == 0 && N % TN == 0, "M and N must be multiples of the tile, 64"
.assert K % TK == 0 && K > 0, "K must be a multiple of the k-step, 64"

.tensor A, bf16, M x K, tiled("data/lm_sample.safetensors"#qkv.input)
.tensor B, bf16, N x K, tiled("data/lm_sample.safetensors"#qkv.weight)
.tensor D, fp32, M x N, out

.smem Ar, bf16, TM x TK, stages=STAGES
.smem Br, bf16, TN x TK, stages=STAGES
.smem Aq, nvfp4, TM x TK, stages=STAGES
.smem Bq, nvfp4, TN x TK, stages=STAGES
.acc acc, TM x TN, stages=2
.barrier loaded[STAGES]                 ; both BF16 tiles are there
.barrier quantised[STAGES], arrivals=2  ; both NVFP4 tiles are there, and the BF16 ones may be overwritten
.barrier empty[STAGES]                  ; the NVFP4 tiles may be overwritten
.barrier stored[2]
.grid M / TM, N / TN, swizzle(2)

.stream producer
        mov     r10, 0
        mov     r11, 1
.tile:
        tile.next r1, r2, .done
        mul     r1, r1, TM
        mul     r2, r2, TN
        mov     r3, 0
        mov     r4, STEPS
.step:
        bar.wait   quantised[r10], r11
        bar.expect loaded[r10], sizeof(Ar) + sizeof(Br)
        ld.tile    Ar[r10], A[r1, r3], loaded[r10]
        ld.tile    Br[r10], B[r2, r3], loaded[r10]
        add     r3, r3, TK
        add     r10, r10, 1
        blt     r10, STAGES, .next
        mov     r10, 0
        xor     r11, r11, 1
.next:
        loop    r4, .step
        b       .tile
.done:
        halt
.endstream

; Quantises every stage; the parities of loaded and empty differ by one phase.
.stream quantiser
        mov     r10, 0
        mov     r11, 0                  ; parity of loaded
        mov     r12, 1                  ; parity of empty
.tile:
        tile.next r1, r2, .done
        mov     r4, STEPS
.step:
        bar.wait   loaded[r10], r11
        bar.wait   empty[r10], r12
        quant.nvfp4.rht16 Aq[r10], Ar[r10], quantised[r10]
        quant.nvfp4.rht16 Bq[r10], Br[r10], quantised[r10]
        add     r10, r10, 1
        blt     r10, STAGES, .next
        mov     r10, 0
        xor     r11, r11, 1
        xor     r12, r12, 1
.next:
        loop    r4, .step
        b       .tile
.done:
        halt
.endstream

.stream consumer
        mov     r10, 0                  ; stage
        mov     r11, 0                  ; parity of quantised
        mov     r12, 0                  ; accumulator
        mov     r13, 1                  ; parity of stored
.tile:
        tile.next r1, r2, .done
        mul     r1, r1, TM
        mul     r2, r2, TN
        bar.wait   stored[r12], r13
        mov     r4, STEPS
        mov     r5, 0                   ; 0: start from zero
.step:
        bar.wait   quantised[r10], r11
        mma        acc[r12], Aq[r10], Bq[r10], r5
        mma.commit empty[r10]
        mov     r5, 1
        add     r10, r10, 1
        blt     r10, STAGES, .next
        mov     r10, 0
        xor     r11, r11, 1
.next:
        loop    r4, .step
        mma.wait   0
        acc.dequant acc[r12]
        st.tile    D[r1, r2], acc[r12], stored[r12]
        add     r12, r12, 1
        blt     r12, 2, .tile
        mov     r12, 0
        xor     r13, r13, 1
        b       .tile
.done:
        halt
.endstream
