//! The last rounding of exact sums.

/// magnitude × 2^exponent brought to 2^place: shifted, with bit 0 set if anything was lost.
fn at_place(magnitude: u128, exponent: i32, place: i32) -> u128 {
    let shift = exponent - place;
    match shift {
        0.. => magnitude << shift,
        -127..=-1 => (magnitude >> -shift) | u128::from(magnitude << (128 + shift) != 0),
        _ => u128::from(magnitude != 0),
    }
}

fn width(x: u128) -> i32 {
    128 - x.leading_zeros() as i32
}

/// (sum × 2^unit + denominator × addend) / denominator, rounded once to the nearest f32, ties to even; zero is +0.
pub fn exact_to_f32(sum: i64, unit: i32, addend: f32, denominator: u32, nan: u32) -> u32 {
    if addend.is_nan() || sum == i64::MIN {
        return nan;
    }
    if addend.is_infinite() {
        return addend.to_bits();
    }
    let field = ((addend.to_bits() >> 23) & 255) as i32;
    let fraction = addend.to_bits() & 0x7f_ffff;
    let significand = u128::from(if field == 0 {
        fraction
    } else {
        fraction | 0x80_0000
    }) * u128::from(denominator);
    let exponent = field.max(1) - 150;
    let (magnitude, place) = (u128::from(sum.unsigned_abs()), unit);
    // 120 bits below the top of the larger one: what is lost of the smaller one only counts as "not zero".
    let top_of = |x: u128, place: i32| {
        if x == 0 {
            i32::MIN / 2
        } else {
            width(x) + place
        }
    };
    let top = top_of(magnitude, place).max(top_of(significand, exponent));
    let lowest = place.min(exponent).max(top - 120);
    let signed = |negative: bool, x: u128| if negative { -(x as i128) } else { x as i128 };
    let total = signed(sum < 0, at_place(magnitude, place, lowest))
        + signed(addend.is_sign_negative(), at_place(significand, exponent, lowest));
    let (quotient, quotient_place) = divide(total.unsigned_abs(), lowest, denominator);
    round(total < 0, quotient, quotient_place)
}

/// x × 2^place / denominator with at least 100 bits, bit 0 set if anything was left.
fn divide(x: u128, place: i32, denominator: u32) -> (u128, i32) {
    if x == 0 || denominator == 1 {
        return (x, place);
    }
    let shift = x.leading_zeros() as i32;
    let (scaled, by) = (x << shift, u128::from(denominator));
    (
        (scaled / by) | u128::from(!scaled.is_multiple_of(by)),
        place - shift,
    )
}

fn round(negative: bool, x: u128, place: i32) -> u32 {
    if x == 0 {
        return 0;
    }
    let top = (width(x) + place - 1).max(-126);
    let kept_place = top - 23;
    let kept = at_place(x, place, kept_place - 2); // two more bits: half, and the rest
    let odd = (kept >> 2) & 1;
    let rounded = (kept + 1 + odd) >> 2;
    // Codes are consecutive in value order, so that a carry moves the exponent by itself.
    let code = (i64::from(top + 126) << 23) + rounded as i64;
    let sign = u32::from(negative) << 31;
    if rounded == 0 {
        return 0;
    }
    sign | (code.min(0x7f80_0000) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_nearest_even() {
        for (sum, unit, expected) in [
            (3, -1, 1.5f32),
            (0x100_0001, 0, 16777216.0),
            (0x100_0003, 0, 16777220.0),
            (1, -150, 0.0),
        ] {
            assert_eq!(f32::from_bits(exact_to_f32(sum, unit, 0.0, 1, 0)), expected);
        }
        assert_eq!(exact_to_f32(3, -150, 0.0, 1, 0), 2); // a tie between 1 and 2 units
    }

    #[test]
    fn divides_and_adds() {
        assert_eq!(f32::from_bits(exact_to_f32(49 * 3, -2, 1.0, 49, 0)), 1.75);
        assert_eq!(f32::from_bits(exact_to_f32(1, 0, 1e30, 1, 0)), 1e30);
        assert_eq!(
            exact_to_f32(0, -20, f32::from_bits(0x807f_ffff), 1, 0),
            0x807f_ffff
        );
        assert_eq!(
            f32::from_bits(exact_to_f32(1 << 40, 0, 1e-40, 1, 0)),
            (1u64 << 40) as f32
        );
    }
}
