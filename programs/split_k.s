; Split-K: a GEMM with fewer tiles than it takes to keep the cores busy, each divided along K into PARTS parts.
;
; Shows: work items that are parts of tiles, and their sum in global memory. At 64 × 64 there is one tile: with PARTS=1 one
; core of four works; with 4 all do, and three additions are the price. fp4sim advise shows where the time goes.
;
; RUN: fp4sim run programs/split_k.s --set M=64 --set N=64 --set K=4096 --set PARTS=1
; CHECK: cycles 5466
; CHECK: D 64x64 fp32 sha256 188e230fb8b74317 mismatches 0 error 8.694e-2
; RUN: fp4sim run programs/split_k.s --set M=64 --set N=64 --set K=4096 --set PARTS=4
; CHECK: cycles 4071
; CHECK: D 64x64 fp32 sha256 188e230fb8b74317 mismatches 0 error 8.694e-2
; RUN: fp4sim run programs/split_k.s
; CHECK: cycles 3551
; CHECK: D 128x128 fp32 sha256 fe73bb7dce6d2ee0 mismatches 0 error 8.680e-2

.machine fp4core

.include "divided_gemm.inc"

.param PARTS, 2                         ; of each tile

        divided_gemm order=swizzle(2), division=split_k(PARTS, STEPS)
