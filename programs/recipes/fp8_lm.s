; FP8-LM (arXiv 2310.18313): E4M3 for x and W, E5M2 for dy, one factor for each tensor; the baseline of the recipes.
;
; The arithmetic is that of a Hopper tensor core. Not modelled: automatic scaling over steps; the factor is the current
; maximum of the tensor.
;
; RUN: fp4sim run programs/recipes/fp8_lm.s
; CHECK: cycles 21138
; CHECK: Y 256x256 fp32 sha256 826cf38adb3a2d16 mismatches 0 error 2.400e-2
; CHECK: DX 256x256 fp32 sha256 0e9ad455103b2b0c mismatches 0 error 4.307e-2
; CHECK: DW 256x256 fp32 sha256 bf7f48521bd0b001 mismatches 0 error 5.266e-2

.machine fp4core

.include "linear.inc"

        linear      format=tensor_e4m3, gradient=tensor_e5m2, back=tensor_e4m3, mma=mma.hopper_wgmma_fp8, backward=mma.hopper_wgmma_fp8
