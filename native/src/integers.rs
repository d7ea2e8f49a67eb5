//! Integer dot products in registers of 32 bits that wrap.
use crate::drive::{bands, Control};
use crate::groups::{PANEL, ROW_PAD};
use crate::simd::{Engine, Kernel, Simd};

/// Elements of at most 8 bits, in pairs of k.
pub struct IntegerOperand {
    pub rows: usize,
    pub depth: usize,
    pub layout: IntegerLayout,
}

pub enum IntegerLayout {
    /// [row][k / 2]
    Rows(Vec<[i16; 2]>),
    /// [panel][k / 2][column][k mod 2]
    Panels(Vec<[i16; 2 * PANEL]>),
}

impl IntegerOperand {
    /// `elements`: rows × depth; the depth is even.
    pub fn new(panels: bool, elements: &[i8], rows: usize, depth: usize) -> Self {
        let pairs = depth / 2;
        let element = |row: usize, k: usize| i16::from(elements[row * depth + k]);
        let layout = if panels {
            let mut all = vec![[0; 2 * PANEL]; rows.div_ceil(PANEL) * pairs];
            for row in 0..rows {
                for k in 0..depth {
                    all[row / PANEL * pairs + k / 2][row % PANEL * 2 + k % 2] = element(row, k);
                }
            }
            IntegerLayout::Panels(all)
        } else {
            let mut all = vec![[0; 2]; rows.next_multiple_of(ROW_PAD) * pairs];
            for row in 0..rows {
                for k in 0..depth {
                    all[row * pairs + k / 2][k % 2] = element(row, k);
                }
            }
            IntegerLayout::Rows(all)
        };
        Self { rows, depth, layout }
    }
}

struct Job<'a> {
    rows: &'a [[i16; 2]],
    panels: &'a [[i16; 2 * PANEL]],
    pairs: usize,
    sums: &'a mut [i32],
    stride: usize,
    threads: usize,
    control: &'a Control,
}

/// sums ← sums + a·b; None if an operand was prepared for the other side.
pub fn accumulate(
    engine: Engine,
    (a, b): (&IntegerOperand, &IntegerOperand),
    sums: &mut [i32],
    stride: usize,
    threads: usize,
    control: &Control,
) -> Option<bool> {
    let (IntegerLayout::Rows(rows), IntegerLayout::Panels(panels)) = (&a.layout, &b.layout) else {
        return None;
    };
    Some(engine.run(Job {
        rows,
        panels,
        pairs: a.depth / 2,
        sums,
        stride,
        threads,
        control,
    }))
}

const ROWS: usize = 4;

impl Kernel for Job<'_> {
    type Output = bool;

    fn run<S: Simd>(self, simd: S) -> bool {
        let Job {
            rows,
            panels,
            pairs,
            sums,
            stride,
            threads,
            control,
        } = self;
        bands(sums, stride, threads, control, |first, band| {
            simd.vectorize(
                #[inline(always)]
                || {
                    for (panel, columns) in panels.chunks_exact(pairs).enumerate() {
                        for (i, sums) in band.chunks_mut(ROWS * stride).enumerate() {
                            let rows = &rows[(first + i * ROWS) * pairs..][..ROWS * pairs];
                            for column in (0..PANEL).step_by(S::LANES) {
                                let sums = &mut sums[panel * PANEL + column..];
                                tile(simd, rows, columns, column, sums, stride);
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
    rows: &[[i16; 2]],
    columns: &[[i16; 2 * PANEL]],
    column: usize,
    sums: &mut [i32],
    stride: usize,
) {
    let mut running = [simd.i_splat(0); ROWS];
    for r in 0..ROWS {
        running[r] = simd.i_load(&sums[r * stride..]);
    }
    for (k, right) in columns.iter().enumerate() {
        let right = simd.w_load(&right[2 * column..]);
        for r in 0..ROWS {
            running[r] = simd.w_dot(running[r], simd.w_splat(rows[r * columns.len() + k]), right);
        }
    }
    for r in 0..ROWS {
        simd.i_store(running[r], &mut sums[r * stride..]);
    }
}
