//! Elements as 16-bit words, for fused additions that keep few bits (Hopper's FP8: F = 13).
//!
//! An element is ±M·2^(e − 7) with an integer M < 256 and e the exponent it counts with. A product is P·2^(e − 14) with
//! P < 2^16; in units of 2^(E − F), E the largest exponent, it is P >> (14 − F + E − e) after truncation: below 2^15 for
//! F ≤ 13, since E ≥ e. Elements k and k + 1 lie side by side, so that one instruction adds both products.
use crate::floats::{ElementTables, FloatOperand};
use crate::groups::PANEL;
use crate::products::{addend_exponent, finish, ProductRule};
use crate::simd::Simd;

/// Largest number of fraction bits for which a truncated product is a positive i16.
pub const MOST_FRACTION_BITS: i32 = 13;
/// Largest number of elements of a pass: their sum is below 2^23, and with C below 2^24.
pub const MOST_TERMS: usize = 256;
/// Fraction bits of a significand.
const FRACTION_BITS: i32 = 7;
/// Exponents that never count stay far from overflow when two are added.
const LEAST_EXPONENT: i16 = -8000;

/// M, e and sign of every code. Of NaN and infinities there is M = 0: other code looks at those.
pub struct WordTables(Vec<[i16; 3]>);

impl WordTables {
    /// None if a significand has more than 8 bits.
    pub fn of(tables: &ElementTables) -> Option<Self> {
        let entries = tables.values.iter().zip(tables.exponents);
        let words = entries.map(|(&value, &exponent)| {
            let sign = if value.is_sign_negative() { -1 } else { 1 };
            if value == 0.0 || !value.is_finite() {
                return Some([0, exponent.max(LEAST_EXPONENT), sign]);
            }
            let significand = f64::from(value.abs()) * f64::from(FRACTION_BITS - i32::from(exponent)).exp2();
            let fits = significand < 256.0 && significand.fract() == 0.0 && exponent.abs() < 1000;
            fits.then_some([significand as i16, exponent, sign])
        });
        words.collect::<Option<Vec<_>>>().map(Self)
    }
}

/// The words of two elements, k and k + 1, of one row.
pub type Pair = [[i16; 2]; FIELDS];
/// The same of all columns of a panel.
pub type PanelPair = [[i16; 2 * PANEL]; FIELDS];

/// Fields of a pair: significands, exponents, signs (±1; on side a −2 for −1 and 0 for 1).
const FIELDS: usize = 3;
const SIGNIFICAND: usize = 0;
const EXPONENT: usize = 1;
const SIGN: usize = 2;

/// Words of an operand: [row][k / 2] on side a, [panel][k / 2] on side b.
pub enum Words {
    Rows(Vec<Pair>),
    Panels(Vec<PanelPair>),
}

impl Words {
    /// `width`: 1 for rows, PANEL for panels; `size`: elements in all.
    pub fn zeros(size: usize, width: usize, zero: i16) -> Self {
        let padding = [0, zero.max(LEAST_EXPONENT), 1];
        let pairs = size / (2 * width);
        if width == 1 {
            Words::Rows(vec![padding.map(|word| [word; 2]); pairs])
        } else {
            Words::Panels(vec![padding.map(|word| [word; 2 * PANEL]); pairs])
        }
    }

    /// `at`: index of the element in the layout [line][k][row of the line].
    #[inline(always)]
    pub fn set(&mut self, at: usize, tables: &WordTables, code: u16) {
        let words = tables.0[usize::from(code)];
        match self {
            Words::Rows(pairs) => {
                for (field, word) in pairs[at / 2].iter_mut().zip(words) {
                    field[at % 2] = word;
                }
                // A sign that flips ±1 of the other side when it is −1, by flipping all bits but the lowest.
                pairs[at / 2][SIGN][at % 2] ^= 1;
            }
            Words::Panels(pairs) => {
                let (k, column) = (at / PANEL, at % PANEL);
                for (field, word) in pairs[k / 2].iter_mut().zip(words) {
                    field[2 * column + k % 2] = word;
                }
            }
        }
    }
}

/// The words of both sides, if there are any.
pub fn sides<'a>(a: &'a FloatOperand, b: &'a FloatOperand) -> Option<(&'a [Pair], &'a [PanelPair])> {
    match (&a.words, &b.words) {
        (Some(Words::Rows(left)), Some(Words::Panels(right))) => Some((left, right)),
        _ => None,
    }
}

/// The largest exponent that the addend and the products of a pass count with, at least the floor.
#[inline(always)]
pub fn counted_exponents<S: Simd, const R: usize>(
    simd: S,
    (rows, right): ([&[Pair]; R], &[PanelPair]),
    rule: &ProductRule,
    column: usize,
    addend: [S::F; R],
) -> [S::I; R] {
    let mut largest = [simd.w_both(simd.i_splat(rule.floor)); R];
    for (k, right) in right.iter().enumerate() {
        let exponent = simd.w_load(&right[EXPONENT][2 * column..]);
        for r in 0..R {
            largest[r] = simd.w_max(
                largest[r],
                simd.w_add(simd.w_splat(rows[r][k][EXPONENT]), exponent),
            );
        }
    }
    let mut counted = [simd.i_splat(0); R];
    for r in 0..R {
        let exponent = addend_exponent(simd, rule, addend[r]);
        counted[r] = simd.i_max(simd.w_larger(largest[r]), exponent);
    }
    counted
}

/// The pairs of a pass: of R rows, and of a panel.
#[inline(always)]
pub fn pairs_of_pass<'a, const R: usize>(
    (left, right): (&'a [Pair], &'a [PanelPair]),
    depth: usize,
    (row, panel): (usize, usize),
    (first, count): (usize, usize),
) -> ([&'a [Pair]; R], &'a [PanelPair]) {
    let (first, count, depth) = (first / 2, count / 2, depth / 2);
    let mut rows: [&[Pair]; R] = [&[]; R];
    for r in 0..R {
        rows[r] = &left[(row + r) * depth + first..][..count];
    }
    (rows, &right[panel * depth + first..][..count])
}

/// One pass of a tile of R rows and one vector of columns; the same bits as `products::pass`.
#[inline(always)]
pub fn pass<S: Simd, const R: usize>(
    simd: S,
    (rows, right): ([&[Pair]; R], &[PanelPair]),
    rule: &ProductRule,
    column: usize,
    addend: [S::F; R],
) -> [S::F; R] {
    let counted = counted_exponents::<S, R>(simd, (rows, right), rule, column, addend);
    let column = 2 * column;
    let mut shift = [simd.w_both(counted[0]); R];
    for r in 0..R {
        let places = simd.i_splat(2 * FRACTION_BITS - rule.fraction_bits);
        shift[r] = simd.w_both(simd.i_add(counted[r], places));
    }
    let mut sum = [simd.i_splat(0); R];
    for (k, right) in right.iter().enumerate() {
        let significand = simd.w_load(&right[SIGNIFICAND][column..]);
        let exponent = simd.w_load(&right[EXPONENT][column..]);
        let sign = simd.w_load(&right[SIGN][column..]);
        for r in 0..R {
            let pair = &rows[r][k];
            let product = simd.w_mul(simd.w_splat(pair[SIGNIFICAND]), significand);
            let by = simd.w_sub(simd.w_sub(shift[r], simd.w_splat(pair[EXPONENT])), exponent);
            let signs = simd.w_xor(sign, simd.w_splat(pair[SIGN]));
            sum[r] = simd.w_dot(sum[r], simd.w_shift_right(product, by), signs);
        }
    }
    let mut result = addend;
    for r in 0..R {
        result[r] = finish_words(simd, rule, addend[r], counted[r], sum[r]);
    }
    result
}

/// `finish` for sums that fit 24 bits: everything is exact in f32 unless the place of a unit, or C, is out of its range.
#[inline(always)]
fn finish_words<S: Simd>(simd: S, rule: &ProductRule, addend: S::F, largest: S::I, products: S::I) -> S::F {
    let finite = simd.i_all_at_most(simd.exponent(addend, 0, i32::MAX), simd.i_splat(127));
    if rule.half || !finite || !simd.i_all_at_most(simd.i_splat(-100), largest) {
        return finish(simd, rule, addend, largest, simd.d_from_i(products));
    }
    let places = simd.i_sub(largest, simd.i_splat(rule.fraction_bits));
    let to_units = simd.f_power(simd.i_sub(simd.i_splat(0), places));
    let units = simd.i_add(simd.i_truncate(simd.f_mul(addend, to_units)), products);
    let sum = simd.f_mul(simd.f_from_i(units), simd.f_power(places));
    simd.f_keep_fraction(sum, rule.result_bits)
}
