//! Every engine that this processor has gives the bits of the portable one, for every kind of tile, on operands of any
//! codes with NaN, infinities, zeros, subnormals and cut products among them. On another architecture (qemu-aarch64):
//! `cargo test --no-default-features --target aarch64-unknown-linux-gnu`.
use fp4sim_native::blocks::{BlockOperand, BlockSides, BlocksExact, BlocksToFloat};
use fp4sim_native::drive::Control;
use fp4sim_native::floats::{ElementTables, FloatOperand, Wanted};
use fp4sim_native::fused::{FusedRule, FusedTiles, Sides};
use fp4sim_native::group_sums::{ExactTiles, PerBlockTiles, PerChoiceTiles};
use fp4sim_native::groups::{GroupOperand, Reading, PANEL, UNCOUNTED};
use fp4sim_native::integers::{IntegerOperand, IntegerTiles};
use fp4sim_native::lanes::{LaneOperand, LaneTiles, LANES};
use fp4sim_native::products::{ProductRule, ProductTiles};
use fp4sim_native::simd::Engine;
use fp4sim_native::tiles::{accumulate, Run, Tiles};
use fp4sim_native::two_stage::{TwoStageRule, TwoStageTiles};

const ROWS: usize = 12;
const COLUMNS: usize = 40;
const STRIDE: usize = 2 * PANEL;
const DEPTH: usize = 256;
const ROUNDS: u64 = 6;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn many<T>(&mut self, count: usize, mut draw: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..count).map(|_| draw(self)).collect()
    }

    /// Any float of moderate size, now and then a zero, a subnormal, an infinity or a NaN.
    fn addend(&mut self) -> f32 {
        match self.below(24) {
            0 => -0.0,
            1 => f32::INFINITY,
            2 => f32::NAN,
            3 => f32::from_bits(self.below(1 << 23) as u32),
            _ => f32::from_bits((self.next() as u32 & 0x807f_ffff) | ((87 + self.below(90) as u32) << 23)),
        }
    }
}

/// Compares all engines on a tile's work, from the same sums; `bits` of a sum.
fn compare<T: Tiles>(name: &str, tiles: T, start: &[T::Sum], bits: impl Fn(&T::Sum) -> u64)
where
    T::Sum: Copy,
{
    let control = Control::default();
    let results = |engine| {
        let mut sums = start.to_vec();
        let run = Run {
            engine,
            threads: 1,
            control: &control,
        };
        assert!(accumulate(run, tiles, &mut sums, STRIDE));
        sums
    };
    let expected = results(Engine::Portable);
    for engine in Engine::ALL.into_iter().filter(|engine| engine.available()) {
        for (at, (found, expected)) in results(engine).iter().zip(&expected).enumerate() {
            let (row, column) = (at / STRIDE, at % STRIDE);
            assert_eq!(
                bits(found),
                bits(expected),
                "{name}, {engine:?}, output {row},{column}"
            );
        }
    }
}

/// All NaN are one.
fn float_bits(x: &f32) -> u64 {
    u64::from(if x.is_nan() { 0x7fc0_0000 } else { x.to_bits() })
}

/// Values and exponents of a format with this many exponent and fraction bits: the sign on top, then NaN in the last code.
fn format(exponent_bits: u32, fraction_bits: u32) -> (Vec<f32>, Vec<i16>) {
    let width = 1 + exponent_bits + fraction_bits;
    let bias = (1 << (exponent_bits - 1)) - 1;
    let codes = 0..1u32 << width;
    codes
        .map(|code| {
            let magnitude = code & ((1 << (width - 1)) - 1);
            let (field, fraction) = (magnitude >> fraction_bits, magnitude & ((1 << fraction_bits) - 1));
            let exponent = field.max(1) as i32 - bias;
            let significand = fraction | if field > 0 { 1 << fraction_bits } else { 0 };
            let value = match magnitude {
                m if m + 1 == 1 << (width - 1) => f32::NAN,
                _ => significand as f32 * 2f32.powi(exponent - fraction_bits as i32),
            };
            let signed = if code >> (width - 1) == 1 { -value } else { value };
            (
                signed,
                if value == 0.0 {
                    UNCOUNTED as i16
                } else {
                    exponent as i16
                },
            )
        })
        .unzip()
}

#[test]
fn groups() {
    let mut random = Random(1);
    let e2m1 = [0i8, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];
    let elements: Vec<i8> = (0..512).map(|i| e2m1[i % 16]).collect();
    let (values, exponents) = format(5, 3);
    for round in 0..ROUNDS {
        // Ordinary scales, then any, NaN too.
        let (least, range) = if round % 2 == 0 { (100, 8) } else { (0, 256) };
        let values: Vec<f32> = (0..256).map(|i| values[i].abs()).collect();
        let choices: Vec<i16> = (0..256).map(|i| (i >> 7) as i16).collect();
        let tables: [&[i16]; 2] = [&exponents[..256], &choices];
        let sides = tables.map(|exponents| {
            let reading = Reading {
                elements: &elements,
                selector: 128,
                values: &values,
                exponents,
                block: 16,
                groups_per_step: 4,
            };
            let mut operand = |rows: usize| {
                let codes = random.many(rows * DEPTH, |random| random.below(16) as u8);
                let scales = random.many(rows * DEPTH / 16, |random| (least + random.below(range)) as u8);
                (codes, scales)
            };
            let ((a, a_scales), (b, b_scales)) = (operand(ROWS), operand(COLUMNS));
            (
                GroupOperand::rows(&reading, &a, &a_scales, ROWS, DEPTH),
                GroupOperand::panels(&reading, &b, &b_scales, COLUMNS, DEPTH),
            )
        });
        let [plain, chosen] = [&sides[0], &sides[1]].map(|(a, b)| Sides::of(a, b).expect("both sides"));
        let addends = random.many(ROWS * STRIDE, Random::addend);
        for least_tier in 0..3 {
            let rule = FusedRule {
                fraction_bits: 35,
                floor: -133,
                zero_addend: UNCOUNTED,
                below: 8,
                unit: -2,
                least_tier,
            };
            let name = format!("fused, round {round}, tier {least_tier}");
            compare(&name, FusedTiles { sides: plain, rule }, &addends, float_bits);
        }
        let per_block = |sides, corrections| PerBlockTiles {
            sides,
            unit: -2,
            corrections,
        };
        compare("per block", per_block(plain, None), &addends, float_bits);
        let corrections = Some([1.0, 6.0 / 7.0, 36.0 / 49.0]);
        compare("corrected", per_block(chosen, corrections), &addends, float_bits);
        let (unit, last_place, flush) = (-2, -40, 4);
        let exact = ExactTiles {
            sides: plain,
            unit,
            last_place,
            flush,
        };
        compare("exact", exact, &vec![0; ROWS * STRIDE], |&x| x as u64);
        let per_choice = PerChoiceTiles {
            sides: chosen,
            unit,
            last_place,
        };
        compare("per choice", per_choice, &vec![[0; 3]; ROWS * STRIDE], |sums| {
            sums.iter()
                .fold(0, |hash, &x| hash * 31 + (x as u64 & 0xffff_ffff))
        });
    }
}

#[test]
fn products() {
    let mut random = Random(2);
    for (exponent_bits, fraction_bits) in [(4, 3), (5, 2), (5, 10)] {
        let (values, exponents) = format(exponent_bits, fraction_bits);
        let tables = ElementTables {
            values: &values,
            exponents: &exponents,
        };
        let all = values.len() as u64;
        for round in 0..ROUNDS {
            // Any codes without NaN, codes of a narrow range, and with NaN.
            let draw = |random: &mut Random| match round % 3 {
                0 => (random.below(2) * all / 2 + random.below(all / 2 - 1)) as u16,
                1 => (all / 4 + random.below(all / 16)) as u16,
                _ => random.below(all) as u16,
            };
            let wanted = Wanted {
                zero: UNCOUNTED as i16,
                pass: 32,
                words: true,
            };
            let (a, b) = (
                random.many(ROWS * DEPTH, draw),
                random.many(COLUMNS * DEPTH, draw),
            );
            let a = FloatOperand::rows(&tables, &a, ROWS, DEPTH, wanted);
            let b = FloatOperand::panels(&tables, &b, COLUMNS, DEPTH, wanted);
            let addends = random.many(ROWS * STRIDE, Random::addend);
            for (fraction_bits, result_bits) in [(13, 13), (25, 23), (24, 23)] {
                let rule = ProductRule {
                    fraction_bits,
                    floor: -133,
                    zero_addend: UNCOUNTED,
                    result_bits,
                    half: false,
                    step: 32,
                    passes: 1,
                    addend_last: false,
                };
                let name = format!("E{exponent_bits}, F = {fraction_bits}, round {round}");
                compare(&name, ProductTiles::of((&a, &b), &rule), &addends, float_bits);
                let half = ProductRule { half: true, ..rule };
                let halves: Vec<f32> = addends.iter().map(|x| (x % 1024.0).trunc()).collect();
                let name = format!("{name}, to FP16");
                compare(&name, ProductTiles::of((&a, &b), &half), &halves, float_bits);
            }
        }
    }
}

#[test]
fn parts_and_two_stages() {
    let mut random = Random(3);
    for round in 0..ROUNDS {
        let mut operand = |panels: bool, rows: usize| {
            let significands = random.many(rows * DEPTH, |random| match random.below(40) {
                0 => 0.0,
                1 if round % 2 == 1 => f32::NAN,
                _ => (random.below(1 << 12) as f32 - 2048.0) / 1024.5,
            });
            let exponents = random.many(rows * DEPTH, |random| random.below(40) as i16 - 20);
            FloatOperand::of_parts(panels, &significands, &exponents, rows, DEPTH)
        };
        let (a, b) = (operand(false, ROWS), operand(true, COLUMNS));
        let addends = random.many(ROWS * STRIDE, Random::addend);
        let rule = TwoStageRule {
            group: 8,
            fraction_bits: 24,
            sum_bits: 24,
            addend_bits: 24,
            addend_reach: 24,
        };
        let (sides, rule) = ((&a, &b), &rule);
        compare("two stages", TwoStageTiles { sides, rule }, &addends, float_bits);
    }
}

#[test]
fn integers_lanes_and_blocks() {
    let mut random = Random(4);
    let mut bytes = |rows: usize| random.many(rows * DEPTH, |random| random.next() as i8);
    let (a, b) = (bytes(ROWS), bytes(COLUMNS));
    let (a, b) = (
        IntegerOperand::new(false, &a, ROWS, DEPTH),
        IntegerOperand::new(true, &b, COLUMNS, DEPTH),
    );
    let tiles = IntegerTiles::of(&a, &b).expect("both sides");
    compare("integers", tiles, &vec![i32::MAX - 3; ROWS * STRIDE], |&x| {
        x as u64
    });

    for choices in 1..3 {
        let mut operand = |rows: usize| {
            let elements = random.many(rows * DEPTH, |random| (random.below(25) as f32 - 12.0) / 2.0);
            let scales = random.many(rows * DEPTH / LANES, |random| random.below(16) as f32 / 8.0);
            let chosen = random.many(rows * DEPTH / LANES, |random| random.below(choices) as u8);
            LaneOperand::new(&elements, &scales, &chosen, rows, DEPTH)
        };
        let (a, b) = (operand(ROWS), operand(COLUMNS));
        let corrections = [1.0, 6.0 / 7.0, 36.0 / 49.0];
        let tiles = LaneTiles::of(&a, &b, &corrections);
        compare("lanes", tiles, &vec![[-0.0; LANES]; ROWS * STRIDE], |lanes| {
            lanes.iter().fold(0, |hash: u64, x| {
                hash.wrapping_mul(31).wrapping_add(float_bits(x))
            })
        });
    }

    let mut operand = |panels: bool, rows: usize| {
        let elements = random.many(rows * DEPTH, |random| random.below(1 << 20) as i32 - (1 << 19));
        let scales = random.many(rows * DEPTH / 32, |random| random.below(9) as f64 / 8.0);
        BlockOperand::new(panels, &elements, &scales, (rows, DEPTH), 32)
    };
    let (a, b) = (operand(false, ROWS), operand(true, COLUMNS));
    let sides = BlockSides::of(&a, &b).expect("both sides");
    let (unit, last_place) = (-20, -26);
    let zeros = vec![0f32; ROWS * STRIDE];
    compare("blocks", BlocksToFloat { sides, unit }, &zeros, float_bits);
    let exact = BlocksExact {
        sides,
        unit,
        last_place,
    };
    compare("exact blocks", exact, &vec![0; ROWS * STRIDE], |&x| x as u64);
}
