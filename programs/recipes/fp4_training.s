; "Optimizing LLM Training Using FP4 Quantization" (arXiv 2501.17116): E2M1 with one scale for each token or channel.
;
; Values of x beyond the 0.99 quantile are clamped; what is cut off is multiplied by W in BF16 and added to y (outlier
; clamp and compensation, OCC). dy, and W and x in the backward products, are E2M1 as well. Not modelled: the
; differentiable gradient estimator, a function of the weights after the product; that the compensation is sparse, which
; this machine's MMA unit cannot use.
;
; RUN: fp4sim run programs/recipes/fp4_training.s
; CHECK: cycles 22426
; CHECK: Y 256x256 fp32 sha256 b8f1d8fc14b23d13 mismatches 0 error 9.576e-2
; CHECK: DX 256x256 fp32 sha256 6550e30228638236 mismatches 0 error 1.208e-1
; CHECK: DW 256x256 fp32 sha256 ef723d5faed8cde8 mismatches 0 error 1.914e-1

.machine fp4core

.include "linear.inc"

        linear      format=vectorwise_fp4, gradient=vectorwise_fp4, back=vectorwise_fp4, x=.fp4_training, mma=mma.exact, backward=mma.exact, OUTLIERS=1, freed=empty
