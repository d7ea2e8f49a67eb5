//! The values of two-level blocks: ((element × gain) × scale) × amax / divisor, one FP32 rounding each.
use crate::simd::{Engine, Kernel, Simd};

const BLOCK: usize = 16;

struct Decode<'a> {
    codes: &'a [u8],
    scales: &'a [u8],
    /// Element values with their gain, 16 for each choice.
    values: &'a [f32; 32],
    scale_values: &'a [f32; 256],
    selector: u8,
    amax: f32,
    divisor: f32,
    out: &'a mut [f32],
}

/// ((element × gain) × scale) × amax / divisor, one FP32 rounding each.
#[allow(clippy::too_many_arguments)]
pub fn dequantize(
    engine: Engine,
    codes: &[u8],
    scales: &[u8],
    values: &[f32; 32],
    scale_values: &[f32; 256],
    selector: u8,
    (amax, divisor): (f32, f32),
    out: &mut [f32],
) {
    engine.run(Decode {
        codes,
        scales,
        values,
        scale_values,
        selector,
        amax,
        divisor,
        out,
    });
}

impl Kernel for Decode<'_> {
    type Output = ();

    fn run<S: Simd>(self, simd: S) {
        let Decode {
            codes,
            scales,
            values,
            scale_values,
            selector,
            amax,
            divisor,
            out,
        } = self;
        let work = codes
            .chunks_exact(BLOCK)
            .zip(scales)
            .zip(out.chunks_exact_mut(BLOCK));
        simd.vectorize(
            #[inline(always)]
            || {
                for ((codes, &scale), out) in work {
                    let first = usize::from(scale & selector != 0) * 16;
                    let mut table = [0f32; 16];
                    for (value, element) in table.iter_mut().zip(&values[first..first + 16]) {
                        *value = ((element * scale_values[usize::from(scale)]) * amax) / divisor;
                    }
                    for (out, code) in out.iter_mut().zip(codes) {
                        *out = table[usize::from(code & 15)];
                    }
                }
            },
        );
    }
}
