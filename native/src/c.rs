//! The C surface, declared in `include/fp4sim.h`: one running dot product at a time, told what it is by a record. A record
//! that cannot be used gives a null pointer; addresses are the caller's duty.
use std::ptr::null_mut;
use std::slice::from_raw_parts;

use crate::drive::Control;
use crate::floats::{ElementTables, FloatOperand, Wanted};
use crate::fused::FusedRule;
use crate::groups::{GroupOperand, Reading, GROUP, UNCOUNTED};
use crate::integers::IntegerOperand;
use crate::lanes::LaneOperand;
use crate::operand::Operand;
use crate::products::ProductRule;
use crate::simd::Engine;
use crate::sums::{Rule, Sums};

/// `fp4sim_side`
#[repr(C)]
pub struct SideRecord {
    codes: u32,
    values: *const f32,
    exponents: *const i16,
    block: u32,
    selector: u32,
    scales: *const f32,
    scale_exponents: *const i16,
}

/// `fp4sim_record`
#[repr(C)]
pub struct Record {
    kind: u32,
    step: u32,
    nan: u32,
    unit: i32,
    last_place: i32,
    flush: u32,
    denominator: u32,
    fraction_bits: i32,
    floor: i32,
    zero_addend: i32,
    below: i32,
    result_bits: u32,
    half: u32,
    passes: u32,
    addend_last: u32,
    loaded: u32,
    corrected: u32,
    corrections: [f32; 3],
    a: SideRecord,
    b: SideRecord,
}

/// Which operands a kind takes.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Groups,
    Floats,
    Lanes,
    Integers,
}

/// Tables of a side, copied.
struct Side {
    values: Vec<f32>,
    exponents: Vec<i16>,
    /// Of both choices, 256 each.
    elements: Vec<i8>,
    mask: u16,
    block: usize,
    selector: u8,
    scales: Vec<f32>,
    scale_exponents: Vec<i16>,
}

/// `fp4sim_dot`
pub struct Dot {
    form: Form,
    sides: [Side; 2],
    step: usize,
    passes: usize,
    sums: Sums,
}

/// The table at an address, or `count` times `rest` where there is none.
unsafe fn table<T: Copy>(at: *const T, count: usize, rest: T) -> Vec<T> {
    if at.is_null() {
        return vec![rest; count];
    }
    from_raw_parts(at, count).to_vec()
}

impl Side {
    unsafe fn new(record: &SideRecord) -> Option<Self> {
        let codes = record.codes as usize;
        if record.values.is_null() || !codes.is_power_of_two() || codes > 1 << 16 || record.selector > 255 {
            return None;
        }
        let choices = if record.selector == 0 { 1 } else { 2 };
        let values = table(record.values, choices * codes, 0.0);
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

    /// Elements under a scale byte; without scales, all.
    fn blocks(&self, depth: usize) -> usize {
        if self.block == 0 {
            0
        } else {
            depth / self.block
        }
    }

    fn operand(&self, form: Form, panels: bool, codes: &[u16], bytes: &[u8], dot: (usize, usize)) -> Operand {
        let (depth, (step, pass)) = (codes.len(), dot);
        let codes: Vec<u16> = codes.iter().map(|code| code & self.mask).collect();
        match form {
            Form::Groups => {
                let reading = Reading {
                    elements: &self.elements,
                    selector: self.selector,
                    values: &self.scales,
                    exponents: &self.scale_exponents,
                    block: self.block,
                    groups_per_step: step / GROUP,
                };
                let codes: Vec<u8> = codes.iter().map(|&code| code as u8).collect();
                let prepare = if panels {
                    GroupOperand::panels
                } else {
                    GroupOperand::rows
                };
                Operand::Groups(prepare(&reading, &codes, bytes, 1, depth))
            }
            Form::Floats => {
                let tables = ElementTables {
                    values: &self.values,
                    exponents: &self.exponents,
                };
                let wanted = Wanted {
                    zero: UNCOUNTED as i16,
                    pass,
                    words: pass.is_multiple_of(2),
                };
                let prepare = if panels {
                    FloatOperand::panels
                } else {
                    FloatOperand::rows
                };
                Operand::Floats(prepare(&tables, &codes, 1, depth, wanted))
            }
            Form::Lanes => {
                let byte = |k: usize| bytes[k / self.block];
                let choice = |k: usize| usize::from(byte(k) & self.selector != 0);
                let value =
                    |k: usize| self.values[choice(k) * (usize::from(self.mask) + 1) + usize::from(codes[k])];
                let elements: Vec<f32> = (0..depth).map(value).collect();
                let groups = (0..depth).step_by(GROUP);
                let scales: Vec<f32> = groups
                    .clone()
                    .map(|k| self.scales[usize::from(byte(k))])
                    .collect();
                let choices: Vec<u8> = groups.map(|k| choice(k) as u8).collect();
                Operand::Lanes(LaneOperand::new(&elements, &scales, &choices, 1, depth))
            }
            Form::Integers => {
                let elements: Vec<i8> = codes
                    .iter()
                    .map(|&code| self.elements[usize::from(code)])
                    .collect();
                Operand::Integers(IntegerOperand::new(panels, &elements, 1, depth))
            }
        }
    }
}

impl Record {
    /// None if it is not one that the kernels can follow.
    fn rule(&self) -> Option<(Form, Rule)> {
        let corrections = (self.corrected != 0).then_some(self.corrections);
        let (unit, last_place) = (self.unit, self.last_place);
        let is_aligned = |most: i32| (0..=most).contains(&self.fraction_bits) && self.floor >= -200;
        Some(match self.kind {
            1 if is_aligned(38) => {
                let rule = FusedRule {
                    fraction_bits: self.fraction_bits,
                    floor: self.floor,
                    zero_addend: self.zero_addend,
                    below: self.below,
                    unit,
                    least_tier: 0,
                };
                (Form::Groups, Rule::Fused(rule))
            }
            2 => (Form::Groups, Rule::PerBlock { unit, corrections }),
            3 if self.flush > 0 && self.denominator > 0 => {
                let rule = Rule::Exact {
                    unit,
                    last_place,
                    flush: self.flush as usize,
                    denominator: self.denominator,
                };
                (Form::Groups, rule)
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
            5 if is_aligned(27) && self.result_bits <= 23 && self.step.is_multiple_of(self.passes) => {
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
                (Form::Floats, Rule::Products(rule))
            }
            6 => {
                let (loaded, corrections) = (self.loaded != 0, corrections?);
                (Form::Lanes, Rule::Lanes { loaded, corrections })
            }
            7 => (Form::Integers, Rule::Integers),
            _ => return None,
        })
    }

    unsafe fn dot(&self) -> Option<Dot> {
        let (form, rule) = self.rule()?;
        let (step, passes) = (self.step as usize, self.passes.max(1) as usize);
        let sides = [Side::new(&self.a)?, Side::new(&self.b)?];
        let in_groups = form != Form::Floats;
        let fits = |side: &Side| {
            let whole = side.block == 0 || step.is_multiple_of(side.block);
            let grouped = !in_groups || side.block.is_multiple_of(GROUP);
            whole && grouped && (form != Form::Lanes || side.block > 0)
        };
        let counted = step > 0 && step.is_multiple_of(if in_groups { GROUP } else { 1 });
        if !counted || !sides.iter().all(fits) {
            return None;
        }
        let sums = Sums::new(rule, 1, 1, self.nan, Engine::best()).ok()?;
        Some(Dot {
            form,
            sides,
            step,
            passes,
            sums,
        })
    }
}

/// # Safety
/// `record` is null or a record whose tables are as long as the header says.
#[no_mangle]
pub unsafe extern "C" fn fp4sim_dot_new(record: *const Record) -> *mut Dot {
    let dot = record.as_ref().and_then(|record| record.dot());
    dot.map_or(null_mut(), |dot| Box::into_raw(Box::new(dot)))
}

/// # Safety
/// `dot` is null or from `fp4sim_dot_new`, and not used again.
#[no_mangle]
pub unsafe extern "C" fn fp4sim_dot_free(dot: *mut Dot) {
    if !dot.is_null() {
        drop(Box::from_raw(dot));
    }
}

/// # Safety
/// `dot` is from `fp4sim_dot_new`.
#[no_mangle]
pub unsafe extern "C" fn fp4sim_dot_start(dot: *mut Dot, addend: u32) -> i32 {
    i32::from((*dot).sums.load(&[addend]).is_err())
}

/// # Safety
/// `dot` is from `fp4sim_dot_new`; codes are a step, scales a byte for each block of it.
#[no_mangle]
pub unsafe extern "C" fn fp4sim_dot_step(
    dot: *mut Dot,
    a_codes: *const u16,
    a_scales: *const u8,
    b_codes: *const u16,
    b_scales: *const u8,
) -> i32 {
    let dot = &mut *dot;
    let (step, form) = (dot.step, dot.form);
    let operand = |panels: bool, codes: *const u16, scales: *const u8| {
        let side = &dot.sides[usize::from(panels)];
        let (codes, bytes) = (from_raw_parts(codes, step), table(scales, side.blocks(step), 0));
        side.operand(form, panels, codes, &bytes, (step, step / dot.passes))
    };
    let (a, b) = (
        operand(false, a_codes, a_scales),
        operand(true, b_codes, b_scales),
    );
    let added = dot.sums.accumulate(&a, &b, false, 1, &Control::default());
    i32::from(added != Ok(true))
}

/// # Safety
/// `dot` is from `fp4sim_dot_new`.
#[no_mangle]
pub unsafe extern "C" fn fp4sim_dot_result(dot: *const Dot) -> u32 {
    (*dot).sums.read().map_or(0, |bits| bits[0])
}

/// # Safety
/// `dot` is from `fp4sim_dot_new`; `sum` can be written.
#[no_mangle]
pub unsafe extern "C" fn fp4sim_dot_sum(dot: *const Dot, sum: *mut i64) -> i32 {
    let found = (*dot).sums.exact_sum(0);
    *sum = found.unwrap_or(0);
    i32::from(found.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr::null;

    const VALUES: [f32; 4] = [0.0, 1.0, -2.0, -1.0];

    fn integers() -> Record {
        let side = || SideRecord {
            codes: 4,
            values: VALUES.as_ptr(),
            exponents: null(),
            block: 0,
            selector: 0,
            scales: null(),
            scale_exponents: null(),
        };
        Record {
            kind: 7,
            step: 16,
            nan: 0,
            unit: 0,
            last_place: 0,
            flush: 0,
            denominator: 0,
            fraction_bits: 0,
            floor: 0,
            zero_addend: 0,
            below: 0,
            result_bits: 0,
            half: 0,
            passes: 0,
            addend_last: 0,
            loaded: 0,
            corrected: 0,
            corrections: [0.0; 3],
            a: side(),
            b: side(),
        }
    }

    #[test]
    fn a_dot_product_step_by_step() {
        unsafe {
            let dot = fp4sim_dot_new(&integers());
            assert_eq!(fp4sim_dot_start(dot, 10), 0);
            // 1 · -2 + -1 · -1; codes beyond the format's bits are cut.
            let (mut a, mut b) = ([0u16; 16], [0u16; 16]);
            (a[0], a[9], b[0], b[9]) = (1, 7, 2, 3);
            assert_eq!(fp4sim_dot_step(dot, a.as_ptr(), null(), b.as_ptr(), null()), 0);
            assert_eq!(fp4sim_dot_result(dot), 9);
            assert_eq!(fp4sim_dot_step(dot, a.as_ptr(), null(), b.as_ptr(), null()), 0);
            assert_eq!(fp4sim_dot_result(dot), 8);
            assert_eq!(fp4sim_dot_sum(dot, &mut 0), 1);
            fp4sim_dot_free(dot);
            fp4sim_dot_free(null_mut());
        }
    }

    #[test]
    fn records_that_cannot_be_used_give_null() {
        let refused = |spoil: &dyn Fn(&mut Record)| {
            let mut record = integers();
            spoil(&mut record);
            assert!(unsafe { fp4sim_dot_new(&record) }.is_null());
        };
        assert!(unsafe { fp4sim_dot_new(null()) }.is_null());
        refused(&|record| record.kind = 0);
        refused(&|record| record.kind = 8);
        refused(&|record| record.step = 0);
        refused(&|record| record.step = 24);
        refused(&|record| record.a.codes = 3);
        refused(&|record| record.b.values = null());
        // Blocks of whole groups; a denominator; passes that divide a step; a scale byte for each block of lanes.
        refused(&|record| (record.kind, record.a.block) = (2, 8));
        refused(&|record| (record.kind, record.flush) = (3, 1));
        refused(&|record| (record.kind, record.passes) = (5, 3));
        refused(&|record| (record.kind, record.corrected) = (6, 1));
    }
}
