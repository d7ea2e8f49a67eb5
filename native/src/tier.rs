//! The guards of the fused additions of group sums; `fused` says why they are enough.
use crate::fused::FusedRule;
use crate::groups::{Bounds, PANEL};

#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub enum Tier {
    Float,
    Double,
    Cutting,
}

/// The fastest tier whose guard (head of `fused`) holds for the running sums of a tile.
#[inline(always)]
pub fn tier_of(rule: FusedRule, a: Bounds, b: Bounds, sums: &[f32], stride: usize) -> Tier {
    let (hi, lo) = ((a.largest + b.largest).max(rule.floor), a.smallest + b.smallest);
    let reach = rule.fraction_bits - rule.below;
    // Norms are in units of the elements: values are 2^unit times as large.
    let norm = a.log_norm + b.log_norm + rule.unit as f32;
    let in_range = lo >= -100 && hi <= 100 && a.finite && b.finite;
    let uncut = in_range && rule.fraction_bits <= 38 && hi - lo <= reach && norm < (lo + reach) as f32;
    if rule.least_tier >= 2 || !uncut || !addends_fit(sums, stride, hi - rule.fraction_bits, lo + reach) {
        return Tier::Cutting;
    }
    let step = a.log_step + b.log_step + rule.unit as f32;
    if rule.least_tier == 0 && step <= (24 - rule.below) as f32 {
        Tier::Float
    } else {
        Tier::Double
    }
}

/// Whether all running sums of a panel are 0 or have their last place at 2^last or above and lie below 2^top.
#[inline(always)]
fn addends_fit(sums: &[f32], stride: usize, last: i32, top: i32) -> bool {
    let least = ((last + 23 + 127).clamp(1, 254) as u32) << 23;
    let limit = ((top + 127).clamp(1, 254) as u32) << 23;
    let mut fit = true;
    for row in sums.chunks(stride) {
        for x in &row[..PANEL] {
            let magnitude = x.to_bits() & 0x7fff_ffff;
            fit &= magnitude == 0 || (magnitude >= least && magnitude < limit);
        }
    }
    fit
}
