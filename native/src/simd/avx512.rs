//! Sixteen lanes of AVX-512 with VNNI.
use super::Simd;
use std::arch::x86_64::*;

/// Exists only where `detect` found every instruction set that `vectorize` enables.
#[derive(Clone, Copy)]
pub struct Avx512(());

impl Avx512 {
    pub fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni")
            && is_x86_feature_detected!("fma");
        found.then_some(Self(()))
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma")]
fn vectorized<R>(kernel: impl FnOnce() -> R) -> R {
    kernel()
}

const TO_ZERO: i32 = _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC;

// Invariant of every unsafe block below: `self` proves that the processor has the instruction; a memory operand is a
// slice or an array that has been checked to hold one whole vector.
impl Simd for Avx512 {
    const LANES: usize = 16;
    const COLUMNS: usize = 2;
    type I = __m512i;
    type F = __m512;
    type D = (__m512d, __m512d);
    type Dot = __m512i;
    type W = __m512i;

    #[inline(always)]
    fn vectorize<R>(self, kernel: impl FnOnce() -> R) -> R {
        // SAFETY: see the invariant above.
        unsafe { vectorized(kernel) }
    }

    #[inline(always)]
    fn dot_zero(self) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe { _mm512_setzero_si512() }
    }
    #[inline(always)]
    fn dot(self, sum: __m512i, b: &[u8], a: i32) -> __m512i {
        let b: &[u8; 64] = b.first_chunk().expect("a vector of b");
        // SAFETY: see the invariant above.
        unsafe { _mm512_dpbusd_epi32(sum, _mm512_loadu_si512(b.as_ptr().cast()), _mm512_set1_epi32(a)) }
    }
    #[inline(always)]
    fn dot_sum(self, sum: __m512i, start: i32) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe { _mm512_add_epi32(sum, _mm512_set1_epi32(start)) }
    }

    #[inline(always)]
    fn i_splat(self, x: i32) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe { _mm512_set1_epi32(x) }
    }
    #[inline(always)]
    fn i_load(self, x: &[i32]) -> __m512i {
        let x: &[i32; 16] = x.first_chunk().expect("a vector of i32");
        // SAFETY: see the invariant above.
        unsafe { _mm512_loadu_si512(x.as_ptr().cast()) }
    }
    #[inline(always)]
    fn i_store(self, x: __m512i, to: &mut [i32]) {
        let to: &mut [i32; 16] = to.first_chunk_mut().expect("a vector of i32");
        // SAFETY: see the invariant above.
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), x) }
    }
    #[inline(always)]
    fn i_add(self, x: __m512i, y: __m512i) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe { _mm512_add_epi32(x, y) }
    }
    #[inline(always)]
    fn i_sub(self, x: __m512i, y: __m512i) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe { _mm512_sub_epi32(x, y) }
    }
    #[inline(always)]
    fn i_max(self, x: __m512i, y: __m512i) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe { _mm512_max_epi32(x, y) }
    }
    #[inline(always)]
    fn i_shift_right<const BITS: i32>(self, x: __m512i) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe { _mm512_sra_epi32(x, _mm_cvtsi32_si128(BITS)) }
    }
    #[inline(always)]
    fn i_low_bits<const BITS: i32>(self, x: __m512i) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe { _mm512_and_si512(x, _mm512_set1_epi32((1 << BITS) - 1)) }
    }
    #[inline(always)]
    fn i_all_at_most(self, x: __m512i, y: __m512i) -> bool {
        // SAFETY: see the invariant above.
        unsafe { _mm512_cmple_epi32_mask(x, y) == 0xffff }
    }
    #[inline(always)]
    fn exponent(self, x: __m512, zero: i32, special: i32) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe {
            let magnitude = _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0x7fff_ffff));
            let field = _mm512_srli_epi32::<23>(magnitude);
            let plain = _mm512_sub_epi32(
                _mm512_max_epi32(field, _mm512_set1_epi32(1)),
                _mm512_set1_epi32(127),
            );
            let is_special = _mm512_cmpeq_epi32_mask(field, _mm512_set1_epi32(255));
            let some = _mm512_mask_mov_epi32(plain, is_special, _mm512_set1_epi32(special));
            let is_zero = _mm512_testn_epi32_mask(magnitude, magnitude);
            _mm512_mask_mov_epi32(some, is_zero, _mm512_set1_epi32(zero))
        }
    }

    #[inline(always)]
    fn exponent_field(self, x: __m512) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe {
            let field = _mm512_srli_epi32::<24>(_mm512_slli_epi32::<1>(_mm512_castps_si512(x)));
            _mm512_sub_epi32(field, _mm512_set1_epi32(127))
        }
    }

    #[inline(always)]
    fn w_splat(self, pair: [i16; 2]) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe { _mm512_set1_epi32((i32::from(pair[1]) << 16) | i32::from(pair[0] as u16)) }
    }
    #[inline(always)]
    fn w_load(self, x: &[i16]) -> __m512i {
        let x: &[i16; 32] = x.first_chunk().expect("a vector of i16");
        // SAFETY: see the invariant above.
        unsafe { _mm512_loadu_si512(x.as_ptr().cast()) }
    }
    #[inline(always)]
    fn w_both(self, x: __m512i) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe {
            _mm512_or_si512(
                _mm512_slli_epi32::<16>(x),
                _mm512_and_si512(x, _mm512_set1_epi32(0xffff)),
            )
        }
    }
    #[inline(always)]
    fn w_add(self, x: __m512i, y: __m512i) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe { _mm512_add_epi16(x, y) }
    }
    #[inline(always)]
    fn w_sub(self, x: __m512i, y: __m512i) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe { _mm512_sub_epi16(x, y) }
    }
    #[inline(always)]
    fn w_max(self, x: __m512i, y: __m512i) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe { _mm512_max_epi16(x, y) }
    }
    #[inline(always)]
    fn w_xor(self, x: __m512i, y: __m512i) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe { _mm512_xor_si512(x, y) }
    }
    #[inline(always)]
    fn w_mul(self, x: __m512i, y: __m512i) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe { _mm512_mullo_epi16(x, y) }
    }
    #[inline(always)]
    fn w_shift_right(self, x: __m512i, by: __m512i) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe { _mm512_srlv_epi16(x, by) }
    }
    #[inline(always)]
    fn w_dot(self, sum: __m512i, x: __m512i, y: __m512i) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe { _mm512_dpwssd_epi32(sum, x, y) }
    }
    #[inline(always)]
    fn w_larger(self, x: __m512i) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe {
            _mm512_max_epi32(
                _mm512_srai_epi32::<16>(x),
                _mm512_srai_epi32::<16>(_mm512_slli_epi32::<16>(x)),
            )
        }
    }

    #[inline(always)]
    fn largest_magnitude(self, block: &[f32; 16]) -> u32 {
        // SAFETY: see the invariant above.
        unsafe {
            let bits = _mm512_loadu_si512(block.as_ptr().cast());
            _mm512_reduce_max_epu32(_mm512_and_si512(bits, _mm512_set1_epi32(0x7fff_ffff)))
        }
    }

    #[inline(always)]
    fn f_splat(self, x: f32) -> __m512 {
        // SAFETY: see the invariant above.
        unsafe { _mm512_set1_ps(x) }
    }
    #[inline(always)]
    fn f_load(self, x: &[f32]) -> __m512 {
        let x: &[f32; 16] = x.first_chunk().expect("a vector of f32");
        // SAFETY: see the invariant above.
        unsafe { _mm512_loadu_ps(x.as_ptr()) }
    }
    #[inline(always)]
    fn f_store(self, x: __m512, to: &mut [f32]) {
        let to: &mut [f32; 16] = to.first_chunk_mut().expect("a vector of f32");
        // SAFETY: see the invariant above.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), x) }
    }
    #[inline(always)]
    fn f_from_i(self, x: __m512i) -> __m512 {
        // SAFETY: see the invariant above.
        unsafe { _mm512_cvtepi32_ps(x) }
    }
    #[inline(always)]
    fn f_add(self, x: __m512, y: __m512) -> __m512 {
        // SAFETY: see the invariant above.
        unsafe { _mm512_add_ps(x, y) }
    }
    #[inline(always)]
    fn f_mul(self, x: __m512, y: __m512) -> __m512 {
        // SAFETY: see the invariant above.
        unsafe { _mm512_mul_ps(x, y) }
    }
    #[inline(always)]
    fn f_mul_add(self, x: __m512, y: __m512, z: __m512) -> __m512 {
        // SAFETY: see the invariant above.
        unsafe { _mm512_fmadd_ps(x, y, z) }
    }
    #[inline(always)]
    fn f_add_toward_zero(self, x: __m512, y: __m512) -> __m512 {
        // SAFETY: see the invariant above.
        unsafe { _mm512_add_round_ps::<TO_ZERO>(x, y) }
    }
    #[inline(always)]
    fn f_keep_fraction(self, x: __m512, fraction_bits: u32) -> __m512 {
        // SAFETY: see the invariant above.
        unsafe {
            let keep = _mm512_set1_epi32((u32::MAX << (23 - fraction_bits)) as i32);
            let kept = _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(x), keep));
            _mm512_add_ps(kept, _mm512_setzero_ps())
        }
    }
    #[inline(always)]
    fn f_power(self, x: __m512i) -> __m512 {
        // SAFETY: see the invariant above.
        unsafe {
            let biased = _mm512_add_epi32(x, _mm512_set1_epi32(127));
            _mm512_castsi512_ps(_mm512_slli_epi32::<23>(biased))
        }
    }
    #[inline(always)]
    fn exponent_places(self, x: __m512i) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe { _mm512_slli_epi32::<23>(x) }
    }
    #[inline(always)]
    fn f_times_power(self, x: __m512, n: __m512i) -> __m512 {
        // SAFETY: see the invariant above.
        unsafe { _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(x), n)) }
    }
    #[inline(always)]
    fn i_truncate(self, x: __m512) -> __m512i {
        // SAFETY: see the invariant above.
        unsafe { _mm512_cvttps_epi32(x) }
    }

    #[inline(always)]
    fn d_splat(self, x: f64) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe { (_mm512_set1_pd(x), _mm512_set1_pd(x)) }
    }
    #[inline(always)]
    fn d_store(self, x: Self::D, to: &mut [f64]) {
        let to: &mut [f64; 16] = to.first_chunk_mut().expect("a vector of f64");
        // SAFETY: see the invariant above; the second half begins eight entries into the sixteen.
        unsafe {
            _mm512_storeu_pd(to.as_mut_ptr(), x.0);
            _mm512_storeu_pd(to.as_mut_ptr().add(8), x.1);
        }
    }
    #[inline(always)]
    fn d_from_i(self, x: __m512i) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe {
            let low = _mm512_castsi512_si256(x);
            (
                _mm512_cvtepi32_pd(low),
                _mm512_cvtepi32_pd(_mm512_extracti64x4_epi64::<1>(x)),
            )
        }
    }
    #[inline(always)]
    fn d_from_f(self, x: __m512) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe {
            (
                _mm512_cvtps_pd(_mm512_castps512_ps256(x)),
                _mm512_cvtps_pd(_mm512_extractf32x8_ps::<1>(x)),
            )
        }
    }
    #[inline(always)]
    fn d_add(self, x: Self::D, y: Self::D) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe { (_mm512_add_pd(x.0, y.0), _mm512_add_pd(x.1, y.1)) }
    }
    #[inline(always)]
    fn d_mul(self, x: Self::D, y: Self::D) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe { (_mm512_mul_pd(x.0, y.0), _mm512_mul_pd(x.1, y.1)) }
    }
    #[inline(always)]
    fn d_mul_add(self, x: Self::D, y: Self::D, z: Self::D) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe { (_mm512_fmadd_pd(x.0, y.0, z.0), _mm512_fmadd_pd(x.1, y.1, z.1)) }
    }
    #[inline(always)]
    fn d_truncate(self, x: Self::D) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe {
            (
                _mm512_roundscale_pd::<TO_ZERO>(x.0),
                _mm512_roundscale_pd::<TO_ZERO>(x.1),
            )
        }
    }
    #[inline(always)]
    fn d_power(self, x: __m512i) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe {
            let biased = _mm512_add_epi32(x, _mm512_set1_epi32(1023));
            let low = _mm512_cvtepi32_epi64(_mm512_castsi512_si256(biased));
            let high = _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64::<1>(biased));
            let place = |x| _mm512_castsi512_pd(_mm512_slli_epi64::<52>(x));
            (place(low), place(high))
        }
    }
    #[inline(always)]
    fn f_cut(self, x: Self::D) -> __m512 {
        // SAFETY: see the invariant above.
        unsafe {
            let low = _mm512_castps256_ps512(_mm512_cvt_roundpd_ps::<TO_ZERO>(x.0));
            _mm512_insertf32x8::<1>(low, _mm512_cvt_roundpd_ps::<TO_ZERO>(x.1))
        }
    }
    #[inline(always)]
    fn f_toward_zero(self, x: Self::D) -> __m512 {
        let cut = self.f_cut(x);
        // SAFETY: see the invariant above.
        unsafe {
            let limit = _mm512_set1_pd(340282366920938463463374607431768211456.0);
            let beyond = |half| _mm512_cmp_pd_mask::<_CMP_GE_OQ>(_mm512_abs_pd(half), limit);
            let mask = u16::from(beyond(x.0)) | (u16::from(beyond(x.1)) << 8);
            let sign = _mm512_and_ps(cut, _mm512_set1_ps(-0.0));
            let whole = _mm512_add_ps(cut, _mm512_setzero_ps()); // −0 becomes +0
            _mm512_mask_mov_ps(whole, mask, _mm512_or_ps(sign, _mm512_set1_ps(f32::INFINITY)))
        }
    }
}
