; Quartet II: NVFP4 for all three products, unbiased backward by MS-EDEN.
;
; Forward: nearest rounding without a transform. Backward: random Hadamard transforms of 128 elements, nearest elements,
; block scales corrected over the 128 and then rounded stochastically. Tiles are of 128, as the transform asks for.
; Not modelled: a new transform for each step.
;
; RUN: fp4sim run programs/recipes/quartet2.s
; CHECK: cycles 16483
; CHECK: Y 256x256 fp32 sha256 11fcaf609c74687e mismatches 0 error 8.571e-2
; CHECK: DX 256x256 fp32 sha256 8c92519cfcab796f mismatches 0 error 1.023e-1
; CHECK: DW 256x256 fp32 sha256 35781de257160a34 mismatches 0 error 1.273e-1

.machine fp4core

.include "linear.inc"

        linear      format=nvfp4, gradient=nvfp4, back=nvfp4, x=.quartet_2, w=.quartet_2, dy=.quartet_2_backward, wt=.quartet_2_backward.t, dyt=.quartet_2_backward.t, xt=.quartet_2_backward.t, T=128, STAGES=1
