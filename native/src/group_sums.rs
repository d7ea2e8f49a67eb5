//! Semantics that add whole group sums to registers of their own: `exact`, `three-accumulators`, `fp32-per-block`, `fp32-correct`.
use crate::fused::{group_sums, Sides};
use crate::groups::PANEL;
use crate::rounding::power;
use crate::simd::Simd;
use crate::tiles::{Tile, Tiles, ROWS};

/// One f32 addition, to nearest even, a group.
#[derive(Clone, Copy)]
pub struct PerBlockTiles<'a> {
    pub sides: Sides<'a>,
    /// Exponent of the last place of a product of elements.
    pub unit: i32,
    /// Of the scale product, by the number of second choices.
    pub corrections: Option<[f32; 3]>,
}

/// Integers in units of 2^`last_place`; i64::MIN stands for NaN.
#[derive(Clone, Copy)]
pub struct ExactTiles<'a> {
    pub sides: Sides<'a>,
    pub unit: i32,
    pub last_place: i32,
    /// Groups whose sum is exact in f64.
    pub flush: usize,
}

/// The same with a register for every number of second choices.
#[derive(Clone, Copy)]
pub struct PerChoiceTiles<'a> {
    pub sides: Sides<'a>,
    pub unit: i32,
    pub last_place: i32,
}

/// Row, panel and column of the first output of a tile.
type Place = (usize, usize, usize);

impl Tiles for PerBlockTiles<'_> {
    type Sum = f32;

    #[inline(always)]
    fn tile<S: Simd>(self, simd: S, Tile { row, panel }: Tile, sums: &mut [f32], stride: usize) {
        let scaling = (power(self.unit) as f32, self.corrections);
        for column in (0..PANEL).step_by(S::LANES) {
            let (place, sums) = ((row, panel, column), &mut sums[column..]);
            per_block_tile::<S, ROWS>(simd, self.sides, scaling, place, sums, stride);
        }
    }
}

impl Tiles for ExactTiles<'_> {
    type Sum = i64;

    #[inline(always)]
    fn tile<S: Simd>(self, simd: S, Tile { row, panel }: Tile, sums: &mut [i64], stride: usize) {
        let to_units = power(self.unit - self.last_place);
        for column in (0..PANEL).step_by(S::LANES) {
            let (place, sums) = ((row, panel, column), &mut sums[column..]);
            exact_tile::<S, ROWS>(simd, self.sides, to_units, self.flush, place, sums, stride);
        }
    }
}

impl Tiles for PerChoiceTiles<'_> {
    type Sum = [i64; 3];

    #[inline(always)]
    fn tile<S: Simd>(self, simd: S, Tile { row, panel }: Tile, sums: &mut [[i64; 3]], stride: usize) {
        let to_units = power(self.unit - self.last_place);
        for column in (0..PANEL).step_by(S::LANES) {
            let (place, sums) = ((row, panel, column), &mut sums[column..]);
            per_choice_tile::<S, ROWS>(simd, self.sides, to_units, place, sums, stride);
        }
    }
}

#[inline(always)]
fn per_block_tile<S: Simd, const R: usize>(
    simd: S,
    sides: Sides,
    (unit, corrections): (f32, Option<[f32; 3]>),
    (row, panel, column): Place,
    sums: &mut [f32],
    stride: usize,
) {
    let (groups, rows) = (sides.a.groups, sides.rows::<R>(row));
    let blocks = &sides.bytes[panel * groups..][..groups];
    let scales = &sides.b.scales[panel * groups * PANEL..][..groups * PANEL];
    // A C of −0 becomes +0 first: sums of this adder are never −0, and +0 plus a zero of either sign is +0.
    let zero = simd.f_splat(0.0);
    let mut running = [zero; R];
    for r in 0..R {
        running[r] = simd.f_add(simd.f_load(&sums[r * stride..]), zero);
    }
    for group in 0..groups {
        let found = group_sums::<S, R, 1>(simd, &rows, &blocks[group], column, group);
        let right = simd.f_load(&scales[group * PANEL + column..]);
        for r in 0..R {
            let left = simd.f_splat(rows.scales[r][group] * unit);
            let (sum, scale) = (simd.f_from_i(found[r][0]), simd.f_mul(left, right));
            running[r] = match &corrections {
                None => simd.f_mul_add(sum, scale, running[r]),
                Some(corrections) => {
                    let choices = choices_of::<S>(sides, row + r, (panel, column), group);
                    let mut factors = [0.0; 16];
                    for (factor, choice) in factors.iter_mut().zip(choices) {
                        *factor = corrections[choice];
                    }
                    let corrected = simd.f_mul(scale, simd.f_load(&factors));
                    simd.f_add(running[r], simd.f_mul(sum, corrected))
                }
            };
        }
    }
    for r in 0..R {
        simd.f_store(running[r], &mut sums[r * stride..]);
    }
}

/// Number of second choices of every pair of groups; an operand's exponents say which choice a group holds, 0 or 1.
#[inline(always)]
fn choices_of<'a, S: Simd>(
    Sides { a, b, .. }: Sides<'a>,
    row: usize,
    (panel, column): (usize, usize),
    group: usize,
) -> impl Iterator<Item = usize> + 'a {
    let left = a.exponents[row * a.groups + group];
    let right = &b.exponents[(panel * b.groups + group) * PANEL + column..][..S::LANES];
    right
        .iter()
        .map(move |&right| (left + right).clamp(0, 2) as usize)
}

/// sum ← sum + value, which is an integer or NaN; i64::MIN stands for NaN.
#[inline(always)]
pub fn add_exactly(sum: &mut i64, value: f64) {
    *sum = if value.is_nan() || *sum == i64::MIN {
        i64::MIN
    } else {
        sum.wrapping_add(value as i64)
    };
}

#[inline(always)]
fn per_choice_tile<S: Simd, const R: usize>(
    simd: S,
    sides: Sides,
    to_units: f64,
    (row, panel, column): Place,
    sums: &mut [[i64; 3]],
    stride: usize,
) {
    let (groups, rows) = (sides.a.groups, sides.rows::<R>(row));
    let blocks = &sides.bytes[panel * groups..][..groups];
    for (group, block) in blocks.iter().enumerate() {
        let found = group_sums::<S, R, 1>(simd, &rows, block, column, group);
        let right = simd.f_load(&sides.b.scales[(panel * groups + group) * PANEL + column..]);
        for r in 0..R {
            let left = simd.f_splat(rows.scales[r][group]);
            let scale = simd.d_mul(simd.d_from_f(simd.f_mul(left, right)), simd.d_splat(to_units));
            let mut values = [0f64; 16];
            simd.d_store(simd.d_mul(simd.d_from_i(found[r][0]), scale), &mut values);
            let choices = choices_of::<S>(sides, row + r, (panel, column), group);
            for ((sums, value), choice) in sums[r * stride..].iter_mut().zip(values).zip(choices) {
                add_exactly(&mut sums[choice], value);
            }
        }
    }
}

#[inline(always)]
fn exact_tile<S: Simd, const R: usize>(
    simd: S,
    sides: Sides,
    to_units: f64,
    flush: usize,
    (row, panel, column): Place,
    sums: &mut [i64],
    stride: usize,
) {
    let (groups, rows) = (sides.a.groups, sides.rows::<R>(row));
    let blocks = &sides.bytes[panel * groups..][..groups];
    let scales = &sides.b.scales[panel * groups * PANEL..][..groups * PANEL];
    for first in (0..groups).step_by(flush) {
        let mut total = [simd.d_splat(0.0); R];
        for group in first..groups.min(first + flush) {
            let found = group_sums::<S, R, 1>(simd, &rows, &blocks[group], column, group);
            let right = simd.f_load(&scales[group * PANEL + column..]);
            for r in 0..R {
                let left = simd.f_splat(rows.scales[r][group]);
                let scale = simd.d_from_f(simd.f_mul(left, right));
                total[r] = simd.d_mul_add(simd.d_from_i(found[r][0]), scale, total[r]);
            }
        }
        for (r, &total) in total.iter().enumerate() {
            let mut values = [0f64; 16];
            simd.d_store(simd.d_mul(total, simd.d_splat(to_units)), &mut values);
            for (sum, &value) in sums[r * stride..].iter_mut().zip(&values[..S::LANES]) {
                add_exactly(sum, value);
            }
        }
    }
}
