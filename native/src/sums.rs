//! Running sums of every semantic, and the check that operands fit them.
use crate::blocks::{BlockSides, BlocksExact, BlocksToFloat};
use crate::drive::Control;
use crate::floats::{FloatLayout, FloatOperand};
use crate::fused::{FusedRule, FusedTiles, Sides};
use crate::group_sums::{ExactTiles, PerBlockTiles, PerChoiceTiles};
use crate::groups::{GROUP, PANEL};
use crate::integers::IntegerTiles;
use crate::lanes::{LaneTiles, LANES};
use crate::operand::Operand;
use crate::products::{ProductRule, ProductTiles};
use crate::simd::Engine;
use crate::tiles::{accumulate, Run, ROWS};
use crate::two_stage::{TwoStageRule, TwoStageTiles};

mod results;

pub enum Rule {
    Fused(FusedRule),
    /// `unit`: exponent of the last place of a product of elements; `corrections`: see `PerBlockTiles`.
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
        let padded = rows.next_multiple_of(ROWS);
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
        let run = Run {
            engine: self.engine,
            threads,
            control,
        };
        let done = self
            .add(a, b, run)
            .ok_or("operand: prepared for another semantic or side")?;
        self.interrupted = !done;
        Ok(done)
    }

    /// None if the operands are not what the rule wants.
    fn add(&mut self, a: &Operand, b: &Operand, run: Run) -> Option<bool> {
        match (a, b) {
            (Operand::Groups(a), Operand::Groups(b)) => self.add_groups(Sides::of(a, b)?, run),
            (Operand::Floats(a), Operand::Floats(b)) => self.add_floats((a, b), run),
            (Operand::Blocks(a), Operand::Blocks(b)) => self.add_blocks(BlockSides::of(a, b)?, run),
            (Operand::Lanes(a), Operand::Lanes(b)) => match (&self.rule, &mut self.storage) {
                (Rule::Lanes { corrections, .. }, Storage::Lanes(sums)) => {
                    let tiles = LaneTiles::of(a, b, corrections);
                    Some(accumulate(run, tiles, sums, self.stride))
                }
                _ => None,
            },
            (Operand::Integers(a), Operand::Integers(b)) => match &mut self.storage {
                Storage::Integers(sums) => {
                    let tiles = IntegerTiles::of(a, b)?;
                    Some(accumulate(run, tiles, sums, self.stride))
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn add_groups(&mut self, sides: Sides, run: Run) -> Option<bool> {
        let stride = self.stride;
        match (&self.rule, &mut self.storage) {
            (&Rule::Fused(rule), Storage::Floats(sums)) => {
                Some(accumulate(run, FusedTiles { sides, rule }, sums, stride))
            }
            (&Rule::PerBlock { unit, corrections }, Storage::Floats(sums)) => {
                let tiles = PerBlockTiles {
                    sides,
                    unit,
                    corrections,
                };
                Some(accumulate(run, tiles, sums, stride))
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
                let tiles = ExactTiles {
                    sides,
                    unit,
                    last_place,
                    flush,
                };
                Some(accumulate(run, tiles, sums, stride))
            }
            (&Rule::PerChoice { unit, last_place, .. }, Storage::PerChoice { sums, .. }) => {
                let tiles = PerChoiceTiles {
                    sides,
                    unit,
                    last_place,
                };
                Some(accumulate(run, tiles, sums, stride))
            }
            _ => None,
        }
    }

    fn add_blocks(&mut self, sides: BlockSides, run: Run) -> Option<bool> {
        let stride = self.stride;
        match (&self.rule, &mut self.storage) {
            (&Rule::PerBlock { unit, .. }, Storage::Floats(sums)) => {
                Some(accumulate(run, BlocksToFloat { sides, unit }, sums, stride))
            }
            (&Rule::Exact { unit, last_place, .. }, Storage::Exact { sums, .. }) => {
                let tiles = BlocksExact {
                    sides,
                    unit,
                    last_place,
                };
                Some(accumulate(run, tiles, sums, stride))
            }
            _ => None,
        }
    }

    fn add_floats(&mut self, sides: (&FloatOperand, &FloatOperand), run: Run) -> Option<bool> {
        let (FloatLayout::Rows, FloatLayout::Panels) = (&sides.0.layout, &sides.1.layout) else {
            return None;
        };
        let stride = self.stride;
        match (&self.rule, &mut self.storage) {
            (Rule::Products(rule), Storage::Floats(sums)) if sides.0.scaled == sides.1.scaled => {
                Some(accumulate(run, ProductTiles::of(sides, rule), sums, stride))
            }
            (Rule::TwoStage(rule), Storage::Floats(sums)) if sides.0.scaled && sides.1.scaled => {
                Some(accumulate(run, TwoStageTiles { sides, rule }, sums, stride))
            }
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
}
