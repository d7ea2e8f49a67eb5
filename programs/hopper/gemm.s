; Classes 3, 4, 6 and 7 of the measured tile programs: an FP8 GEMM with a producer warp and M / 64 consumer warpgroups.
;
; Shows: a pipelined main loop, its epilogue, and persistent kernels on one core or on all.
; WAIT 1: MMAs of one k-step stay in flight while the next is issued (its stage is freed a k-step late); 0: they do not.
; EPILOGUE 0: none; 1, 2: threads store FP32, BF16; 3, 4: bulk store of FP32, BF16.
; PRODUCER is the number of threads of the producer that poll: 32 (a converged warp) or 1 (one lane of a diverged one).
; Measured: `t0` (producer), `ready` (accumulators), `issued` (last store issued), `drained`.
;
; RUN: fp4sim run programs/hopper/gemm.s --set M=128 --set N=128
; CHECK: cycles 9607
; CHECK: D 128x128 fp32 sha256 de2f256064a0af79 mismatches 0 error 0.000e+0
; CHECK: H 128x128 bf16 sha256 c35020473aed1b46 mismatches 0 error 0.000e+0
; RUN: fp4sim run programs/hopper/gemm.s --set ROWS=512 --set COLS=512 --set TILES=4 --set EPILOGUE=1 --no-check
; CHECK: cycles 8525
; CHECK: D 512x512 fp32 sha256 b473d701000d1458
; CHECK: H 512x512 bf16 sha256 07854d2fef297a06

.machine hopper

.param M, 64                            ; tile of the result
.param N, 128
.param KB, 128
.param STARTUP, 5                       ; turns of the start-up loop
.param ADDRESS, 6                       ; turns that stand for 64-bit addresses
.param STAGES, 4
.param STEPS, 16
.param ROWS, M                          ; of the result
.param COLS, N
.param TILES, 1                         ; tiles that each core makes at most
.param BAND, 8                          ; rows of tiles that are handed out together
.param WAIT, 1
.param EPILOGUE, 0
.param PRODUCER, 32
.equ GROUPS, M / 64
.equ K, KB * STEPS

.tensor A, e4m3, ROWS x K, normal(1)
.tensor B, e4m3, COLS x K, normal(2)
.tensor D, fp32, ROWS x COLS, out
.tensor H, bf16, ROWS x COLS, out
.smem As, e4m3, M x KB, stages=STAGES
.smem Bs, e4m3, N x KB, stages=STAGES
.acc acc, 64 x N, stages=GROUPS
.barrier full[STAGES]
.barrier empty[STAGES], arrivals=GROUPS
.barrier together, arrivals=GROUPS
.grid ROWS / M, COLS / N, swizzle(BAND)

.stream producer
        mov         r5, TILES
        mov         r11, 1
t0:     mov         r9, STARTUP         ; start-up code of the measured kernels: 100 to 160 cycles
start:  loop        r9, start
tile:   tile.next   r1, r2, over
        mul         r1, r1, M
        mul         r2, r2, N
        mov         r3, 0
        mov         r4, STEPS
fill:   bar.wait    empty[r10], r11, PRODUCER
        bar.expect  full[r10], sizeof(As) + sizeof(Bs)
        ld.tile     As[r10], A[r1, r3], full[r10]
        ld.tile     Bs[r10], B[r2, r3], full[r10]
        mov         r9, ADDRESS         ; addresses of 64 bits
fill1:  loop        r9, fill1
        add         r3, r3, KB
        add         r10, r10, 1
        blt         r10, STAGES, fill3
        mov         r10, 0
        xor         r11, r11, 1
fill3:  loop        r4, fill
        loop        r5, tile
over:   halt
.endstream

.stream consumer, count=GROUPS
        mov         r5, TILES
        mov         r9, %stream
        mov         r20, WAIT
        mov         r21, EPILOGUE
        mov         r22, GROUPS
next:   tile.next   r1, r2, done
        mul         r1, r1, M
        mul         r3, r9, 64
        add         r1, r1, r3          ; first row of this warpgroup
        mul         r2, r2, N
        mov         r4, 0               ; k-step; 0 starts from zero
        beq         r20, 0, each
one:    bar.wait    full[r10], r11, 128
        mma.fence
        mma         acc[r9], As[r10], Bs[r10], r4, r9
        mma.commit
        mma.wait    1
        beq         r4, 0, one1
        bar.arrive  empty[r12]          ; of the k-step before
one1:   mov         r12, r10
        add         r4, r4, 1
        add         r10, r10, 1
        blt         r10, STAGES, one2
        mov         r10, 0
        xor         r11, r11, 1
one2:   blt         r4, STEPS, one
        mma.wait    0
        bar.arrive  empty[r12]
        b           ready
each:   bar.wait    full[r10], r11, 128
        mma.fence
        mma         acc[r9], As[r10], Bs[r10], r4, r9
        mma.commit
        mma.wait    0
        bar.arrive  empty[r10]
        add         r4, r4, 1
        add         r10, r10, 1
        blt         r10, STAGES, each1
        mov         r10, 0
        xor         r11, r11, 1
each1:  blt         r4, STEPS, each
ready:  beq         r21, 0, again
        beq         r21, 1, single
        beq         r21, 2, half
        beq         r22, 1, alone
        bar.arrive  together            ; shared memory is free when all have their results
        bar.wait    together, r13, 128
        xor         r13, r13, 1
alone:  beq         r21, 3, copied
        st.bulk     H[r1, r2], acc[r9]
        b           issued
copied: st.bulk     D[r1, r2], acc[r9]
        b           issued
half:   st.tile     H[r1, r2], acc[r9]
        b           issued
single: st.tile     D[r1, r2], acc[r9]
issued: bne         r5, 1, again
        st.wait     0
drained: nop
again:  loop        r5, next
done:   halt
.endstream
