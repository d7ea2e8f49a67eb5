//! Plain arrays of eight lanes: the engine of processors without a special one, and the model that the others are
//! tested against. Compilers turn it into the baseline vectors of the target (SSE2, NEON).
use super::Simd;

const L: usize = 8;

#[derive(Clone, Copy)]
pub struct Portable;

#[inline(always)]
fn map<T: Copy, U>(x: [T; L], f: impl Fn(T) -> U) -> [U; L] {
    x.map(f)
}

#[inline(always)]
fn zip<T: Copy, U: Copy, V>(x: [T; L], y: [U; L], f: impl Fn(T, U) -> V) -> [V; L] {
    std::array::from_fn(|i| f(x[i], y[i]))
}

/// x rounded toward zero; infinity from 2^128 on.
pub fn toward_zero(x: f64) -> f32 {
    if x.abs() >= 340282366920938463463374607431768211456.0 {
        return f32::INFINITY.copysign(x as f32);
    }
    let near = x as f32;
    if f64::from(near.abs()) > x.abs() {
        return f32::from_bits(near.to_bits() - 1) + 0.0; // the smallest subnormal becomes a zero
    }
    near + 0.0
}

/// x + y rounded toward zero: the rounding error of the sum is exact (Knuth's two-sum) and says on which side it lies.
#[inline(always)]
fn add_toward_zero(x: f32, y: f32) -> f32 {
    let sum = x + y;
    let part = sum - x;
    let error = (x - (sum - part)) + (y - part);
    let outward = (error.to_bits() ^ sum.to_bits()) >> 31 == 1 && error != 0.0;
    f32::from_bits(sum.to_bits() - u32::from(outward))
}

fn exponent(x: f32, zero: i32, special: i32) -> i32 {
    let magnitude = x.to_bits() & 0x7fff_ffff;
    match magnitude >> 23 {
        _ if magnitude == 0 => zero,
        255 => special,
        field => (field as i32).max(1) - 127,
    }
}

impl Simd for Portable {
    const LANES: usize = L;
    const COLUMNS: usize = 1;
    type I = [i32; L];
    type F = [f32; L];
    type D = [f64; L];
    type Dot = [i32; L];
    type W = [i16; 2 * L];

    #[inline(always)]
    fn vectorize<R>(self, kernel: impl FnOnce() -> R) -> R {
        kernel()
    }

    #[inline(always)]
    fn dot_zero(self) -> [i32; L] {
        [0; L]
    }
    #[inline(always)]
    fn dot(self, sum: [i32; L], b: &[u8], a: i32) -> [i32; L] {
        let a = a.to_le_bytes().map(|x| i32::from(x as i8));
        let b: &[u8; 4 * L] = b.first_chunk().expect("a vector of b");
        std::array::from_fn(|i| {
            let products = (0..4).map(|k| i32::from(b[4 * i + k]) * a[k]);
            sum[i] + products.sum::<i32>()
        })
    }
    #[inline(always)]
    fn dot_sum(self, sum: [i32; L], start: i32) -> [i32; L] {
        map(sum, |x| x + start)
    }

    #[inline(always)]
    fn i_splat(self, x: i32) -> [i32; L] {
        [x; L]
    }
    #[inline(always)]
    fn i_load(self, x: &[i32]) -> [i32; L] {
        *x.first_chunk().expect("a vector of i32")
    }
    #[inline(always)]
    fn i_store(self, x: [i32; L], to: &mut [i32]) {
        to[..L].copy_from_slice(&x);
    }
    #[inline(always)]
    fn i_add(self, x: [i32; L], y: [i32; L]) -> [i32; L] {
        zip(x, y, |x, y| x.wrapping_add(y))
    }
    #[inline(always)]
    fn i_sub(self, x: [i32; L], y: [i32; L]) -> [i32; L] {
        zip(x, y, |x, y| x.wrapping_sub(y))
    }
    #[inline(always)]
    fn i_max(self, x: [i32; L], y: [i32; L]) -> [i32; L] {
        zip(x, y, |x, y| x.max(y))
    }
    #[inline(always)]
    fn i_shift_right<const BITS: i32>(self, x: [i32; L]) -> [i32; L] {
        map(x, |x| x >> BITS)
    }
    #[inline(always)]
    fn i_low_bits<const BITS: i32>(self, x: [i32; L]) -> [i32; L] {
        map(x, |x| x & ((1 << BITS) - 1))
    }
    #[inline(always)]
    fn i_all_at_most(self, x: [i32; L], y: [i32; L]) -> bool {
        x.iter().zip(&y).all(|(x, y)| x <= y)
    }
    #[inline(always)]
    fn exponent(self, x: [f32; L], zero: i32, special: i32) -> [i32; L] {
        map(x, |x| exponent(x, zero, special))
    }

    #[inline(always)]
    fn exponent_field(self, x: [f32; L]) -> [i32; L] {
        map(x, |x| ((x.to_bits() << 1) >> 24) as i32 - 127)
    }

    #[inline(always)]
    fn w_splat(self, pair: [i16; 2]) -> Self::W {
        std::array::from_fn(|i| pair[i % 2])
    }
    #[inline(always)]
    fn w_load(self, x: &[i16]) -> Self::W {
        *x.first_chunk().expect("a vector of i16")
    }
    #[inline(always)]
    fn w_both(self, x: [i32; L]) -> Self::W {
        std::array::from_fn(|i| x[i / 2] as i16)
    }
    #[inline(always)]
    fn w_add(self, x: Self::W, y: Self::W) -> Self::W {
        std::array::from_fn(|i| x[i].wrapping_add(y[i]))
    }
    #[inline(always)]
    fn w_sub(self, x: Self::W, y: Self::W) -> Self::W {
        std::array::from_fn(|i| x[i].wrapping_sub(y[i]))
    }
    #[inline(always)]
    fn w_max(self, x: Self::W, y: Self::W) -> Self::W {
        std::array::from_fn(|i| x[i].max(y[i]))
    }
    #[inline(always)]
    fn w_xor(self, x: Self::W, y: Self::W) -> Self::W {
        std::array::from_fn(|i| x[i] ^ y[i])
    }
    #[inline(always)]
    fn w_mul(self, x: Self::W, y: Self::W) -> Self::W {
        std::array::from_fn(|i| x[i].wrapping_mul(y[i]))
    }
    #[inline(always)]
    fn w_shift_right(self, x: Self::W, by: Self::W) -> Self::W {
        std::array::from_fn(|i| (x[i] as u16).checked_shr(u32::from(by[i] as u16)).unwrap_or(0) as i16)
    }
    #[inline(always)]
    fn w_larger(self, x: Self::W) -> [i32; L] {
        std::array::from_fn(|i| i32::from(x[2 * i].max(x[2 * i + 1])))
    }
    #[inline(always)]
    fn w_dot(self, sum: [i32; L], x: Self::W, y: Self::W) -> [i32; L] {
        let product = |i: usize| i32::from(x[i]) * i32::from(y[i]);
        std::array::from_fn(|i| sum[i] + product(2 * i) + product(2 * i + 1))
    }

    #[inline(always)]
    fn f_splat(self, x: f32) -> [f32; L] {
        [x; L]
    }
    #[inline(always)]
    fn f_load(self, x: &[f32]) -> [f32; L] {
        *x.first_chunk().expect("a vector of f32")
    }
    #[inline(always)]
    fn f_store(self, x: [f32; L], to: &mut [f32]) {
        to[..L].copy_from_slice(&x);
    }
    #[inline(always)]
    fn f_from_i(self, x: [i32; L]) -> [f32; L] {
        map(x, |x| x as f32)
    }
    #[inline(always)]
    fn f_add(self, x: [f32; L], y: [f32; L]) -> [f32; L] {
        zip(x, y, |x, y| x + y)
    }
    #[inline(always)]
    fn f_mul(self, x: [f32; L], y: [f32; L]) -> [f32; L] {
        zip(x, y, |x, y| x * y)
    }
    #[inline(always)]
    fn f_mul_add(self, x: [f32; L], y: [f32; L], z: [f32; L]) -> [f32; L] {
        std::array::from_fn(|i| x[i] * y[i] + z[i])
    }
    #[inline(always)]
    fn f_add_toward_zero(self, x: [f32; L], y: [f32; L]) -> [f32; L] {
        zip(x, y, add_toward_zero)
    }
    #[inline(always)]
    fn f_keep_fraction(self, x: [f32; L], fraction_bits: u32) -> [f32; L] {
        let keep = u32::MAX << (23 - fraction_bits);
        map(x, |x| f32::from_bits(x.to_bits() & keep) + 0.0)
    }
    #[inline(always)]
    fn f_power(self, x: [i32; L]) -> [f32; L] {
        map(x, |x| f32::from_bits(((x + 127) << 23) as u32))
    }
    #[inline(always)]
    fn exponent_places(self, x: [i32; L]) -> [i32; L] {
        map(x, |x| x << 23)
    }
    #[inline(always)]
    fn f_times_power(self, x: [f32; L], n: [i32; L]) -> [f32; L] {
        zip(x, n, |x, n| f32::from_bits(x.to_bits().wrapping_add_signed(n)))
    }
    #[inline(always)]
    fn i_truncate(self, x: [f32; L]) -> [i32; L] {
        map(x, |x| x as i32)
    }

    #[inline(always)]
    fn d_splat(self, x: f64) -> [f64; L] {
        [x; L]
    }
    #[inline(always)]
    fn d_store(self, x: [f64; L], to: &mut [f64]) {
        to[..L].copy_from_slice(&x);
    }
    #[inline(always)]
    fn d_from_i(self, x: [i32; L]) -> [f64; L] {
        map(x, f64::from)
    }
    #[inline(always)]
    fn d_from_f(self, x: [f32; L]) -> [f64; L] {
        map(x, f64::from)
    }
    #[inline(always)]
    fn d_add(self, x: [f64; L], y: [f64; L]) -> [f64; L] {
        zip(x, y, |x, y| x + y)
    }
    #[inline(always)]
    fn d_mul(self, x: [f64; L], y: [f64; L]) -> [f64; L] {
        zip(x, y, |x, y| x * y)
    }
    #[inline(always)]
    fn d_mul_add(self, x: [f64; L], y: [f64; L], z: [f64; L]) -> [f64; L] {
        std::array::from_fn(|i| x[i] * y[i] + z[i])
    }
    #[inline(always)]
    fn d_truncate(self, x: [f64; L]) -> [f64; L] {
        map(x, f64::trunc)
    }
    #[inline(always)]
    fn d_power(self, x: [i32; L]) -> [f64; L] {
        map(x, |x| f64::from_bits(((i64::from(x) + 1023) << 52) as u64))
    }
    #[inline(always)]
    fn f_toward_zero(self, x: [f64; L]) -> [f32; L] {
        map(x, toward_zero)
    }
}
