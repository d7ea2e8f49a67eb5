//! Speed of the kernels on this processor, each in G multiply-accumulates a second and against the byte dot product peak,
//! measured alternately. `cargo run --release --no-default-features --example speed`.
use fp4sim_native::drive::Control;
use fp4sim_native::floats::{ElementTables, FloatOperand, Wanted};
use fp4sim_native::fused::{FusedRule, FusedTiles, Sides};
use fp4sim_native::group_sums::{ExactTiles, PerBlockTiles};
use fp4sim_native::groups::{GroupOperand, Reading};
use fp4sim_native::peak::Peak;
use fp4sim_native::products::{ProductRule, ProductTiles};
use fp4sim_native::quantize;
use fp4sim_native::quantize::{Candidate, Elements, Level};
use fp4sim_native::simd::Engine;
use fp4sim_native::tiles::{accumulate, Run};
use std::time::Instant;

const N: usize = 192;
const K: usize = 1024;

fn main() {
    let engine = Engine::best();
    let e2m1 = [0i8, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];
    let elements: Vec<i8> = (0..512).map(|i| e2m1[i % 16]).collect();
    let scale = |byte: usize| {
        let (e, m) = ((byte >> 3) & 15, byte & 7);
        if e == 0 {
            (m as f32 * 2f32.powi(-9), -6)
        } else {
            ((8 + m) as f32 * 2f32.powi(e as i32 - 10), e as i32 - 7)
        }
    };
    let values: Vec<f32> = (0..256).map(|byte| scale(byte).0).collect();
    let exponents: Vec<i16> = (0..256)
        .map(|byte| {
            if values[byte] == 0.0 {
                -20000
            } else {
                scale(byte).1 as i16
            }
        })
        .collect();
    let reading = Reading {
        elements: &elements,
        selector: 0,
        values: &values,
        exponents: &exponents,
        block: 16,
        groups_per_step: 4,
    };
    let mut seed = 1u64;
    let mut next = |below: u64| {
        seed = seed
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((seed >> 33) % below) as u8
    };
    let codes: Vec<u8> = (0..N * K).map(|_| next(16)).collect();
    let scales: Vec<u8> = (0..N * K / 16).map(|_| 96 + next(7)).collect();
    let start = Instant::now();
    let a = GroupOperand::rows(&reading, &codes, &scales, N, K);
    let prepare_a = start.elapsed();
    let start = Instant::now();
    let b = GroupOperand::panels(&reading, &codes, &scales, N, K);
    println!("prepare a {prepare_a:?}, b {:?}", start.elapsed());
    let sides = Sides::of(&a, &b).expect("sides");
    let rule = |least_tier| FusedRule {
        fraction_bits: 35,
        floor: -133,
        zero_addend: -20000,
        below: 8,
        unit: -2,
        least_tier,
    };
    let control = Control::default();
    let run = Run {
        engine,
        threads: 1,
        control: &control,
    };
    let mut sums = vec![0f32; a.bounds.len() * N];
    let mut exact = vec![0i64; a.bounds.len() * N];
    let work = (N * N * K) as f64;
    let mut best = [0f64; 12];
    // E4M3, without NaN.
    let e4m3: Vec<f32> = (0..128)
        .map(|code| scale(code).0 * 1.0)
        .flat_map(|x| [x, -x])
        .collect();
    let exponents: Vec<i16> = e4m3
        .iter()
        .map(|x| {
            if *x == 0.0 {
                -20000
            } else {
                (((x.to_bits() >> 23) & 255) as i16 - 127).max(-6)
            }
        })
        .collect();
    let tables = ElementTables {
        values: &e4m3,
        exponents: &exponents,
    };
    let wide: Vec<u16> = codes
        .iter()
        .enumerate()
        .map(|(i, &code)| (u16::from(code) * 15 + i as u16 % 16) % 250)
        .collect();
    let wanted = Wanted {
        zero: -20000,
        pass: 32,
        words: true,
    };
    let fa = FloatOperand::rows(&tables, &wide, N, K, wanted);
    let fb = FloatOperand::panels(&tables, &wide, N, K, wanted);
    let products_rule = |fraction_bits| ProductRule {
        fraction_bits,
        floor: -133,
        zero_addend: -20000,
        result_bits: 13,
        half: false,
        step: 32,
        passes: 1,
        addend_last: false,
    };
    let data: Vec<f32> = codes
        .iter()
        .zip(&wide)
        .map(|(&x, &y)| (f32::from(x) - 7.5) * f32::from(y))
        .collect();
    let amax = quantize::absolute_maximum(engine, &data);
    let level = |s: f32| Level {
        amax,
        divisor: 6.0 * s,
        target: 6.0,
        encode: 6.0 * s / amax,
        decode: 1.0 / (6.0 * s / amax),
    };
    let plain = Candidate {
        elements: Elements::E2m1,
        stretch: 1.0,
        gain: 1.0,
        inverse_gain: 1.0,
        selector: 0,
    };
    let four = Candidate {
        stretch: 1.5,
        ..plain
    };
    let int = Candidate {
        elements: Elements::Int4,
        gain: 6.0 / 7.0,
        inverse_gain: 7.0 / 6.0,
        selector: 128,
        ..plain
    };
    let (mut out, mut out_scales) = (vec![0u8; data.len()], vec![0u8; data.len() / 16]);
    for _ in 0..std::env::args()
        .nth(1)
        .map_or(300, |n| n.parse().expect("a number"))
    {
        let mut time = |slot: usize, f: &mut dyn FnMut() -> f64| {
            let start = Instant::now();
            let work = f();
            best[slot] = best[slot].max(work / start.elapsed().as_secs_f64() / 1e9);
        };
        for (slot, f) in [(6, 13), (7, 25)] {
            time(slot, &mut || {
                let rule = products_rule(f);
                let tiles = ProductTiles::of((&fa, &fb), &rule);
                accumulate(run, tiles, &mut sums, N);
                work
            });
            sums.fill(0.0);
        }
        for (slot, s, candidates) in [
            (8, 448.0, &[plain][..]),
            (9, 256.0, &[plain, four]),
            (10, 448.0, &[plain, int]),
        ] {
            time(slot, &mut || {
                quantize::quantize(engine, &data, level(s), candidates, &mut out, &mut out_scales, 1);
                data.len() as f64
            });
        }
        time(11, &mut || {
            std::hint::black_box(quantize::absolute_maximum(engine, &data));
            data.len() as f64
        });
        time(0, &mut || engine.run(Peak(1 << 16)));
        for tier in 0..3u8 {
            time(1 + usize::from(tier), &mut || {
                let tiles = FusedTiles {
                    sides,
                    rule: rule(tier),
                };
                accumulate(run, tiles, &mut sums, N);
                work
            });
        }
        time(4, &mut || {
            let tiles = PerBlockTiles {
                sides,
                unit: -2,
                corrections: None,
            };
            accumulate(run, tiles, &mut sums, N);
            work
        });
        sums.fill(0.0);
        time(5, &mut || {
            let tiles = ExactTiles {
                sides,
                unit: -2,
                last_place: -20,
                flush: 60,
            };
            accumulate(run, tiles, &mut exact, N);
            work
        });
    }
    let names = [
        "byte dot peak",
        "fused float",
        "fused double",
        "fused cutting",
        "per block",
        "exact",
        "products F=13",
        "products F=25",
        "encode nvfp4",
        "encode 4/6",
        "encode if4",
        "amax",
    ];
    for (name, speed) in names.iter().zip(best) {
        println!(
            "{name:14} {speed:7.2} G/s  {:.2} of peak  {:.2} of float",
            speed / best[0],
            speed / best[1]
        );
    }
}
