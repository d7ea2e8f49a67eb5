; A Four Over Six GEMM: NVFP4 whose block maximum is mapped to 6 or to 4, whichever has the smaller squared error.
;
; Shows: the adaptive quantiser of one element format. The codes are plain NVFP4: the MMA does not know of it.
;
; RUN: fp4sim run programs/gemm_four_over_six.s
; CHECK: cycles 64726
; CHECK: D 256x256 fp32 sha256 28c31f717b844ea4 mismatches 0 error 7.933e-2

.machine fp4core

.include "quantised_gemm.inc"

        quantised_gemm format=nvfp4, rule=.mse
