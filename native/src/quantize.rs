//! Two-level quantisers (NVFP4, Four Over Six, IF4) and their inverse, 64 blocks of sixteen at a time, a block in a lane:
//! every FP32 operation is the one of the TypeScript quantiser, in its order, so that the bits are the same. Sums of
//! errors run over the elements of a block in order.
use crate::simd::{Engine, Kernel, Simd};

mod maximum;
pub use maximum::absolute_maximum;

const BLOCK: usize = 16;
/// Blocks that are worked on at once: so many that loops over them stay loops, which the compiler turns into vectors.
const LANES: usize = 64;
type Lanes<T> = [T; LANES];
/// [element of the block][block]
type Blocks<T> = [[T; LANES]; BLOCK];

/// How a candidate writes elements.
#[derive(Clone, Copy, PartialEq)]
pub enum Elements {
    E2m1,
    Int4,
}

#[derive(Clone, Copy)]
pub struct Candidate {
    pub elements: Elements,
    /// Factor on the block scale.
    pub stretch: f32,
    pub gain: f32,
    pub inverse_gain: f32,
    /// Set in the scale byte.
    pub selector: u8,
}

/// The second level: see `TensorLevel` of the TypeScript quantiser.
#[derive(Clone, Copy)]
pub struct Level {
    pub amax: f32,
    pub divisor: f32,
    pub target: f32,
    pub encode: f32,
    pub decode: f32,
}

/// First magnitudes of the codes 1 to 7 of E2M1, nearest with ties to the even code, and what each adds to the value.
const STEPS: [(f32, f32); 7] = [
    (0.25f32.next_up(), 0.5),
    (0.75, 0.5),
    (1.25f32.next_up(), 0.5),
    (1.75, 0.5),
    (2.5f32.next_up(), 1.0),
    (3.5, 1.0),
    (5f32.next_up(), 2.0),
];

struct Job<'a> {
    data: &'a [f32],
    level: Level,
    candidates: &'a [Candidate],
    codes: &'a mut [u8],
    scales: &'a mut [u8],
}

/// Writes a code a value and a scale byte a block of 16. All values are finite, `candidates` has one or two entries, the
/// smaller sum of squared errors wins and the first on a tie.
pub fn quantize(
    engine: Engine,
    data: &[f32],
    level: Level,
    candidates: &[Candidate],
    codes: &mut [u8],
    scales: &mut [u8],
    threads: usize,
) {
    let share = scales.len().div_ceil(threads.max(1)).next_multiple_of(LANES);
    let parts = data
        .chunks(share * BLOCK)
        .zip(codes.chunks_mut(share * BLOCK))
        .zip(scales.chunks_mut(share));
    let mut jobs: Vec<Job> = parts
        .map(|((data, codes), scales)| Job {
            data,
            level,
            candidates,
            codes,
            scales,
        })
        .collect();
    let last = jobs.pop();
    std::thread::scope(|scope| {
        for job in jobs {
            scope.spawn(move || engine.run(job));
        }
        if let Some(job) = last {
            engine.run(job);
        }
    });
}

impl Kernel for Job<'_> {
    type Output = ();

    fn run<S: Simd>(self, simd: S) {
        let Job {
            data,
            level,
            candidates,
            codes,
            scales,
        } = self;
        const WHOLE: usize = BLOCK * LANES;
        let work = data
            .chunks(WHOLE)
            .zip(codes.chunks_mut(WHOLE))
            .zip(scales.chunks_mut(LANES));
        simd.vectorize(
            #[inline(always)]
            || {
                for ((data, codes), scales) in work {
                    let mut padded = [0f32; WHOLE];
                    let whole: &[f32; WHOLE] = data.first_chunk().unwrap_or_else(|| {
                        padded[..data.len()].copy_from_slice(data);
                        &padded
                    });
                    let mut written = [0u8; WHOLE];
                    let bytes = match candidates {
                        [only] if only.elements == Elements::E2m1 => {
                            write_in_place(simd, whole, level, only, &mut written)
                        }
                        _ => {
                            let best = best_of(&transpose_in(whole), level, candidates);
                            transpose_out(&best.codes, &mut written);
                            best.scales
                        }
                    };
                    codes.copy_from_slice(&written[..codes.len()]);
                    scales.copy_from_slice(&bytes.map(|byte| byte as u8)[..scales.len()]);
                }
            },
        );
    }
}

/// One candidate of E2M1 elements, whose errors nobody asks for: the elements stay where they are.
#[inline(always)]
fn write_in_place<S: Simd>(
    simd: S,
    data: &[f32; BLOCK * LANES],
    level: Level,
    candidate: &Candidate,
    codes: &mut [u8; BLOCK * LANES],
) -> Lanes<u32> {
    let mut maximum = [0f32; LANES];
    for (maximum, block) in maximum.iter_mut().zip(data.as_chunks::<BLOCK>().0) {
        *maximum = f32::from_bits(simd.largest_magnitude(block));
    }
    let factors = factors_of(&maximum, level, candidate);
    let (mut inverse, mut sign) = ([0f32; BLOCK * LANES], [0u32; BLOCK * LANES]);
    for block in 0..LANES {
        inverse[block * BLOCK..][..BLOCK].fill(factors.inverse[block]);
        sign[block * BLOCK..][..BLOCK].fill(factors.sign[block]);
    }
    for i in 0..BLOCK * LANES {
        let x = data[i];
        let negative = if x < 0.0 { sign[i] } else { 0 };
        codes[i] = (e2m1_code((x * inverse[i]).abs()) | negative) as u8;
    }
    factors.bytes
}

#[inline(always)]
fn transpose_in(data: &[f32; BLOCK * LANES]) -> Blocks<f32> {
    let mut x = [[0f32; LANES]; BLOCK];
    for block in 0..LANES {
        for i in 0..BLOCK {
            x[i][block] = data[block * BLOCK + i];
        }
    }
    x
}

#[inline(always)]
fn transpose_out(codes: &Blocks<u8>, out: &mut [u8]) {
    for (block, out) in out.chunks_exact_mut(BLOCK).enumerate() {
        for i in 0..BLOCK {
            out[i] = codes[i][block];
        }
    }
}

struct Written {
    codes: Blocks<u8>,
    scales: Lanes<u32>,
    error: Lanes<f32>,
}

#[inline(always)]
fn best_of(x: &Blocks<f32>, level: Level, candidates: &[Candidate]) -> Written {
    let mut maximum = [0f32; LANES];
    for x in x {
        for block in 0..LANES {
            maximum[block] = maximum[block].max(x[block].abs());
        }
    }
    let compare = candidates.len() > 1;
    let mut best = written(x, &maximum, level, &candidates[0], compare);
    for candidate in &candidates[1..] {
        let other = written(x, &maximum, level, candidate, compare);
        let mut better = [0u32; LANES];
        for block in 0..LANES {
            better[block] = if other.error[block] < best.error[block] {
                u32::MAX
            } else {
                0
            };
        }
        for i in 0..BLOCK {
            for block in 0..LANES {
                let (keep, take) = (
                    best.codes[i][block] & !(better[block] as u8),
                    other.codes[i][block] & better[block] as u8,
                );
                best.codes[i][block] = keep | take;
            }
        }
        for block in 0..LANES {
            best.scales[block] =
                (best.scales[block] & !better[block]) | (other.scales[block] & better[block]);
            best.error[block] = best.error[block].min(other.error[block]);
        }
    }
    best
}

/// What the maximum of a block makes of it.
struct Factors {
    /// The scale byte, the scale, and what elements are multiplied by; 8 for the sign of negative elements or, where they
    /// are multiplied by zero, 0.
    bytes: Lanes<u32>,
    scale: Lanes<f32>,
    inverse: Lanes<f32>,
    sign: Lanes<u32>,
}

#[inline(always)]
fn factors_of(maximum: &Lanes<f32>, level: Level, candidate: &Candidate) -> Factors {
    let mut factors = Factors {
        bytes: [0; LANES],
        scale: [0.0; LANES],
        inverse: [0.0; LANES],
        sign: [0; LANES],
    };
    for block in 0..LANES {
        let code = encode_scale(((maximum[block] / level.target) * level.encode) * candidate.stretch);
        let scale = decode_scale(code);
        let inverse = (1.0 / (level.decode * scale)).min(f32::MAX);
        let inverse = if code == 0 { 0.0 } else { inverse };
        factors.bytes[block] = code | u32::from(candidate.selector);
        factors.scale[block] = scale;
        factors.inverse[block] = inverse;
        factors.sign[block] = if inverse == 0.0 { 0 } else { 8 };
    }
    factors
}

/// `write` for what a candidate is, so that its loops hold no decisions.
#[inline(always)]
fn written(
    x: &Blocks<f32>,
    maximum: &Lanes<f32>,
    level: Level,
    candidate: &Candidate,
    compare: bool,
) -> Written {
    match (candidate.elements, compare) {
        (Elements::E2m1, false) => write::<false, false>(x, maximum, level, candidate),
        (Elements::E2m1, true) => write::<false, true>(x, maximum, level, candidate),
        (Elements::Int4, false) => write::<true, false>(x, maximum, level, candidate),
        (Elements::Int4, true) => write::<true, true>(x, maximum, level, candidate),
    }
}

#[inline(always)]
fn write<const INTEGER: bool, const COMPARE: bool>(
    x: &Blocks<f32>,
    maximum: &Lanes<f32>,
    level: Level,
    candidate: &Candidate,
) -> Written {
    let Factors {
        bytes: scales,
        scale,
        inverse,
        sign,
    } = factors_of(maximum, level, candidate);
    let mut codes = [[0u8; LANES]; BLOCK];
    let mut error = [0f32; LANES];
    for (x, codes) in x.iter().zip(&mut codes) {
        for block in 0..LANES {
            let x = x[block];
            let y = (x * inverse[block]) * candidate.inverse_gain;
            let (code, value) = if INTEGER {
                encode_int4(y)
            } else {
                encode_e2m1(y, if x < 0.0 { sign[block] } else { 0 })
            };
            codes[block] = code as u8;
            if COMPARE {
                let decoded = (((value * scale[block]) * level.amax) * candidate.gain) / level.divisor;
                let difference = decoded - x;
                error[block] += difference * difference;
            }
        }
    }
    Written { codes, scales, error }
}

/// UE4M3, nearest even, saturating; h ≥ 0.
#[inline(always)]
fn encode_scale(h: f32) -> u32 {
    let bits = h.to_bits();
    let normal = (bits + 0x7_ffff + ((bits >> 20) & 1)) >> 20;
    // Adding 1.5·2^14 leaves a multiple of 2^−9 in the low bits.
    let subnormal = (h + 24576.0).to_bits() & 0xff;
    let code = if h < 0.015625 {
        subnormal
    } else {
        normal.wrapping_sub(120 << 3)
    };
    if h >= 448.0 {
        0x7e
    } else {
        code.min(0x7e)
    }
}

#[inline(always)]
fn decode_scale(code: u32) -> f32 {
    let normal = f32::from_bits((code << 20).wrapping_add(120 << 23));
    if code < 8 {
        code as f32 * (1.0 / 512.0)
    } else {
        normal
    }
}

/// Code of a magnitude, nearest with ties to the even code; saturating.
#[inline(always)]
fn e2m1_code(magnitude: f32) -> u32 {
    let bits = magnitude.to_bits();
    // From 1 on: rounded to one fraction bit, counted from the code 2 of 1.0.
    let normal = ((bits + 0x1f_ffff + ((bits >> 22) & 1)) >> 22).wrapping_sub(2 * 127 - 2);
    // Below: adding 1.5·2^22 leaves a multiple of one half in the low bits.
    let subnormal = (magnitude + 6291456.0).to_bits() & 0xff;
    if magnitude < 1.0 {
        subnormal
    } else {
        normal.min(7)
    }
}

/// Code and value. `sign` is 8 for negative numbers: one that rounds to zero is −0.
#[inline(always)]
fn encode_e2m1(y: f32, sign: u32) -> (u32, f32) {
    let magnitude = y.abs();
    let (mut code, mut value) = (0, 0f32);
    for (from, more) in STEPS {
        code += u32::from(magnitude >= from);
        value += if magnitude >= from { more } else { 0.0 };
    }
    (code | sign, f32::from_bits(value.to_bits() | (sign << 28)))
}

/// Nearest even, ±7; two's complement of four bits.
#[inline(always)]
fn encode_int4(y: f32) -> (u32, f32) {
    // Adding 1.5·2^23 rounds to an integer, ties to even.
    let value = (y.clamp(-7.0, 7.0) + 12582912.0) - 12582912.0;
    ((value as i32 as u32) & 15, value)
}

#[cfg(test)]
mod tests;
