; An NVFP4 GEMM that quantises in the kernel after a random Hadamard transform.
;
; Shows: the quantise unit between the copies and the MMA unit, and three streams at three rings of barriers (see
; quantised_gemm.inc). The transform goes along K on both sides, so that it cancels in the product.
;
; RUN: fp4sim run programs/quantize_nvfp4.s
; CHECK: cycles 7481
; CHECK: D 256x256 fp32 sha256 582a9e546d30c672 mismatches 0 error 8.628e-2

.machine fp4core

.include "quantised_gemm.inc"

        quantised_gemm format=nvfp4, rule=.rht16
