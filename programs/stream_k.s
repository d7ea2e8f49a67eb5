; Stream-K: a GEMM whose tiles do not divide by the cores. All k-steps of all tiles form one sequence, and every core gets
; an equal share of it, so that no core idles in a last, partial wave.
;
; Shows: shares that begin and end inside tiles, and their sum in global memory. Five tiles on four cores take two waves in
; gemm_nvfp4.s; here each core does five quarters of a tile.
;
; RUN: fp4sim run programs/gemm_nvfp4.s --set M=320 --set N=64 --set K=2048
; CHECK: cycles 6316
; CHECK: D 320x64 fp32 sha256 69c6730c29f5232c mismatches 0 error 8.500e-2
; RUN: fp4sim run programs/stream_k.s --set M=320 --set N=64 --set K=2048
; CHECK: cycles 5514
; CHECK: D 320x64 fp32 sha256 ac6f714110775c9a mismatches 0 error 8.500e-2
; RUN: fp4sim run programs/stream_k.s
; CHECK: cycles 2528
; CHECK: D 128x128 fp32 sha256 fe73bb7dce6d2ee0 mismatches 0 error 8.680e-2

.machine fp4core

.include "divided_gemm.inc"

        divided_gemm order=row, division=stream_k(STEPS)
