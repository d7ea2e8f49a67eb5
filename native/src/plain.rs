//! Passes in which no product is cut, as sums of f32 products.
//!
//! Let `top` be a bound of the exponents of all products, the floor and the exponent of a zero C, and `last` the lowest
//! place of a product. No product is cut while max(top, exponent of C) − F ≤ last. Products and their partial sums are
//! multiples of 2^last and, by Cauchy-Schwarz, not above ‖row‖·‖column‖ ≤ 2^(last + 24): f32 holds them. What remains of
//! the pass is C, cut at 2^(E − F), plus that sum, rounded once. For F ≥ 23 nothing of C is cut if its exponent is
//! at least top − F + 23; only otherwise the exponents have to be looked at.
use crate::aligned::addends_and_products;
use crate::floats::FloatOperand;
use crate::groups::PANEL;
use crate::products::ProductRule;
use crate::simd::Simd;
use crate::tiles::ROWS;

pub struct Guard {
    /// Exponents of C from here on: nothing of C is cut.
    least: i32,
    /// Exponents of C up to here: nothing of the products is cut.
    most: i32,
}

impl Guard {
    /// None if a product may be cut whatever C is, or a sum may not fit f32.
    #[inline(always)]
    pub fn of(
        (a, b): (&FloatOperand, &FloatOperand),
        rule: &ProductRule,
        (row, panel): (usize, usize),
        (first, count): (usize, usize),
    ) -> Option<Self> {
        if rule.fraction_bits < 23 || rule.half {
            return None;
        }
        let (passes, pass) = (a.depth / count, first / count);
        let left = a.bounds[row / ROWS * passes + pass];
        let right = b.bounds[panel * passes + pass];
        let top = (left.largest + right.largest)
            .max(rule.floor)
            .max(rule.zero_addend);
        let last = (left.last + right.last).min(top);
        let uncut = top - rule.fraction_bits <= last;
        let fits = left.log_norm + right.log_norm <= (last + 24) as f32 && last >= -100 && top <= 100;
        (uncut && fits).then_some(Self {
            least: top - rule.fraction_bits + 23,
            most: last + rule.fraction_bits,
        })
    }

    /// Whether these addends leave the products uncut.
    #[inline(always)]
    pub fn admits<S: Simd, const R: usize, const C: usize>(&self, simd: S, addends: &[[S::F; R]; C]) -> bool {
        let mut largest = simd.i_splat(i32::MIN);
        for column in addends {
            for &addend in column {
                largest = simd.i_max(largest, simd.exponent(addend, i32::MIN, i32::MAX));
            }
        }
        simd.i_all_at_most(largest, simd.i_splat(self.most))
    }
}

/// One pass of a tile of R rows and C vectors of columns; the same bits as `products::pass`.
#[inline(always)]
pub fn pass<S: Simd, const R: usize, const C: usize>(
    simd: S,
    (a, b): (&FloatOperand, &FloatOperand),
    rule: &ProductRule,
    guard: &Guard,
    (row, panel, column): (usize, usize, usize),
    (first, count): (usize, usize),
    addends: [[S::F; R]; C],
) -> [[S::F; R]; C] {
    let mut left: [&[f32]; R] = [&[]; R];
    for r in 0..R {
        left[r] = &a.values[(row + r) * a.depth + first..][..count];
    }
    let block = (panel * b.depth + first) * PANEL..(panel * b.depth + first + count) * PANEL;
    let right: &[[f32; PANEL]] = b.values[block].as_chunks().0;
    let mut terms = [[simd.f_splat(0.0); R]; C];
    for (k, right) in right.iter().enumerate() {
        for c in 0..C {
            let right = simd.f_load(&right[column + c * S::LANES..]);
            for r in 0..R {
                terms[c][r] = simd.f_mul_add(simd.f_splat(left[r][k]), right, terms[c][r]);
            }
        }
    }
    let mut results = addends;
    for c in 0..C {
        for r in 0..R {
            let mut addend = addends[c][r];
            let exponent = simd.exponent(addend, i32::MAX, i32::MAX);
            if !simd.i_all_at_most(simd.i_splat(guard.least), exponent) {
                let place = (row + r, panel, column + c * S::LANES);
                let range = (first, count);
                let [largest] = addends_and_products::<S, 1>(simd, (a, b), rule, place, range, [addend]);
                addend = cut(
                    simd,
                    addend,
                    simd.i_sub(largest, simd.i_splat(rule.fraction_bits)),
                );
            }
            let sum = simd.f_add_toward_zero(addend, terms[c][r]);
            results[c][r] = simd.f_keep_fraction(sum, rule.result_bits);
        }
    }
    results
}

/// x without what lies below 2^place.
#[inline(always)]
fn cut<S: Simd>(simd: S, x: S::F, place: S::I) -> S::F {
    let to_units = simd.d_power(simd.i_sub(simd.i_splat(0), place));
    let units = simd.d_truncate(simd.d_mul(simd.d_from_f(x), to_units));
    simd.f_toward_zero(simd.d_mul(units, simd.d_power(place)))
}
