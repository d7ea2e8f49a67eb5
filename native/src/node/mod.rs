//! The Node-API surface: classes that own prepared operands (here) and running sums (`sums`), and the quantisers
//! (`quantizers`). Every length is checked, whoever calls; what is wrong comes back as an error that names the argument.
mod quantizers;
mod sums;

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use napi::bindgen_prelude::*;
use napi_derive::napi;

use crate::blocks::BlockOperand;
use crate::floats::{ElementTables, FloatOperand, Wanted};
use crate::groups::{GroupOperand, Reading, GROUP};
use crate::integers::IntegerOperand;
use crate::lanes::LaneOperand;
use crate::operand::Operand;
use crate::peak::Peak;
use crate::simd::Engine;

/// Changes whenever a name, a parameter or a layout of this surface does. The TypeScript side expects the same number.
const ABI_VERSION: u32 = 4;

#[napi]
pub fn abi_version() -> u32 {
    ABI_VERSION
}

/// Engines that this processor can run, fastest first.
#[napi]
pub fn engines() -> Vec<String> {
    Engine::ALL
        .into_iter()
        .filter(|engine| engine.available())
        .map(|engine| engine.name().to_string())
        .collect()
}

/// Does `rounds` rounds of byte dot products and nothing else; gives the number of multiply-accumulates. For benchmarks.
#[napi]
pub fn dot_peak(rounds: u32, engine: Option<String>) -> Result<f64> {
    Ok(engine_of(engine)?.run(Peak(u64::from(rounds))))
}

pub(crate) fn wrong(message: impl Into<String>) -> Error {
    Error::new(Status::InvalidArg, message.into())
}

pub(crate) fn engine_of(name: Option<String>) -> Result<Engine> {
    let Some(name) = name else {
        return Ok(Engine::best());
    };
    let found = Engine::ALL
        .into_iter()
        .find(|engine| engine.name() == name && engine.available());
    found.ok_or_else(|| wrong(format!("engine: this processor has no \"{name}\"")))
}

pub(crate) fn expect_length(name: &str, length: usize, expected: usize) -> Result<()> {
    if length == expected {
        return Ok(());
    }
    Err(wrong(format!("{name}: {length} entries, expected {expected}")))
}

/// rows × depth, within what 31 bits can index.
fn size_of(rows: u32, depth: u32) -> Result<usize> {
    let size = u64::from(rows) * u64::from(depth);
    if size <= 1 << 31 {
        return Ok(size as usize);
    }
    Err(wrong(format!(
        "rows × depth: {rows} × {depth} elements are too many"
    )))
}

/// The same for an operand that must not be empty.
fn filled_size_of(rows: u32, depth: u32) -> Result<usize> {
    let size = size_of(rows, depth)?;
    if size > 0 {
        return Ok(size);
    }
    Err(wrong(format!("rows × depth: {rows} × {depth} is empty")))
}

/// How codes and scale bytes are read; see `groups::Reading`.
#[napi(object)]
pub struct GroupReading {
    pub elements: Int8Array,
    pub selector: u8,
    pub values: Float32Array,
    pub exponents: Int16Array,
    pub block: u32,
    pub groups_per_step: u32,
}

/// Value of every code, and the exponent that it counts with.
#[napi(object)]
pub struct FloatTables {
    pub values: Float32Array,
    pub exponents: Int16Array,
}

/// See `floats::Wanted`.
#[napi(object)]
pub struct FloatWanted {
    pub zero: i16,
    pub pass: u32,
    pub words: bool,
}

/// Memory that an object of this library keeps, made known to JavaScript's garbage collector: it would otherwise see
/// a few bytes, and let megabytes wait.
pub(crate) struct Held(Cell<i64>);

impl Held {
    pub(crate) fn new(env: &Env, bytes: usize) -> Result<Self> {
        let bytes = bytes as i64;
        env.adjust_external_memory(bytes)?;
        Ok(Self(Cell::new(bytes)))
    }

    pub(crate) fn release(&self, env: &Env) -> Result<()> {
        env.adjust_external_memory(-self.0.take())?;
        Ok(())
    }
}

#[napi(custom_finalize)]
pub struct NativeOperand {
    /// Replaceable, because a running job keeps this object borrowed.
    inner: RefCell<Option<Arc<Operand>>>,
    held: Held,
}

impl ObjectFinalize for NativeOperand {
    fn finalize(self, env: Env) -> Result<()> {
        self.held.release(&env)
    }
}

#[napi]
impl NativeOperand {
    fn of(env: &Env, operand: Operand) -> Result<Self> {
        Ok(Self {
            held: Held::new(env, operand.bytes())?,
            inner: RefCell::new(Some(Arc::new(operand))),
        })
    }

    /// An operand in groups of 16 with a scale each. `side_b`: laid out as columns of the result.
    #[napi(factory, catch_unwind)]
    pub fn groups(
        env: &Env,
        side_b: bool,
        codes: &[u8],
        scales: &[u8],
        rows: u32,
        depth: u32,
        reading: GroupReading,
    ) -> Result<Self> {
        expect_length("codes", codes.len(), size_of(rows, depth)?)?;
        let (rows, depth, block) = (rows as usize, depth as usize, reading.block as usize);
        let step = GROUP * reading.groups_per_step.max(1) as usize;
        if rows == 0 || depth == 0 || !depth.is_multiple_of(step) {
            return Err(wrong(format!(
                "depth: {rows} × {depth} is not whole steps of {step}"
            )));
        }
        if block != 0 && (!block.is_multiple_of(GROUP) || !depth.is_multiple_of(block)) {
            return Err(wrong(format!(
                "block: {block} does not fit groups of {GROUP} and a depth of {depth}"
            )));
        }
        expect_length(
            "scales",
            scales.len(),
            if block == 0 { 0 } else { rows * depth / block },
        )?;
        expect_length("reading.elements", reading.elements.len(), 512)?;
        expect_length("reading.values", reading.values.len(), 256)?;
        expect_length("reading.exponents", reading.exponents.len(), 256)?;
        if reading
            .elements
            .iter()
            .any(|element| !(-16..=16).contains(element))
        {
            return Err(wrong("reading.elements: an element beyond ±16"));
        }
        let tables = Reading {
            elements: &reading.elements,
            selector: reading.selector,
            values: &reading.values,
            exponents: &reading.exponents,
            block,
            groups_per_step: step / GROUP,
        };
        let prepare = if side_b {
            GroupOperand::panels
        } else {
            GroupOperand::rows
        };
        let operand = prepare(&tables, codes, scales, rows, depth);
        Self::of(env, Operand::Groups(operand))
    }

    /// An operand as floats, for semantics that look at every product. `panels`: laid out as columns of the result.
    #[napi(factory, catch_unwind)]
    pub fn floats(
        env: &Env,
        panels: bool,
        codes: &[u16],
        rows: u32,
        depth: u32,
        tables: FloatTables,
        wanted: FloatWanted,
    ) -> Result<Self> {
        expect_length("codes", codes.len(), size_of(rows, depth)?)?;
        expect_length("tables.exponents", tables.exponents.len(), tables.values.len())?;
        if rows == 0 || depth == 0 {
            return Err(wrong(format!("rows × depth: {rows} × {depth} is empty")));
        }
        if wanted.pass == 0
            || !depth.is_multiple_of(wanted.pass)
            || (wanted.words && !wanted.pass.is_multiple_of(2))
        {
            return Err(wrong(format!(
                "wanted.pass: {} does not fit K = {depth}",
                wanted.pass
            )));
        }
        if codes.iter().any(|&code| usize::from(code) >= tables.values.len()) {
            return Err(wrong(format!(
                "codes: a code beyond the {} of the format",
                tables.values.len()
            )));
        }
        let elements = ElementTables {
            values: &tables.values,
            exponents: &tables.exponents,
        };
        let prepare = if panels {
            FloatOperand::panels
        } else {
            FloatOperand::rows
        };
        let wanted = Wanted {
            zero: wanted.zero,
            pass: wanted.pass as usize,
            words: wanted.words,
        };
        let operand = prepare(&elements, codes, rows as usize, depth as usize, wanted);
        Self::of(env, Operand::Floats(operand))
    }

    /// Elements as significands below 2 in magnitude and the exponents that they count with, block scales taken in.
    #[napi(factory, catch_unwind)]
    pub fn parts(
        env: &Env,
        panels: bool,
        significands: &[f32],
        exponents: &[i16],
        rows: u32,
        depth: u32,
    ) -> Result<Self> {
        let size = filled_size_of(rows, depth)?;
        expect_length("significands", significands.len(), size)?;
        expect_length("exponents", exponents.len(), size)?;
        if significands.iter().any(|x| x.is_finite() && x.abs() >= 2.0) {
            return Err(wrong("significands: one of 2 or more"));
        }
        let operand = FloatOperand::of_parts(panels, significands, exponents, rows as usize, depth as usize);
        Self::of(env, Operand::Floats(operand))
    }

    /// Elements as integers below 2^24 in magnitude, in blocks with a scale each: for exact block sums.
    #[napi(factory, catch_unwind)]
    pub fn blocks(
        env: &Env,
        panels: bool,
        elements: &[i32],
        scales: &[f64],
        rows: u32,
        depth: u32,
        block: u32,
    ) -> Result<Self> {
        let size = filled_size_of(rows, depth)?;
        expect_length("elements", elements.len(), size)?;
        if block == 0 || !depth.is_multiple_of(block) {
            return Err(wrong(format!("block: {block} does not divide K = {depth}")));
        }
        expect_length("scales", scales.len(), size / block as usize)?;
        if elements.iter().any(|x| x.unsigned_abs() >= 1 << 24) {
            return Err(wrong("elements: one of 2^24 or more"));
        }
        let shape = (rows as usize, depth as usize);
        let operand = BlockOperand::new(panels, elements, scales, shape, block as usize);
        Self::of(env, Operand::Blocks(operand))
    }

    /// Rows of elements in blocks of 16, with a scale and a choice (0 or 1) each.
    #[napi(factory, catch_unwind)]
    pub fn lanes(
        env: &Env,
        elements: &[f32],
        scales: &[f32],
        choices: &[u8],
        rows: u32,
        depth: u32,
    ) -> Result<Self> {
        let size = filled_size_of(rows, depth)?;
        expect_length("elements", elements.len(), size)?;
        if !depth.is_multiple_of(GROUP as u32) {
            return Err(wrong(format!("depth: {depth} is not whole groups of {GROUP}")));
        }
        expect_length("scales", scales.len(), size / GROUP)?;
        expect_length("choices", choices.len(), size / GROUP)?;
        if choices.iter().any(|&choice| choice > 1) {
            return Err(wrong("choices: one that is neither 0 nor 1"));
        }
        let operand = LaneOperand::new(elements, scales, choices, rows as usize, depth as usize);
        Self::of(env, Operand::Lanes(operand))
    }

    /// Integers of up to 8 bits.
    #[napi(factory, catch_unwind)]
    pub fn integers(env: &Env, panels: bool, elements: &[i8], rows: u32, depth: u32) -> Result<Self> {
        expect_length("elements", elements.len(), filled_size_of(rows, depth)?)?;
        if !depth.is_multiple_of(2) {
            return Err(wrong(format!("depth: K = {depth} is odd")));
        }
        let operand = IntegerOperand::new(panels, elements, rows as usize, depth as usize);
        Self::of(env, Operand::Integers(operand))
    }

    /// Frees the operand. A job that still uses it keeps it until its end.
    #[napi]
    pub fn release(&self, env: &Env) -> Result<()> {
        self.inner.replace(None);
        self.held.release(env)
    }

    pub(crate) fn get(&self, name: &str) -> Result<Arc<Operand>> {
        self.inner
            .borrow()
            .clone()
            .ok_or_else(|| wrong(format!("{name}: this operand has been released")))
    }
}
