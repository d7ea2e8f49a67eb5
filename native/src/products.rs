//! Align, truncate, add once over single products (Hopper, Ada, Ampere, Blackwell without block scales).
//!
//! A product of two elements is exact in f32 (significands of at most 12 bits each) and below 2^(e + 2), e the sum of its
//! elements' exponents. Scaled by 2^(F − E) and truncated it is an integer below 2^(F + 2); sums of 2^(29 − F) of them
//! are exact in i32, sums of those in f64. That is the way for every operand; `words` and `plain` are faster ones for
//! few and for many fraction bits.
use crate::drive::{bands, Control};
use crate::floats::FloatOperand;
use crate::groups::PANEL;
use crate::plain::{self, Guard};
use crate::rounding;
use crate::scalar::scalar_tile;
use crate::simd::{Engine, Kernel, Simd};
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

struct Job<'a> {
    a: &'a FloatOperand,
    b: &'a FloatOperand,
    rule: &'a ProductRule,
    sums: &'a mut [f32],
    stride: usize,
    threads: usize,
    control: &'a Control,
}

pub fn accumulate(
    engine: Engine,
    (a, b): (&FloatOperand, &FloatOperand),
    rule: &ProductRule,
    sums: &mut [f32],
    stride: usize,
    threads: usize,
    control: &Control,
) -> bool {
    engine.run(Job {
        a,
        b,
        rule,
        sums,
        stride,
        threads,
        control,
    })
}

const ROWS: usize = 4;
pub const LEAST_HALF_EXPONENT: i32 = -14;
/// Products below this exponent do not exist in the formats taken; 2^(F − this) is still an f32.
const LEAST_EXPONENT: i32 = -96;

impl Kernel for Job<'_> {
    type Output = bool;

    fn run<S: Simd>(self, simd: S) -> bool {
        let Job {
            a,
            b,
            rule,
            sums,
            stride,
            threads,
            control,
        } = self;
        bands(sums, stride, threads, control, |first, band| {
            simd.vectorize(
                #[inline(always)]
                || {
                    for panel in 0..b.special.len() {
                        for (i, rows) in band.chunks_mut(ROWS * stride).enumerate() {
                            let row = first + i * ROWS;
                            let sums = &mut rows[panel * PANEL..];
                            if b.special[panel] || a.special[row..row + ROWS].contains(&true) {
                                scalar_tile::<ROWS>((a, b), rule, (row, panel), sums, stride);
                                continue;
                            }
                            for column in (0..PANEL).step_by(S::COLUMNS * S::LANES) {
                                let (place, sums) = ((row, panel, column), &mut sums[column..]);
                                match S::COLUMNS {
                                    2 => tile::<S, ROWS, 2>(simd, (a, b), rule, place, sums, stride),
                                    _ => tile::<S, ROWS, 1>(simd, (a, b), rule, place, sums, stride),
                                }
                            }
                        }
                    }
                },
            );
        })
    }
}

#[inline(always)]
fn tile<S: Simd, const R: usize, const C: usize>(
    simd: S,
    (a, b): (&FloatOperand, &FloatOperand),
    rule: &ProductRule,
    place: (usize, usize, usize),
    sums: &mut [f32],
    stride: usize,
) {
    let per_pass = rule.step / rule.passes;
    let mut running = [[simd.f_splat(0.0); R]; C];
    for c in 0..C {
        for r in 0..R {
            running[c][r] = simd.f_load(&sums[r * stride + c * S::LANES..]);
        }
    }
    for from in (0..a.depth).step_by(rule.step) {
        let mut carried = if rule.addend_last {
            [[simd.f_splat(0.0); R]; C]
        } else {
            running
        };
        for first in (from..from + rule.step).step_by(per_pass) {
            carried = columns::<S, R, C>(simd, (a, b), rule, place, (first, per_pass), carried);
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
    sides: (&FloatOperand, &FloatOperand),
    rule: &ProductRule,
    (row, panel, column): (usize, usize, usize),
    range: (usize, usize),
    addends: [[S::F; R]; C],
) -> [[S::F; R]; C] {
    if sides.0.scaled {
        let mut results = addends;
        for c in 0..C {
            let place = (row, panel, column + c * S::LANES);
            let largest = counted_exponents::<S, R>(simd, sides, rule, place, range, addends[c]);
            let sums = scaled_sums::<S, R>(simd, sides, rule.fraction_bits, place, range, largest);
            for r in 0..R {
                results[c][r] = finish(simd, rule, addends[c][r], largest[r], sums[r]);
            }
        }
        return results;
    }
    let guard = Guard::of::<R>(sides, rule, (row, panel), range);
    if let Some(guard) = guard.filter(|guard| guard.admits(simd, &addends)) {
        return plain::pass::<S, R, C>(simd, sides, rule, &guard, (row, panel, column), range, addends);
    }
    let words = words::sides(sides.0, sides.1)
        .map(|words| words::pairs_of_pass::<R>(words, sides.0.depth, (row, panel), range));
    let mut results = addends;
    for c in 0..C {
        let column = column + c * S::LANES;
        let place = (row, panel, column);
        results[c] = match words {
            Some(words) if rule.fraction_bits <= MOST_FRACTION_BITS && range.1 <= MOST_TERMS => {
                words::pass::<S, R>(simd, words, rule, column, addends[c])
            }
            Some(words) => {
                let largest = words::counted_exponents::<S, R>(simd, words, rule, column, addends[c]);
                pass::<S, R>(simd, sides, rule, place, range, addends[c], largest)
            }
            None => {
                let largest = counted_exponents::<S, R>(simd, sides, rule, place, range, addends[c]);
                pass::<S, R>(simd, sides, rule, place, range, addends[c], largest)
            }
        };
    }
    results
}

/// The exponent that an addend counts with: that of its register's field.
#[inline(always)]
pub fn addend_exponent<S: Simd>(simd: S, rule: &ProductRule, addend: S::F) -> S::I {
    let exponent = simd.exponent(addend, rule.zero_addend, rule.floor);
    if !rule.half {
        return exponent;
    }
    // FP16 subnormals, from 2^-24 on, count with -14: max(e, min(e + 10, -14)) leaves all others what they are.
    let raised = simd.i_max(
        simd.i_sub(simd.i_splat(-10), exponent),
        simd.i_splat(-LEAST_HALF_EXPONENT),
    );
    simd.i_max(exponent, simd.i_sub(simd.i_splat(0), raised))
}

#[inline(always)]
fn nearest_half<S: Simd>(simd: S, x: S::D) -> S::F {
    let (mut exact, mut rounded) = ([0f64; 16], [0f32; 16]);
    simd.d_store(x, &mut exact);
    for (to, &x) in rounded.iter_mut().zip(&exact) {
        *to = rounding::nearest_half(x);
    }
    simd.f_load(&rounded)
}

/// The largest exponent that the addend and the products of a pass count with, at least the floor.
#[inline(always)]
pub fn counted_exponents<S: Simd, const R: usize>(
    simd: S,
    (a, b): (&FloatOperand, &FloatOperand),
    rule: &ProductRule,
    (row, panel, column): (usize, usize, usize),
    (first, count): (usize, usize),
    addend: [S::F; R],
) -> [S::I; R] {
    let mut left: [&[i32]; R] = [&[]; R];
    let mut largest = [simd.i_splat(rule.floor); R];
    for r in 0..R {
        left[r] = &a.exponents[(row + r) * a.depth + first..][..count];
        largest[r] = simd.i_max(largest[r], addend_exponent(simd, rule, addend[r]));
    }
    let panel = (panel * b.depth + first) * PANEL..(panel * b.depth + first + count) * PANEL;
    let right: &[[i32; PANEL]] = b.exponents[panel].as_chunks().0;
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

/// One pass of a tile of R rows and one vector of columns. `largest`: see `counted_exponents`.
#[inline(always)]
fn pass<S: Simd, const R: usize>(
    simd: S,
    (a, b): (&FloatOperand, &FloatOperand),
    rule: &ProductRule,
    (row, panel, column): (usize, usize, usize),
    (first, count): (usize, usize),
    addend: [S::F; R],
    largest: [S::I; R],
) -> [S::F; R] {
    let mut left: [&[f32]; R] = [&[]; R];
    let mut units = [simd.f_splat(0.0); R];
    for r in 0..R {
        left[r] = &a.values[(row + r) * a.depth + first..][..count];
        let counted = simd.i_max(largest[r], simd.i_splat(LEAST_EXPONENT));
        let places = simd.i_sub(simd.i_splat(rule.fraction_bits), counted);
        units[r] = simd.f_power(places);
    }
    let panel = (panel * b.depth + first) * PANEL..(panel * b.depth + first + count) * PANEL;
    let right: &[[f32; PANEL]] = b.values[panel].as_chunks().0;
    let run = 1 << (29 - rule.fraction_bits).clamp(0, 10);
    let mut total = [simd.d_splat(0.0); R];
    for (i, run_of_right) in right.chunks(run).enumerate() {
        let mut sum = [simd.i_splat(0); R];
        for (k, right) in run_of_right.iter().enumerate() {
            let right = simd.f_load(&right[column..]);
            for r in 0..R {
                let product = simd.f_mul(simd.f_splat(left[r][i * run + k]), right);
                sum[r] = simd.i_add(sum[r], simd.i_truncate(simd.f_mul(product, units[r])));
            }
        }
        for r in 0..R {
            total[r] = simd.d_add(total[r], simd.d_from_i(sum[r]));
        }
    }
    let mut result = addend;
    for r in 0..R {
        result[r] = finish(simd, rule, addend[r], largest[r], total[r]);
    }
    result
}
