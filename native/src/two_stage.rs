//! AMD's two-stage fused addition (CDNA3): products at even and at odd positions are truncated and summed apart, the two
//! sums are aligned, and only then does C enter; the result is rounded to nearest even.
//!
//! Operands are significands with exponents (`FloatOperand::of_parts`), the even elements of every group before the odd
//! ones. Half sums are integers below 2^(F + 6), and everything after them is exact in f64.
use crate::aligned::scaled_sums;
use crate::floats::FloatOperand;
use crate::groups::PANEL;
use crate::rounding::power;
use crate::scalar::{forced, scalar_products};
use crate::simd::Simd;
use crate::tiles::{Tile, Tiles, ROWS};

/// Alignment of the half sums, of their sum and of C rounds down; products are truncated.
#[derive(Clone, Copy)]
pub struct TwoStageRule {
    /// Elements of one fused addition.
    pub group: usize,
    /// Fraction bits of products and of the aligned half sums.
    pub fraction_bits: i32,
    /// Fraction bits of the products' sum where C is larger.
    pub sum_bits: i32,
    pub addend_bits: i32,
    /// C is dropped if its exponent lies more than this below the largest.
    pub addend_reach: i32,
}

/// sums ← groups of a·b, in order of k.
#[derive(Clone, Copy)]
pub struct TwoStageTiles<'a> {
    pub sides: (&'a FloatOperand, &'a FloatOperand),
    pub rule: &'a TwoStageRule,
}

/// Below every exponent that counts.
const NOTHING: i32 = -10_000;

impl Tiles for TwoStageTiles<'_> {
    type Sum = f32;

    #[inline(always)]
    fn tile<S: Simd>(self, simd: S, Tile { row, panel }: Tile, sums: &mut [f32], stride: usize) {
        for column in (0..PANEL).step_by(S::LANES) {
            let place = (row, panel, column);
            tile(simd, self.sides, self.rule, place, &mut sums[column..], stride);
        }
    }
}

/// A sum of truncated products: `units` × 2^(exponent − F).
#[derive(Clone, Copy)]
struct HalfSum {
    exponent: i32,
    units: f64,
}

#[inline(always)]
fn tile<S: Simd>(
    simd: S,
    (a, b): (&FloatOperand, &FloatOperand),
    rule: &TwoStageRule,
    (row, panel, column): (usize, usize, usize),
    sums: &mut [f32],
    stride: usize,
) {
    let special = b.special[panel] || a.special[row..row + ROWS].contains(&true);
    for first in (0..a.depth).step_by(rule.group) {
        let half = rule.group / 2;
        let halves = [first, first + half]
            .map(|from| half_sums(simd, (a, b), rule, (row, panel, column), (from, half)));
        for r in 0..ROWS {
            for lane in 0..S::LANES {
                let sum = &mut sums[r * stride + lane];
                let products = scalar_products((a, b), (row + r, panel, column + lane), (first, rule.group));
                let found = if special { forced(*sum, products) } else { None };
                *sum = found.unwrap_or_else(|| combined(rule, halves.map(|half| half[r][lane]), *sum));
            }
        }
    }
}

/// The half sums of a tile; lanes beyond the engine's stay empty.
#[inline(always)]
fn half_sums<S: Simd>(
    simd: S,
    (a, b): (&FloatOperand, &FloatOperand),
    rule: &TwoStageRule,
    (row, panel, column): (usize, usize, usize),
    (first, count): (usize, usize),
) -> [[HalfSum; 16]; ROWS] {
    let mut largest = [simd.i_splat(2 * NOTHING); ROWS];
    for k in first..first + count {
        let right = simd.i_load(&b.exponents[(panel * b.depth + k) * PANEL + column..]);
        for r in 0..ROWS {
            let left = simd.i_splat(a.exponents[(row + r) * a.depth + k]);
            largest[r] = simd.i_max(largest[r], simd.i_add(left, right));
        }
    }
    let sums = scaled_sums::<S, ROWS>(
        simd,
        (a, b),
        rule.fraction_bits,
        (row, panel, column),
        (first, count),
        largest,
    );
    let empty = HalfSum {
        exponent: 0,
        units: 0.0,
    };
    let mut halves = [[empty; 16]; ROWS];
    for r in 0..ROWS {
        let (mut exponents, mut units) = ([0; 16], [0.0; 16]);
        simd.i_store(largest[r], &mut exponents);
        simd.d_store(sums[r], &mut units);
        for lane in 0..S::LANES {
            halves[r][lane] = HalfSum {
                exponent: exponents[lane],
                units: units[lane],
            };
        }
    }
    halves
}

/// Both half sums and C, rounded once.
#[inline(always)]
fn combined(rule: &TwoStageRule, halves: [HalfSum; 2], addend: f32) -> f32 {
    if !addend.is_finite() {
        return addend;
    }
    let products_at = halves[0].exponent.max(halves[1].exponent);
    let products = halves
        .iter()
        .map(|half| (half.units * power(half.exponent - products_at)).floor())
        .sum::<f64>();
    let field = ((addend.to_bits() >> 23) & 255) as i32;
    let addend_at = if addend == 0.0 {
        2 * NOTHING
    } else {
        field.max(1) - 127
    };
    let largest = products_at.max(addend_at);
    if largest <= NOTHING {
        return 0.0;
    }
    let places = products_at - rule.fraction_bits - (largest - rule.sum_bits);
    let reached = addend_at >= largest - rule.addend_reach;
    let kept = if reached {
        (f64::from(addend) * power(rule.addend_bits - largest)).floor()
            * power(rule.sum_bits - rule.addend_bits)
    } else {
        0.0
    };
    let total = (products * power(places)).floor() + kept;
    (total * power(largest - rule.sum_bits)) as f32 + 0.0
}
