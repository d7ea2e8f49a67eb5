//! Fused additions of products one output at a time: for operands with NaN or infinities.
use crate::floats::FloatOperand;
use crate::groups::PANEL;
use crate::products::{ProductRule, LEAST_HALF_EXPONENT};
use crate::rounding::{self, power};
use crate::simd::toward_zero;

/// Products of elements first, first + 1, … of a row and a column, with the exponents that they count with.
pub fn scalar_products<'a>(
    (a, b): (&'a FloatOperand, &'a FloatOperand),
    (row, panel, column): (usize, usize, usize),
    (first, count): (usize, usize),
) -> impl Iterator<Item = (f64, i32)> + Clone + 'a {
    (first..first + count).map(move |k| {
        let (i, j) = (row * a.depth + k, (panel * b.depth + k) * PANEL + column);
        let (value, exponent) = (a.values[i] * b.values[j], a.exponents[i] + b.exponents[j]);
        let scale = if a.scaled { power(exponent) } else { 1.0 };
        (f64::from(value) * scale, exponent)
    })
}

/// A tile of `ROWS` rows and a panel.
pub fn scalar_tile<const ROWS: usize>(
    sides: (&FloatOperand, &FloatOperand),
    rule: &ProductRule,
    (row, panel): (usize, usize),
    sums: &mut [f32],
    stride: usize,
) {
    let per_pass = rule.step / rule.passes;
    for r in 0..ROWS {
        for column in 0..PANEL {
            let sum = &mut sums[r * stride + column];
            for from in (0..sides.0.depth).step_by(rule.step) {
                let mut carried = if rule.addend_last { 0.0 } else { *sum };
                for first in (from..from + rule.step).step_by(per_pass) {
                    let products = scalar_products(sides, (row + r, panel, column), (first, per_pass));
                    carried = scalar_pass(rule, carried, products);
                }
                *sum = match (rule.addend_last, rule.half) {
                    (false, _) => carried,
                    (true, false) => *sum + carried,
                    (true, true) => rounding::nearest_half(f64::from(*sum) + f64::from(carried)),
                };
            }
        }
    }
}

/// What NaN and infinities among the terms force, by IEEE additions; None without them.
pub fn forced(addend: f32, products: impl Iterator<Item = (f64, i32)>) -> Option<f32> {
    let special = products
        .map(|(value, _)| value)
        .chain([f64::from(addend)])
        .filter(|value| !value.is_finite());
    special.reduce(|sum, value| sum + value).map(|value| value as f32)
}

/// One fused addition of products with their exponents.
fn scalar_pass(rule: &ProductRule, addend: f32, products: impl Iterator<Item = (f64, i32)> + Clone) -> f32 {
    if let Some(result) = forced(addend, products.clone()) {
        return result;
    }
    let field = ((addend.to_bits() >> 23) & 255) as i32;
    let least = if rule.half { LEAST_HALF_EXPONENT } else { -126 };
    let exponent = if addend == 0.0 {
        rule.zero_addend
    } else {
        (field - 127).max(least)
    };
    let largest = products
        .clone()
        .fold(rule.floor.max(exponent), |most, (_, exponent)| most.max(exponent));
    let (to_units, back) = (
        power(rule.fraction_bits - largest),
        power(largest - rule.fraction_bits),
    );
    let cut = |value: f64| (value * to_units).trunc();
    let total = products.fold(cut(f64::from(addend)), |sum, (value, _)| sum + cut(value));
    if rule.half {
        return rounding::nearest_half(total * back);
    }
    let result = toward_zero(total * back);
    f32::from_bits(result.to_bits() & (u32::MAX << (23 - rule.result_bits))) + 0.0
}
