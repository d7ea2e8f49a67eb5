//! The byte dot product's speed with nothing around it: the limit that the group kernels are compared with.
use crate::simd::{Kernel, Simd};

/// Runs this many rounds of twelve independent dot products; gives the multiply-accumulates done.
pub struct Peak(pub u64);
impl Kernel for Peak {
    type Output = f64;
    fn run<S: Simd>(self, simd: S) -> f64 {
        simd.vectorize(
            #[inline(always)]
            || {
                let bytes = [130u8; 64];
                let mut sums = [simd.dot_zero(); 12];
                for i in 0..self.0 {
                    for sum in &mut sums {
                        *sum = simd.dot(*sum, &bytes, i as i32 & 3);
                    }
                }
                let mut out = [0; 16];
                for sum in sums {
                    simd.i_store(simd.dot_sum(sum, 0), &mut out);
                    std::hint::black_box(&out);
                }
                (self.0 * 12 * 4 * S::LANES as u64) as f64
            },
        )
    }
}
