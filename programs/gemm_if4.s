; An IF4 GEMM: each block of 16 holds E2M1 or INT4, whichever has the smaller squared error.
;
; Shows: the adaptive quantiser, which takes an element a cycle and so bounds the program, and the product on the 1/49
; grid: one exact accumulator for float and integer blocks.
;
; RUN: fp4sim run programs/gemm_if4.s
; CHECK: cycles 64726
; CHECK: D 256x256 fp32 sha256 775093b541e81576 mismatches 0 error 7.275e-2

.machine fp4core

.include "quantised_gemm.inc"

        quantised_gemm format=if4, rule=.mse, mma=mma.exact49
