; Class 2 of the measured tile programs: a producer fills a ring of stages by bulk copies, consumers only free them.
;
; Shows: the latency and bandwidth of bulk copies and the cost of the hand-off between producer and consumers.
; PRODUCER is the number of threads of the producer that poll: 32 (a converged warp) or 1 (one lane of a diverged one).
; PRIVATE 1 gives every core its own operands; WRAP is the number of k-steps after which addresses repeat.
; Measured from `t0` to `loaded` (last warpgroup).
;
; RUN: fp4sim run programs/hopper/load.s --set M=128 --set STAGES=4
; CHECK: cycles 5988

.machine hopper

.param M, 64
.param N, 128
.param KB, 128
.param STARTUP, 5                       ; turns of the start-up loop
.param ADDRESS, 6                       ; turns that stand for 64-bit addresses
.param STAGES, 4
.param STEPS, 16
.param PRODUCER, 32
.param CORES, 1
.param PRIVATE, 0
.param WRAP, STEPS
.equ GROUPS, M / 64
.equ COPIES, 1 + PRIVATE * (CORES - 1)

.tensor A, e4m3, M * COPIES x KB * WRAP, normal(1)
.tensor B, e4m3, N * COPIES x KB * WRAP, normal(2)
.smem As, e4m3, M x KB, stages=STAGES
.smem Bs, e4m3, N x KB, stages=STAGES
.barrier full[STAGES]
.barrier empty[STAGES], arrivals=GROUPS
.grid CORES, 1

.stream producer
        tile.next   r1, r2, over
t0:     mov         r9, STARTUP         ; start-up code of the measured kernels: 100 to 160 cycles
start:  loop        r9, start
        mul         r1, r1, PRIVATE
        mul         r2, r1, N
        mul         r1, r1, M
        mov         r3, 0
        mov         r11, 1
        mov         r4, STEPS
fill:   bar.wait    empty[r10], r11, PRODUCER
        bar.expect  full[r10], sizeof(As) + sizeof(Bs)
        ld.tile     As[r10], A[r1, r3], full[r10]
        ld.tile     Bs[r10], B[r2, r3], full[r10]
        mov         r9, ADDRESS         ; addresses of 64 bits
fill1:  loop        r9, fill1
        add         r3, r3, KB
        blt         r3, KB * WRAP, fill2
        mov         r3, 0
fill2:  add         r10, r10, 1
        blt         r10, STAGES, fill3
        mov         r10, 0
        xor         r11, r11, 1
fill3:  loop        r4, fill
over:   halt
.endstream

.stream consumer, count=GROUPS
        tile.next   r1, r2, loaded
        mov         r4, STEPS
take:   bar.wait    full[r10], r11, 128
        bar.arrive  empty[r10]
        add         r10, r10, 1
        blt         r10, STAGES, take1
        mov         r10, 0
        xor         r11, r11, 1
take1:  loop        r4, take
loaded: halt
.endstream
