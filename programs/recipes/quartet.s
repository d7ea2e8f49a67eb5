; Quartet (arXiv 2505.14669): MXFP4 after a random Hadamard transform of 32 elements, for all three products.
;
; Forward: QuEST scales, which clip at 2.92 standard deviations. Backward: OCP scales, elements times 3/4, stochastic
; rounding; acc.dequant takes the 16/9 back. Not modelled: the mask of clipped values, by which Quartet multiplies dx and
; dW after the product.
;
; RUN: fp4sim run programs/recipes/quartet.s
; CHECK: cycles 21144
; CHECK: Y 256x256 fp32 sha256 1e2f69bda93a14d8 mismatches 0 error 1.614e-1
; CHECK: DX 256x256 fp32 sha256 459264e3bf89830e mismatches 0 error 1.684e-1
; CHECK: DW 256x256 fp32 sha256 cee6a4db0ac35998 mismatches 0 error 2.108e-1

.machine fp4core

.include "linear.inc"

        linear      format=mxfp4, gradient=mxfp4, back=mxfp4, x=.quartet, w=.quartet, dy=.quartet_backward, wt=.quartet_backward.t, dyt=.quartet_backward.t, xt=.quartet_backward.t
