//! Operands as floats, for semantics that look at every product: fused additions of products, and lanes.
use crate::groups::{log2_above, PANEL, UNCOUNTED};
use crate::rounding::power;
use crate::tiles::ROWS;
use crate::words::{WordTables, Words};

/// Tables of an element format's codes.
pub struct ElementTables<'a> {
    pub values: &'a [f32],
    /// The exponent that a code counts with.
    pub exponents: &'a [i16],
}

/// What the kernel of a semantic wants to know of an operand.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// Exponent of padding.
    pub zero: i16,
    /// Elements of a pass, which divide K.
    pub pass: usize,
    /// Whether to keep 16-bit words as well, if the format's significands fit; see `words`.
    pub words: bool,
}

pub enum FloatLayout {
    /// [row][k]
    Rows,
    /// [panel][k][column]
    Panels,
}

/// What the guard of the plain tier needs to know of a pass of a tile of rows, or of a panel: the worst of its lines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PassBounds {
    /// Largest exponent that an element counts with.
    pub largest: i32,
    /// Place of the lowest bit that is set in an element; `NO_BIT` if all are zero.
    pub last: i32,
    /// A bound above log2 of the Euclidean norm.
    pub log_norm: f32,
}

/// Two of them add up without overflow and lie above every place.
pub const NO_BIT: i32 = 1 << 20;

impl PassBounds {
    pub const EMPTY: PassBounds = PassBounds {
        largest: i32::MIN / 4,
        last: NO_BIT,
        log_norm: f32::NEG_INFINITY,
    };

    pub fn worst(self, other: Self) -> Self {
        Self {
            largest: self.largest.max(other.largest),
            last: self.last.min(other.last),
            log_norm: self.log_norm.max(other.log_norm),
        }
    }
}

pub struct FloatOperand {
    pub rows: usize,
    pub depth: usize,
    pub layout: FloatLayout,
    pub values: Vec<f32>,
    pub exponents: Vec<i32>,
    /// Of every row or panel: whether there is a NaN or an infinity.
    pub special: Vec<bool>,
    /// Of every pass of every tile of rows or panel: [tile or panel][pass].
    pub bounds: Vec<PassBounds>,
    pub words: Option<Words>,
    /// Whether `values` are significands: an element is values × 2^exponents.
    pub scaled: bool,
    /// No finite element is larger than this times 2^(the exponent that it counts with); at most 2.
    pub significand: f64,
}

impl FloatOperand {
    pub fn rows(tables: &ElementTables, codes: &[u16], rows: usize, depth: usize, wanted: Wanted) -> Self {
        let lines = rows.next_multiple_of(ROWS);
        let place = |row: usize, k: usize| (row, row * depth + k);
        Self::laid_out(
            tables,
            codes,
            (rows, depth),
            FloatLayout::Rows,
            (lines, 1),
            wanted,
            place,
        )
    }

    pub fn panels(tables: &ElementTables, codes: &[u16], rows: usize, depth: usize, wanted: Wanted) -> Self {
        let lines = rows.div_ceil(PANEL);
        let place = |row: usize, k: usize| {
            let (panel, column) = (row / PANEL, row % PANEL);
            (panel, (panel * depth + k) * PANEL + column)
        };
        Self::laid_out(
            tables,
            codes,
            (rows, depth),
            FloatLayout::Panels,
            (lines, PANEL),
            wanted,
            place,
        )
    }

    /// `lines` of `width` elements at every k; `place`: line and index of an element.
    #[inline(always)]
    fn laid_out(
        tables: &ElementTables,
        codes: &[u16],
        (rows, depth): (usize, usize),
        layout: FloatLayout,
        (lines, width): (usize, usize),
        wanted: Wanted,
        place: impl Fn(usize, usize) -> (usize, usize),
    ) -> Self {
        let size = lines * width * depth;
        let passes = depth / wanted.pass;
        let lines_of_bound = if width == 1 { ROWS } else { 1 };
        let word_tables = if wanted.words {
            WordTables::of(tables)
        } else {
            None
        };
        let mut operand = Self {
            rows,
            depth,
            layout,
            values: vec![0.0; size],
            exponents: vec![i32::from(wanted.zero); size],
            special: vec![false; lines],
            bounds: vec![PassBounds::EMPTY; lines / lines_of_bound * passes],
            words: word_tables
                .as_ref()
                .map(|_| Words::zeros(size, width, wanted.zero)),
            scaled: false,
            significand: largest_significand(tables),
        };
        for (row, codes) in codes.chunks_exact(depth).enumerate() {
            for (pass, codes) in codes.chunks_exact(wanted.pass).enumerate() {
                let mut bounds = PassBounds::EMPTY;
                let mut squares = 0f64;
                for (i, &code) in codes.iter().enumerate() {
                    let (line, at) = place(row, pass * wanted.pass + i);
                    let value = tables.values[usize::from(code)];
                    let exponent = i32::from(tables.exponents[usize::from(code)]);
                    operand.values[at] = value;
                    operand.exponents[at] = exponent;
                    operand.special[line] |= !value.is_finite();
                    bounds.largest = bounds.largest.max(exponent);
                    bounds.last = bounds.last.min(last_place(value));
                    squares += f64::from(value) * f64::from(value);
                    if let (Some(words), Some(tables)) = (&mut operand.words, &word_tables) {
                        words.set(at, tables, code);
                    }
                }
                bounds.log_norm = log2_above(squares);
                let (line, _) = place(row, 0);
                let worst = &mut operand.bounds[line / lines_of_bound * passes + pass];
                *worst = worst.worst(bounds);
            }
        }
        operand
    }

    /// Elements as significands below 2 in magnitude with the exponents that they count with, in which block scales
    /// are taken in; for formats whose products do not fit f32. NaN and infinities are significands.
    pub fn of_parts(
        panels: bool,
        significands: &[f32],
        exponents: &[i16],
        rows: usize,
        depth: usize,
    ) -> Self {
        let (layout, lines, width) = if panels {
            (FloatLayout::Panels, rows.div_ceil(PANEL), PANEL)
        } else {
            (FloatLayout::Rows, rows.next_multiple_of(ROWS), 1)
        };
        let size = lines * width * depth;
        let mut operand = Self {
            rows,
            depth,
            layout,
            values: vec![0.0; size],
            exponents: vec![UNCOUNTED; size],
            special: vec![false; lines],
            bounds: Vec::new(),
            words: None,
            scaled: true,
            significand: 2.0,
        };
        for row in 0..rows {
            let (line, member) = (row / width, row % width);
            for k in 0..depth {
                let (from, at) = (row * depth + k, (line * depth + k) * width + member);
                operand.values[at] = significands[from];
                operand.exponents[at] = i32::from(exponents[from]);
                operand.special[line] |= !significands[from].is_finite();
            }
        }
        operand
    }
}

/// The largest ratio of an element's magnitude to the power of two that it counts with.
fn largest_significand(tables: &ElementTables) -> f64 {
    let entries = tables.values.iter().zip(tables.exponents);
    let finite = entries.filter(|(value, _)| value.is_finite() && **value != 0.0);
    finite.fold(0.0, |most, (&value, &exponent)| {
        most.max(f64::from(value.abs()) * power(-i32::from(exponent)))
    })
}

/// Place of the lowest bit that is set in a normal number; `NO_BIT` in zero. NaN and infinities are looked at elsewhere.
#[inline(always)]
fn last_place(value: f32) -> i32 {
    let bits = value.to_bits();
    let field = ((bits >> 23) & 255) as i32;
    if field == 0 {
        return if bits << 1 == 0 { NO_BIT } else { -149 };
    }
    let significand = (bits & 0x7f_ffff) | 0x80_0000;
    field - 150 + significand.trailing_zeros() as i32
}
