//! Exact block sums of elements that are too large for the byte kernels of `groups`, with any scales: whole numbers of
//! some place, multiplied and added in i64. For `fp32-per-block` and `exact`.
use crate::drive::{bands, Control};
use crate::group_sums::{add_exactly, GroupSums};
use crate::groups::{PANEL, ROW_PAD};
use crate::rounding::add_to_f32;
use crate::simd::{Engine, Kernel, Simd};

/// Elements below 2^24 in magnitude, in blocks with a scale each: [row][k] on side a, [panel][k][column] on side b.
pub struct BlockOperand {
    pub rows: usize,
    pub depth: usize,
    pub block: usize,
    /// Rows side by side: 1 or PANEL.
    width: usize,
    elements: Vec<i32>,
    scales: Vec<f64>,
}

impl BlockOperand {
    /// `elements`: rows × depth; `scales`: rows × (depth / block), NaN for a block with a NaN in it.
    pub fn new(
        panels: bool,
        elements: &[i32],
        scales: &[f64],
        (rows, depth): (usize, usize),
        block: usize,
    ) -> Self {
        let width = if panels { PANEL } else { 1 };
        let lines = rows.next_multiple_of(if panels { PANEL } else { ROW_PAD }) / width;
        Self {
            rows,
            depth,
            block,
            width,
            elements: interleaved(elements, depth, lines, width),
            scales: interleaved(scales, depth / block, lines, width),
        }
    }

    /// Memory that it takes.
    pub fn bytes(&self) -> usize {
        size_of_val(&self.elements[..]) + size_of_val(&self.scales[..])
    }

    fn line<'a, T>(&self, of: &'a [T], entries: usize, line: usize) -> &'a [T] {
        &of[line * entries * self.width..][..entries * self.width]
    }
}

/// Rows of `entries` as [line][entry][row of the line].
fn interleaved<T: Copy + Default>(rows: &[T], entries: usize, lines: usize, width: usize) -> Vec<T> {
    let mut all = vec![T::default(); lines * width * entries];
    for (row, values) in rows.chunks_exact(entries).enumerate() {
        for (i, &value) in values.iter().enumerate() {
            all[(row / width * entries + i) * width + row % width] = value;
        }
    }
    all
}

struct Job<'a> {
    sides: (&'a BlockOperand, &'a BlockOperand),
    sums: GroupSums<'a>,
    unit: i32,
    stride: usize,
    threads: usize,
    control: &'a Control,
}

/// None if an operand was prepared for the other side or with other blocks. `unit`: place of a product of elements.
pub fn accumulate(
    engine: Engine,
    sides: (&BlockOperand, &BlockOperand),
    sums: GroupSums,
    unit: i32,
    stride: usize,
    threads: usize,
    control: &Control,
) -> Option<bool> {
    let (a, b) = sides;
    let fit = a.width == 1 && b.width == PANEL && a.block == b.block;
    fit.then(|| {
        engine.run(Job {
            sides,
            sums,
            unit,
            stride,
            threads,
            control,
        })
    })
}

impl Kernel for Job<'_> {
    type Output = bool;

    fn run<S: Simd>(self, simd: S) -> bool {
        let Job {
            sides,
            sums,
            unit,
            stride,
            threads,
            control,
        } = self;
        match sums {
            GroupSums::PerBlock { sums, .. } => {
                let unit = f64::from(unit).exp2();
                bands(sums, stride, threads, control, |first, band| {
                    let add = |sum: &mut f32, block: f64| *sum = add_to_f32(block, f64::from(*sum));
                    simd.vectorize(
                        #[inline(always)]
                        || band_of(sides, unit, first, band, stride, add),
                    );
                })
            }
            GroupSums::Exact {
                sums,
                unit: last_place,
                ..
            } => {
                let to_units = f64::from(unit - last_place).exp2();
                bands(sums, stride, threads, control, |first, band| {
                    simd.vectorize(
                        #[inline(always)]
                        || band_of(sides, to_units, first, band, stride, add_exactly),
                    );
                })
            }
            GroupSums::PerChoice { .. } => false,
        }
    }
}

/// Adds the blocks of a band's rows, times `unit`, to its sums.
#[inline(always)]
fn band_of<T>(
    (a, b): (&BlockOperand, &BlockOperand),
    unit: f64,
    first: usize,
    band: &mut [T],
    stride: usize,
    mut add: impl FnMut(&mut T, f64),
) {
    let blocks = a.depth / a.block;
    for panel in 0..b.rows.div_ceil(PANEL) {
        let (columns, right_scales) = (
            b.line(&b.elements, b.depth, panel),
            b.line(&b.scales, blocks, panel),
        );
        for (r, sums) in band.chunks_mut(stride).enumerate() {
            let (row, left_scales) = (
                a.line(&a.elements, a.depth, first + r),
                a.line(&a.scales, blocks, first + r),
            );
            for block in 0..blocks {
                let mut totals = [0i64; PANEL];
                for k in block * a.block..(block + 1) * a.block {
                    let right: &[i32; PANEL] = columns[k * PANEL..].first_chunk().expect("a panel");
                    for (total, &x) in totals.iter_mut().zip(right) {
                        *total += i64::from(row[k]) * i64::from(x);
                    }
                }
                let left = left_scales[block] * unit;
                let right = &right_scales[block * PANEL..][..PANEL];
                let sums = &mut sums[panel * PANEL..][..PANEL];
                for ((sum, &total), &scale) in sums.iter_mut().zip(&totals).zip(right) {
                    add(sum, total as f64 * (left * scale));
                }
            }
        }
    }
}
