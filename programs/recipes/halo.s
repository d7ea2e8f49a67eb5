; HALO: INT8 with a scale for each row after a random Hadamard transform, for all three products.
;
; The transform, of 64 elements, goes along the reduction on both sides and cancels. Not modelled: transforms on one side
; only, which HALO places before and after a product for some of its levels.
;
; RUN: fp4sim run programs/recipes/halo.s
; CHECK: cycles 21144
; CHECK: Y 256x256 fp32 sha256 ba8bcce1f8bf0506 mismatches 0 error 6.407e-3
; CHECK: DX 256x256 fp32 sha256 76b57f5a6741874e mismatches 0 error 8.228e-3
; CHECK: DW 256x256 fp32 sha256 2b454264b641a4b2 mismatches 0 error 9.890e-3

.machine fp4core

.include "linear.inc"

        linear      format=vectorwise_int8, gradient=vectorwise_int8, back=vectorwise_int8, x=.rht64, w=.rht64, dy=.rht64, wt=.rht64.t, dyt=.rht64.t, xt=.rht64.t, mma=mma.exact, backward=mma.exact
