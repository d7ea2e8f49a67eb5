//! Running sums of every semantic, and the check that operands fit them.
use std::slice::ChunksExact;

use crate::blocks;
use crate::drive::Control;
use crate::floats::{FloatLayout, FloatOperand};
use crate::fused::{self, FusedRule, Sides};
use crate::group_sums::{self, GroupSums};
use crate::groups::{GROUP, PANEL, ROW_PAD};
use crate::integers;
use crate::lanes::{self, LANES};
use crate::operand::Operand;
use crate::products::{self, ProductRule};
use crate::rounding;
use crate::simd::Engine;
use crate::two_stage::{self, TwoStageRule};

pub enum Rule {
    Fused(FusedRule),
    /// `unit`: exponent of the last place of a product of elements; `corrections`: see `GroupSums`.
    PerBlock {
        unit: i32,
        corrections: Option<[f32; 3]>,
    },
    /// Sums in units of 2^last_place; the result is divided by the denominator.
    Exact {
        unit: i32,
        last_place: i32,
        flush: usize,
        denominator: u32,
    },
    /// Three exact sums, which are rounded, multiplied by their corrections and added at the end.
    PerChoice {
        unit: i32,
        last_place: i32,
        corrections: [f32; 3],
    },
    Products(ProductRule),
    TwoStage(TwoStageRule),
    /// Whether a lane begins with its first product.
    Lanes {
        loaded: bool,
        corrections: [f32; 3],
    },
    Integers,
}

enum Storage {
    Floats(Vec<f32>),
    Exact { sums: Vec<i64>, addends: Vec<f32> },
    PerChoice { sums: Vec<[i64; 3]>, addends: Vec<f32> },
    Lanes(Vec<[f32; LANES]>),
    Integers(Vec<i32>),
}

pub struct Sums {
    pub rows: usize,
    pub cols: usize,
    stride: usize,
    rule: Rule,
    storage: Storage,
    engine: Engine,
    /// Bits of every NaN result.
    nan: u32,
    /// A cancelled job left some sums without their last operands.
    interrupted: bool,
    /// Addends were loaded and nothing has been added yet: they are given back as they came, NaN payloads included.
    loaded: bool,
}

/// Largest number of running sums: indices and byte sizes stay far from overflow.
const MOST_SUMS: usize = 1 << 31;

impl Sums {
    pub fn new(rule: Rule, rows: usize, cols: usize, nan: u32, engine: Engine) -> Result<Self, String> {
        let stride = cols.next_multiple_of(PANEL).max(PANEL);
        let padded = rows.next_multiple_of(ROW_PAD);
        let size = padded.checked_mul(stride).filter(|&size| size <= MOST_SUMS);
        let size = size.ok_or_else(|| format!("rows × cols: {rows} × {cols} results are too many"))?;
        let storage = match rule {
            Rule::Exact { .. } => Storage::Exact {
                sums: vec![0; size],
                addends: vec![0.0; size],
            },
            Rule::PerChoice { .. } => Storage::PerChoice {
                sums: vec![[0; 3]; size],
                addends: vec![0.0; size],
            },
            Rule::Lanes { .. } => Storage::Lanes(vec![[0.0; LANES]; size]),
            Rule::Integers => Storage::Integers(vec![0; size]),
            _ => Storage::Floats(vec![0.0; size]),
        };
        let mut sums = Self {
            rows,
            cols,
            stride,
            rule,
            storage,
            engine,
            nan,
            interrupted: false,
            loaded: false,
        };
        sums.clear();
        Ok(sums)
    }

    fn clear(&mut self) {
        let start = if matches!(self.rule, Rule::Lanes { loaded: true, .. }) {
            -0.0
        } else {
            0.0
        };
        match &mut self.storage {
            Storage::Floats(sums) => sums.fill(0.0),
            Storage::Exact { sums, addends } => {
                sums.fill(0);
                addends.fill(0.0);
            }
            Storage::PerChoice { sums, addends } => {
                sums.fill([0; 3]);
                addends.fill(0.0);
            }
            Storage::Lanes(sums) => sums.fill([start; LANES]),
            Storage::Integers(sums) => sums.fill(0),
        }
        self.interrupted = false;
        self.loaded = false;
    }

    fn check(&self) -> Result<(), String> {
        if self.interrupted {
            return Err("accumulator: its last job was cancelled; start afresh or load addends".into());
        }
        Ok(())
    }

    /// Adds a·b; false if the job was cancelled.
    pub fn accumulate(
        &mut self,
        a: &Operand,
        b: &Operand,
        fresh: bool,
        threads: usize,
        control: &Control,
    ) -> Result<bool, String> {
        if a.rows() != self.rows {
            return Err(format!(
                "operand a: {} rows, but the accumulator has {}",
                a.rows(),
                self.rows
            ));
        }
        if b.rows() != self.cols {
            return Err(format!(
                "operand b: {} rows, but the accumulator has {} columns",
                b.rows(),
                self.cols
            ));
        }
        if a.depth() != b.depth() {
            return Err(format!(
                "operand b: K = {}, but operand a has K = {}",
                b.depth(),
                a.depth()
            ));
        }
        let step = match &self.rule {
            Rule::Products(rule) => rule.step,
            Rule::TwoStage(rule) => rule.group,
            _ => GROUP,
        };
        if !a.depth().is_multiple_of(step) {
            return Err(format!(
                "operand a: K = {} is not a multiple of {step}",
                a.depth()
            ));
        }
        if fresh {
            self.clear();
        }
        self.check()?;
        self.loaded = false;
        let done = self
            .add(a, b, threads, control)
            .ok_or("operand: prepared for another semantic or side")?;
        self.interrupted = !done;
        Ok(done)
    }

    /// None if the operands are not what the rule wants.
    fn add(&mut self, a: &Operand, b: &Operand, threads: usize, control: &Control) -> Option<bool> {
        match (a, b) {
            (Operand::Groups(a), Operand::Groups(b)) => self.add_groups(Sides::of(a, b)?, threads, control),
            (Operand::Floats(a), Operand::Floats(b)) => self.add_floats((a, b), threads, control),
            (Operand::Blocks(a), Operand::Blocks(b)) => {
                let (engine, stride) = (self.engine, self.stride);
                let (sums, unit) = self.group_sums()?;
                blocks::accumulate(engine, (a, b), sums, unit, stride, threads, control)
            }
            (Operand::Lanes(a), Operand::Lanes(b)) => match (&self.rule, &mut self.storage) {
                (Rule::Lanes { corrections, .. }, Storage::Lanes(sums)) => {
                    let stride = self.stride;
                    let done =
                        lanes::accumulate(self.engine, (a, b), corrections, sums, stride, threads, control);
                    Some(done)
                }
                _ => None,
            },
            (Operand::Integers(a), Operand::Integers(b)) => match &mut self.storage {
                Storage::Integers(sums) => {
                    integers::accumulate(self.engine, (a, b), sums, self.stride, threads, control)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The sums of a rule that adds whole groups, and the place of its products.
    fn group_sums(&mut self) -> Option<(GroupSums<'_>, i32)> {
        match (&self.rule, &mut self.storage) {
            (&Rule::PerBlock { unit, corrections }, Storage::Floats(sums)) => {
                Some((GroupSums::PerBlock { sums, corrections }, unit))
            }
            (
                &Rule::Exact {
                    unit,
                    last_place,
                    flush,
                    ..
                },
                Storage::Exact { sums, .. },
            ) => {
                let sums = GroupSums::Exact {
                    sums,
                    unit: last_place,
                    flush,
                };
                Some((sums, unit))
            }
            (&Rule::PerChoice { unit, last_place, .. }, Storage::PerChoice { sums, .. }) => {
                let sums = GroupSums::PerChoice {
                    sums,
                    unit: last_place,
                };
                Some((sums, unit))
            }
            _ => None,
        }
    }

    fn add_groups(&mut self, sides: Sides, threads: usize, control: &Control) -> Option<bool> {
        let (engine, stride) = (self.engine, self.stride);
        if let (Rule::Fused(rule), Storage::Floats(sums)) = (&self.rule, &mut self.storage) {
            let done = fused::accumulate(engine, sides, *rule, sums, stride, threads, control);
            return Some(done);
        }
        let (sums, unit) = self.group_sums()?;
        Some(group_sums::accumulate(
            engine, sides, sums, unit, stride, threads, control,
        ))
    }

    fn add_floats(
        &mut self,
        sides: (&FloatOperand, &FloatOperand),
        threads: usize,
        control: &Control,
    ) -> Option<bool> {
        let (engine, stride) = (self.engine, self.stride);
        let (FloatLayout::Rows, FloatLayout::Panels) = (&sides.0.layout, &sides.1.layout) else {
            return None;
        };
        match (&self.rule, &mut self.storage) {
            (Rule::Products(rule), Storage::Floats(sums)) if sides.0.scaled == sides.1.scaled => Some(
                products::accumulate(engine, sides, rule, sums, stride, threads, control),
            ),
            (Rule::TwoStage(rule), Storage::Floats(sums)) if sides.0.scaled && sides.1.scaled => Some(
                two_stage::accumulate(engine, sides, rule, sums, stride, threads, control),
            ),
            _ => None,
        }
    }

    /// Memory that the sums take.
    pub fn bytes(&self) -> usize {
        match &self.storage {
            Storage::Floats(sums) => 4 * sums.len(),
            Storage::Integers(sums) => 4 * sums.len(),
            Storage::Exact { sums, .. } => 12 * sums.len(),
            Storage::PerChoice { sums, .. } => 28 * sums.len(),
            Storage::Lanes(sums) => 4 * LANES * sums.len(),
        }
    }

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
