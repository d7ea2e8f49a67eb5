; Four Over Six (arXiv 2512.02010): NVFP4 whose blocks are mapped to 6 or to 4, whichever has the smaller squared error.
;
; Nearest rounding forward; in the backward products dy is rounded stochastically, and both operands of the product for dW
; pass the random Hadamard transform of 16 first. Of both candidates of a block the one that was rounded is judged.
; Not modelled: scales of W for squares of 16 × 16, which let W and its transpose have the same codes.
;
; RUN: fp4sim run programs/recipes/four_over_six.s
; CHECK: cycles 191723
; CHECK: Y 256x256 fp32 sha256 28c31f717b844ea4 mismatches 0 error 7.933e-2
; CHECK: DX 256x256 fp32 sha256 9ffd937efc59f045 mismatches 0 error 1.042e-1
; CHECK: DW 256x256 fp32 sha256 1260091b893a1678 mismatches 0 error 1.353e-1

.machine fp4core

.include "linear.inc"

        linear      format=nvfp4, gradient=nvfp4, back=nvfp4, x=.mse, w=.mse, dy=.mse.sr, wt=.mse.t, dyt=.mse.sr.rht16.t, xt=.mse.rht16.t
