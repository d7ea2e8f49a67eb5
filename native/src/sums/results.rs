//! Addends into running sums, and results out of them.
use std::slice::ChunksExact;

use super::{Rule, Storage, Sums};
use crate::lanes;
use crate::products::ProductRule;
use crate::rounding;

impl Sums {
    /// Whether results are FP16.
    fn is_half(&self) -> bool {
        matches!(self.rule, Rule::Products(ProductRule { half: true, .. }))
    }

    /// Bits of all results, row-major.
    pub fn read(&self) -> Result<Vec<u32>, String> {
        self.check()?;
        let mut bits = Vec::with_capacity(self.rows * self.cols);
        for row in 0..self.rows {
            bits.extend((row * self.stride..row * self.stride + self.cols).map(|at| self.result(at)));
        }
        Ok(bits)
    }

    fn result(&self, at: usize) -> u32 {
        let float = |x: f32| match x.is_nan() && !self.loaded {
            true => self.nan,
            false if self.is_half() => rounding::half_bits(x),
            false => x.to_bits(),
        };
        match (&self.storage, &self.rule) {
            (
                Storage::Exact { sums, addends },
                &Rule::Exact {
                    last_place,
                    denominator,
                    ..
                },
            ) => rounding::exact_to_f32(sums[at], last_place, addends[at], denominator, self.nan),
            (
                Storage::PerChoice { sums, addends },
                Rule::PerChoice {
                    last_place,
                    corrections,
                    ..
                },
            ) => self.corrected(&sums[at], addends[at], *last_place, corrections),
            (Storage::Floats(sums), _) => float(sums[at]),
            (Storage::Lanes(sums), _) => float(lanes::tree(&sums[at])),
            (Storage::Integers(sums), _) => sums[at] as u32,
            (Storage::Exact { .. } | Storage::PerChoice { .. }, _) => self.nan,
        }
    }

    /// An exact sum in units of its last place, without its addend; None for NaN, and where sums are not exact.
    pub fn exact_sum(&self, at: usize) -> Option<i64> {
        match &self.storage {
            Storage::Exact { sums, .. } => sums.get(at).copied().filter(|&sum| sum != i64::MIN),
            _ => None,
        }
    }

    /// The first register rounded with the addend, plus the others, rounded and corrected, all in f32.
    fn corrected(&self, sums: &[i64; 3], addend: f32, place: i32, corrections: &[f32; 3]) -> u32 {
        if !addend.is_finite() || sums.contains(&i64::MIN) {
            return rounding::exact_to_f32(
                sums.iter().copied().min().unwrap_or(0),
                place,
                addend,
                1,
                self.nan,
            );
        }
        let rounded = |sum, addend| f32::from_bits(rounding::exact_to_f32(sum, place, addend, 1, self.nan));
        let mut result = rounded(sums[0], addend);
        for (&sum, correction) in sums.iter().zip(corrections).skip(1) {
            result = result + rounded(sum, 0.0) * correction + 0.0;
        }
        result.to_bits()
    }

    /// Starts every sum from an addend.
    pub fn load(&mut self, bits: &[u32]) -> Result<(), String> {
        if bits.len() != self.rows * self.cols {
            return Err(format!(
                "bits: {} addends for {} × {} results",
                bits.len(),
                self.rows,
                self.cols
            ));
        }
        if matches!(self.rule, Rule::Lanes { .. }) && bits.iter().any(|&bits| bits != 0) {
            return Err("bits: this semantic takes no addend".into());
        }
        self.clear();
        self.loaded = true;
        let (stride, lines) = (self.stride, bits.chunks_exact(self.cols.max(1)));
        let half = self.is_half();
        match &mut self.storage {
            Storage::Floats(sums) if half => fill(sums, stride, lines, rounding::half_value),
            Storage::Floats(addends)
            | Storage::Exact { addends, .. }
            | Storage::PerChoice { addends, .. } => fill(addends, stride, lines, f32::from_bits),
            Storage::Integers(sums) => fill(sums, stride, lines, |bits| bits as i32),
            Storage::Lanes(_) => {}
        }
        Ok(())
    }
}

/// Writes lines of bits, as values, into rows of `stride` entries.
fn fill<T>(to: &mut [T], stride: usize, lines: ChunksExact<u32>, value: impl Fn(u32) -> T) {
    for (row, bits) in lines.enumerate() {
        for (to, &bits) in to[row * stride..].iter_mut().zip(bits) {
            *to = value(bits);
        }
    }
}
