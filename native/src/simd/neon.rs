//! Four lanes of NEON, which every aarch64 processor has.
use super::Simd;
use std::arch::aarch64::*;

/// Exists only where `detect` found the instructions.
#[derive(Clone, Copy)]
pub struct Neon(());

impl Neon {
    pub fn detect() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("neon").then_some(Self(()))
    }
}

// Invariant of every unsafe block below: `self` proves that the processor has the instruction; a memory operand is a
// slice or an array that has been checked to hold one whole vector.
impl Simd for Neon {
    const LANES: usize = 4;
    const COLUMNS: usize = 2;
    type I = int32x4_t;
    type F = float32x4_t;
    type D = (float64x2_t, float64x2_t);
    type Dot = int32x4_t;
    type W = int16x8_t;

    /// NEON is part of the architecture's baseline: there is nothing to switch on.
    #[inline(always)]
    fn vectorize<R>(self, kernel: impl FnOnce() -> R) -> R {
        kernel()
    }

    #[inline(always)]
    fn dot_zero(self) -> int32x4_t {
        // SAFETY: see the invariant above.
        unsafe { vdupq_n_s32(0) }
    }
    #[inline(always)]
    fn dot(self, sum: int32x4_t, b: &[u8], a: i32) -> int32x4_t {
        let b: &[u8; 16] = b.first_chunk().expect("a vector of b");
        // SAFETY: see the invariant above.
        unsafe {
            let (a, b) = (vreinterpretq_s8_s32(vdupq_n_s32(a)), vld1q_u8(b.as_ptr()));
            let wide = |half: uint8x8_t| vreinterpretq_s16_u16(vmovl_u8(half));
            let low = vmulq_s16(wide(vget_low_u8(b)), vmovl_s8(vget_low_s8(a))); // at most 144 · 16
            let high = vmulq_s16(wide(vget_high_u8(b)), vmovl_s8(vget_high_s8(a)));
            vaddq_s32(sum, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)))
        }
    }
    #[inline(always)]
    fn dot_sum(self, sum: int32x4_t, start: i32) -> int32x4_t {
        // SAFETY: see the invariant above.
        unsafe { vaddq_s32(sum, vdupq_n_s32(start)) }
    }
    #[inline(always)]
    fn i_splat(self, x: i32) -> int32x4_t {
        // SAFETY: see the invariant above.
        unsafe { vdupq_n_s32(x) }
    }
    #[inline(always)]
    fn i_load(self, x: &[i32]) -> int32x4_t {
        let x: &[i32; 4] = x.first_chunk().expect("a vector of i32");
        // SAFETY: see the invariant above.
        unsafe { vld1q_s32(x.as_ptr()) }
    }
    #[inline(always)]
    fn i_store(self, x: int32x4_t, to: &mut [i32]) {
        let to: &mut [i32; 4] = to.first_chunk_mut().expect("a vector of i32");
        // SAFETY: see the invariant above.
        unsafe { vst1q_s32(to.as_mut_ptr(), x) }
    }
    #[inline(always)]
    fn i_add(self, x: int32x4_t, y: int32x4_t) -> int32x4_t {
        // SAFETY: see the invariant above.
        unsafe { vaddq_s32(x, y) }
    }
    #[inline(always)]
    fn i_sub(self, x: int32x4_t, y: int32x4_t) -> int32x4_t {
        // SAFETY: see the invariant above.
        unsafe { vsubq_s32(x, y) }
    }
    #[inline(always)]
    fn i_max(self, x: int32x4_t, y: int32x4_t) -> int32x4_t {
        // SAFETY: see the invariant above.
        unsafe { vmaxq_s32(x, y) }
    }
    #[inline(always)]
    fn i_shift_right<const BITS: i32>(self, x: int32x4_t) -> int32x4_t {
        // SAFETY: see the invariant above.
        unsafe { vshlq_s32(x, vdupq_n_s32(-BITS)) }
    }
    #[inline(always)]
    fn i_low_bits<const BITS: i32>(self, x: int32x4_t) -> int32x4_t {
        // SAFETY: see the invariant above.
        unsafe { vandq_s32(x, vdupq_n_s32((1 << BITS) - 1)) }
    }
    #[inline(always)]
    fn i_all_at_most(self, x: int32x4_t, y: int32x4_t) -> bool {
        // SAFETY: see the invariant above.
        unsafe { vminvq_u32(vcleq_s32(x, y)) == u32::MAX }
    }
    #[inline(always)]
    fn exponent(self, x: float32x4_t, zero: i32, special: i32) -> int32x4_t {
        // SAFETY: see the invariant above.
        unsafe {
            let magnitude = vandq_s32(vreinterpretq_s32_f32(x), vdupq_n_s32(0x7fff_ffff));
            let field = vshrq_n_s32::<23>(magnitude);
            let plain = vsubq_s32(vmaxq_s32(field, vdupq_n_s32(1)), vdupq_n_s32(127));
            let is_special = vceqq_s32(field, vdupq_n_s32(255));
            let some = vbslq_s32(is_special, vdupq_n_s32(special), plain);
            vbslq_s32(vceqq_s32(magnitude, vdupq_n_s32(0)), vdupq_n_s32(zero), some)
        }
    }
    #[inline(always)]
    fn exponent_field(self, x: float32x4_t) -> int32x4_t {
        // SAFETY: see the invariant above.
        unsafe {
            let field = vshrq_n_u32::<24>(vshlq_n_u32::<1>(vreinterpretq_u32_f32(x)));
            vsubq_s32(vreinterpretq_s32_u32(field), vdupq_n_s32(127))
        }
    }
    #[inline(always)]
    fn w_splat(self, pair: [i16; 2]) -> int16x8_t {
        // SAFETY: see the invariant above.
        unsafe {
            vreinterpretq_s16_s32(vdupq_n_s32(
                (i32::from(pair[1]) << 16) | i32::from(pair[0] as u16),
            ))
        }
    }
    #[inline(always)]
    fn w_load(self, x: &[i16]) -> int16x8_t {
        let x: &[i16; 8] = x.first_chunk().expect("a vector of i16");
        // SAFETY: see the invariant above.
        unsafe { vld1q_s16(x.as_ptr()) }
    }
    #[inline(always)]
    fn w_both(self, x: int32x4_t) -> int16x8_t {
        // SAFETY: see the invariant above.
        unsafe {
            let low = vandq_s32(x, vdupq_n_s32(0xffff));
            vreinterpretq_s16_s32(vorrq_s32(vshlq_n_s32::<16>(x), low))
        }
    }
    #[inline(always)]
    fn w_add(self, x: int16x8_t, y: int16x8_t) -> int16x8_t {
        // SAFETY: see the invariant above.
        unsafe { vaddq_s16(x, y) }
    }
    #[inline(always)]
    fn w_sub(self, x: int16x8_t, y: int16x8_t) -> int16x8_t {
        // SAFETY: see the invariant above.
        unsafe { vsubq_s16(x, y) }
    }
    #[inline(always)]
    fn w_max(self, x: int16x8_t, y: int16x8_t) -> int16x8_t {
        // SAFETY: see the invariant above.
        unsafe { vmaxq_s16(x, y) }
    }
    #[inline(always)]
    fn w_xor(self, x: int16x8_t, y: int16x8_t) -> int16x8_t {
        // SAFETY: see the invariant above.
        unsafe { veorq_s16(x, y) }
    }
    #[inline(always)]
    fn w_mul(self, x: int16x8_t, y: int16x8_t) -> int16x8_t {
        // SAFETY: see the invariant above.
        unsafe { vmulq_s16(x, y) }
    }
    #[inline(always)]
    fn w_shift_right(self, x: int16x8_t, by: int16x8_t) -> int16x8_t {
        // SAFETY: see the invariant above.
        unsafe {
            // A shift to the left by a negative number; no more than 16, which leaves nothing.
            let by = vminq_u16(vreinterpretq_u16_s16(by), vdupq_n_u16(16));
            let left = vnegq_s16(vreinterpretq_s16_u16(by));
            vreinterpretq_s16_u16(vshlq_u16(vreinterpretq_u16_s16(x), left))
        }
    }
    #[inline(always)]
    fn w_dot(self, sum: int32x4_t, x: int16x8_t, y: int16x8_t) -> int32x4_t {
        // SAFETY: see the invariant above.
        unsafe {
            let low = vmull_s16(vget_low_s16(x), vget_low_s16(y));
            vaddq_s32(sum, vpaddq_s32(low, vmull_high_s16(x, y)))
        }
    }
    #[inline(always)]
    fn w_larger(self, x: int16x8_t) -> int32x4_t {
        // SAFETY: see the invariant above.
        unsafe {
            let pairs = vreinterpretq_s32_s16(x);
            let low = vshrq_n_s32::<16>(vshlq_n_s32::<16>(pairs));
            vmaxq_s32(vshrq_n_s32::<16>(pairs), low)
        }
    }
    #[inline(always)]
    fn f_splat(self, x: f32) -> float32x4_t {
        // SAFETY: see the invariant above.
        unsafe { vdupq_n_f32(x) }
    }
    #[inline(always)]
    fn f_load(self, x: &[f32]) -> float32x4_t {
        let x: &[f32; 4] = x.first_chunk().expect("a vector of f32");
        // SAFETY: see the invariant above.
        unsafe { vld1q_f32(x.as_ptr()) }
    }
    #[inline(always)]
    fn f_store(self, x: float32x4_t, to: &mut [f32]) {
        let to: &mut [f32; 4] = to.first_chunk_mut().expect("a vector of f32");
        // SAFETY: see the invariant above.
        unsafe { vst1q_f32(to.as_mut_ptr(), x) }
    }
    #[inline(always)]
    fn f_from_i(self, x: int32x4_t) -> float32x4_t {
        // SAFETY: see the invariant above.
        unsafe { vcvtq_f32_s32(x) }
    }
    #[inline(always)]
    fn f_add(self, x: float32x4_t, y: float32x4_t) -> float32x4_t {
        // SAFETY: see the invariant above.
        unsafe { vaddq_f32(x, y) }
    }
    #[inline(always)]
    fn f_mul(self, x: float32x4_t, y: float32x4_t) -> float32x4_t {
        // SAFETY: see the invariant above.
        unsafe { vmulq_f32(x, y) }
    }
    #[inline(always)]
    fn f_mul_add(self, x: float32x4_t, y: float32x4_t, z: float32x4_t) -> float32x4_t {
        // SAFETY: see the invariant above.
        unsafe { vfmaq_f32(z, x, y) }
    }
    #[inline(always)]
    fn f_add_toward_zero(self, x: float32x4_t, y: float32x4_t) -> float32x4_t {
        // The rounding error of a sum is exact (Knuth's two-sum); where its sign is not the sum's, the sum was
        // rounded outward and one place is taken off.
        // SAFETY: see the invariant above.
        unsafe {
            let sum = vaddq_f32(x, y);
            let part = vsubq_f32(sum, x);
            let error = vaddq_f32(vsubq_f32(x, vsubq_f32(sum, part)), vsubq_f32(y, part));
            let (sum_bits, error_bits) = (vreinterpretq_s32_f32(sum), vreinterpretq_s32_f32(error));
            let opposite = vshrq_n_s32::<31>(veorq_s32(error_bits, sum_bits));
            let none = vreinterpretq_s32_u32(vceqzq_f32(error));
            let outward = vbicq_s32(opposite, none); // −1 or 0
            vreinterpretq_f32_s32(vaddq_s32(sum_bits, outward))
        }
    }
    #[inline(always)]
    fn f_keep_fraction(self, x: float32x4_t, fraction_bits: u32) -> float32x4_t {
        // SAFETY: see the invariant above.
        unsafe {
            let keep = vdupq_n_u32(u32::MAX << (23 - fraction_bits));
            let kept = vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(x), keep));
            vaddq_f32(kept, vdupq_n_f32(0.0))
        }
    }
    #[inline(always)]
    fn f_power(self, x: int32x4_t) -> float32x4_t {
        // SAFETY: see the invariant above.
        unsafe { vreinterpretq_f32_s32(vshlq_n_s32::<23>(vaddq_s32(x, vdupq_n_s32(127)))) }
    }
    #[inline(always)]
    fn exponent_places(self, x: int32x4_t) -> int32x4_t {
        // SAFETY: see the invariant above.
        unsafe { vshlq_n_s32::<23>(x) }
    }
    #[inline(always)]
    fn f_times_power(self, x: float32x4_t, n: int32x4_t) -> float32x4_t {
        // SAFETY: see the invariant above.
        unsafe { vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(x), n)) }
    }
    #[inline(always)]
    fn i_truncate(self, x: float32x4_t) -> int32x4_t {
        // SAFETY: see the invariant above.
        unsafe { vcvtq_s32_f32(x) }
    }
    #[inline(always)]
    fn d_splat(self, x: f64) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe { (vdupq_n_f64(x), vdupq_n_f64(x)) }
    }
    #[inline(always)]
    fn d_store(self, x: Self::D, to: &mut [f64]) {
        let to: &mut [f64; 4] = to.first_chunk_mut().expect("a vector of f64");
        // SAFETY: see the invariant above; the second half begins two entries into the four.
        unsafe {
            vst1q_f64(to.as_mut_ptr(), x.0);
            vst1q_f64(to.as_mut_ptr().add(2), x.1);
        }
    }
    #[inline(always)]
    fn d_from_i(self, x: int32x4_t) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe {
            let low = vcvtq_f64_s64(vmovl_s32(vget_low_s32(x)));
            (low, vcvtq_f64_s64(vmovl_high_s32(x)))
        }
    }
    #[inline(always)]
    fn d_from_f(self, x: float32x4_t) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe { (vcvt_f64_f32(vget_low_f32(x)), vcvt_high_f64_f32(x)) }
    }
    #[inline(always)]
    fn d_add(self, x: Self::D, y: Self::D) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe { (vaddq_f64(x.0, y.0), vaddq_f64(x.1, y.1)) }
    }
    #[inline(always)]
    fn d_mul(self, x: Self::D, y: Self::D) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe { (vmulq_f64(x.0, y.0), vmulq_f64(x.1, y.1)) }
    }
    #[inline(always)]
    fn d_mul_add(self, x: Self::D, y: Self::D, z: Self::D) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe { (vfmaq_f64(z.0, x.0, y.0), vfmaq_f64(z.1, x.1, y.1)) }
    }
    #[inline(always)]
    fn d_truncate(self, x: Self::D) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe { (vrndq_f64(x.0), vrndq_f64(x.1)) }
    }
    #[inline(always)]
    fn d_power(self, x: int32x4_t) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe {
            let biased = vaddq_s32(x, vdupq_n_s32(1023));
            let place = |wide| vreinterpretq_f64_s64(vshlq_n_s64::<52>(wide));
            (
                place(vmovl_s32(vget_low_s32(biased))),
                place(vmovl_high_s32(biased)),
            )
        }
    }
    #[inline(always)]
    fn f_toward_zero(self, x: Self::D) -> float32x4_t {
        // SAFETY: see the invariant above.
        unsafe { vcombine_f32(half_toward_zero(x.0), half_toward_zero(x.1)) }
    }
}

/// Two doubles toward zero: rounded to nearest, and one place taken off where that went outward.
#[inline(always)]
unsafe fn half_toward_zero(x: float64x2_t) -> float32x2_t {
    // SAFETY: called by methods of `Neon` only.
    unsafe {
        let (magnitude, near) = (vabsq_f64(x), vcvt_f32_f64(x));
        let outward = vmovn_u64(vcgtq_f64(vabsq_f64(vcvt_f64_f32(near)), magnitude)); // −1 or 0
        let cut = vreinterpret_f32_u32(vadd_u32(vreinterpret_u32_f32(near), outward));
        let limit = vdupq_n_f64(340282366920938463463374607431768211456.0);
        let beyond = vmovn_u64(vcgeq_f64(magnitude, limit));
        vadd_f32(vbsl_f32(beyond, near, cut), vdup_n_f32(0.0)) // −0 becomes +0
    }
}
