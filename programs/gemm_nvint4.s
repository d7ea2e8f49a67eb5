; An NVINT4 GEMM: INT4 elements under the scales of NVFP4.
;
; RUN: fp4sim run programs/gemm_nvint4.s
; CHECK: cycles 7479
; CHECK: D 256x256 fp32 sha256 ed1826666a525d5e mismatches 0 error 8.304e-2

.machine fp4core

.include "quantised_gemm.inc"

        quantised_gemm format=nvint4, mma=mma.exact
