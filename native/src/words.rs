//! Elements as 16-bit words, for fused additions that keep few bits (Hopper's FP8: F = 13).
//!
//! An element is ±M·2^(e − 7) with an integer M < 256 and e the exponent it counts with. A product is P·2^(e − 14) with
//! P < 2^16; in units of 2^(E − F), E the largest exponent, it is P >> (14 − F + E − e) after truncation: below 2^15 for
//! F ≤ 13, since E ≥ e. Elements k and k + 1 lie side by side, so that one instruction adds both products.
use crate::floats::{ElementTables, FloatOperand};
use crate::groups::PANEL;
use crate::products::ProductRule;
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

/// The largest exponent that the products of a pass count with, at least `least`.
#[inline(always)]
pub fn counted_exponents<S: Simd, const R: usize, const C: usize>(
    simd: S,
    (rows, right): ([&[Pair]; R], &[PanelPair]),
    column: usize,
    least: [[S::I; R]; C],
) -> [[S::I; R]; C] {
    let rows = rows.map(|row| &row[..right.len()]);
    let mut largest = [[simd.w_splat([i16::MIN; 2]); R]; C];
    for (k, right) in right.iter().enumerate() {
        let mut exponents = [simd.w_splat([0; 2]); C];
        for c in 0..C {
            exponents[c] = simd.w_load(&right[EXPONENT][2 * (column + c * S::LANES)..]);
        }
        for r in 0..R {
            let left = simd.w_splat(rows[r][k][EXPONENT]);
            for c in 0..C {
                largest[c][r] = simd.w_max(largest[c][r], simd.w_add(left, exponents[c]));
            }
        }
    }
    let mut counted = least;
    for c in 0..C {
        for r in 0..R {
            counted[c][r] = simd.i_max(counted[c][r], simd.w_larger(largest[c][r]));
        }
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

/// Products of a pass, truncated to multiples of 2^(largest − F), summed in units of that place and added to `start`.
#[inline(always)]
pub fn sums<S: Simd, const R: usize, const C: usize>(
    simd: S,
    (rows, right): ([&[Pair]; R], &[PanelPair]),
    rule: &ProductRule,
    column: usize,
    largest: &[[S::I; R]; C],
    start: [[S::I; R]; C],
) -> [[S::I; R]; C] {
    let rows = rows.map(|row| &row[..right.len()]);
    let places = simd.i_splat(2 * FRACTION_BITS - rule.fraction_bits);
    let mut shift = [[simd.w_splat([0; 2]); R]; C];
    for c in 0..C {
        for r in 0..R {
            shift[c][r] = simd.w_both(simd.i_add(largest[c][r], places));
        }
    }
    let mut sum = start;
    for (k, right) in right.iter().enumerate() {
        for r in 0..R {
            let pair = &rows[r][k];
            let [left_significand, left_exponent, left_sign] = pair.map(|word| simd.w_splat(word));
            for c in 0..C {
                let at = 2 * (column + c * S::LANES);
                let [significand, exponent, sign] =
                    [0, 1, 2].map(|field: usize| simd.w_load(&right[field][at..]));
                let product = simd.w_mul(left_significand, significand);
                let by = simd.w_sub(simd.w_sub(shift[c][r], left_exponent), exponent);
                let signs = simd.w_xor(sign, left_sign);
                sum[c][r] = simd.w_dot(sum[c][r], simd.w_shift_right(product, by), signs);
            }
        }
    }
    sum
}
