//! Align, truncate, add once over single products (Hopper, Ada, Ampere, Blackwell without block scales).
//!
//! A product of two elements is exact in f32 (significands of at most 12 bits each) and below 2^(e + 2), e the sum of its
//! elements' exponents. Scaled by 2^(F − E) and truncated it is an integer below 2^(F + 2); sums of 2^(29 − F) of them
//! are exact in i32, sums of those in f64. That is the way for every operand; `words` and `plain` are faster ones for
//! few and for many fraction bits.
use crate::aligned::*;
use crate::floats::FloatOperand;
use crate::groups::PANEL;
use crate::plain::{self, Guard};
use crate::scalar::scalar_tile;
use crate::simd::Simd;
use crate::tiles::{Tile, Tiles, ROWS};
use crate::words::{self, MOST_FRACTION_BITS, MOST_TERMS};

#[derive(Clone, Copy)]
pub struct ProductRule {
    pub fraction_bits: i32,
    pub floor: i32,
    pub zero_addend: i32,
    /// Fraction bits of a result in FP32, which is truncated.
    pub result_bits: u32,
    /// Whether results are FP16 instead, rounded to nearest even. They are held as f32.
    pub half: bool,
    pub step: usize,
    /// Passes of a step, of the same length each. Operands are prepared with the elements of a pass side by side.
    pub passes: usize,
    /// Whether C is added, to nearest even, to the result of the passes instead of entering the first.
    pub addend_last: bool,
}

#[derive(Clone, Copy)]
pub struct ProductTiles<'a> {
    pub sides: (&'a FloatOperand, &'a FloatOperand),
    pub rule: &'a ProductRule,
    /// Products that can be added in 32 bits: see `exact_run`.
    pub run: usize,
}

impl<'a> ProductTiles<'a> {
    pub fn of(sides: (&'a FloatOperand, &'a FloatOperand), rule: &'a ProductRule) -> Self {
        let bound = sides.0.significand * sides.1.significand;
        let run = exact_run(bound, rule.fraction_bits);
        Self { sides, rule, run }
    }
}

pub const LEAST_HALF_EXPONENT: i32 = -14;

impl Tiles for ProductTiles<'_> {
    type Sum = f32;

    #[inline(always)]
    fn tile<S: Simd>(self, simd: S, Tile { row, panel }: Tile, sums: &mut [f32], stride: usize) {
        let Self { sides, rule, .. } = self;
        if sides.1.special[panel] || sides.0.special[row..row + ROWS].contains(&true) {
            return scalar_tile::<ROWS>(sides, rule, (row, panel), sums, stride);
        }
        for column in (0..PANEL).step_by(S::COLUMNS * S::LANES) {
            let (place, sums) = ((row, panel, column), &mut sums[column..]);
            match S::COLUMNS {
                2 => tile::<S, ROWS, 2>(simd, self, place, sums, stride),
                _ => tile::<S, ROWS, 1>(simd, self, place, sums, stride),
            }
        }
    }
}

#[inline(always)]
fn tile<S: Simd, const R: usize, const C: usize>(
    simd: S,
    tiles: ProductTiles,
    place: (usize, usize, usize),
    sums: &mut [f32],
    stride: usize,
) {
    let rule = tiles.rule;
    let per_pass = rule.step / rule.passes;
    let mut running = [[simd.f_splat(0.0); R]; C];
    for c in 0..C {
        for r in 0..R {
            running[c][r] = simd.f_load(&sums[r * stride + c * S::LANES..]);
        }
    }
    for from in (0..tiles.sides.0.depth).step_by(rule.step) {
        let mut carried = if rule.addend_last {
            [[simd.f_splat(0.0); R]; C]
        } else {
            running
        };
        for first in (from..from + rule.step).step_by(per_pass) {
            carried = columns::<S, R, C>(simd, tiles, place, (first, per_pass), carried);
        }
        for c in 0..C {
            for r in 0..R {
                running[c][r] = match (rule.addend_last, rule.half) {
                    (false, _) => carried[c][r],
                    (true, false) => simd.f_add(running[c][r], carried[c][r]),
                    (true, true) => {
                        let exact = simd.d_add(simd.d_from_f(running[c][r]), simd.d_from_f(carried[c][r]));
                        nearest_half(simd, exact)
                    }
                };
            }
        }
    }
    for c in 0..C {
        for r in 0..R {
            simd.f_store(running[c][r], &mut sums[r * stride + c * S::LANES..]);
        }
    }
}

/// One pass of a tile, in the fastest of the three ways that is exact.
#[inline(always)]
fn columns<S: Simd, const R: usize, const C: usize>(
    simd: S,
    tiles: ProductTiles,
    (row, panel, column): (usize, usize, usize),
    range: (usize, usize),
    addends: [[S::F; R]; C],
) -> [[S::F; R]; C] {
    let ProductTiles { sides, rule, run } = tiles;
    if sides.0.scaled {
        let mut results = addends;
        for c in 0..C {
            let place = (row, panel, column + c * S::LANES);
            let largest = addends_and_products::<S, R>(simd, sides, rule, place, range, addends[c]);
            let sums = scaled_sums::<S, R>(simd, sides, rule.fraction_bits, place, range, largest);
            for r in 0..R {
                results[c][r] = finish(simd, rule, addends[c][r], largest[r], sums[r]);
            }
        }
        return results;
    }
    let guard = Guard::of(sides, rule, (row, panel), range);
    if let Some(guard) = guard.filter(|guard| guard.admits(simd, &addends)) {
        return plain::pass::<S, R, C>(simd, sides, rule, &guard, (row, panel, column), range, addends);
    }
    let words = words::sides(sides.0, sides.1)
        .map(|words| words::pairs_of_pass::<R>(words, sides.0.depth, (row, panel), range));
    let mut largest = [[simd.i_splat(0); R]; C];
    for c in 0..C {
        for r in 0..R {
            largest[c][r] = simd.i_max(simd.i_splat(rule.floor), near_exponent(simd, rule, addends[c][r]));
        }
    }
    match words {
        Some(words) => largest = words::counted_exponents::<S, R, C>(simd, words, column, largest),
        None => {
            for c in 0..C {
                let place = (row, panel, column + c * S::LANES);
                largest[c] = counted_exponents::<S, R>(simd, sides, place, range, largest[c]);
            }
        }
    }
    if range.1 > MOST_RUNS * run || !are_between(simd, &largest, LEAST_NEAR, MOST_NEAR) {
        return far_pass(simd, tiles, (row, panel, column), range, addends);
    }
    let mut cut = [[simd.i_splat(0); R]; C];
    for c in 0..C {
        for r in 0..R {
            let unit = simd.f_power(simd.i_sub(simd.i_splat(rule.fraction_bits), largest[c][r]));
            cut[c][r] = simd.i_truncate(simd.f_mul(addends[c][r], unit));
        }
    }
    let mut results = addends;
    if let Some(words) = words.filter(|_| rule.fraction_bits <= MOST_FRACTION_BITS && range.1 <= MOST_TERMS) {
        let totals = words::sums::<S, R, C>(simd, words, rule, column, &largest, cut);
        for c in 0..C {
            for r in 0..R {
                results[c][r] = finish_small(simd, rule, largest[c][r], totals[c][r]);
            }
        }
        return results;
    }
    let small = are_between(simd, &largest, LEAST_NEAR, rule.fraction_bits);
    for c in 0..C {
        let (place, largest) = ((row, panel, column + c * S::LANES), largest[c]);
        let totals = if small {
            sums_of_products::<S, R, true>(simd, tiles, place, range, largest, cut[c])
        } else {
            sums_of_products::<S, R, false>(simd, tiles, place, range, largest, cut[c])
        };
        for r in 0..R {
            results[c][r] = finish_near(simd, rule, largest[r], totals[r]);
        }
    }
    results
}

/// A pass whose exponents need not be near.
#[inline(always)]
fn far_pass<S: Simd, const R: usize, const C: usize>(
    simd: S,
    tiles: ProductTiles,
    (row, panel, column): (usize, usize, usize),
    range: (usize, usize),
    addends: [[S::F; R]; C],
) -> [[S::F; R]; C] {
    let ProductTiles { sides, rule, .. } = tiles;
    let mut results = addends;
    for c in 0..C {
        let place = (row, panel, column + c * S::LANES);
        let largest = addends_and_products::<S, R>(simd, sides, rule, place, range, addends[c]);
        let none = [simd.i_splat(0); R];
        let totals = sums_of_products::<S, R, false>(simd, tiles, place, range, largest, none);
        for r in 0..R {
            results[c][r] = finish(simd, rule, addends[c][r], largest[r], totals[r].exact(simd));
        }
    }
    results
}
