; Nothing is ever issued: the timestamp engine told the deadlock one cycle late.
.machine fp4core
.tensor A, bf16, 32 x 64, student(3, 7)
.tensor D, fp32, 32 x 16, out
.smem As, bf16, 16 x 64
.smem Bs, nvfp4, 16 x 64
.smem Cs, bf16, 16 x 64
.acc acc, 16 x 16
.acc acc2, 16 x 16
.barrier full[2]
.barrier empty[2]
.barrier stored
.grid 2, 1
.stream main
        bar.wait empty, r10
.tile:  tile.next r1, r2, .done
        mul r1, r1, 16
        bar.wait stored, r11
        bar.expect full, sizeof(As)
        ld.tile As, A[r1, r3], full
        bar.wait full, r10
        hadamard.16 As, As, empty
        mov r11, 1
        quant.nvfp4 Bs, As, full[1]
        bar.wait full[1], r10
        dequant Cs, Bs, empty[1]
        bar.wait empty[1], r10
        mma acc, Bs, Bs, init
        mma.commit
        mma.wait 0
        acc.dequant acc
        st.tile D[r1, r0], acc, stored
        xor r10, r10, 1
        xor r11, r11, 1
        b .tile
.done:  halt
.endstream
