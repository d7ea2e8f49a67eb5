//! Speed of the kernels on this processor, each in G multiply-accumulates a second and against the byte dot product peak,
//! measured alternately. `cargo run --release --no-default-features --example speed`.
use fp4sim_native::drive::Control;
use fp4sim_native::fused::{FusedRule, Sides};
use fp4sim_native::group_sums::GroupSums;
use fp4sim_native::groups::{GroupOperand, Reading};
use fp4sim_native::peak::Peak;
use fp4sim_native::simd::Engine;
use fp4sim_native::{fused, group_sums};
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
    let mut sums = vec![0f32; a.bounds.len() * N];
    let mut exact = vec![0i64; a.bounds.len() * N];
    let work = (N * N * K) as f64;
    let mut best = [0f64; 6];
    for _ in 0..std::env::args()
        .nth(1)
        .map_or(300, |n| n.parse().expect("a number"))
    {
        let mut time = |slot: usize, f: &mut dyn FnMut() -> f64| {
            let start = Instant::now();
            let work = f();
            best[slot] = best[slot].max(work / start.elapsed().as_secs_f64() / 1e9);
        };
        time(0, &mut || engine.run(Peak(1 << 16)));
        for tier in 0..3u8 {
            time(1 + usize::from(tier), &mut || {
                fused::accumulate(engine, sides, rule(tier), &mut sums, N, 1, &control);
                work
            });
        }
        time(4, &mut || {
            group_sums::accumulate(engine, sides, GroupSums::PerBlock(&mut sums), -2, N, 1, &control);
            work
        });
        sums.fill(0.0);
        time(5, &mut || {
            group_sums::accumulate(
                engine,
                sides,
                GroupSums::Exact {
                    sums: &mut exact,
                    unit: -20,
                    flush: 60,
                },
                -2,
                N,
                1,
                &control,
            );
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
    ];
    for (name, speed) in names.iter().zip(best) {
        println!(
            "{name:14} {speed:7.1} GMAC/s  {:.2} of peak  {:.2} of float",
            speed / best[0],
            speed / best[1]
        );
    }
}
