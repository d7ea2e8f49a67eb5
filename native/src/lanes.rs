//! Sixteen f32 accumulators an output (the published MAC). A lane adds (a·b) × (sA·sB × correction), rounded after each
//! multiplication; a·b and sA·sB are exact. Without corrections all of it is exact in f32, and (a·sA)·(b·sB) is the same.
//!
//! Lanes start from −0 where the first product is loaded instead of added: −0 + p = p, whatever the sign of a zero p.
//! No sum is ever subnormal: products are 0 or at least 2^−21, so they are multiples of 2^−45, and so are sums.
use crate::groups::PANEL;
use crate::simd::Simd;
use crate::tiles::{Tile, Tiles, ROWS};

pub const LANES: usize = 16;

/// Rows of elements, in blocks of 16 with a scale and a choice each.
pub struct LaneOperand {
    pub rows: usize,
    pub depth: usize,
    elements: Vec<f32>,
    scales: Vec<f32>,
    /// 0 or 1.
    choices: Vec<u8>,
    /// Elements times their scales.
    scaled: Vec<f32>,
}

impl LaneOperand {
    pub fn new(elements: &[f32], scales: &[f32], choices: &[u8], rows: usize, depth: usize) -> Self {
        let padded = rows.next_multiple_of(PANEL).next_multiple_of(ROWS);
        let padding = |entries: usize| (padded - rows) * entries;
        let scaled = elements.iter().enumerate().map(|(i, x)| x * scales[i / LANES]);
        let padded = |values: &[f32], entries: usize| [values, &vec![0.0; padding(entries)]].concat();
        Self {
            rows,
            depth,
            scaled: padded(&scaled.collect::<Vec<_>>(), depth),
            elements: padded(elements, depth),
            scales: padded(scales, depth / LANES),
            choices: [choices, &vec![0; padding(depth / LANES)]].concat(),
        }
    }

    /// Memory that it takes.
    pub fn bytes(&self) -> usize {
        2 * size_of_val(&self.elements[..]) + size_of_val(&self.scales[..]) + self.choices.len()
    }

    fn is_single(&self) -> bool {
        self.choices.iter().all(|&choice| choice == 0)
    }
}

#[derive(Clone, Copy)]
pub struct LaneTiles<'a> {
    a: &'a LaneOperand,
    b: &'a LaneOperand,
    /// By the number of second choices; None if there are none.
    corrections: Option<&'a [f32; 3]>,
}

impl<'a> LaneTiles<'a> {
    pub fn of(a: &'a LaneOperand, b: &'a LaneOperand, corrections: &'a [f32; 3]) -> Self {
        let single = a.is_single() && b.is_single();
        Self {
            a,
            b,
            corrections: (!single).then_some(corrections),
        }
    }
}

/// Columns that are taken at once.
const COLUMNS: usize = 4;

impl Tiles for LaneTiles<'_> {
    type Sum = [f32; LANES];

    #[inline(always)]
    fn tile<S: Simd>(self, simd: S, Tile { row, panel }: Tile, sums: &mut [[f32; LANES]], stride: usize) {
        let sides = (self.a, self.b);
        for column in (0..PANEL).step_by(COLUMNS) {
            let sums = &mut sums[column..];
            for lane in (0..LANES).step_by(S::LANES) {
                let place = (row, panel * PANEL + column, lane);
                match self.corrections {
                    None => tile(simd, sides, place, sums, stride),
                    Some(corrections) => corrected_tile(simd, sides, corrections, place, sums, stride),
                }
            }
        }
    }
}

#[inline(always)]
fn tile<S: Simd>(
    simd: S,
    (a, b): (&LaneOperand, &LaneOperand),
    (row, column, lane): (usize, usize, usize),
    sums: &mut [[f32; LANES]],
    stride: usize,
) {
    let depth = a.depth;
    let mut left: [&[f32]; ROWS] = [&[]; ROWS];
    for (r, left) in left.iter_mut().enumerate() {
        *left = &a.scaled[(row + r) * depth..][..depth];
    }
    let mut right: [&[f32]; COLUMNS] = [&[]; COLUMNS];
    for (c, right) in right.iter_mut().enumerate() {
        *right = &b.scaled[(column + c) * depth..][..depth];
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

#[inline(always)]
fn corrected_tile<S: Simd>(
    simd: S,
    (a, b): (&LaneOperand, &LaneOperand),
    corrections: &[f32; 3],
    (row, column, lane): (usize, usize, usize),
    sums: &mut [[f32; LANES]],
    stride: usize,
) {
    let blocks = a.depth / LANES;
    for r in 0..ROWS {
        for c in 0..COLUMNS {
            let sum = &mut sums[r * stride + c];
            let mut running = simd.f_load(&sum[lane..]);
            for block in 0..blocks {
                let (i, j) = ((row + r) * blocks + block, (column + c) * blocks + block);
                let correction = corrections[usize::from(a.choices[i] + b.choices[j])];
                let scale = simd.f_splat(a.scales[i] * b.scales[j] * correction);
                let left = simd.f_load(&a.elements[i * LANES + lane..]);
                let right = simd.f_load(&b.elements[j * LANES + lane..]);
                running = simd.f_add(running, simd.f_mul(simd.f_mul(left, right), scale));
            }
            simd.f_store(running, &mut sum[lane..]);
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
