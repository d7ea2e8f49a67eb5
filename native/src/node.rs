//! The Node-API surface: classes that own prepared operands and running sums. Every length is checked here, whoever
//! calls; what is wrong comes back as an error that names the argument.
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};

use napi::bindgen_prelude::*;
use napi_derive::napi;

use crate::drive::Control;
use crate::floats::{ElementTables, FloatOperand};
use crate::fused::FusedRule;
use crate::groups::{GroupOperand, Reading, GROUP};
use crate::peak::Peak;
use crate::products::ProductRule;
use crate::quantize::{self, Candidate, Elements, Level};
use crate::simd::Engine;
use crate::sums::{Operand, Rule, Sums};

/// Changes whenever a name, a parameter or a layout of this surface does. The TypeScript side expects the same number.
const ABI_VERSION: u32 = 2;

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

fn wrong(message: impl Into<String>) -> Error {
    Error::new(Status::InvalidArg, message.into())
}

fn engine_of(name: Option<String>) -> Result<Engine> {
    let Some(name) = name else {
        return Ok(Engine::best());
    };
    let found = Engine::ALL
        .into_iter()
        .find(|engine| engine.name() == name && engine.available());
    found.ok_or_else(|| wrong(format!("engine: this processor has no \"{name}\"")))
}

fn expect_length(name: &str, length: usize, expected: usize) -> Result<()> {
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

#[napi]
pub struct NativeOperand {
    inner: Option<Arc<Operand>>,
}

#[napi]
impl NativeOperand {
    /// An operand in groups of 16 with a scale each. `side_b`: laid out as columns of the result.
    #[napi(factory, catch_unwind)]
    pub fn groups(
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
        Ok(Self {
            inner: Some(Arc::new(Operand::Groups(prepare(
                &tables, codes, scales, rows, depth,
            )))),
        })
    }

    /// An operand as floats, for semantics that look at every product. `panels`: laid out as columns of the result.
    #[napi(factory, catch_unwind)]
    pub fn floats(
        panels: bool,
        codes: &[u16],
        rows: u32,
        depth: u32,
        values: &[f32],
        exponents: &[i16],
        zero: i16,
    ) -> Result<Self> {
        expect_length("codes", codes.len(), size_of(rows, depth)?)?;
        expect_length("exponents", exponents.len(), values.len())?;
        if rows == 0 || depth == 0 {
            return Err(wrong(format!("rows × depth: {rows} × {depth} is empty")));
        }
        if codes.iter().any(|&code| usize::from(code) >= values.len()) {
            return Err(wrong(format!(
                "codes: a code beyond the {} of the format",
                values.len()
            )));
        }
        let tables = ElementTables { values, exponents };
        let prepare = if panels {
            FloatOperand::panels
        } else {
            FloatOperand::rows
        };
        Ok(Self {
            inner: Some(Arc::new(Operand::Floats(prepare(
                &tables,
                codes,
                rows as usize,
                depth as usize,
                zero,
            )))),
        })
    }

    /// Operand values computed by the caller, row by row: for lanes.
    #[napi(factory, catch_unwind)]
    pub fn values(values: &[f32], rows: u32, depth: u32) -> Result<Self> {
        expect_length("values", values.len(), size_of(rows, depth)?)?;
        if rows == 0 || depth == 0 || !depth.is_multiple_of(GROUP as u32) {
            return Err(wrong(format!(
                "depth: {rows} × {depth} is not whole groups of {GROUP}"
            )));
        }
        let operand = FloatOperand::of_values(values, rows as usize, depth as usize);
        Ok(Self {
            inner: Some(Arc::new(Operand::Floats(operand))),
        })
    }

    /// Frees the operand. A job that still uses it keeps it until its end.
    #[napi]
    pub fn release(&mut self) {
        self.inner = None;
    }

    fn get(&self, name: &str) -> Result<Arc<Operand>> {
        self.inner
            .clone()
            .ok_or_else(|| wrong(format!("{name}: this operand has been released")))
    }
}

/// A job's progress and its switch.
#[napi]
#[derive(Default)]
pub struct NativeJob {
    control: Arc<Control>,
}

#[napi]
impl NativeJob {
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    #[napi]
    pub fn cancel(&self) {
        self.control.cancelled.store(true, Ordering::Relaxed);
    }

    /// Part of the work that is done, 0 to 1.
    #[napi(getter)]
    pub fn progress(&self) -> f64 {
        let total = self.control.total.load(Ordering::Relaxed);
        f64::from(self.control.done.load(Ordering::Relaxed)) / f64::from(total.max(1))
    }
}

#[napi(object)]
pub struct FusedOptions {
    pub fraction_bits: i32,
    pub floor: i32,
    pub zero_addend: i32,
    pub below: i32,
    pub unit: i32,
    pub least_tier: Option<u8>,
}

#[napi(object)]
pub struct ExactOptions {
    pub unit: i32,
    pub last_place: i32,
    pub flush: u32,
    pub denominator: u32,
}

#[napi(object)]
pub struct ProductOptions {
    pub fraction_bits: i32,
    pub floor: i32,
    pub zero_addend: i32,
    pub result_bits: u32,
    pub step: u32,
    pub passes: u32,
    pub addend_last: bool,
}

#[napi]
pub struct NativeSums {
    inner: Option<Arc<Mutex<Sums>>>,
}

#[napi]
impl NativeSums {
    fn build(rule: Rule, rows: u32, cols: u32, nan: u32, engine: Option<String>) -> Result<Self> {
        let sums = Sums::new(rule, rows as usize, cols as usize, nan, engine_of(engine)?).map_err(wrong)?;
        Ok(Self {
            inner: Some(Arc::new(Mutex::new(sums))),
        })
    }

    #[napi(factory, catch_unwind)]
    pub fn fused(
        options: FusedOptions,
        rows: u32,
        cols: u32,
        nan: u32,
        engine: Option<String>,
    ) -> Result<Self> {
        if !(0..=38).contains(&options.fraction_bits) || options.floor < -200 {
            return Err(wrong(format!(
                "fractionBits: {} (floor {}) is out of range",
                options.fraction_bits, options.floor
            )));
        }
        let rule = FusedRule {
            fraction_bits: options.fraction_bits,
            floor: options.floor,
            zero_addend: options.zero_addend,
            below: options.below,
            unit: options.unit,
            least_tier: options.least_tier.unwrap_or(0),
        };
        Self::build(Rule::Fused(rule), rows, cols, nan, engine)
    }

    #[napi(factory, catch_unwind)]
    pub fn per_block(unit: i32, rows: u32, cols: u32, nan: u32, engine: Option<String>) -> Result<Self> {
        Self::build(Rule::PerBlock { unit }, rows, cols, nan, engine)
    }

    #[napi(factory, catch_unwind)]
    pub fn exact(
        options: ExactOptions,
        rows: u32,
        cols: u32,
        nan: u32,
        engine: Option<String>,
    ) -> Result<Self> {
        let ExactOptions {
            unit,
            last_place,
            flush,
            denominator,
        } = options;
        if flush == 0 || denominator == 0 {
            return Err(wrong("flush, denominator: zero"));
        }
        Self::build(
            Rule::Exact {
                unit,
                last_place,
                flush: flush as usize,
                denominator,
            },
            rows,
            cols,
            nan,
            engine,
        )
    }

    #[napi(factory, catch_unwind)]
    pub fn products(
        options: ProductOptions,
        rows: u32,
        cols: u32,
        nan: u32,
        engine: Option<String>,
    ) -> Result<Self> {
        let (step, passes) = (options.step as usize, options.passes as usize);
        if step == 0 || passes == 0 || !step.is_multiple_of(passes) {
            return Err(wrong(format!("passes: {passes} do not divide a step of {step}")));
        }
        if !(0..=27).contains(&options.fraction_bits) || options.result_bits > 23 || options.floor < -200 {
            return Err(wrong(format!(
                "fractionBits: {} is out of range",
                options.fraction_bits
            )));
        }
        let rule = ProductRule {
            fraction_bits: options.fraction_bits,
            floor: options.floor,
            zero_addend: options.zero_addend,
            result_bits: options.result_bits,
            step,
            passes,
            addend_last: options.addend_last,
        };
        Self::build(Rule::Products(rule), rows, cols, nan, engine)
    }

    #[napi(factory, catch_unwind)]
    pub fn lanes(loaded: bool, rows: u32, cols: u32, nan: u32, engine: Option<String>) -> Result<Self> {
        Self::build(Rule::Lanes { loaded }, rows, cols, nan, engine)
    }

    fn get(&self) -> Result<&Arc<Mutex<Sums>>> {
        self.inner
            .as_ref()
            .ok_or_else(|| wrong("accumulator: it has been released"))
    }

    fn lock(&self) -> Result<MutexGuard<'_, Sums>> {
        self.get()?
            .try_lock()
            .map_err(|_| wrong("accumulator: a job is still adding to it, or failed in the middle"))
    }

    #[napi(catch_unwind)]
    pub fn accumulate(&self, a: &NativeOperand, b: &NativeOperand, fresh: bool, threads: u32) -> Result<()> {
        let (a, b) = (a.get("operand a")?, b.get("operand b")?);
        self.lock()?
            .accumulate(&a, &b, fresh, threads as usize, &Control::default())
            .map_err(wrong)?;
        Ok(())
    }

    /// The same beside the event loop; resolves to false if the job was cancelled.
    #[napi(ts_return_type = "Promise<boolean>")]
    pub fn accumulate_job(
        &self,
        a: &NativeOperand,
        b: &NativeOperand,
        fresh: bool,
        threads: u32,
        job: &NativeJob,
    ) -> Result<AsyncTask<AccumulateTask>> {
        let (a, b) = (a.get("operand a")?, b.get("operand b")?);
        let (sums, control) = (self.get()?.clone(), job.control.clone());
        Ok(AsyncTask::new(AccumulateTask {
            sums,
            a,
            b,
            fresh,
            threads: threads as usize,
            control,
        }))
    }

    #[napi(catch_unwind)]
    pub fn read(&self) -> Result<Uint32Array> {
        Ok(Uint32Array::new(self.lock()?.read().map_err(wrong)?))
    }

    #[napi(catch_unwind)]
    pub fn load(&self, bits: &[u32]) -> Result<()> {
        self.lock()?.load(bits).map_err(wrong)
    }

    #[napi]
    pub fn release(&mut self) {
        self.inner = None;
    }
}

pub struct AccumulateTask {
    sums: Arc<Mutex<Sums>>,
    a: Arc<Operand>,
    b: Arc<Operand>,
    fresh: bool,
    threads: usize,
    control: Arc<Control>,
}

impl Task for AccumulateTask {
    type Output = bool;
    type JsValue = bool;

    fn compute(&mut self) -> Result<bool> {
        let run = || {
            let mut sums = self
                .sums
                .try_lock()
                .map_err(|_| wrong("accumulator: a job is still adding to it"))?;
            sums.accumulate(&self.a, &self.b, self.fresh, self.threads, &self.control)
                .map_err(wrong)
        };
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(run))
            .unwrap_or_else(|_| Err(wrong("the job failed")))
    }

    fn resolve(&mut self, _env: Env, output: bool) -> Result<bool> {
        Ok(output)
    }
}

#[napi(object)]
pub struct CandidateOptions {
    /// Whether elements are INT4 instead of E2M1.
    pub integer: bool,
    pub stretch: f64,
    pub gain: f64,
    pub inverse_gain: f64,
    pub selector: u8,
}

#[napi(object)]
pub struct LevelOptions {
    pub amax: f64,
    pub divisor: f64,
    pub target: f64,
    pub encode: f64,
    pub decode: f64,
}

#[napi(object)]
pub struct Quantized {
    pub codes: Uint8Array,
    pub scales: Uint8Array,
}

/// Largest magnitude; NaN if a value is not finite.
#[napi(catch_unwind)]
pub fn absolute_maximum(data: &[f32], engine: Option<String>) -> Result<f64> {
    Ok(f64::from(quantize::absolute_maximum(engine_of(engine)?, data)))
}

/// Blocks of 16 in order; see `quantize::quantize`.
#[napi(catch_unwind)]
pub fn quantize_blocks(
    data: &[f32],
    level: LevelOptions,
    candidates: Vec<CandidateOptions>,
    threads: u32,
    engine: Option<String>,
) -> Result<Quantized> {
    if !data.len().is_multiple_of(GROUP) {
        return Err(wrong(format!(
            "data: {} values are not whole blocks of {GROUP}",
            data.len()
        )));
    }
    if candidates.is_empty() || candidates.len() > 2 {
        return Err(wrong(format!(
            "candidates: {}, expected one or two",
            candidates.len()
        )));
    }
    let candidates: Vec<Candidate> = candidates
        .iter()
        .map(|candidate| Candidate {
            elements: if candidate.integer {
                Elements::Int4
            } else {
                Elements::E2m1
            },
            stretch: candidate.stretch as f32,
            gain: candidate.gain as f32,
            inverse_gain: candidate.inverse_gain as f32,
            selector: candidate.selector,
        })
        .collect();
    let level = Level {
        amax: level.amax as f32,
        divisor: level.divisor as f32,
        target: level.target as f32,
        encode: level.encode as f32,
        decode: level.decode as f32,
    };
    let (mut codes, mut scales) = (vec![0; data.len()], vec![0; data.len() / GROUP]);
    let engine = engine_of(engine)?;
    quantize::quantize(
        engine,
        data,
        level,
        &candidates,
        &mut codes,
        &mut scales,
        threads as usize,
    );
    Ok(Quantized {
        codes: Uint8Array::new(codes),
        scales: Uint8Array::new(scales),
    })
}

/// Values of blocks of 16; `values` has 16 element values for each of two choices, `scale_values` one a scale byte.
#[napi(catch_unwind)]
pub fn dequantize_blocks(
    codes: &[u8],
    scales: &[u8],
    values: &[f32],
    scale_values: &[f32],
    selector: u8,
    amax: f64,
    divisor: f64,
) -> Result<Float32Array> {
    expect_length("codes", codes.len(), scales.len() * GROUP)?;
    let values: &[f32; 32] = values
        .try_into()
        .map_err(|_| wrong("values: expected 32 entries"))?;
    let scale_values: &[f32; 256] = scale_values
        .try_into()
        .map_err(|_| wrong("scaleValues: expected 256 entries"))?;
    let mut out = vec![0f32; codes.len()];
    let factor = (amax as f32, divisor as f32);
    quantize::dequantize(
        Engine::best(),
        codes,
        scales,
        values,
        scale_values,
        selector,
        factor,
        &mut out,
    );
    Ok(Float32Array::new(out))
}
