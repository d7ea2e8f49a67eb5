//! Operands in groups of 16 small integers with a scale each, laid out for the byte dot products.
//!
//! Side a: for every row, its groups in order; a group is four words of four signed bytes.
//! Side b: panels of 32 columns; in a panel, its groups in order; a group is [4 words][32 columns][4 biased bytes].
//! Rows and columns are padded with zero scales to whole tiles and panels.
use crate::simd::BIAS;
use crate::tiles::ROWS;

pub const GROUP: usize = 16;
pub const PANEL: usize = 32;
/// Exponent of a scale that does not count.
pub const UNCOUNTED: i32 = -20_000;

/// How codes and scale bytes are read.
pub struct Reading<'a> {
    /// Integer of every element code, 256 entries for each of two choices.
    pub elements: &'a [i8],
    /// Bit of the scale byte that picks the second choice; 0 for none.
    pub selector: u8,
    /// Value and exponent of every scale byte; UNCOUNTED for zeros that do not count.
    pub values: &'a [f32],
    pub exponents: &'a [i16],
    /// Elements under one scale byte, a multiple of GROUP; 0 without scales.
    pub block: usize,
    /// Groups that one step of the semantic adds up.
    pub groups_per_step: usize,
}

/// What the guards of the fast tiers need to know about a row (side a) or a panel (side b, the worst column).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Largest and smallest exponent of the scales that are not zero.
    pub largest: i32,
    pub smallest: i32,
    /// log2 of the Euclidean norm: of the whole row, and the largest over the steps of a step's norm divided by
    /// 2^(its smallest exponent). Rounded upward.
    pub log_norm: f32,
    pub log_step: f32,
    /// No NaN and no infinity among the scales.
    pub finite: bool,
}

impl Bounds {
    const EMPTY: Bounds = Bounds {
        largest: UNCOUNTED,
        smallest: -UNCOUNTED,
        log_norm: f32::NEG_INFINITY,
        log_step: f32::NEG_INFINITY,
        finite: true,
    };

    pub fn worst(self, other: Bounds) -> Bounds {
        Bounds {
            largest: self.largest.max(other.largest),
            smallest: self.smallest.min(other.smallest),
            log_norm: self.log_norm.max(other.log_norm),
            log_step: self.log_step.max(other.log_step),
            finite: self.finite && other.finite,
        }
    }
}

pub struct GroupOperand {
    pub rows: usize,
    pub depth: usize,
    pub groups: usize,
    pub groups_per_step: usize,
    pub layout: Layout,
    /// Of every group: on side a [row][group], on side b [panel][group][column].
    pub scales: Vec<f32>,
    pub exponents: Vec<i32>,
    /// Of every row (a) or panel (b).
    pub bounds: Vec<Bounds>,
}

pub enum Layout {
    /// Words of every group, and what takes the bias of the other side out: −BIAS · Σ.
    Rows {
        words: Vec<[i32; 4]>,
        starts: Vec<i32>,
    },
    Panels {
        bytes: Vec<[u8; 16 * PANEL]>,
    },
}

/// One row while it is being read.
struct RowReader<'a> {
    reading: &'a Reading<'a>,
    codes: &'a [u8],
    scales: &'a [u8],
}

struct Group {
    values: [i8; GROUP],
    scale: f32,
    exponent: i32,
    squares: i32,
    sum: i32,
}

impl RowReader<'_> {
    #[inline(always)]
    fn group(&self, index: usize) -> Group {
        let reading = self.reading;
        let byte = if reading.block == 0 {
            0
        } else {
            self.scales[index * GROUP / reading.block]
        };
        let table = usize::from(byte & reading.selector != 0) * 256;
        let table: &[i8; 256] = reading.elements[table..].first_chunk().expect("a table of 256");
        let codes: &[u8; GROUP] = self.codes[index * GROUP..]
            .first_chunk()
            .expect("a group of codes");
        let values = codes.map(|code| table[usize::from(code)]);
        let squares = values.iter().map(|&v| i32::from(v) * i32::from(v)).sum();
        let sum = values.iter().map(|&v| i32::from(v)).sum();
        let at = usize::from(byte);
        Group {
            values,
            scale: reading.values[at],
            exponent: i32::from(reading.exponents[at]),
            squares,
            sum,
        }
    }
}

/// Bounds of one row, group by group.
struct BoundsBuilder {
    bounds: Bounds,
    norm: f64,
    step_norm: f64,
    step_smallest: i32,
    in_step: usize,
    per_step: usize,
}

impl BoundsBuilder {
    fn new(per_step: usize) -> Self {
        let step_smallest = -UNCOUNTED;
        Self {
            bounds: Bounds::EMPTY,
            norm: 0.0,
            step_norm: 0.0,
            step_smallest,
            in_step: 0,
            per_step,
        }
    }

    #[inline(always)]
    fn add(&mut self, group: &Group) {
        self.bounds.largest = self.bounds.largest.max(group.exponent);
        if group.scale != 0.0 {
            self.step_smallest = self.step_smallest.min(group.exponent);
            self.bounds.finite &= group.scale.is_finite();
        }
        let scale = f64::from(group.scale);
        self.step_norm += f64::from(group.squares) * scale * scale;
        self.in_step += 1;
        if self.in_step == self.per_step {
            self.end_step();
        }
    }

    #[inline(always)]
    fn end_step(&mut self) {
        self.norm += self.step_norm;
        self.bounds.smallest = self.bounds.smallest.min(self.step_smallest);
        if self.step_norm > 0.0 {
            self.bounds.log_step = self
                .bounds
                .log_step
                .max(log2_above(self.step_norm) - self.step_smallest as f32);
        }
        (self.step_norm, self.step_smallest, self.in_step) = (0.0, -UNCOUNTED, 0);
    }

    fn finish(mut self) -> Bounds {
        self.bounds.log_norm = log2_above(self.norm);
        self.bounds
    }
}

/// A bound above log2 √x: piecewise linear in the fraction (log2(1 + m) ≤ m + 0.0861), plus room for the rounding of x.
#[inline(always)]
pub fn log2_above(x: f64) -> f32 {
    if x == 0.0 {
        return f32::NEG_INFINITY;
    }
    let bits = x.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as f32 - 1023.0;
    let fraction = (bits & ((1 << 52) - 1)) as f64 / (1u64 << 52) as f64;
    0.5 * (exponent + fraction as f32 + 0.0862)
}

impl GroupOperand {
    /// `codes`: rows × depth, one a byte; `scales`: rows × (depth / block). Lengths have been checked.
    pub fn rows(reading: &Reading, codes: &[u8], scales: &[u8], rows: usize, depth: usize) -> Self {
        let groups = depth / GROUP;
        let padded = rows.next_multiple_of(ROWS);
        let mut words = vec![[0i32; 4]; padded * groups];
        let mut starts = vec![0i32; padded * groups];
        let mut values = vec![0f32; padded * groups];
        let mut exponents = vec![UNCOUNTED; padded * groups];
        let mut bounds = vec![Bounds::EMPTY; padded];
        for row in 0..rows {
            let reader = row_reader(reading, codes, scales, row, rows, depth);
            let mut builder = BoundsBuilder::new(reading.groups_per_step);
            for index in 0..groups {
                let group = reader.group(index);
                builder.add(&group);
                let at = row * groups + index;
                words[at] =
                    std::array::from_fn(|i| word(&group.values, i).map(|v| v as u8)).map(i32::from_le_bytes);
                starts[at] = -BIAS * group.sum;
                (values[at], exponents[at]) = (group.scale, group.exponent);
            }
            bounds[row] = builder.finish();
        }
        let groups_per_step = reading.groups_per_step;
        Self {
            rows,
            depth,
            groups,
            groups_per_step,
            layout: Layout::Rows { words, starts },
            scales: values,
            exponents,
            bounds,
        }
    }

    /// The same for side b.
    pub fn panels(reading: &Reading, codes: &[u8], scales: &[u8], rows: usize, depth: usize) -> Self {
        let groups = depth / GROUP;
        let panels = rows.div_ceil(PANEL);
        let mut bytes = vec![[BIAS as u8; 16 * PANEL]; panels * groups];
        let mut values = vec![0f32; panels * groups * PANEL];
        let mut exponents = vec![UNCOUNTED; panels * groups * PANEL];
        let mut bounds = vec![Bounds::EMPTY; panels];
        for row in 0..rows {
            let reader = row_reader(reading, codes, scales, row, rows, depth);
            let (panel, column) = (row / PANEL, row % PANEL);
            let mut builder = BoundsBuilder::new(reading.groups_per_step);
            for index in 0..groups {
                let group = reader.group(index);
                builder.add(&group);
                let block = &mut bytes[panel * groups + index];
                for i in 0..4 {
                    let at = (i * PANEL + column) * 4;
                    block[at..at + 4].copy_from_slice(&word(&group.values, i).map(|v| (v as u8) ^ 0x80));
                }
                let at = (panel * groups + index) * PANEL + column;
                (values[at], exponents[at]) = (group.scale, group.exponent);
            }
            bounds[panel] = bounds[panel].worst(builder.finish());
        }
        let groups_per_step = reading.groups_per_step;
        Self {
            rows,
            depth,
            groups,
            groups_per_step,
            layout: Layout::Panels { bytes },
            scales: values,
            exponents,
            bounds,
        }
    }
}

#[inline(always)]
fn word(values: &[i8; GROUP], i: usize) -> [i8; 4] {
    [
        values[4 * i],
        values[4 * i + 1],
        values[4 * i + 2],
        values[4 * i + 3],
    ]
}

fn row_reader<'a>(
    reading: &'a Reading,
    codes: &'a [u8],
    scales: &'a [u8],
    row: usize,
    rows: usize,
    depth: usize,
) -> RowReader<'a> {
    let blocks = scales.len() / rows;
    RowReader {
        reading,
        codes: &codes[row * depth..(row + 1) * depth],
        scales: &scales[row * blocks..(row + 1) * blocks],
    }
}
