; The largest magnitude of a whole tensor: the pass that a quantisation with one scale for the tensor needs in front of it.
;
; Shows: what that pass costs. Every core joins the maxima of its tiles in its quantise unit, and the cores' results meet in
; global memory, where the larger stays; their order does not matter, so that nobody waits. Loads bound it: each tile is read
; once and nothing else is done with it.
;
; RUN: fp4sim run programs/tensor_amax.s
; CHECK: cycles 961
; CHECK: largest 1x1 fp32 sha256 c8d3e7035f7df218 mismatches 0 error 0.000e+0 values 6.96875

.machine fp4core

.param ROWS, 256
.param COLS, 256
.param STAGES, 4
.equ TILE, 64

.assert ROWS % TILE == 0 && COLS % TILE == 0, "ROWS and COLS must be multiples of the tile, 64"

.tensor X, bf16, ROWS x COLS, tiled("data/lm_sample.safetensors"#qkv.input)
.tensor largest, fp32, 1x1, out

.smem Xs, bf16, TILE x TILE, stages=STAGES
.smem own, fp32, 1x1                    ; of this core's tiles
.barrier full[STAGES]
.barrier empty[STAGES]
.barrier joined                         ; the tile's maximum is in own
.grid ROWS / TILE, COLS / TILE, row

.stream producer
        mov         r11, 1              ; parity of empty
.tile:
        tile.next   r1, r2, .done
        mul         r1, r1, TILE
        mul         r2, r2, TILE
        bar.wait    empty[r10], r11
        bar.expect  full[r10], sizeof(Xs)
        ld.tile     Xs[r10], X[r1, r2], full[r10]
        add         r10, r10, 1
        blt         r10, STAGES, .tile
        mov         r10, 0
        xor         r11, r11, 1
        b           .tile
.done:
        halt
.endstream

.stream joiner
        mov         r5, 0               ; 0: start from zero
.tile:
        tile.next   r1, r2, .done
        bar.wait    full[r10], r11
        amax        own, Xs[r10], r5, joined
        bar.wait    joined, r12
        bar.arrive  empty[r10]
        mov         r5, 1
        xor         r12, r12, 1
        add         r10, r10, 1
        blt         r10, STAGES, .tile
        mov         r10, 0
        xor         r11, r11, 1
        b           .tile
.done:
        beq         r5, 0, .none        ; this core had no tile
        st.max      largest[r0, r0], own
.none:
        halt
.endstream
