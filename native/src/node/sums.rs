//! Running sums and jobs, as classes.
use std::cell::RefCell;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use napi::bindgen_prelude::*;
use napi_derive::napi;

use super::{engine_of, wrong, Held, NativeOperand};
use crate::drive::Control;
use crate::fused::FusedRule;
use crate::operand::Operand;
use crate::products::ProductRule;
use crate::sums::{Rule, Sums};
use crate::two_stage::TwoStageRule;

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
    pub half: bool,
    pub step: u32,
    pub passes: u32,
    pub addend_last: bool,
}

#[napi(object)]
pub struct TwoStageOptions {
    pub group: u32,
    pub fraction_bits: i32,
    pub sum_bits: i32,
    pub addend_bits: i32,
    pub addend_reach: i32,
}

/// Corrections by the number of second choices: three.
fn three(corrections: &Float32Array) -> Result<[f32; 3]> {
    let found: &[f32] = corrections;
    found
        .try_into()
        .map_err(|_| wrong(format!("corrections: {} of them, expected 3", found.len())))
}

#[napi(custom_finalize)]
pub struct NativeSums {
    inner: RefCell<Option<Arc<Mutex<Sums>>>>,
    held: Held,
}

impl ObjectFinalize for NativeSums {
    fn finalize(self, env: Env) -> Result<()> {
        self.held.release(&env)
    }
}

#[napi]
impl NativeSums {
    fn build(env: &Env, rule: Rule, rows: u32, cols: u32, nan: u32, engine: Option<String>) -> Result<Self> {
        let sums = Sums::new(rule, rows as usize, cols as usize, nan, engine_of(engine)?).map_err(wrong)?;
        Ok(Self {
            held: Held::new(env, sums.bytes())?,
            inner: RefCell::new(Some(Arc::new(Mutex::new(sums)))),
        })
    }

    #[napi(factory, catch_unwind)]
    pub fn fused(
        env: &Env,
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
        Self::build(env, Rule::Fused(rule), rows, cols, nan, engine)
    }

    #[napi(factory, catch_unwind)]
    pub fn per_block(
        env: &Env,
        unit: i32,
        rows: u32,
        cols: u32,
        nan: u32,
        engine: Option<String>,
        corrections: Option<Float32Array>,
    ) -> Result<Self> {
        let corrections = corrections.as_ref().map(three).transpose()?;
        Self::build(env, Rule::PerBlock { unit, corrections }, rows, cols, nan, engine)
    }

    #[napi(factory, catch_unwind)]
    pub fn per_choice(
        env: &Env,
        unit: i32,
        last_place: i32,
        corrections: Float32Array,
        rows: u32,
        cols: u32,
        nan: u32,
        engine: Option<String>,
    ) -> Result<Self> {
        let rule = Rule::PerChoice {
            unit,
            last_place,
            corrections: three(&corrections)?,
        };
        Self::build(env, rule, rows, cols, nan, engine)
    }

    #[napi(factory, catch_unwind)]
    pub fn two_stage(
        env: &Env,
        options: TwoStageOptions,
        rows: u32,
        cols: u32,
        nan: u32,
        engine: Option<String>,
    ) -> Result<Self> {
        let group = options.group as usize;
        if group == 0 || !group.is_multiple_of(2) || group > 64 {
            return Err(wrong(format!("group: {group} is not an even number up to 64")));
        }
        let places = [options.fraction_bits, options.sum_bits, options.addend_bits];
        if places.iter().any(|bits| !(0..=32).contains(bits)) || options.fraction_bits > 27 {
            return Err(wrong(format!(
                "fractionBits, sumBits, addendBits: {places:?} are out of range"
            )));
        }
        let rule = TwoStageRule {
            group,
            fraction_bits: options.fraction_bits,
            sum_bits: options.sum_bits,
            addend_bits: options.addend_bits,
            addend_reach: options.addend_reach,
        };
        Self::build(env, Rule::TwoStage(rule), rows, cols, nan, engine)
    }

    #[napi(factory, catch_unwind)]
    pub fn integers(env: &Env, rows: u32, cols: u32, engine: Option<String>) -> Result<Self> {
        Self::build(env, Rule::Integers, rows, cols, 0, engine)
    }

    #[napi(factory, catch_unwind)]
    pub fn exact(
        env: &Env,
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
            env,
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
        env: &Env,
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
            half: options.half,
            step,
            passes,
            addend_last: options.addend_last,
        };
        Self::build(env, Rule::Products(rule), rows, cols, nan, engine)
    }

    #[napi(factory, catch_unwind)]
    pub fn lanes(
        env: &Env,
        loaded: bool,
        corrections: Float32Array,
        rows: u32,
        cols: u32,
        nan: u32,
        engine: Option<String>,
    ) -> Result<Self> {
        let rule = Rule::Lanes {
            loaded,
            corrections: three(&corrections)?,
        };
        Self::build(env, rule, rows, cols, nan, engine)
    }

    fn get(&self) -> Result<Arc<Mutex<Sums>>> {
        self.inner
            .borrow()
            .clone()
            .ok_or_else(|| wrong("accumulator: it has been released"))
    }

    /// Runs `work` on the sums, which nobody else is using.
    fn with<T>(&self, work: impl FnOnce(&mut Sums) -> std::result::Result<T, String>) -> Result<T> {
        let sums = self.get()?;
        let mut sums = sums
            .try_lock()
            .map_err(|_| wrong("accumulator: a job is still adding to it, or failed in the middle"))?;
        work(&mut sums).map_err(wrong)
    }

    #[napi(catch_unwind)]
    pub fn accumulate(&self, a: &NativeOperand, b: &NativeOperand, fresh: bool, threads: u32) -> Result<()> {
        let (a, b) = (a.get("operand a")?, b.get("operand b")?);
        self.with(|sums| sums.accumulate(&a, &b, fresh, threads as usize, &Control::default()))?;
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
        let (sums, control) = (self.get()?, job.control.clone());
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
        Ok(Uint32Array::new(self.with(|sums| sums.read())?))
    }

    #[napi(catch_unwind)]
    pub fn load(&self, bits: &[u32]) -> Result<()> {
        self.with(|sums| sums.load(bits))
    }

    #[napi]
    pub fn release(&self, env: &Env) -> Result<()> {
        self.inner.replace(None);
        self.held.release(env)
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
