; HiFloat4 for all three products: 64 elements under an E6M2 scale, with micro-exponents for every 8 and every 4 of them.
;
; The format's publication describes it and its conversion; that gradients are rounded to nearest as well, and nothing is
; transformed, is this program's assumption. Products are exact.
;
; RUN: fp4sim run programs/recipes/hifloat4.s
; CHECK: cycles 21138
; CHECK: Y 256x256 fp32 sha256 5766ae2de335e877 mismatches 0 error 7.647e-2
; CHECK: DX 256x256 fp32 sha256 b7fcd2b0e8a1eb5b mismatches 0 error 8.481e-2
; CHECK: DW 256x256 fp32 sha256 9a2d6e5119896f48 mismatches 0 error 1.134e-1

.machine fp4core

.include "linear.inc"

        linear      format=hif4, gradient=hif4, back=hif4, mma=mma.exact, backward=mma.exact
