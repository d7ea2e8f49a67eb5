//! The C surface, declared in `include/fp4sim.h`: one running dot product at a time, told what it is by a record, and a
//! block at a time of what quantisers write. What cannot be used gives a null pointer or a status that is not 0;
//! addresses are the caller's duty.
use std::ptr::null_mut;
use std::slice::{from_raw_parts, from_raw_parts_mut};

use crate::drive::Control;
use crate::simd::Engine;
use crate::sums::Sums;

mod quantizer;
mod record;
mod side;
mod wide;

pub use quantizer::{CandidateRecord, QuantizerRecord};
pub use record::Record;
use record::{Form, Wanted};
use side::Side;
pub use side::SideRecord;
use wide::WideSum;

/// Where the products go.
enum Register {
    Kernels(Sums),
    Wide(WideSum),
}

/// `fp4sim_dot`
pub struct Dot {
    form: Form,
    sides: [Side; 2],
    step: usize,
    passes: usize,
    register: Register,
}

/// The table at an address, or `count` times `rest` where there is none.
unsafe fn table<T: Copy>(at: *const T, count: usize, rest: T) -> Vec<T> {
    if at.is_null() {
        return vec![rest; count];
    }
    from_raw_parts(at, count).to_vec()
}

impl Dot {
    unsafe fn new(record: &Record) -> Option<Self> {
        let Wanted { form, rule } = record.wanted()?;
        let sides = [Side::new(&record.a, form)?, Side::new(&record.b, form)?];
        if !record.counts_whole_blocks(form, &sides) {
            return None;
        }
        let register = match rule {
            Some(rule) => Register::Kernels(Sums::new(rule, 1, 1, record.nan, Engine::best()).ok()?),
            None => Register::Wide(WideSum::new(record.unit, record.last_place)?),
        };
        Some(Self {
            form,
            sides,
            step: record.step as usize,
            passes: record.passes.max(1) as usize,
            register,
        })
    }

    /// Whether all is well.
    fn step(&mut self, codes: [&[u16]; 2], bytes: [&[u8]; 2]) -> bool {
        let [a, b] = &self.sides;
        match &mut self.register {
            Register::Wide(sum) => {
                sum.add_blocks(&a.blocks(codes[0], bytes[0]), &b.blocks(codes[1], bytes[1]));
                true
            }
            Register::Kernels(sums) => {
                let shape = (self.form, self.step / self.passes);
                let a = a.operand(shape, false, codes[0], bytes[0]);
                let b = b.operand(shape, true, codes[1], bytes[1]);
                sums.accumulate(&a, &b, false, 1, &Control::default()) == Ok(true)
            }
        }
    }

    /// The exact sum as two's complement from its last place on; None for NaN, and where sums are not exact.
    fn exact_sum(&self) -> Option<Vec<u32>> {
        match &self.register {
            Register::Wide(sum) => sum.words(),
            Register::Kernels(sums) => sums.exact_sum(0).map(|sum| vec![sum as u32, (sum >> 32) as u32]),
        }
    }
}

/// # Safety
/// `record` is null or a record whose tables are as long as the header says.
#[no_mangle]
pub unsafe extern "C" fn fp4sim_dot_new(record: *const Record) -> *mut Dot {
    let dot = record.as_ref().and_then(|record| Dot::new(record));
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
    let started = match &mut (*dot).register {
        Register::Kernels(sums) => sums.load(&[addend]).is_ok(),
        Register::Wide(sum) => {
            sum.clear();
            addend == 0
        }
    };
    i32::from(!started)
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
    let step = dot.step;
    let bytes = |side: usize, at: *const u8| table(at, dot.sides[side].blocks_of(step), 0);
    let (a_bytes, b_bytes) = (bytes(0, a_scales), bytes(1, b_scales));
    let codes = [from_raw_parts(a_codes, step), from_raw_parts(b_codes, step)];
    i32::from(!dot.step(codes, [&a_bytes, &b_bytes]))
}

/// # Safety
/// `dot` is from `fp4sim_dot_new`.
#[no_mangle]
pub unsafe extern "C" fn fp4sim_dot_result(dot: *const Dot) -> u32 {
    match &(*dot).register {
        Register::Kernels(sums) => sums.read().map_or(0, |bits| bits[0]),
        Register::Wide(_) => 0,
    }
}

/// # Safety
/// `dot` is from `fp4sim_dot_new`; `count` words can be written.
#[no_mangle]
pub unsafe extern "C" fn fp4sim_dot_sum(dot: *const Dot, words: *mut u32, count: u32) -> i32 {
    let found = (*dot).exact_sum();
    let is_nan = found.is_none();
    let sum = found.unwrap_or_else(|| vec![0]);
    let sign = (sum[sum.len() - 1] as i32 >> 31) as u32;
    for (i, word) in from_raw_parts_mut(words, count as usize).iter_mut().enumerate() {
        *word = sum.get(i).copied().unwrap_or(sign);
    }
    i32::from(is_nan)
}

/// # Safety
/// `record` is a quantiser whose candidates are as many as it says; x has 16 values, 16 codes and a scale can be written.
#[no_mangle]
pub unsafe extern "C" fn fp4sim_quantize(
    record: *const QuantizerRecord,
    x: *const f32,
    codes: *mut u8,
    scale: *mut u8,
) -> i32 {
    let written = record.as_ref().and_then(|record| record.quantize(&*x.cast()));
    if let Some((block, byte)) = written {
        *codes.cast() = block;
        *scale = byte;
    }
    i32::from(written.is_none())
}

#[cfg(test)]
mod tests;
