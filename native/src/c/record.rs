//! `fp4sim_record`: what a dot product is, and whether the kernels can follow it.
use super::side::{Side, SideRecord};
use crate::fused::FusedRule;
use crate::groups::GROUP;
use crate::products::ProductRule;
use crate::sums::Rule;
use crate::two_stage::TwoStageRule;

#[repr(C)]
pub struct Record {
    pub kind: u32,
    pub step: u32,
    pub nan: u32,
    pub unit: i32,
    pub last_place: i32,
    pub flush: u32,
    pub denominator: u32,
    pub fraction_bits: i32,
    pub floor: i32,
    pub zero_addend: i32,
    pub below: i32,
    pub result_bits: u32,
    pub half: u32,
    pub passes: u32,
    pub addend_last: u32,
    pub loaded: u32,
    pub wide: u32,
    pub group: u32,
    pub sum_bits: i32,
    pub addend_bits: i32,
    pub addend_reach: i32,
    pub corrected: u32,
    pub corrections: [f32; 3],
    pub a: SideRecord,
    pub b: SideRecord,
}

/// Which operands a kind takes.
#[derive(Clone, Copy, PartialEq)]
pub enum Form {
    Groups,
    Floats,
    /// Significands and exponents, scales taken in.
    Parts,
    /// Whole numbers of up to 24 bits, in blocks.
    Blocks,
    Lanes,
    Integers,
}

/// What computes a record; no rule is a register of any width.
pub struct Wanted {
    pub form: Form,
    pub rule: Option<Rule>,
}

impl Record {
    /// None if it is not one that the kernels can follow.
    pub fn wanted(&self) -> Option<Wanted> {
        let (unit, last_place) = (self.unit, self.last_place);
        let corrections = (self.corrected != 0).then_some(self.corrections);
        let by_blocks = if self.wide != 0 {
            Form::Blocks
        } else {
            Form::Groups
        };
        let by_products = if self.wide != 0 { Form::Parts } else { Form::Floats };
        let (form, rule) = match self.kind {
            1 => (Form::Groups, self.fused()?),
            2 if self.wide == 0 || corrections.is_none() => (by_blocks, Rule::PerBlock { unit, corrections }),
            3 if self.flush > 0 && self.denominator > 0 => {
                let (flush, denominator) = (self.flush as usize, self.denominator);
                let rule = Rule::Exact {
                    unit,
                    last_place,
                    flush,
                    denominator,
                };
                (by_blocks, rule)
            }
            4 => {
                let corrections = corrections?;
                let rule = Rule::PerChoice {
                    unit,
                    last_place,
                    corrections,
                };
                (Form::Groups, rule)
            }
            5 => (by_products, self.products()?),
            6 => {
                let (loaded, corrections) = (self.loaded != 0, corrections?);
                (Form::Lanes, Rule::Lanes { loaded, corrections })
            }
            7 => (Form::Integers, Rule::Integers),
            8 => (Form::Parts, self.two_stage()?),
            9 => {
                return Some(Wanted {
                    form: Form::Blocks,
                    rule: None,
                })
            }
            _ => return None,
        };
        Some(Wanted {
            form,
            rule: Some(rule),
        })
    }

    fn is_aligned(&self, most: i32) -> bool {
        (0..=most).contains(&self.fraction_bits) && self.floor >= -200
    }

    fn fused(&self) -> Option<Rule> {
        let rule = FusedRule {
            fraction_bits: self.fraction_bits,
            floor: self.floor,
            zero_addend: self.zero_addend,
            below: self.below,
            unit: self.unit,
            least_tier: 0,
        };
        self.is_aligned(38).then_some(Rule::Fused(rule))
    }

    fn products(&self) -> Option<Rule> {
        let rule = ProductRule {
            fraction_bits: self.fraction_bits,
            floor: self.floor,
            zero_addend: self.zero_addend,
            result_bits: self.result_bits,
            half: self.half != 0,
            step: self.step as usize,
            passes: self.passes as usize,
            addend_last: self.addend_last != 0,
        };
        let whole = self.passes > 0 && self.step.is_multiple_of(self.passes);
        (self.is_aligned(27) && self.result_bits <= 23 && whole).then_some(Rule::Products(rule))
    }

    fn two_stage(&self) -> Option<Rule> {
        let bits = [self.fraction_bits, self.sum_bits, self.addend_bits];
        let rule = TwoStageRule {
            group: self.group as usize,
            fraction_bits: self.fraction_bits,
            sum_bits: self.sum_bits,
            addend_bits: self.addend_bits,
            addend_reach: self.addend_reach,
        };
        let whole = self.group > 0 && self.group.is_multiple_of(2) && self.step.is_multiple_of(self.group);
        let fits = whole && bits.iter().all(|bits| (0..=38).contains(bits));
        fits.then_some(Rule::TwoStage(rule))
    }

    /// Whether a step holds whole blocks of both sides, and whole groups where the kernels count in those.
    pub fn counts_whole_blocks(&self, form: Form, sides: &[Side; 2]) -> bool {
        let step = self.step as usize;
        let in_groups = !matches!(form, Form::Floats | Form::Parts);
        let fits = |side: &Side| match form {
            Form::Blocks => side.block > 0 && step.is_multiple_of(side.block),
            _ => {
                let whole = side.block == 0 || step.is_multiple_of(side.block);
                let grouped = !in_groups || side.block.is_multiple_of(GROUP);
                whole && grouped && (form != Form::Lanes || side.block > 0)
            }
        };
        let counted = step > 0 && step.is_multiple_of(if in_groups { GROUP } else { 1 });
        let alike = form != Form::Blocks || sides[0].block == sides[1].block;
        counted && alike && sides.iter().all(fits)
    }
}
