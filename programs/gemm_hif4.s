; A HiF4 GEMM: 64 elements under an E6M2 scale, with micro-exponents for every 8 and every 4 of them.
;
; Shows: micro-exponents, which the MMA unit multiplies out; the product is exact.
;
; RUN: fp4sim run programs/gemm_hif4.s
; CHECK: cycles 7479
; CHECK: D 256x256 fp32 sha256 5766ae2de335e877 mismatches 0 error 7.647e-2

.machine fp4core

.include "quantised_gemm.inc"

        quantised_gemm format=hif4, mma=mma.exact
