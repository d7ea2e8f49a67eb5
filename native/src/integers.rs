//! Integer dot products in registers of 32 bits that wrap.
use crate::groups::PANEL;
use crate::simd::Simd;
use crate::tiles::{Tile, Tiles, ROWS};

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
            let mut all = vec![[0; 2]; rows.next_multiple_of(ROWS) * pairs];
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

/// sums ← sums + a·b.
#[derive(Clone, Copy)]
pub struct IntegerTiles<'a> {
    rows: &'a [[i16; 2]],
    panels: &'a [[i16; 2 * PANEL]],
    pairs: usize,
}

impl<'a> IntegerTiles<'a> {
    /// None if an operand was prepared for the other side.
    pub fn of(a: &'a IntegerOperand, b: &'a IntegerOperand) -> Option<Self> {
        match (&a.layout, &b.layout) {
            (IntegerLayout::Rows(rows), IntegerLayout::Panels(panels)) => Some(Self {
                rows,
                panels,
                pairs: a.depth / 2,
            }),
            _ => None,
        }
    }
}

impl Tiles for IntegerTiles<'_> {
    type Sum = i32;

    #[inline(always)]
    fn tile<S: Simd>(self, simd: S, Tile { row, panel }: Tile, sums: &mut [i32], stride: usize) {
        let rows = &self.rows[row * self.pairs..][..ROWS * self.pairs];
        let columns = &self.panels[panel * self.pairs..][..self.pairs];
        for column in (0..PANEL).step_by(S::LANES) {
            tile(simd, rows, columns, column, &mut sums[column..], stride);
        }
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
