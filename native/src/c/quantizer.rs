//! `fp4sim_quantizer`: a block of sixteen numbers to codes and a scale byte.
use std::slice::from_raw_parts;

use crate::quantize::{quantize, Candidate, Elements, Level};
use crate::simd::Engine;

#[repr(C)]
pub struct CandidateRecord {
    pub integer: u32,
    pub stretch: f32,
    pub gain: f32,
    pub inverse_gain: f32,
    pub selector: u32,
}

#[repr(C)]
pub struct QuantizerRecord {
    pub count: u32,
    pub candidates: *const CandidateRecord,
    pub amax: f32,
    pub divisor: f32,
    pub target: f32,
    pub encode: f32,
    pub decode: f32,
}

impl CandidateRecord {
    fn candidate(&self) -> Candidate {
        let elements = if self.integer != 0 {
            Elements::Int4
        } else {
            Elements::E2m1
        };
        Candidate {
            elements,
            stretch: self.stretch,
            gain: self.gain,
            inverse_gain: self.inverse_gain,
            selector: self.selector as u8,
        }
    }
}

impl QuantizerRecord {
    /// Codes and scale byte; None for numbers that are not finite, and for other than one or two candidates.
    ///
    /// # Safety
    /// There are as many candidates as the record says.
    pub unsafe fn quantize(&self, x: &[f32; 16]) -> Option<([u8; 16], u8)> {
        if self.candidates.is_null() || !(1..=2).contains(&self.count) || x.iter().any(|x| !x.is_finite()) {
            return None;
        }
        let records = from_raw_parts(self.candidates, self.count as usize);
        let candidates: Vec<Candidate> = records.iter().map(CandidateRecord::candidate).collect();
        let level = Level {
            amax: self.amax,
            divisor: self.divisor,
            target: self.target,
            encode: self.encode,
            decode: self.decode,
        };
        let (mut codes, mut scale) = ([0; 16], [0]);
        quantize(Engine::best(), x, level, &candidates, &mut codes, &mut scale, 1);
        Some((codes, scale[0]))
    }
}
