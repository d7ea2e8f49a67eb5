//! Quantisers and their inverse, as functions.
use napi::bindgen_prelude::*;
use napi_derive::napi;

use super::{engine_of, expect_length, wrong};
use crate::dequantize::dequantize;
use crate::groups::GROUP;
use crate::quantize::{self, Candidate, Elements, Level};
use crate::simd::Engine;

#[napi(object)]
pub struct CandidateOptions {
    /// Whether elements are INT4 instead of E2M1.
    pub integer: bool,
    pub stretch: f64,
    pub gain: f64,
    pub inverse_gain: f64,
    pub selector: u8,
}

#[napi(object)]
pub struct LevelOptions {
    pub amax: f64,
    pub divisor: f64,
    pub target: f64,
    pub encode: f64,
    pub decode: f64,
}

#[napi(object)]
pub struct Quantized {
    pub codes: Uint8Array,
    pub scales: Uint8Array,
}

/// Largest magnitude; NaN if a value is not finite.
#[napi(catch_unwind)]
pub fn absolute_maximum(data: &[f32], engine: Option<String>) -> Result<f64> {
    Ok(f64::from(quantize::absolute_maximum(engine_of(engine)?, data)))
}

/// Blocks of 16 in order; see `quantize::quantize`.
#[napi(catch_unwind)]
pub fn quantize_blocks(
    data: &[f32],
    level: LevelOptions,
    candidates: Vec<CandidateOptions>,
    threads: u32,
    engine: Option<String>,
) -> Result<Quantized> {
    if !data.len().is_multiple_of(GROUP) {
        return Err(wrong(format!(
            "data: {} values are not whole blocks of {GROUP}",
            data.len()
        )));
    }
    if candidates.is_empty() || candidates.len() > 2 {
        return Err(wrong(format!(
            "candidates: {}, expected one or two",
            candidates.len()
        )));
    }
    let candidates: Vec<Candidate> = candidates
        .iter()
        .map(|candidate| Candidate {
            elements: if candidate.integer {
                Elements::Int4
            } else {
                Elements::E2m1
            },
            stretch: candidate.stretch as f32,
            gain: candidate.gain as f32,
            inverse_gain: candidate.inverse_gain as f32,
            selector: candidate.selector,
        })
        .collect();
    let level = Level {
        amax: level.amax as f32,
        divisor: level.divisor as f32,
        target: level.target as f32,
        encode: level.encode as f32,
        decode: level.decode as f32,
    };
    let (mut codes, mut scales) = (vec![0; data.len()], vec![0; data.len() / GROUP]);
    let engine = engine_of(engine)?;
    quantize::quantize(
        engine,
        data,
        level,
        &candidates,
        &mut codes,
        &mut scales,
        threads as usize,
    );
    Ok(Quantized {
        codes: Uint8Array::new(codes),
        scales: Uint8Array::new(scales),
    })
}

/// Values of blocks of 16; `values` has 16 element values for each of two choices, `scale_values` one a scale byte.
#[napi(catch_unwind)]
pub fn dequantize_blocks(
    codes: &[u8],
    scales: &[u8],
    values: &[f32],
    scale_values: &[f32],
    selector: u8,
    amax: f64,
    divisor: f64,
) -> Result<Float32Array> {
    expect_length("codes", codes.len(), scales.len() * GROUP)?;
    let values: &[f32; 32] = values
        .try_into()
        .map_err(|_| wrong("values: expected 32 entries"))?;
    let scale_values: &[f32; 256] = scale_values
        .try_into()
        .map_err(|_| wrong("scaleValues: expected 256 entries"))?;
    let mut out = vec![0f32; codes.len()];
    let factor = (amax as f32, divisor as f32);
    dequantize(
        Engine::best(),
        codes,
        scales,
        values,
        scale_values,
        selector,
        factor,
        &mut out,
    );
    Ok(Float32Array::new(out))
}
