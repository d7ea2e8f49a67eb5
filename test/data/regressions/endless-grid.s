; Listing the tiles of the grid took all memory.
.grid 16777216, 16777216
.stream s
  halt
.endstream
