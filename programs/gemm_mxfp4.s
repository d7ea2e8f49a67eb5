; An MXFP4 GEMM: 32 elements under a power of two, no factor of the tensor.
;
; Shows: a format of one level; OCP scales, floor(log2 amax) − 2.
;
; RUN: fp4sim run programs/gemm_mxfp4.s
; CHECK: cycles 7479
; CHECK: D 256x256 fp32 sha256 4a1dad53d4030f40 mismatches 0 error 1.080e-1

.machine fp4core

.include "quantised_gemm.inc"

        quantised_gemm format=mxfp4, rule=.floor
