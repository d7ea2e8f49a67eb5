//! Running sums of every semantic, and the check that operands fit them.
use crate::drive::Control;
use crate::floats::{FloatLayout, FloatOperand};
use crate::fused::{FusedRule, Sides};
use crate::groups::{GroupOperand, GROUP, PANEL, ROW_PAD};
use crate::lanes::LANES;
use crate::products::ProductRule;
use crate::simd::Engine;
use crate::{fused, group_sums, lanes, products, rounding};

pub enum Operand {
    Groups(GroupOperand),
    Floats(FloatOperand),
}

impl Operand {
    pub fn rows(&self) -> usize {
        match self {
            Operand::Groups(operand) => operand.rows,
            Operand::Floats(operand) => operand.rows,
        }
    }

    pub fn depth(&self) -> usize {
        match self {
            Operand::Groups(operand) => operand.depth,
            Operand::Floats(operand) => operand.depth,
        }
    }
}

pub enum Rule {
    Fused(FusedRule),
    /// `unit`: exponent of the last place of a product of elements.
    PerBlock {
        unit: i32,
    },
    /// Sums in units of 2^last_place; the result is divided by the denominator.
    Exact {
        unit: i32,
        last_place: i32,
        flush: usize,
        denominator: u32,
    },
    Products(ProductRule),
    /// Whether a lane begins with its first product.
    Lanes {
        loaded: bool,
    },
}

enum Storage {
    Floats(Vec<f32>),
    Exact { sums: Vec<i64>, addends: Vec<f32> },
    Lanes(Vec<[f32; LANES]>),
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
            Rule::Lanes { .. } => Storage::Lanes(vec![[0.0; LANES]; size]),
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
        let start = if matches!(self.rule, Rule::Lanes { loaded: true }) {
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
            Storage::Lanes(sums) => sums.fill([start; LANES]),
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

    fn add(&mut self, a: &Operand, b: &Operand, threads: usize, control: &Control) -> Option<bool> {
        let (engine, stride) = (self.engine, self.stride);
        match (a, b) {
            (Operand::Groups(a), Operand::Groups(b)) => {
                let sides = Sides::of(a, b)?;
                match (&self.rule, &mut self.storage) {
                    (Rule::Fused(rule), Storage::Floats(sums)) => Some(fused::accumulate(
                        engine, sides, *rule, sums, stride, threads, control,
                    )),
                    (Rule::PerBlock { unit }, Storage::Floats(sums)) => {
                        let sums = group_sums::GroupSums::PerBlock(sums);
                        Some(group_sums::accumulate(
                            engine, sides, sums, *unit, stride, threads, control,
                        ))
                    }
                    (
                        Rule::Exact {
                            unit,
                            last_place,
                            flush,
                            ..
                        },
                        Storage::Exact { sums, .. },
                    ) => {
                        let sums = group_sums::GroupSums::Exact {
                            sums,
                            unit: *last_place,
                            flush: *flush,
                        };
                        Some(group_sums::accumulate(
                            engine, sides, sums, *unit, stride, threads, control,
                        ))
                    }
                    _ => None,
                }
            }
            (Operand::Floats(a), Operand::Floats(b)) => {
                match (&self.rule, &mut self.storage, &a.layout, &b.layout) {
                    (Rule::Products(rule), Storage::Floats(sums), FloatLayout::Rows, FloatLayout::Panels) => {
                        Some(products::accumulate(
                            engine,
                            (a, b),
                            rule,
                            sums,
                            stride,
                            threads,
                            control,
                        ))
                    }
                    (Rule::Lanes { .. }, Storage::Lanes(sums), FloatLayout::Rows, FloatLayout::Rows) => {
                        Some(lanes::accumulate(engine, (a, b), sums, stride, threads, control))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Bits of all results, row-major.
    pub fn read(&self) -> Result<Vec<u32>, String> {
        self.check()?;
        let nan = self.nan;
        let loaded = self.loaded;
        let plain = |x: f32| if x.is_nan() && !loaded { nan } else { x.to_bits() };
        let mut bits = Vec::with_capacity(self.rows * self.cols);
        for row in 0..self.rows {
            let line = row * self.stride..row * self.stride + self.cols;
            match (&self.storage, &self.rule) {
                (Storage::Floats(sums), _) => bits.extend(sums[line].iter().map(|&x| plain(x))),
                (
                    Storage::Exact { sums, addends },
                    Rule::Exact {
                        last_place,
                        denominator,
                        ..
                    },
                ) => {
                    let round =
                        |(&sum, &addend)| rounding::exact_to_f32(sum, *last_place, addend, *denominator, nan);
                    bits.extend(sums[line.clone()].iter().zip(&addends[line]).map(round));
                }
                (Storage::Exact { .. }, _) => {
                    return Err("accumulator: its rule and its sums do not fit".into())
                }
                (Storage::Lanes(sums), _) => bits.extend(sums[line].iter().map(|x| plain(lanes::tree(x)))),
            }
        }
        Ok(bits)
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
        let addends = match &mut self.storage {
            Storage::Floats(sums) => sums,
            Storage::Exact { addends, .. } => addends,
            Storage::Lanes(_) => return Ok(()),
        };
        for (row, bits) in bits.chunks_exact(self.cols.max(1)).enumerate() {
            for (to, &bits) in addends[row * self.stride..].iter_mut().zip(bits) {
                *to = f32::from_bits(bits);
            }
        }
        Ok(())
    }
}
