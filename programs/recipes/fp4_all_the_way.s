; FP4 All the Way (arXiv 2505.19115): NVFP4 for all three products of a linear layer.
;
; Nearest rounding forward; in the backward products dy, and x in the product for dW, are rounded stochastically. W is
; rounded to nearest in both.
;
; RUN: fp4sim run programs/recipes/fp4_all_the_way.s
; CHECK: cycles 21137
; CHECK: Y 256x256 fp32 sha256 11fcaf609c74687e mismatches 0 error 8.571e-2
; CHECK: DX 256x256 fp32 sha256 627f6ca4306de293 mismatches 0 error 1.189e-1
; CHECK: DW 256x256 fp32 sha256 2f7912ee9ff1f4b9 mismatches 0 error 1.772e-1

.machine fp4core

.include "linear.inc"

        linear      format=nvfp4, gradient=nvfp4, back=nvfp4, dy=.sr, dyt=.sr.t, xt=.sr.t
