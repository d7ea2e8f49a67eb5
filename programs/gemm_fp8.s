; An FP8 GEMM, the baseline: E4M3 with one factor for the tensor, and the arithmetic of a Hopper tensor core.
;
; RUN: fp4sim run programs/gemm_fp8.s
; CHECK: cycles 7479
; CHECK: D 256x256 fp32 sha256 826cf38adb3a2d16 mismatches 0 error 2.400e-2

.machine fp4core

.include "quantised_gemm.inc"

        quantised_gemm format=tensor_e4m3, mma=mma.hopper_wgmma_fp8
