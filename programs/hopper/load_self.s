; Class 2 of the measured tile programs, self-refill: one warp issues the copies of all stages, then waits for each and
; issues into it again. No hand-off.
;
; Shows: what bulk copies cost when nobody else is involved.
; Measured from `t0` to `loaded`.
;
; RUN: fp4sim run programs/hopper/load_self.s --set STAGES=2
; CHECK: cycles 8370

.machine hopper

.param M, 64
.param N, 128
.param KB, 128
.param STARTUP, 35                      ; turns of the start-up loop
.param ADDRESS, 6                       ; turns that stand for 64-bit addresses
.param STAGES, 4
.param STEPS, 16
.param CORES, 1
.param PRIVATE, 0
.param WRAP, STEPS
.equ COPIES, 1 + PRIVATE * (CORES - 1)

.tensor A, e4m3, M * COPIES x KB * WRAP, normal(1)
.tensor B, e4m3, N * COPIES x KB * WRAP, normal(2)
.smem As, e4m3, M x KB, stages=STAGES
.smem Bs, e4m3, N x KB, stages=STAGES
.barrier full[STAGES]
.grid CORES, 1

.stream producer
        tile.next   r1, r2, loaded
t0:     mov         r9, STARTUP         ; start-up code of the measured kernels
start:  loop        r9, start
        mul         r1, r1, PRIVATE
        mul         r2, r1, N
        mul         r1, r1, M
        mov         r3, 0
        mov         r4, 0               ; copies issued
        mov         r5, 0               ; k-steps waited for
        mov         r12, 0              ; stage that is filled
first:  bge         r4, STAGES, take
        bge         r4, STEPS, take
        b           fill
take:   bar.wait    full[r10], r11, 32
        add         r5, r5, 1
        add         r10, r10, 1
        blt         r10, STAGES, take1
        mov         r10, 0
        xor         r11, r11, 1
take1:  bge         r5, STEPS, loaded
        bge         r4, STEPS, take
fill:   bar.expect  full[r12], sizeof(As) + sizeof(Bs)
        ld.tile     As[r12], A[r1, r3], full[r12]
        ld.tile     Bs[r12], B[r2, r3], full[r12]
        mov         r9, ADDRESS         ; addresses of 64 bits
fill1:  loop        r9, fill1
        add         r3, r3, KB
        blt         r3, KB * WRAP, fill2
        mov         r3, 0
fill2:  add         r4, r4, 1
        add         r12, r12, 1
        blt         r12, STAGES, first
        mov         r12, 0
        b           first
loaded: halt
.endstream
