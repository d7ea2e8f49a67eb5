//! Eight lanes of AVX2 with FMA.
use super::Simd;
use std::arch::x86_64::*;

/// Exists only where `detect` found every instruction set that `vectorize` enables.
#[derive(Clone, Copy)]
pub struct Avx2(());

impl Avx2 {
    pub fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Self(()))
    }
}

#[target_feature(enable = "avx2,fma")]
fn vectorized<R>(kernel: impl FnOnce() -> R) -> R {
    kernel()
}

// Invariant of every unsafe block below: `self` proves that the processor has the instruction; a memory operand is a
// slice or an array that has been checked to hold one whole vector.
impl Simd for Avx2 {
    const LANES: usize = 8;
    const COLUMNS: usize = 2;
    type I = __m256i;
    type F = __m256;
    type D = (__m256d, __m256d);
    /// Sixteen i16: the sums of pairs of products.
    type Dot = __m256i;
    type W = __m256i;

    #[inline(always)]
    fn vectorize<R>(self, kernel: impl FnOnce() -> R) -> R {
        // SAFETY: see the invariant above.
        unsafe { vectorized(kernel) }
    }

    #[inline(always)]
    fn dot_zero(self) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe { _mm256_setzero_si256() }
    }
    #[inline(always)]
    fn dot(self, sum: __m256i, b: &[u8], a: i32) -> __m256i {
        let b: &[u8; 32] = b.first_chunk().expect("a vector of b");
        // SAFETY: see the invariant above.
        unsafe {
            let pairs = _mm256_maddubs_epi16(_mm256_loadu_si256(b.as_ptr().cast()), _mm256_set1_epi32(a));
            _mm256_add_epi16(sum, pairs) // at most 8 · 144 · 16 = 18,432
        }
    }
    #[inline(always)]
    fn dot_sum(self, sum: __m256i, start: i32) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe {
            _mm256_add_epi32(
                _mm256_madd_epi16(sum, _mm256_set1_epi16(1)),
                _mm256_set1_epi32(start),
            )
        }
    }

    #[inline(always)]
    fn i_splat(self, x: i32) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe { _mm256_set1_epi32(x) }
    }
    #[inline(always)]
    fn i_load(self, x: &[i32]) -> __m256i {
        let x: &[i32; 8] = x.first_chunk().expect("a vector of i32");
        // SAFETY: see the invariant above.
        unsafe { _mm256_loadu_si256(x.as_ptr().cast()) }
    }
    #[inline(always)]
    fn i_store(self, x: __m256i, to: &mut [i32]) {
        let to: &mut [i32; 8] = to.first_chunk_mut().expect("a vector of i32");
        // SAFETY: see the invariant above.
        unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), x) }
    }
    #[inline(always)]
    fn i_add(self, x: __m256i, y: __m256i) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe { _mm256_add_epi32(x, y) }
    }
    #[inline(always)]
    fn i_sub(self, x: __m256i, y: __m256i) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe { _mm256_sub_epi32(x, y) }
    }
    #[inline(always)]
    fn i_max(self, x: __m256i, y: __m256i) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe { _mm256_max_epi32(x, y) }
    }
    #[inline(always)]
    fn i_shift_right<const BITS: i32>(self, x: __m256i) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe { _mm256_sra_epi32(x, _mm_cvtsi32_si128(BITS)) }
    }
    #[inline(always)]
    fn i_low_bits<const BITS: i32>(self, x: __m256i) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe { _mm256_and_si256(x, _mm256_set1_epi32((1 << BITS) - 1)) }
    }
    #[inline(always)]
    fn i_all_at_most(self, x: __m256i, y: __m256i) -> bool {
        // SAFETY: see the invariant above.
        unsafe { _mm256_movemask_epi8(_mm256_cmpgt_epi32(x, y)) == 0 }
    }
    #[inline(always)]
    fn exponent(self, x: __m256, zero: i32, special: i32) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe {
            let magnitude = _mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32(0x7fff_ffff));
            let field = _mm256_srli_epi32::<23>(magnitude);
            let plain = _mm256_sub_epi32(
                _mm256_max_epi32(field, _mm256_set1_epi32(1)),
                _mm256_set1_epi32(127),
            );
            let is_special = _mm256_cmpeq_epi32(field, _mm256_set1_epi32(255));
            let some = _mm256_blendv_epi8(plain, _mm256_set1_epi32(special), is_special);
            let is_zero = _mm256_cmpeq_epi32(magnitude, _mm256_setzero_si256());
            _mm256_blendv_epi8(some, _mm256_set1_epi32(zero), is_zero)
        }
    }

    #[inline(always)]
    fn exponent_field(self, x: __m256) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe {
            let field = _mm256_srli_epi32::<24>(_mm256_slli_epi32::<1>(_mm256_castps_si256(x)));
            _mm256_sub_epi32(field, _mm256_set1_epi32(127))
        }
    }

    #[inline(always)]
    fn w_splat(self, pair: [i16; 2]) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe { _mm256_set1_epi32((i32::from(pair[1]) << 16) | i32::from(pair[0] as u16)) }
    }
    #[inline(always)]
    fn w_load(self, x: &[i16]) -> __m256i {
        let x: &[i16; 16] = x.first_chunk().expect("a vector of i16");
        // SAFETY: see the invariant above.
        unsafe { _mm256_loadu_si256(x.as_ptr().cast()) }
    }
    #[inline(always)]
    fn w_both(self, x: __m256i) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe {
            _mm256_or_si256(
                _mm256_slli_epi32::<16>(x),
                _mm256_and_si256(x, _mm256_set1_epi32(0xffff)),
            )
        }
    }
    #[inline(always)]
    fn w_add(self, x: __m256i, y: __m256i) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe { _mm256_add_epi16(x, y) }
    }
    #[inline(always)]
    fn w_sub(self, x: __m256i, y: __m256i) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe { _mm256_sub_epi16(x, y) }
    }
    #[inline(always)]
    fn w_max(self, x: __m256i, y: __m256i) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe { _mm256_max_epi16(x, y) }
    }
    #[inline(always)]
    fn w_xor(self, x: __m256i, y: __m256i) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe { _mm256_xor_si256(x, y) }
    }
    #[inline(always)]
    fn w_mul(self, x: __m256i, y: __m256i) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe { _mm256_mullo_epi16(x, y) }
    }
    #[inline(always)]
    fn w_shift_right(self, x: __m256i, by: __m256i) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe {
            let low = _mm256_set1_epi32(0xffff);
            let even = _mm256_srlv_epi32(_mm256_and_si256(x, low), _mm256_and_si256(by, low));
            let odd = _mm256_srlv_epi32(_mm256_srli_epi32::<16>(x), _mm256_srli_epi32::<16>(by));
            _mm256_or_si256(even, _mm256_slli_epi32::<16>(odd))
        }
    }
    #[inline(always)]
    fn w_dot(self, sum: __m256i, x: __m256i, y: __m256i) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe { _mm256_add_epi32(sum, _mm256_madd_epi16(x, y)) }
    }
    #[inline(always)]
    fn w_larger(self, x: __m256i) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe {
            _mm256_max_epi32(
                _mm256_srai_epi32::<16>(x),
                _mm256_srai_epi32::<16>(_mm256_slli_epi32::<16>(x)),
            )
        }
    }

    #[inline(always)]
    fn f_splat(self, x: f32) -> __m256 {
        // SAFETY: see the invariant above.
        unsafe { _mm256_set1_ps(x) }
    }
    #[inline(always)]
    fn f_load(self, x: &[f32]) -> __m256 {
        let x: &[f32; 8] = x.first_chunk().expect("a vector of f32");
        // SAFETY: see the invariant above.
        unsafe { _mm256_loadu_ps(x.as_ptr()) }
    }
    #[inline(always)]
    fn f_store(self, x: __m256, to: &mut [f32]) {
        let to: &mut [f32; 8] = to.first_chunk_mut().expect("a vector of f32");
        // SAFETY: see the invariant above.
        unsafe { _mm256_storeu_ps(to.as_mut_ptr(), x) }
    }
    #[inline(always)]
    fn f_from_i(self, x: __m256i) -> __m256 {
        // SAFETY: see the invariant above.
        unsafe { _mm256_cvtepi32_ps(x) }
    }
    #[inline(always)]
    fn f_add(self, x: __m256, y: __m256) -> __m256 {
        // SAFETY: see the invariant above.
        unsafe { _mm256_add_ps(x, y) }
    }
    #[inline(always)]
    fn f_mul(self, x: __m256, y: __m256) -> __m256 {
        // SAFETY: see the invariant above.
        unsafe { _mm256_mul_ps(x, y) }
    }
    #[inline(always)]
    fn f_mul_add(self, x: __m256, y: __m256, z: __m256) -> __m256 {
        // SAFETY: see the invariant above.
        unsafe { _mm256_fmadd_ps(x, y, z) }
    }
    #[inline(always)]
    fn f_add_toward_zero(self, x: __m256, y: __m256) -> __m256 {
        // The rounding error of a sum is exact (Knuth's two-sum); where its sign is not the sum's, the sum was
        // rounded outward and one place is taken off.
        // SAFETY: see the invariant above.
        unsafe {
            let sum = _mm256_add_ps(x, y);
            let part = _mm256_sub_ps(sum, x);
            let error = _mm256_add_ps(_mm256_sub_ps(x, _mm256_sub_ps(sum, part)), _mm256_sub_ps(y, part));
            let opposite = _mm256_srai_epi32::<31>(_mm256_castps_si256(_mm256_xor_ps(error, sum)));
            let some = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_NEQ_OQ>(error, _mm256_setzero_ps()));
            let outward = _mm256_and_si256(opposite, some); // −1 or 0
            _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(sum), outward))
        }
    }
    #[inline(always)]
    fn f_keep_fraction(self, x: __m256, fraction_bits: u32) -> __m256 {
        // SAFETY: see the invariant above.
        unsafe {
            let keep = _mm256_castsi256_ps(_mm256_set1_epi32((u32::MAX << (23 - fraction_bits)) as i32));
            _mm256_add_ps(_mm256_and_ps(x, keep), _mm256_setzero_ps())
        }
    }
    #[inline(always)]
    fn f_power(self, x: __m256i) -> __m256 {
        // SAFETY: see the invariant above.
        unsafe {
            let biased = _mm256_add_epi32(x, _mm256_set1_epi32(127));
            _mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased))
        }
    }
    #[inline(always)]
    fn exponent_places(self, x: __m256i) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe { _mm256_slli_epi32::<23>(x) }
    }
    #[inline(always)]
    fn f_times_power(self, x: __m256, n: __m256i) -> __m256 {
        // SAFETY: see the invariant above.
        unsafe { _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), n)) }
    }
    #[inline(always)]
    fn i_truncate(self, x: __m256) -> __m256i {
        // SAFETY: see the invariant above.
        unsafe { _mm256_cvttps_epi32(x) }
    }

    #[inline(always)]
    fn d_splat(self, x: f64) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe { (_mm256_set1_pd(x), _mm256_set1_pd(x)) }
    }
    #[inline(always)]
    fn d_store(self, x: Self::D, to: &mut [f64]) {
        let to: &mut [f64; 8] = to.first_chunk_mut().expect("a vector of f64");
        // SAFETY: see the invariant above; the second half begins four entries into the eight.
        unsafe {
            _mm256_storeu_pd(to.as_mut_ptr(), x.0);
            _mm256_storeu_pd(to.as_mut_ptr().add(4), x.1);
        }
    }
    #[inline(always)]
    fn d_from_i(self, x: __m256i) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe {
            let high = _mm256_extracti128_si256::<1>(x);
            (
                _mm256_cvtepi32_pd(_mm256_castsi256_si128(x)),
                _mm256_cvtepi32_pd(high),
            )
        }
    }
    #[inline(always)]
    fn d_from_f(self, x: __m256) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe {
            (
                _mm256_cvtps_pd(_mm256_castps256_ps128(x)),
                _mm256_cvtps_pd(_mm256_extractf128_ps::<1>(x)),
            )
        }
    }
    #[inline(always)]
    fn d_add(self, x: Self::D, y: Self::D) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe { (_mm256_add_pd(x.0, y.0), _mm256_add_pd(x.1, y.1)) }
    }
    #[inline(always)]
    fn d_mul(self, x: Self::D, y: Self::D) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe { (_mm256_mul_pd(x.0, y.0), _mm256_mul_pd(x.1, y.1)) }
    }
    #[inline(always)]
    fn d_mul_add(self, x: Self::D, y: Self::D, z: Self::D) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe { (_mm256_fmadd_pd(x.0, y.0, z.0), _mm256_fmadd_pd(x.1, y.1, z.1)) }
    }
    #[inline(always)]
    fn d_truncate(self, x: Self::D) -> Self::D {
        const TO_ZERO: i32 = _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC;
        // SAFETY: see the invariant above.
        unsafe { (_mm256_round_pd::<TO_ZERO>(x.0), _mm256_round_pd::<TO_ZERO>(x.1)) }
    }
    #[inline(always)]
    fn d_power(self, x: __m256i) -> Self::D {
        // SAFETY: see the invariant above.
        unsafe {
            let biased = _mm256_add_epi32(x, _mm256_set1_epi32(1023));
            let low = _mm256_cvtepi32_epi64(_mm256_castsi256_si128(biased));
            let high = _mm256_cvtepi32_epi64(_mm256_extracti128_si256::<1>(biased));
            let place = |x| _mm256_castsi256_pd(_mm256_slli_epi64::<52>(x));
            (place(low), place(high))
        }
    }
    #[inline(always)]
    fn f_toward_zero(self, x: Self::D) -> __m256 {
        // SAFETY: see the invariant above.
        unsafe { _mm256_set_m128(half_toward_zero(x.1), half_toward_zero(x.0)) }
    }
}

/// Four doubles toward zero: rounded to nearest, and one place taken off where that went outward.
#[inline(always)]
unsafe fn half_toward_zero(x: __m256d) -> __m128 {
    // SAFETY: called by methods of `Avx2` only.
    unsafe {
        let magnitude = _mm256_andnot_pd(_mm256_set1_pd(-0.0), x);
        let near = _mm256_cvtpd_ps(x);
        let back = _mm256_andnot_pd(_mm256_set1_pd(-0.0), _mm256_cvtps_pd(near));
        let outward = narrow(_mm256_cmp_pd::<_CMP_GT_OQ>(back, magnitude));
        let cut = _mm_castsi128_ps(_mm_add_epi32(_mm_castps_si128(near), outward));
        let limit = _mm256_set1_pd(340282366920938463463374607431768211456.0);
        let beyond = narrow(_mm256_cmp_pd::<_CMP_GE_OQ>(magnitude, limit));
        _mm_add_ps(
            _mm_blendv_ps(cut, near, _mm_castsi128_ps(beyond)),
            _mm_setzero_ps(),
        ) // −0 becomes +0
    }
}

/// A mask of four 64-bit lanes as one of four 32-bit lanes.
#[inline(always)]
unsafe fn narrow(mask: __m256d) -> __m128i {
    // SAFETY: called by `half_toward_zero` only.
    unsafe {
        let even = _mm256_permutevar8x32_epi32(
            _mm256_castpd_si256(mask),
            _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6),
        );
        _mm256_castsi256_si128(even)
    }
}
