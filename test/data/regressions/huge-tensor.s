; The allocation of its values failed, as an internal error.
.tensor A, nvfp4, 16777216x256, normal(1)
.tensor D, fp32, 16777216x256, out
.grid 1, 1
.stream s
  halt
.endstream
