//! The last rounding of exact sums.

/// magnitude × 2^exponent brought to 2^place: shifted, with bit 0 set if anything was lost.
fn at_place(magnitude: u128, exponent: i32, place: i32) -> u128 {
    let shift = exponent - place;
    match shift {
        _ if magnitude == 0 => 0,
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

/// 2^x for any x within the range of f64's normal numbers; 0 below it.
#[inline(always)]
pub fn power(x: i32) -> f64 {
    if x < -1022 {
        return 0.0;
    }
    f64::from_bits(((x.min(1023) + 1023) as u64) << 52)
}

/// The FP16 number nearest to x, ties to even, as f32; infinity from 65,520 on, and +0 for zeros.
#[inline(always)]
pub fn nearest_half(x: f64) -> f32 {
    const LEAST_EXPONENT: u64 = 1023 - 14;
    if x.abs() >= 65520.0 || x.is_nan() {
        return (x * f64::INFINITY) as f32;
    }
    let exponent = ((x.to_bits() >> 52) & 0x7ff).max(LEAST_EXPONENT);
    // Adding and taking away 1.5 × 2^(52 + place) rounds to a multiple of 2^place; the place is 10 below the exponent.
    let round = f64::from_bits((exponent + 42) << 52) * 1.5;
    ((x + round) - round) as f32 + 0.0
}

/// Bits of an FP16 number held as f32, NaN payloads included, and back.
pub fn half_bits(x: f32) -> u32 {
    let (bits, sign) = (x.to_bits() & 0x7fff_ffff, (x.to_bits() >> 16) & 0x8000);
    sign | match bits >> 23 {
        255 => 0x7c00 | ((bits & 0x7f_ffff) >> 13),
        field if field < 127 - 14 => (x.abs() * 16_777_216.0) as u32,
        field => ((field - (127 - 15)) << 10) | ((bits & 0x7f_ffff) >> 13),
    }
}

pub fn half_value(bits: u32) -> f32 {
    let (field, fraction, sign) = ((bits >> 10) & 31, bits & 0x3ff, (bits & 0x8000) << 16);
    let magnitude = match field {
        0 => (fraction as f32 / 16_777_216.0).to_bits(),
        31 => 0x7f80_0000 | (fraction << 13),
        _ => ((field + 127 - 15) << 23) | (fraction << 13),
    };
    f32::from_bits(sign | magnitude)
}

/// x + y rounded once to the nearest f32, ties to even; zero is +0. The error of the f64 sum is exact (Knuth's two-sum);
/// where there is one, the sum is moved to the neighbour with an odd significand, which no later rounding mistakes for a tie.
pub fn add_to_f32(x: f64, y: f64) -> f32 {
    let sum = x + y;
    let part = sum - x;
    let error = (x - (sum - part)) + (y - part);
    if error == 0.0 || error.is_nan() || sum.to_bits() & 1 == 1 {
        return sum as f32 + 0.0;
    }
    let outward = (error > 0.0) == (sum > 0.0);
    f64::from_bits(if outward {
        sum.to_bits() + 1
    } else {
        sum.to_bits() - 1
    }) as f32
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

    #[test]
    fn every_half_is_itself_and_ties_go_to_even() {
        for bits in 0..0x1_0000 {
            let value = half_value(bits);
            assert_eq!(half_bits(value), bits);
            let nearest = nearest_half(f64::from(value));
            assert!(value.is_nan() && nearest.is_nan() || nearest == value, "{bits:x}");
        }
        for bits in 0..0x7bff {
            let (low, high) = (f64::from(half_value(bits)), f64::from(half_value(bits + 1)));
            let middle = (low + high) / 2.0;
            let even = if bits & 1 == 0 { low } else { high };
            assert_eq!(f64::from(nearest_half(middle)), even);
            assert_eq!(f64::from(nearest_half(-middle)), -even);
            assert_eq!(f64::from(nearest_half(middle * (1.0 + f64::EPSILON))), high);
        }
        assert_eq!(nearest_half(65519.9), 65504.0);
        assert_eq!(nearest_half(-65520.0), f32::NEG_INFINITY);
    }

    #[test]
    fn adds_with_one_rounding() {
        let tie = f64::from(1u32 << 24) + 1.0;
        assert_eq!(add_to_f32(tie, 1e-60), 16777218.0);
        assert_eq!(add_to_f32(tie, -1e-60), 16777216.0);
        assert_eq!(add_to_f32(tie, 0.0), 16777216.0);
        assert_eq!(add_to_f32(-1.0, 1.0).to_bits(), 0);
    }
}
