//! Operands as floats, for semantics that look at every product: fused additions of products, and lanes.
use crate::groups::{PANEL, ROW_PAD};

/// Tables of an element format's codes.
pub struct ElementTables<'a> {
    pub values: &'a [f32],
    /// The exponent that a code counts with.
    pub exponents: &'a [i16],
}

pub enum FloatLayout {
    /// [row][k]
    Rows,
    /// [panel][k][column]
    Panels,
}

pub struct FloatOperand {
    pub rows: usize,
    pub depth: usize,
    pub layout: FloatLayout,
    pub values: Vec<f32>,
    pub exponents: Vec<i32>,
    /// Of every row or panel: whether there is a NaN or an infinity.
    pub special: Vec<bool>,
}

impl FloatOperand {
    pub fn rows(tables: &ElementTables, codes: &[u16], rows: usize, depth: usize, zero: i16) -> Self {
        let padded = rows.next_multiple_of(ROW_PAD);
        let mut operand = Self::empty(rows, depth, FloatLayout::Rows, padded * depth, padded, zero);
        for (i, &code) in codes.iter().enumerate() {
            let value = tables.values[usize::from(code)];
            operand.values[i] = value;
            operand.exponents[i] = i32::from(tables.exponents[usize::from(code)]);
            operand.special[i / depth] |= !value.is_finite();
        }
        operand
    }

    pub fn panels(tables: &ElementTables, codes: &[u16], rows: usize, depth: usize, zero: i16) -> Self {
        let panels = rows.div_ceil(PANEL);
        let mut operand = Self::empty(
            rows,
            depth,
            FloatLayout::Panels,
            panels * PANEL * depth,
            panels,
            zero,
        );
        for (row, codes) in codes.chunks_exact(depth).enumerate() {
            let (panel, column) = (row / PANEL, row % PANEL);
            for (k, &code) in codes.iter().enumerate() {
                let at = (panel * depth + k) * PANEL + column;
                let value = tables.values[usize::from(code)];
                operand.values[at] = value;
                operand.exponents[at] = i32::from(tables.exponents[usize::from(code)]);
                operand.special[panel] |= !value.is_finite();
            }
        }
        operand
    }

    /// Given values, in rows.
    pub fn of_values(values: &[f32], rows: usize, depth: usize) -> Self {
        let padded = rows.next_multiple_of(PANEL.max(ROW_PAD));
        let mut all = values.to_vec();
        all.resize(padded.next_multiple_of(ROW_PAD) * depth, 0.0);
        Self {
            rows,
            depth,
            layout: FloatLayout::Rows,
            values: all,
            exponents: Vec::new(),
            special: Vec::new(),
        }
    }

    fn empty(rows: usize, depth: usize, layout: FloatLayout, size: usize, lines: usize, zero: i16) -> Self {
        let exponents = vec![i32::from(zero); size];
        Self {
            rows,
            depth,
            layout,
            values: vec![0.0; size],
            exponents,
            special: vec![false; lines],
        }
    }
}
