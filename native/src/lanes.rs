//! Sixteen f32 accumulators an output (the published MAC), for operands whose products with both scales are exact in
//! f32: (a·sA)·(b·sB) is then the product that the lane adds, with one rounding.
//!
//! Lanes start from −0 where the first product is loaded instead of added: −0 + p = p, whatever the sign of a zero p.
//! No sum is ever subnormal: products are multiples of 2^−20, so sums are 0 or at least 2^−44.
use crate::drive::{bands, Control};
use crate::floats::FloatOperand;
use crate::simd::{Engine, Kernel, Simd};

pub const LANES: usize = 16;

struct Job<'a> {
    a: &'a FloatOperand,
    b: &'a FloatOperand,
    sums: &'a mut [[f32; LANES]],
    stride: usize,
    threads: usize,
    control: &'a Control,
}

/// Both operands are in rows; `sums` has padded rows of `stride` entries, a multiple of four.
pub fn accumulate(
    engine: Engine,
    (a, b): (&FloatOperand, &FloatOperand),
    sums: &mut [[f32; LANES]],
    stride: usize,
    threads: usize,
    control: &Control,
) -> bool {
    engine.run(Job {
        a,
        b,
        sums,
        stride,
        threads,
        control,
    })
}

const ROWS: usize = 4;
const COLUMNS: usize = 4;

impl Kernel for Job<'_> {
    type Output = bool;

    fn run<S: Simd>(self, simd: S) -> bool {
        let Job {
            a,
            b,
            sums,
            stride,
            threads,
            control,
        } = self;
        bands(sums, stride, threads, control, |first, band| {
            simd.vectorize(
                #[inline(always)]
                || {
                    for column in (0..stride).step_by(COLUMNS) {
                        for (i, rows) in band.chunks_mut(ROWS * stride).enumerate() {
                            let row = first + i * ROWS;
                            for lane in (0..LANES).step_by(S::LANES) {
                                tile(simd, (a, b), (row, column, lane), &mut rows[column..], stride);
                            }
                        }
                    }
                },
            );
        })
    }
}

#[inline(always)]
fn tile<S: Simd>(
    simd: S,
    (a, b): (&FloatOperand, &FloatOperand),
    (row, column, lane): (usize, usize, usize),
    sums: &mut [[f32; LANES]],
    stride: usize,
) {
    let depth = a.depth;
    let mut left: [&[f32]; ROWS] = [&[]; ROWS];
    for (r, left) in left.iter_mut().enumerate() {
        *left = &a.values[(row + r) * depth..][..depth];
    }
    let mut right: [&[f32]; COLUMNS] = [&[]; COLUMNS];
    for (c, right) in right.iter_mut().enumerate() {
        *right = &b.values[(column + c) * depth..][..depth];
    }
    let mut running = [[simd.f_splat(0.0); COLUMNS]; ROWS];
    for r in 0..ROWS {
        for c in 0..COLUMNS {
            running[r][c] = simd.f_load(&sums[r * stride + c][lane..]);
        }
    }
    for k in (lane..depth).step_by(LANES) {
        let mut b = [simd.f_splat(0.0); COLUMNS];
        for c in 0..COLUMNS {
            b[c] = simd.f_load(&right[c][k..]);
        }
        for r in 0..ROWS {
            let a = simd.f_load(&left[r][k..]);
            for c in 0..COLUMNS {
                running[r][c] = simd.f_mul_add(a, b[c], running[r][c]);
            }
        }
    }
    for r in 0..ROWS {
        for c in 0..COLUMNS {
            simd.f_store(running[r][c], &mut sums[r * stride + c][lane..]);
        }
    }
}

/// The pairwise tree at the end of K.
pub fn tree(lanes: &[f32; LANES]) -> f32 {
    let mut level = *lanes;
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        for i in 0..width {
            level[i] = level[2 * i] + level[2 * i + 1];
        }
    }
    level[0]
}
