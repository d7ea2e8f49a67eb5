//! A prepared operand of any kind.
use crate::blocks::BlockOperand;
use crate::floats::FloatOperand;
use crate::groups::GroupOperand;
use crate::integers::IntegerOperand;
use crate::lanes::LaneOperand;

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
}
