; QUIK (arXiv 2310.09259): INT4 with a scale for each row, and the largest columns of x in 16 bits.
;
; 16 of the 256 columns are outliers, the share of QUIK's 256 in a width of 4096; they are multiplied by W in BF16 and
; added to y. QUIK is an inference recipe: both backward products are BF16. Not modelled: that the outliers are few
; columns, which the dense product of this program does not use.
;
; RUN: fp4sim run programs/recipes/quik.s
; CHECK: cycles 22426
; CHECK: Y 256x256 fp32 sha256 68869a3baaf17d2a mismatches 0 error 9.893e-2
; CHECK: DX 256x256 fp32 sha256 331c62eb1c6437b4 mismatches 0 error 2.855e-7
; CHECK: DW 256x256 fp32 sha256 72de62747b10c95c mismatches 0 error 3.275e-7

.machine fp4core

.include "linear.inc"

        linear      format=vectorwise_int4, gradient=bf16, back=bf16, x=.quik_16, mma=mma.exact, backward=mma.hopper_f16, OUTLIERS=1, freed=empty
