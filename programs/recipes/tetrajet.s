; TetraJet: MXFP4 without truncation, scales 2^ceil(log2(amax / 6)), for all three products.
;
; Nearest rounding forward, stochastic rounding of every operand backward. Not modelled: Q-EMA, which chooses between
; the two neighbours of a weight by its moving average over training steps.
;
; RUN: fp4sim run programs/recipes/tetrajet.s
; CHECK: cycles 21138
; CHECK: Y 256x256 fp32 sha256 c654a5ea9d4db364 mismatches 0 error 1.092e-1
; CHECK: DX 256x256 fp32 sha256 2e354fdef66eb371 mismatches 0 error 1.734e-1
; CHECK: DW 256x256 fp32 sha256 6974bf27743c1136 mismatches 0 error 2.471e-1

.machine fp4core

.include "linear.inc"

        linear      format=mxfp4, gradient=mxfp4, back=mxfp4, x=.rceil, w=.rceil, dy=.tetrajet, wt=.tetrajet.t, dyt=.tetrajet.t, xt=.tetrajet.t
