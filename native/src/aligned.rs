//! The steps of a fused addition of products for a tile of R rows: exponents, sums of truncated products, the end.
use crate::floats::FloatOperand;
use crate::groups::PANEL;
use crate::products::{ProductRule, ProductTiles, LEAST_HALF_EXPONENT};
use crate::rounding::{self, power};
use crate::simd::Simd;

/// Exponents from here to its counterpart are far from the limits of f32, in units of the last place kept too. Products
/// below it do not exist in the formats taken.
pub const LEAST_NEAR: i32 = -96;
pub const MOST_NEAR: i32 = 96;

/// What a finite addend counts with if that is near; something that is not near otherwise.
#[inline(always)]
pub fn near_exponent<S: Simd>(simd: S, rule: &ProductRule, addend: S::F) -> S::I {
    let exponent = simd.exponent_field(addend);
    if rule.half {
        return raised_half(simd, exponent);
    }
    exponent
}

#[inline(always)]
pub fn are_between<S: Simd, const R: usize, const C: usize>(
    simd: S,
    exponents: &[[S::I; R]; C],
    least: i32,
    most: i32,
) -> bool {
    let mut beyond = simd.i_splat(0);
    for column in exponents {
        for &exponent in column {
            let above = simd.i_sub(exponent, simd.i_splat(most));
            let below = simd.i_sub(simd.i_splat(least), exponent);
            beyond = simd.i_max(beyond, simd.i_max(above, below));
        }
    }
    simd.i_all_at_most(beyond, simd.i_splat(0))
}

/// The exponent that an addend counts with: that of its register's field.
#[inline(always)]
fn addend_exponent<S: Simd>(simd: S, rule: &ProductRule, addend: S::F) -> S::I {
    let exponent = simd.exponent(addend, rule.zero_addend, rule.floor);
    if rule.half {
        return raised_half(simd, exponent);
    }
    exponent
}

/// FP16 subnormals, from 2^-24 on, count with -14: max(e, min(e + 10, -14)) leaves all others what they are.
#[inline(always)]
fn raised_half<S: Simd>(simd: S, exponent: S::I) -> S::I {
    let raised = simd.i_max(
        simd.i_sub(simd.i_splat(-10), exponent),
        simd.i_splat(-LEAST_HALF_EXPONENT),
    );
    simd.i_max(exponent, simd.i_sub(simd.i_splat(0), raised))
}

#[inline(always)]
pub fn nearest_half<S: Simd>(simd: S, x: S::D) -> S::F {
    let (mut exact, mut rounded) = ([0f64; 16], [0f32; 16]);
    simd.d_store(x, &mut exact);
    for (to, &x) in rounded.iter_mut().zip(&exact) {
        *to = rounding::nearest_half(x);
    }
    simd.f_load(&rounded)
}

/// The largest exponent that the addend and the products of a pass count with, at least the floor.
#[inline(always)]
pub fn addends_and_products<S: Simd, const R: usize>(
    simd: S,
    sides: (&FloatOperand, &FloatOperand),
    rule: &ProductRule,
    place: (usize, usize, usize),
    range: (usize, usize),
    addends: [S::F; R],
) -> [S::I; R] {
    let mut least = [simd.i_splat(rule.floor); R];
    for r in 0..R {
        least[r] = simd.i_max(least[r], addend_exponent(simd, rule, addends[r]));
    }
    counted_exponents::<S, R>(simd, sides, place, range, least)
}

/// The largest exponent that the products of a pass count with, at least `least`.
#[inline(always)]
pub fn counted_exponents<S: Simd, const R: usize>(
    simd: S,
    (a, b): (&FloatOperand, &FloatOperand),
    (row, panel, column): (usize, usize, usize),
    (first, count): (usize, usize),
    least: [S::I; R],
) -> [S::I; R] {
    let panel = (panel * b.depth + first) * PANEL..(panel * b.depth + first + count) * PANEL;
    let right: &[[i32; PANEL]] = b.exponents[panel].as_chunks().0;
    let mut left: [&[i32]; R] = [&[]; R];
    for r in 0..R {
        left[r] = &a.exponents[(row + r) * a.depth + first..][..right.len()];
    }
    let mut largest = least;
    for (k, right) in right.iter().enumerate() {
        let right = simd.i_load(&right[column..]);
        for r in 0..R {
            largest[r] = simd.i_max(largest[r], simd.i_add(simd.i_splat(left[r][k]), right));
        }
    }
    largest
}

/// The addend, cut at 2^(largest − F), plus products in units of that place, cut to the result's fraction.
#[inline(always)]
pub fn finish<S: Simd>(simd: S, rule: &ProductRule, addend: S::F, largest: S::I, products: S::D) -> S::F {
    let bits = simd.i_splat(rule.fraction_bits);
    let to_units = simd.d_power(simd.i_sub(bits, largest));
    let cut = simd.d_truncate(simd.d_mul(simd.d_from_f(addend), to_units));
    let back = simd.d_power(simd.i_sub(largest, bits));
    let exact = simd.d_mul(simd.d_add(cut, products), back);
    if rule.half {
        return nearest_half(simd, exact);
    }
    simd.f_keep_fraction(simd.f_toward_zero(exact), rule.result_bits)
}

/// Products of significands, truncated to multiples of 2^(largest − F), summed in units of that place.
#[inline(always)]
pub fn scaled_sums<S: Simd, const R: usize>(
    simd: S,
    (a, b): (&FloatOperand, &FloatOperand),
    fraction_bits: i32,
    (row, panel, column): (usize, usize, usize),
    (first, count): (usize, usize),
    largest: [S::I; R],
) -> [S::D; R] {
    let run = 1 << (29 - fraction_bits).clamp(0, 10);
    let mut total = [simd.d_splat(0.0); R];
    for from in (first..first + count).step_by(run) {
        let mut sum = [simd.i_splat(0); R];
        for k in from..(from + run).min(first + count) {
            let right = (panel * b.depth + k) * PANEL + column;
            let values = simd.f_load(&b.values[right..]);
            let places = simd.i_add(simd.i_load(&b.exponents[right..]), simd.i_splat(fraction_bits));
            for r in 0..R {
                let left = (row + r) * a.depth + k;
                let product = simd.f_mul(simd.f_splat(a.values[left]), values);
                let exponent = simd.i_add(simd.i_splat(a.exponents[left]), places);
                // At most F. Products are below 4: 2^-100 leaves nothing of them.
                let place = simd.i_max(simd.i_sub(exponent, largest[r]), simd.i_splat(-100));
                let cut = simd.i_truncate(simd.f_mul(product, simd.f_power(place)));
                sum[r] = simd.i_add(sum[r], cut);
            }
        }
        for r in 0..R {
            total[r] = simd.d_add(total[r], simd.d_from_i(sum[r]));
        }
    }
    total
}

/// `finish` of sums that hold the cut addend already, for exponents that are near.
#[inline(always)]
pub fn finish_near<S: Simd>(simd: S, rule: &ProductRule, largest: S::I, total: Total<S::I>) -> S::F {
    let place = simd.i_sub(largest, simd.i_splat(rule.fraction_bits));
    if rule.half {
        return nearest_half(simd, simd.d_mul(total.exact(simd), simd.d_power(place)));
    }
    let high_place = simd.f_power(simd.i_add(place, simd.i_splat(SPLIT)));
    let high = simd.f_mul(simd.f_from_i(total.high), high_place);
    let low = simd.f_mul(simd.f_from_i(total.low), simd.f_power(place));
    cut_result(simd, rule, simd.f_add_toward_zero(high, low))
}

/// The same of sums of at most 24 bits.
#[inline(always)]
pub fn finish_small<S: Simd>(simd: S, rule: &ProductRule, largest: S::I, total: S::I) -> S::F {
    if rule.half {
        let low = total;
        let high = simd.i_splat(0);
        return finish_near(simd, rule, largest, Total { high, low });
    }
    let place = simd.i_sub(largest, simd.i_splat(rule.fraction_bits));
    cut_result(simd, rule, simd.f_mul(simd.f_from_i(total), simd.f_power(place)))
}

/// A finite FP32 number with the fraction bits of the result.
#[inline(always)]
fn cut_result<S: Simd>(simd: S, rule: &ProductRule, x: S::F) -> S::F {
    if rule.result_bits == 23 {
        return x;
    }
    simd.f_keep_fraction(x, rule.result_bits)
}

/// A sum in units of the last place kept: high × 2^`SPLIT` + low.
#[derive(Clone, Copy)]
pub struct Total<I> {
    high: I,
    low: I,
}

const SPLIT: i32 = 12;

impl<I: Copy> Total<I> {
    #[inline(always)]
    pub fn exact<S: Simd<I = I>>(self, simd: S) -> S::D {
        let place = simd.d_splat(power(SPLIT));
        simd.d_mul_add(simd.d_from_i(self.high), place, simd.d_from_i(self.low))
    }
}

/// With so many 32-bit sums in them both parts of a total are exact in f32.
pub const MOST_RUNS: usize = 32;

/// Products of a pass, truncated to multiples of 2^(largest − F), summed in units of that place and added to `start`,
/// which is below 2^(F + 1). `SMALL`: no exponent is above F.
#[inline(always)]
pub fn sums_of_products<S: Simd, const R: usize, const SMALL: bool>(
    simd: S,
    ProductTiles {
        sides: (a, b),
        rule,
        run,
    }: ProductTiles,
    (row, panel, column): (usize, usize, usize),
    (first, count): (usize, usize),
    largest: [S::I; R],
    start: [S::I; R],
) -> [Total<S::I>; R] {
    let (mut units, mut places) = ([simd.f_splat(0.0); R], [simd.i_splat(0); R]);
    for r in 0..R {
        let counted = simd.i_max(largest[r], simd.i_splat(LEAST_NEAR));
        let place = simd.i_sub(simd.i_splat(rule.fraction_bits), counted);
        units[r] = simd.f_power(place);
        places[r] = simd.exponent_places(place);
    }
    let zero = simd.i_splat(0);
    let (mut total, mut sum) = (
        [Total {
            high: zero,
            low: zero,
        }; R],
        start,
    );
    let (mut from, end) = (first, first + count);
    while from < end {
        let to = end.min(from + run);
        let panel = (panel * b.depth + from) * PANEL..(panel * b.depth + to) * PANEL;
        let right: &[[f32; PANEL]] = b.values[panel].as_chunks().0;
        let mut left: [&[f32]; R] = [&[]; R];
        for r in 0..R {
            left[r] = &a.values[(row + r) * a.depth + from..][..right.len()];
        }
        for (k, right) in right.iter().enumerate() {
            let right = simd.f_load(&right[column..]);
            for r in 0..R {
                let product = simd.f_mul(simd.f_splat(left[r][k]), right);
                let scaled = if SMALL {
                    simd.f_times_power(product, places[r])
                } else {
                    simd.f_mul(product, units[r])
                };
                sum[r] = simd.i_add(sum[r], simd.i_truncate(scaled));
            }
        }
        for r in 0..R {
            let high = simd.i_shift_right::<SPLIT>(sum[r]);
            total[r].high = simd.i_add(total[r].high, high);
            total[r].low = simd.i_add(total[r].low, simd.i_low_bits::<SPLIT>(sum[r]));
            sum[r] = zero;
        }
        from = to;
    }
    total
}

/// How many products below `bound` × 2^F can be added to a number below 2^(F + 1) in 32 bits.
pub fn exact_run(bound: f64, fraction_bits: i32) -> usize {
    let room = power(31) - power(fraction_bits + 1);
    ((room / (bound * power(fraction_bits))) as usize).clamp(1, 1024)
}
