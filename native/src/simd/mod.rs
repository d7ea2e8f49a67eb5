//! Vectors behind one trait, so that every kernel is written once. A value of an engine type (`Avx512`, `Avx2`, `Neon`,
//! `Portable`) is proof that this processor has the engine's instructions: it is made by `detect` alone, so the methods
//! are safe to call. Kernels are `#[inline(always)]` and run inside `vectorize`, which switches the instructions on.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;

#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub use avx512::Avx512;
#[cfg(target_arch = "aarch64")]
pub use neon::Neon;
pub use portable::{toward_zero, Portable};

/// Bias of the unsigned side of a byte dot product.
pub const BIAS: i32 = 128;

/// LANES outputs side by side. `I`: i32, `F`: f32, `D`: f64, `Dot`: a running sum of byte products, `W`: pairs of i16.
pub trait Simd: Copy + Send + Sync {
    const LANES: usize;
    /// Vectors of columns that a tile of the fast tiers holds, and its rows; chosen so that they fit the registers.
    const COLUMNS: usize;
    type I: Copy;
    type F: Copy;
    type D: Copy;
    type Dot: Copy;
    /// 2 · LANES of i16: two side by side for every output.
    type W: Copy;

    /// Runs a kernel with this engine's instructions switched on.
    fn vectorize<R>(self, kernel: impl FnOnce() -> R) -> R;

    fn dot_zero(self) -> Self::Dot;
    /// Adds, in every lane, four products: bytes of `b` (biased by BIAS) with the four signed bytes of `a`.
    /// Exact for |a| ≤ 16 and biased b within 16 of BIAS, four times between `dot_zero` and `dot_sum`.
    fn dot(self, sum: Self::Dot, b: &[u8], a: i32) -> Self::Dot;
    /// The sum in i32 lanes, plus `start` (which takes the bias out).
    fn dot_sum(self, sum: Self::Dot, start: i32) -> Self::I;

    fn i_splat(self, x: i32) -> Self::I;
    fn i_load(self, x: &[i32]) -> Self::I;
    fn i_store(self, x: Self::I, to: &mut [i32]);
    fn i_add(self, x: Self::I, y: Self::I) -> Self::I;
    fn i_sub(self, x: Self::I, y: Self::I) -> Self::I;
    fn i_max(self, x: Self::I, y: Self::I) -> Self::I;
    /// x divided by 2^BITS, rounded down.
    fn i_shift_right<const BITS: i32>(self, x: Self::I) -> Self::I;
    /// x modulo 2^BITS, 0 or above.
    fn i_low_bits<const BITS: i32>(self, x: Self::I) -> Self::I;
    /// Whether x ≤ y in every lane.
    fn i_all_at_most(self, x: Self::I, y: Self::I) -> bool;
    /// Exponent of the leading place of finite floats, not below −126; `zero` for ±0 and `special` for the others.
    fn exponent(self, x: Self::F, zero: i32, special: i32) -> Self::I;

    /// The exponent field minus its bias: the exponent of normal numbers, −127 for zeros and subnormals, 128 for others.
    fn exponent_field(self, x: Self::F) -> Self::I;

    /// The same pair for every output.
    fn w_splat(self, pair: [i16; 2]) -> Self::W;
    fn w_load(self, x: &[i16]) -> Self::W;
    /// Both of a pair are the low 16 bits of an i32.
    fn w_both(self, x: Self::I) -> Self::W;
    fn w_add(self, x: Self::W, y: Self::W) -> Self::W;
    fn w_sub(self, x: Self::W, y: Self::W) -> Self::W;
    fn w_max(self, x: Self::W, y: Self::W) -> Self::W;
    fn w_xor(self, x: Self::W, y: Self::W) -> Self::W;
    /// Low 16 bits of the products.
    fn w_mul(self, x: Self::W, y: Self::W) -> Self::W;
    /// x as u16, shifted right by `by` as u16; 0 from 16 places on.
    fn w_shift_right(self, x: Self::W, by: Self::W) -> Self::W;
    /// The larger of every pair.
    fn w_larger(self, x: Self::W) -> Self::I;
    /// sum + both products of every pair.
    fn w_dot(self, sum: Self::I, x: Self::W, y: Self::W) -> Self::I;

    /// The largest of the magnitudes' bits, which are ordered like the numbers.
    #[inline(always)]
    fn largest_magnitude(self, block: &[f32; 16]) -> u32 {
        let magnitudes = block.map(|x| x.to_bits() & 0x7fff_ffff);
        magnitudes.into_iter().fold(0, u32::max)
    }

    fn f_splat(self, x: f32) -> Self::F;
    fn f_load(self, x: &[f32]) -> Self::F;
    fn f_store(self, x: Self::F, to: &mut [f32]);
    fn f_from_i(self, x: Self::I) -> Self::F;
    fn f_add(self, x: Self::F, y: Self::F) -> Self::F;
    fn f_mul(self, x: Self::F, y: Self::F) -> Self::F;
    /// x·y + z where x·y is an exact f32: fused or not, the result is the same.
    fn f_mul_add(self, x: Self::F, y: Self::F, z: Self::F) -> Self::F;
    /// x + y rounded toward zero; finite operands whose sum does not overflow.
    fn f_add_toward_zero(self, x: Self::F, y: Self::F) -> Self::F;
    /// x with the low 23 − `fraction_bits` bits of its fraction cleared, never −0; NaN stays NaN if it is quiet.
    fn f_keep_fraction(self, x: Self::F, fraction_bits: u32) -> Self::F;
    /// 2^x, −126 ≤ x ≤ 127.
    fn f_power(self, x: Self::I) -> Self::F;
    /// An exponent where floats have theirs, for `f_times_power`.
    fn exponent_places(self, x: Self::I) -> Self::I;
    /// x·2^n for a normal x and a normal result, n by `exponent_places`; something below 1 for zeros, 0 ≤ n < 127.
    fn f_times_power(self, x: Self::F, n: Self::I) -> Self::F;
    /// Truncated to integers; |x| < 2^31.
    fn i_truncate(self, x: Self::F) -> Self::I;

    fn d_splat(self, x: f64) -> Self::D;
    fn d_store(self, x: Self::D, to: &mut [f64]);
    fn d_from_i(self, x: Self::I) -> Self::D;
    fn d_from_f(self, x: Self::F) -> Self::D;
    fn d_add(self, x: Self::D, y: Self::D) -> Self::D;
    fn d_mul(self, x: Self::D, y: Self::D) -> Self::D;
    /// x·y + z where x·y is an exact f64.
    fn d_mul_add(self, x: Self::D, y: Self::D, z: Self::D) -> Self::D;
    /// Truncated to integers, in f64.
    fn d_truncate(self, x: Self::D) -> Self::D;
    /// 2^x, −1022 ≤ x ≤ 1023.
    fn d_power(self, x: Self::I) -> Self::D;
    /// Rounded toward zero; |x| < 2^128.
    #[inline(always)]
    fn f_cut(self, x: Self::D) -> Self::F {
        self.f_toward_zero(x)
    }
    /// Rounded toward zero; infinity from 2^128 on.
    fn f_toward_zero(self, x: Self::D) -> Self::F;
}

/// Something that runs on any engine.
pub trait Kernel {
    type Output;
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// The engines of this library, fastest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    Avx512Vnni,
    Avx2,
    Neon,
    Portable,
}

impl Engine {
    pub const ALL: [Engine; 4] = [Engine::Avx512Vnni, Engine::Avx2, Engine::Neon, Engine::Portable];

    pub fn name(self) -> &'static str {
        match self {
            Engine::Avx512Vnni => "avx512-vnni",
            Engine::Avx2 => "avx2",
            Engine::Neon => "neon",
            Engine::Portable => "portable",
        }
    }

    /// Whether this processor has the engine's instructions.
    pub fn available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Engine::Avx512Vnni => Avx512::detect().is_some(),
            #[cfg(target_arch = "x86_64")]
            Engine::Avx2 => Avx2::detect().is_some(),
            #[cfg(target_arch = "aarch64")]
            Engine::Neon => Neon::detect().is_some(),
            other => other == Engine::Portable,
        }
    }

    pub fn best() -> Engine {
        Engine::ALL
            .into_iter()
            .find(|engine| engine.available())
            .unwrap_or(Engine::Portable)
    }

    /// Runs a kernel on this engine, or on the portable one if the processor does not have it.
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            #[cfg(target_arch = "x86_64")]
            Engine::Avx512Vnni => {
                if let Some(simd) = Avx512::detect() {
                    return kernel.run(simd);
                }
            }
            #[cfg(target_arch = "x86_64")]
            Engine::Avx2 => {
                if let Some(simd) = Avx2::detect() {
                    return kernel.run(simd);
                }
            }
            #[cfg(target_arch = "aarch64")]
            Engine::Neon => {
                if let Some(simd) = Neon::detect() {
                    return kernel.run(simd);
                }
            }
            _ => {}
        }
        kernel.run(Portable)
    }
}
