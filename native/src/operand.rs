//! A prepared operand of any kind.
use crate::blocks::BlockOperand;
use crate::floats::FloatOperand;
use crate::groups::{GroupOperand, Layout};
use crate::integers::{IntegerLayout, IntegerOperand};
use crate::lanes::LaneOperand;
use crate::words::Words;

pub enum Operand {
    Groups(GroupOperand),
    Floats(FloatOperand),
    Blocks(BlockOperand),
    Lanes(LaneOperand),
    Integers(IntegerOperand),
}

impl Operand {
    pub fn rows(&self) -> usize {
        match self {
            Operand::Groups(operand) => operand.rows,
            Operand::Floats(operand) => operand.rows,
            Operand::Blocks(operand) => operand.rows,
            Operand::Lanes(operand) => operand.rows,
            Operand::Integers(operand) => operand.rows,
        }
    }

    pub fn depth(&self) -> usize {
        match self {
            Operand::Groups(operand) => operand.depth,
            Operand::Floats(operand) => operand.depth,
            Operand::Blocks(operand) => operand.depth,
            Operand::Lanes(operand) => operand.depth,
            Operand::Integers(operand) => operand.depth,
        }
    }

    /// Memory that it takes.
    pub fn bytes(&self) -> usize {
        match self {
            Operand::Groups(operand) => {
                let layout = match &operand.layout {
                    Layout::Rows { words, starts } => size_of_val(&words[..]) + size_of_val(&starts[..]),
                    Layout::Panels { bytes } => size_of_val(&bytes[..]),
                };
                layout + size_of_val(&operand.scales[..]) + size_of_val(&operand.exponents[..])
            }
            Operand::Floats(operand) => {
                let words = match &operand.words {
                    None => 0,
                    Some(Words::Rows(pairs)) => size_of_val(&pairs[..]),
                    Some(Words::Panels(pairs)) => size_of_val(&pairs[..]),
                };
                words + size_of_val(&operand.values[..]) + size_of_val(&operand.exponents[..])
            }
            Operand::Blocks(operand) => operand.bytes(),
            Operand::Lanes(operand) => operand.bytes(),
            Operand::Integers(operand) => match &operand.layout {
                IntegerLayout::Rows(pairs) => size_of_val(&pairs[..]),
                IntegerLayout::Panels(pairs) => size_of_val(&pairs[..]),
            },
        }
    }
}
