//! `fp4sim_side`: tables by code and by scale byte, and operands made from them.
use super::record::Form;
use super::table;
use super::wide::Block;
use crate::blocks::BlockOperand;
use crate::floats::{ElementTables, FloatOperand, Wanted};
use crate::groups::{GroupOperand, Reading, GROUP, UNCOUNTED};
use crate::integers::IntegerOperand;
use crate::lanes::LaneOperand;
use crate::operand::Operand;

#[repr(C)]
pub struct SideRecord {
    pub codes: u32,
    pub values: *const f32,
    pub exponents: *const i16,
    pub block: u32,
    pub selector: u32,
    pub scales: *const f32,
    pub scale_exponents: *const i16,
}

/// Tables of a side, copied.
pub struct Side {
    values: Vec<f32>,
    exponents: Vec<i16>,
    /// Of both choices, 256 each.
    elements: Vec<i8>,
    mask: u16,
    pub block: usize,
    selector: u8,
    scales: Vec<f32>,
    scale_exponents: Vec<i16>,
}

impl Side {
    /// None if the tables are not such as the form can read.
    ///
    /// # Safety
    /// Tables are as long as the header says.
    pub unsafe fn new(record: &SideRecord, form: Form) -> Option<Self> {
        let codes = record.codes as usize;
        if record.values.is_null() || !codes.is_power_of_two() || codes > 1 << 16 || record.selector > 255 {
            return None;
        }
        let choices = if record.selector == 0 { 1 } else { 2 };
        let values = table(record.values, choices * codes, 0.0);
        let limit = match form {
            Form::Parts => 2.0,
            Form::Blocks => (1 << 24) as f32,
            _ => f32::INFINITY,
        };
        if values.iter().any(|x| x.is_finite() && x.abs() >= limit) {
            return None;
        }
        let elements = (0..512).map(|i| values[i / 256 % choices * codes + i % codes.min(256)] as i8);
        Some(Self {
            elements: elements.collect(),
            exponents: table(record.exponents, codes, 0),
            mask: (codes - 1) as u16,
            block: record.block as usize,
            selector: record.selector as u8,
            scales: table(record.scales, 256, 1.0),
            scale_exponents: table(record.scale_exponents, 256, 0),
            values,
        })
    }

    /// Scale bytes of so many elements; without scales, none.
    pub fn blocks_of(&self, depth: usize) -> usize {
        depth.checked_div(self.block).unwrap_or(0)
    }

    /// A step of codes as what the kernels of a form take, whose passes are `pass` elements long.
    pub fn operand(&self, (form, pass): (Form, usize), panels: bool, codes: &[u16], bytes: &[u8]) -> Operand {
        match form {
            Form::Groups => Operand::Groups(self.groups(panels, codes, bytes)),
            Form::Floats => Operand::Floats(self.floats(panels, pass, codes)),
            Form::Parts => Operand::Floats(self.parts(panels, codes, bytes)),
            Form::Blocks => {
                let blocks = self.blocks(codes, bytes);
                let elements: Vec<i32> = blocks.iter().flat_map(|block| block.elements.clone()).collect();
                let scales: Vec<f64> = blocks.iter().map(|block| block.scale).collect();
                let shape = (1, codes.len());
                Operand::Blocks(BlockOperand::new(panels, &elements, &scales, shape, self.block))
            }
            Form::Lanes => Operand::Lanes(self.lanes(codes, bytes)),
            Form::Integers => {
                let element = |&code: &u16| self.elements[usize::from(code & self.mask)];
                let elements: Vec<i8> = codes.iter().map(element).collect();
                Operand::Integers(IntegerOperand::new(panels, &elements, 1, codes.len()))
            }
        }
    }

    /// Blocks of whole numbers; NaN among the elements is NaN of the scale.
    pub fn blocks(&self, codes: &[u16], bytes: &[u8]) -> Vec<Block> {
        let blocks = codes.chunks_exact(self.block).zip(bytes);
        let block = |(codes, &byte): (&[u16], &u8)| {
            let values = codes.iter().map(|&code| self.value(code, byte));
            let has_nan = values.clone().any(f32::is_nan);
            let scale = self.scales[usize::from(byte)];
            Block {
                elements: values.map(|value| value as i32).collect(),
                scale: if has_nan { f64::NAN } else { f64::from(scale) },
            }
        };
        blocks.map(block).collect()
    }

    fn choice(&self, byte: u8) -> usize {
        usize::from(byte & self.selector != 0)
    }

    fn value(&self, code: u16, byte: u8) -> f32 {
        let of_choice = self.choice(byte) * (usize::from(self.mask) + 1);
        self.values[of_choice + usize::from(code & self.mask)]
    }

    fn groups(&self, panels: bool, codes: &[u16], bytes: &[u8]) -> GroupOperand {
        let reading = Reading {
            elements: &self.elements,
            selector: self.selector,
            values: &self.scales,
            exponents: &self.scale_exponents,
            block: self.block,
            groups_per_step: codes.len() / GROUP,
        };
        let codes: Vec<u8> = codes.iter().map(|&code| (code & self.mask) as u8).collect();
        let prepare = if panels {
            GroupOperand::panels
        } else {
            GroupOperand::rows
        };
        prepare(&reading, &codes, bytes, 1, codes.len())
    }

    fn floats(&self, panels: bool, pass: usize, codes: &[u16]) -> FloatOperand {
        let tables = ElementTables {
            values: &self.values,
            exponents: &self.exponents,
        };
        let wanted = Wanted {
            zero: UNCOUNTED as i16,
            pass,
            words: pass.is_multiple_of(2),
        };
        let codes: Vec<u16> = codes.iter().map(|code| code & self.mask).collect();
        let prepare = if panels {
            FloatOperand::panels
        } else {
            FloatOperand::rows
        };
        prepare(&tables, &codes, 1, codes.len(), wanted)
    }

    fn parts(&self, panels: bool, codes: &[u16], bytes: &[u8]) -> FloatOperand {
        let byte = |k: usize| {
            k.checked_div(self.block)
                .map_or(0, |block| usize::from(bytes[block]))
        };
        // Without scales, entry 0 of their tables is 1 and 0.
        let significand = |(k, code): (usize, &u16)| match self.scales[byte(k)].is_nan() {
            true => f32::NAN,
            false => self.values[usize::from(code & self.mask)],
        };
        let exponent = |(k, code): (usize, &u16)| {
            self.exponents[usize::from(code & self.mask)].saturating_add(self.scale_exponents[byte(k)])
        };
        let significands: Vec<f32> = codes.iter().enumerate().map(significand).collect();
        let exponents: Vec<i16> = codes.iter().enumerate().map(exponent).collect();
        FloatOperand::of_parts(panels, &significands, &exponents, 1, codes.len())
    }

    fn lanes(&self, codes: &[u16], bytes: &[u8]) -> LaneOperand {
        let byte = |k: usize| bytes[k / self.block];
        let elements: Vec<f32> = codes
            .iter()
            .enumerate()
            .map(|(k, &code)| self.value(code, byte(k)))
            .collect();
        let groups = (0..codes.len()).step_by(GROUP);
        let scales: Vec<f32> = groups
            .clone()
            .map(|k| self.scales[usize::from(byte(k))])
            .collect();
        let choices: Vec<u8> = groups.map(|k| self.choice(byte(k)) as u8).collect();
        LaneOperand::new(&elements, &scales, &choices, 1, codes.len())
    }
}
