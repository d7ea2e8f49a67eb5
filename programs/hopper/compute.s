; Class 1 of the measured tile programs: MMAs on operands that stay in shared memory.
;
; Shows: the rate of the MMA unit, its latency, and what a wait on every k-step costs, for M / 64 warpgroups.
; VARIANT 0: a wait for all MMAs after every k-step; 1: for all but the last k-step's; 2: one wait at the end.
; Measured from `t0` (first warpgroup) to `ready` (last warpgroup).
;
; RUN: fp4sim run programs/hopper/compute.s --set M=128 --set N=128
; CHECK: cycles 6352

.machine hopper

.param M, 64
.param N, 128
.param KB, 128                          ; K a k-step; one byte an element
.param STAGES, 4
.param STEPS, 8
.param VARIANT, 1
.param SETUP, 3                         ; turns of a loop that stand for setting up descriptors
.param SHARE, 7                         ; further turns for each warpgroup that shares the schedulers
.equ GROUPS, M / 64                     ; warpgroups, each with 64 rows of A

.tensor A, e4m3, M x KB * STAGES, normal(1)
.tensor B, e4m3, N x KB * STAGES, normal(2)
.smem As, e4m3, M x KB, stages=STAGES
.smem Bs, e4m3, N x KB, stages=STAGES
.acc acc, 64 x N, stages=GROUPS
.barrier resident
.grid 1, 1

.stream loader
        tile.next   r1, r2, idle
        bar.expect  resident, STAGES * (sizeof(As) + sizeof(Bs))
        mov         r3, 0
fetch:  ld.tile     As[r10], A[r0, r3], resident
        ld.tile     Bs[r10], B[r0, r3], resident
        add         r3, r3, KB
        add         r10, r10, 1
        blt         r10, STAGES, fetch
idle:   halt
.endstream

.stream consumer, count=GROUPS
        tile.next   r1, r2, ready
        mov         r20, VARIANT
        bar.wait    resident, 0, 128
        nop
t0:     mov         r9, %stream
        mov         r10, 0              ; stage
        mov         r4, 0               ; k-step; 0 starts from zero
        mov         r6, SETUP + SHARE * (GROUPS - 1)
setup:  loop        r6, setup
        beq         r20, 0, each
        beq         r20, 1, one
whole:  mma.fence
        mma         acc[r9], As[r10], Bs[r10], r4, r9
        add         r10, r10, 1
        add         r4, r4, 1
        blt         r10, STAGES, whole2
        mov         r10, 0
whole2: blt         r4, STEPS, whole
        mma.commit
        b           last
one:    mma.fence
        mma         acc[r9], As[r10], Bs[r10], r4, r9
        mma.commit
        mma.wait    1
        add         r10, r10, 1
        add         r4, r4, 1
        blt         r10, STAGES, one2
        mov         r10, 0
one2:   blt         r4, STEPS, one
last:   mma.wait    0
        b           ready
each:   mma.fence
        mma         acc[r9], As[r10], Bs[r10], r4, r9
        mma.commit
        mma.wait    0
        add         r10, r10, 1
        add         r4, r4, 1
        blt         r10, STAGES, each2
        mov         r10, 0
each2:  blt         r4, STEPS, each
ready:  halt
.endstream
