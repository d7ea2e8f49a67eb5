; Causal attention with block-scaled scores: what a later token does to an earlier one through a shared scale.
;
; A score tile is kept in MXFP4, 32 keys under one scale. If it is quantised before the causal mask, the scale of a block
; that crosses the diagonal depends on keys that its query may not see. The program computes the attention of tokens 32
; to 47 twice, with the last key, 63, as it is and sixteen times as large, and takes the largest difference of the
; results: in exact arithmetic there is none.
;   leak   scores quantised, then masked: not zero
;   fixed  scores masked, then quantised: exactly zero
; The second order costs nothing: the mask is the same instruction, one line earlier.
;
; Queries, keys and values are those of one head of a trained model. Scores are used as they are (linear attention): a
; softmax would change the figures, not the order. A product with the identity brings quantised scores back to an
; accumulator, where they are masked.
;
; RUN: fp4sim run programs/attention_leak.s
; CHECK: cycles 1522
; CHECK: O 16x64 fp32 sha256 b6eb88429dba17f2 mismatches 0 error 6.238e-2
; CHECK: leak 1x1 fp32 sha256 4d352732adc3d529 mismatches 0 error 0.000e+0 values 293.5
; CHECK: fixed 1x1 fp32 sha256 df3f619804a92fdb mismatches 0 error 0.000e+0 values 0

.machine fp4core

.equ FIRST, 32                          ; first query
.equ QUERIES, 16
.equ TOKENS, 64
.equ CHANNELS, 64

.tensor Q, bf16, TOKENS x CHANNELS, "data/attention.safetensors"#query
.tensor K, bf16, TOKENS x CHANNELS, "data/attention.safetensors"#key
.tensor K16, bf16, TOKENS x CHANNELS, "data/attention.safetensors"#key_changed
.tensor V, bf16, TOKENS x CHANNELS, "data/attention.safetensors"#value
.tensor I, bf16, TOKENS x TOKENS, "data/attention.safetensors"#identity
.tensor O, fp32, QUERIES x CHANNELS, out  ; the fixed order's result
.tensor leak, fp32, 1x1, out
.tensor fixed, fp32, 1x1, out

.smem Qs, bf16, QUERIES x CHANNELS
.smem Ks, bf16, TOKENS x CHANNELS, stages=2
.smem Vs, bf16, TOKENS x CHANNELS
.smem Is, bf16, TOKENS x TOKENS
.smem Vt, bf16, CHANNELS x TOKENS
.smem Sq, mxfp4, QUERIES x TOKENS       ; quantised scores
.smem Sr, bf16, QUERIES x TOKENS        ; their values
.smem largest, fp32, 1x1
.acc S, QUERIES x TOKENS
.acc P, QUERIES x TOKENS
.acc early, QUERIES x CHANNELS, stages=2  ; quantised first, for either key
.acc late, QUERIES x CHANNELS, stages=2   ; masked first
.barrier loaded
.barrier quantised
.grid 1, 1

.stream main
        tile.next   r1, r2, over        ; one core has the tile
        mov         r1, FIRST
        bar.expect  loaded, sizeof(Qs) + 2 * sizeof(Ks) + sizeof(Vs) + sizeof(Is)
        ld.tile     Qs, Q[r1, r0], loaded
        ld.tile     Ks[0], K[r0, r0], loaded
        ld.tile     Ks[1], K16[r0, r0], loaded
        ld.tile     Vs, V[r0, r0], loaded
        ld.tile     Is, I[r0, r0], loaded
        bar.wait    loaded, 0
        quant.bf16.t Vt, Vs
        mov         r10, 0              ; which keys
        mov         r11, 0              ; parity of quantised
keys:
        ; leak: quantise, mask, multiply by the values
        mma.hopper_f16 S, Qs, Ks[r10], init
        mma.commit
        mma.wait    0
        quant.mxfp4 Sq, S
        dequant     Sr, Sq, quantised
        bar.wait    quantised, r11
        xor         r11, r11, 1
        mma.hopper_f16 P, Sr, Is, init
        mma.commit
        mma.wait    0
        acc.mask.causal P, r1, r0
        quant.bf16  Sr, P, quantised
        bar.wait    quantised, r11
        xor         r11, r11, 1
        mma.hopper_f16 early[r10], Sr, Vt, init
        mma.commit
        mma.wait    0
        ; fixed: mask, quantise, multiply by the values
        acc.mask.causal S, r1, r0
        quant.mxfp4 Sq, S
        dequant     Sr, Sq, quantised
        bar.wait    quantised, r11
        xor         r11, r11, 1
        mma.hopper_f16 late[r10], Sr, Vt, init
        mma.commit
        mma.wait    0
        add         r10, r10, 1
        blt         r10, 2, keys

        st.tile     O[r0, r0], late[0]
        acc.sub     early[0], early[1]
        amax        largest, early[0], init, quantised
        bar.wait    quantised, r11
        st.block    leak[r0, r0], largest
        st.wait     0
        xor         r11, r11, 1
        acc.sub     late[0], late[1]
        amax        largest, late[0], init, quantised
        bar.wait    quantised, r11
        st.block    fixed[r0, r0], largest
over:
        halt
.endstream
