//! Align, truncate, add once over group sums (Blackwell mxf4nvf4), in three tiers of the same bits.
//!
//! A term is an integer × 2^(e − below), e the exponent of its scales; its magnitude is below 2^(e + 14). The last
//! place kept is 2^(E − F), E the largest of the floor and the exponents of terms and C.
//!
//! *Nothing is cut* on a tile if, with hi and lo the largest and smallest term exponents of the whole K,
//!   max(hi, floor) − lo ≤ F − below,
//!   every C is 0 or has its last place at 2^(max(hi, floor) − F) or above and is below 2^(lo + F − below), and
//!   ‖row‖·‖column‖ < 2^(lo + F − below):
//! running sums are then multiples of 2^(max(hi, floor) − F) for all of K (sums and roundings of multiples are
//! multiples), and by Cauchy-Schwarz below 2^(lo + F − below + 1), so that the last place kept never exceeds that of a
//! term. What remains of a step is: C + the exact sum of its terms, rounded once.
//!
//! *float*: that sum is exact in f32 if also ‖slice of the row‖·‖slice of the column‖ ≤ 2^(24 − below + lo of the step)
//! (Cauchy-Schwarz again, for every partial sum). *double*: it is exact in f64 for F ≤ 38. *cutting*: everything else;
//! terms are scaled by 2^(F − E), truncated to integers and added, exact below 2^53.
use crate::groups::{Bounds, GroupOperand, Layout, PANEL};
use crate::rounding::power;
use crate::simd::Simd;
use crate::tier::{tier_of, Tier};
use crate::tiles::{Tile, Tiles, ROWS};

#[derive(Clone, Copy)]
pub struct FusedRule {
    pub fraction_bits: i32,
    pub floor: i32,
    /// Exponent that a zero C counts with.
    pub zero_addend: i32,
    /// Fraction bits of a term below the exponent of its scales.
    pub below: i32,
    /// Exponent of the last place of a product of elements.
    pub unit: i32,
    /// Slowest tier that is taken at once (0: as the guards say; 1: at least double; 2: cutting). For tests and benches.
    pub least_tier: u8,
}

/// One side each, in their layouts.
#[derive(Clone, Copy)]
pub struct Sides<'a> {
    pub words: &'a [[i32; 4]],
    pub starts: &'a [i32],
    pub bytes: &'a [[u8; 16 * PANEL]],
    pub a: &'a GroupOperand,
    pub b: &'a GroupOperand,
}

impl<'a> Sides<'a> {
    /// None if an operand was prepared for the other side or another step.
    pub fn of(a: &'a GroupOperand, b: &'a GroupOperand) -> Option<Self> {
        match (&a.layout, &b.layout) {
            (Layout::Rows { words, starts }, Layout::Panels { bytes })
                if a.groups_per_step == b.groups_per_step =>
            {
                Some(Self {
                    words,
                    starts,
                    bytes,
                    a,
                    b,
                })
            }
            _ => None,
        }
    }

    /// R rows of side a from `row` on.
    #[inline(always)]
    pub fn rows<const R: usize>(&self, row: usize) -> RowGroups<'a, R> {
        let groups = self.a.groups;
        let mut rows = RowGroups {
            words: [&[]; R],
            starts: [&[]; R],
            scales: [&[]; R],
        };
        for r in 0..R {
            let at = (row + r) * groups;
            rows.words[r] = &self.words[at..][..groups];
            rows.starts[r] = &self.starts[at..][..groups];
            rows.scales[r] = &self.a.scales[at..][..groups];
        }
        rows
    }
}

/// R rows of side a: of each the words, starts and scales of its groups.
pub struct RowGroups<'a, const R: usize> {
    words: [&'a [[i32; 4]]; R],
    starts: [&'a [i32]; R],
    pub scales: [&'a [f32]; R],
}

/// sums ← steps of a·b, in order of k.
#[derive(Clone, Copy)]
pub struct FusedTiles<'a> {
    pub sides: Sides<'a>,
    pub rule: FusedRule,
}

impl Tiles for FusedTiles<'_> {
    type Sum = f32;

    #[inline(always)]
    fn tile<S: Simd>(self, simd: S, Tile { row, panel }: Tile, sums: &mut [f32], stride: usize) {
        let Self { sides, rule } = self;
        let bounds = sides.a.bounds[row..row + ROWS]
            .iter()
            .copied()
            .reduce(Bounds::worst)
            .expect("rows");
        let unit = power(rule.unit) as f32;
        match tier_of(rule, bounds, sides.b.bounds[panel], sums, stride) {
            Tier::Float => {
                for column in (0..PANEL).step_by(S::COLUMNS * S::LANES) {
                    let (place, sums) = (TilePlace { row, panel, column }, &mut sums[column..]);
                    match S::COLUMNS {
                        2 => float_tile::<S, ROWS, 2>(simd, sides, unit, place, sums, stride),
                        _ => float_tile::<S, ROWS, 1>(simd, sides, unit, place, sums, stride),
                    }
                }
            }
            Tier::Double => {
                for column in (0..PANEL).step_by(S::LANES) {
                    let (place, sums) = (TilePlace { row, panel, column }, &mut sums[column..]);
                    double_tile::<S, ROWS>(simd, sides, unit, place, sums, stride);
                }
            }
            Tier::Cutting => {
                const PAIR: usize = 2;
                for column in (0..PANEL).step_by(S::LANES) {
                    for pair in (0..ROWS).step_by(PAIR) {
                        let row = row + pair;
                        let (place, sums) = (
                            TilePlace { row, panel, column },
                            &mut sums[pair * stride + column..],
                        );
                        cutting_tile::<S, PAIR>(simd, sides, rule, place, sums, stride);
                    }
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
struct TilePlace {
    row: usize,
    panel: usize,
    column: usize,
}

/// The sums of one group for a tile of R × C vectors.
#[inline(always)]
pub fn group_sums<S: Simd, const R: usize, const C: usize>(
    simd: S,
    rows: &RowGroups<R>,
    block: &[u8; 16 * PANEL],
    column: usize,
    group: usize,
) -> [[S::I; C]; R] {
    let mut words = [[0; 4]; R];
    for (words, row) in words.iter_mut().zip(&rows.words) {
        *words = row[group];
    }
    let mut dots = [[simd.dot_zero(); C]; R];
    for k in 0..4 {
        for c in 0..C {
            let bytes = &block[(k * PANEL + column + c * S::LANES) * 4..];
            for r in 0..R {
                dots[r][c] = simd.dot(dots[r][c], bytes, words[r][k]);
            }
        }
    }
    let mut sums = [[simd.i_splat(0); C]; R];
    for r in 0..R {
        for c in 0..C {
            sums[r][c] = simd.dot_sum(dots[r][c], rows.starts[r][group]);
        }
    }
    sums
}

#[inline(always)]
fn float_tile<S: Simd, const R: usize, const C: usize>(
    simd: S,
    sides: Sides,
    unit: f32,
    TilePlace { row, panel, column }: TilePlace,
    sums: &mut [f32],
    stride: usize,
) {
    let (groups, rows) = (sides.a.groups, sides.rows::<R>(row));
    let per_step = sides.a.groups_per_step;
    let blocks = &sides.bytes[panel * groups..][..groups];
    let scales = &sides.b.scales[panel * groups * PANEL..][..groups * PANEL];
    let mut running = [[simd.f_splat(0.0); C]; R];
    for r in 0..R {
        for c in 0..C {
            running[r][c] = simd.f_load(&sums[r * stride + c * S::LANES..]);
        }
    }
    for step in 0..groups / per_step {
        let mut terms = [[simd.f_splat(0.0); C]; R];
        for group in step * per_step..(step + 1) * per_step {
            let found = group_sums::<S, R, C>(simd, &rows, &blocks[group], column, group);
            let mut right = [simd.f_splat(0.0); C];
            for c in 0..C {
                right[c] = simd.f_load(&scales[group * PANEL + column + c * S::LANES..]);
            }
            for r in 0..R {
                let left = simd.f_splat(rows.scales[r][group] * unit);
                for c in 0..C {
                    let scale = simd.f_mul(left, right[c]);
                    terms[r][c] = simd.f_mul_add(simd.f_from_i(found[r][c]), scale, terms[r][c]);
                }
            }
        }
        for r in 0..R {
            for c in 0..C {
                running[r][c] = simd.f_add_toward_zero(running[r][c], terms[r][c]);
            }
        }
    }
    for r in 0..R {
        for c in 0..C {
            simd.f_store(running[r][c], &mut sums[r * stride + c * S::LANES..]);
        }
    }
}

#[inline(always)]
fn double_tile<S: Simd, const R: usize>(
    simd: S,
    sides: Sides,
    unit: f32,
    TilePlace { row, panel, column }: TilePlace,
    sums: &mut [f32],
    stride: usize,
) {
    let (groups, rows) = (sides.a.groups, sides.rows::<R>(row));
    let per_step = sides.a.groups_per_step;
    let blocks = &sides.bytes[panel * groups..][..groups];
    let scales = &sides.b.scales[panel * groups * PANEL..][..groups * PANEL];
    let mut running = [simd.f_splat(0.0); R];
    for r in 0..R {
        running[r] = simd.f_load(&sums[r * stride..]);
    }
    for step in 0..groups / per_step {
        let mut total = [simd.d_splat(0.0); R];
        for r in 0..R {
            total[r] = simd.d_from_f(running[r]);
        }
        for group in step * per_step..(step + 1) * per_step {
            let found = group_sums::<S, R, 1>(simd, &rows, &blocks[group], column, group);
            let right = simd.f_load(&scales[group * PANEL + column..]);
            for r in 0..R {
                let left = simd.f_splat(rows.scales[r][group] * unit);
                let scale = simd.d_from_f(simd.f_mul(left, right));
                total[r] = simd.d_mul_add(simd.d_from_i(found[r][0]), scale, total[r]);
            }
        }
        for r in 0..R {
            running[r] = simd.f_toward_zero(total[r]);
        }
    }
    for r in 0..R {
        simd.f_store(running[r], &mut sums[r * stride..]);
    }
}

#[inline(always)]
fn cutting_tile<S: Simd, const R: usize>(
    simd: S,
    sides: Sides,
    rule: FusedRule,
    TilePlace { row, panel, column }: TilePlace,
    sums: &mut [f32],
    stride: usize,
) {
    let (groups, rows) = (sides.a.groups, sides.rows::<R>(row));
    let per_step = sides.a.groups_per_step;
    let blocks = &sides.bytes[panel * groups..][..groups];
    let scales = &sides.b.scales[panel * groups * PANEL..][..groups * PANEL];
    let exponents = &sides.b.exponents[panel * groups * PANEL..][..groups * PANEL];
    let unit = power(rule.unit);
    let mut running = [simd.f_splat(0.0); R];
    for r in 0..R {
        running[r] = simd.f_load(&sums[r * stride..]);
    }
    for step in 0..groups / per_step {
        let range = step * per_step..(step + 1) * per_step;
        let mut largest = [simd.i_splat(rule.floor); R];
        for r in 0..R {
            largest[r] = simd.i_max(
                largest[r],
                simd.exponent(running[r], rule.zero_addend, rule.floor),
            );
        }
        for group in range.clone() {
            let right = simd.i_load(&exponents[group * PANEL + column..]);
            for r in 0..R {
                let left = simd.i_splat(sides.a.exponents[(row + r) * groups + group]);
                largest[r] = simd.i_max(largest[r], simd.i_add(left, right));
            }
        }
        // 2^(F − E) and 2^(E − F); E lies between the floor and 254.
        let mut to_units = [simd.d_splat(0.0); R];
        let mut total = to_units;
        for r in 0..R {
            to_units[r] = simd.d_power(simd.i_sub(simd.i_splat(rule.fraction_bits), largest[r]));
            total[r] = simd.d_truncate(simd.d_mul(simd.d_from_f(running[r]), to_units[r]));
        }
        for group in range {
            let found = group_sums::<S, R, 1>(simd, &rows, &blocks[group], column, group);
            let right = simd.d_from_f(simd.f_load(&scales[group * PANEL + column..]));
            for r in 0..R {
                let left = simd.d_splat(f64::from(rows.scales[r][group]) * unit);
                let scale = simd.d_mul(simd.d_mul(left, right), to_units[r]);
                let term = simd.d_mul(simd.d_from_i(found[r][0]), scale);
                total[r] = simd.d_add(total[r], simd.d_truncate(term));
            }
        }
        for r in 0..R {
            let back = simd.d_power(simd.i_add(largest[r], simd.i_splat(-rule.fraction_bits)));
            running[r] = simd.f_toward_zero(simd.d_mul(total[r], back));
        }
    }
    for r in 0..R {
        simd.f_store(running[r], &mut sums[r * stride..]);
    }
}
