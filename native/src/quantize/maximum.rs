//! The first pass over a tensor.
use crate::simd::{Engine, Kernel, Simd};

/// Largest magnitude; NaN if a value is not finite.
pub fn absolute_maximum(engine: Engine, data: &[f32]) -> f32 {
    struct Job<'a>(&'a [f32]);
    impl Kernel for Job<'_> {
        type Output = u32;
        fn run<S: Simd>(self, simd: S) -> u32 {
            // Magnitudes order like their bits.
            simd.vectorize(
                #[inline(always)]
                || {
                    self.0
                        .iter()
                        .fold(0, |most, x| most.max(x.to_bits() & 0x7fff_ffff))
                },
            )
        }
    }
    let bits = engine.run(Job(data));
    if bits >= 0x7f80_0000 {
        f32::NAN
    } else {
        f32::from_bits(bits)
    }
}
