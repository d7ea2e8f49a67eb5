//! Exact block sums of elements that are too large for the byte kernels of `groups`, with any scales: whole numbers of
//! some place, multiplied and added in i64. For `fp32-per-block` and `exact`.
use crate::group_sums::add_exactly;
use crate::groups::PANEL;
use crate::rounding::{add_to_f32, power};
use crate::simd::Simd;
use crate::tiles::{Tile, Tiles, ROWS};

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
        let lines = rows.next_multiple_of(if panels { PANEL } else { ROWS }) / width;
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

/// Both sides, of the same blocks.
#[derive(Clone, Copy)]
pub struct BlockSides<'a> {
    a: &'a BlockOperand,
    b: &'a BlockOperand,
}

impl<'a> BlockSides<'a> {
    /// None if an operand was prepared for the other side or with other blocks.
    pub fn of(a: &'a BlockOperand, b: &'a BlockOperand) -> Option<Self> {
        let fit = a.width == 1 && b.width == PANEL && a.block == b.block;
        fit.then_some(Self { a, b })
    }
}

/// One f32 addition, to nearest even, a block. `unit`: exponent of the last place of a product of elements.
#[derive(Clone, Copy)]
pub struct BlocksToFloat<'a> {
    pub sides: BlockSides<'a>,
    pub unit: i32,
}

/// Integers in units of 2^`last_place`; i64::MIN stands for NaN.
#[derive(Clone, Copy)]
pub struct BlocksExact<'a> {
    pub sides: BlockSides<'a>,
    pub unit: i32,
    pub last_place: i32,
}

impl Tiles for BlocksToFloat<'_> {
    type Sum = f32;

    #[inline(always)]
    fn tile<S: Simd>(self, _simd: S, Tile { row, panel }: Tile, sums: &mut [f32], stride: usize) {
        let add = |sum: &mut f32, block: f64| *sum = add_to_f32(block, f64::from(*sum));
        tile(self.sides, power(self.unit), (row, panel), sums, stride, add);
    }
}

impl Tiles for BlocksExact<'_> {
    type Sum = i64;

    #[inline(always)]
    fn tile<S: Simd>(self, _simd: S, Tile { row, panel }: Tile, sums: &mut [i64], stride: usize) {
        let to_units = power(self.unit - self.last_place);
        tile(self.sides, to_units, (row, panel), sums, stride, add_exactly);
    }
}

/// Adds the blocks of ROWS rows and of a panel, times `unit`, to their sums.
#[inline(always)]
fn tile<T>(
    BlockSides { a, b }: BlockSides,
    unit: f64,
    (row, panel): (usize, usize),
    sums: &mut [T],
    stride: usize,
    mut add: impl FnMut(&mut T, f64),
) {
    let blocks = a.depth / a.block;
    let columns = b.line(&b.elements, b.depth, panel);
    let right_scales = b.line(&b.scales, blocks, panel);
    for (r, sums) in sums.chunks_mut(stride).take(ROWS).enumerate() {
        let elements = a.line(&a.elements, a.depth, row + r);
        let left_scales = a.line(&a.scales, blocks, row + r);
        for block in 0..blocks {
            let mut totals = [0i64; PANEL];
            for k in block * a.block..(block + 1) * a.block {
                let right: &[i32; PANEL] = columns[k * PANEL..].first_chunk().expect("a panel");
                for (total, &x) in totals.iter_mut().zip(right) {
                    *total += i64::from(elements[k]) * i64::from(x);
                }
            }
            let left = left_scales[block] * unit;
            let right = &right_scales[block * PANEL..][..PANEL];
            for ((sum, &total), &scale) in sums.iter_mut().zip(&totals).zip(right) {
                add(sum, total as f64 * (left * scale));
            }
        }
    }
}
