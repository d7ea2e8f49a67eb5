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
        wide: 0,
        group: 0,
        sum_bits: 0,
        addend_bits: 0,
        addend_reach: 0,
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
        assert_eq!(fp4sim_dot_sum(dot, &mut 0, 1), 1);
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
    refused(&|record| record.kind = 10);
    refused(&|record| record.step = 0);
    refused(&|record| record.step = 24);
    refused(&|record| record.a.codes = 3);
    refused(&|record| record.b.values = null());
    // Blocks of whole groups; a denominator; passes that divide a step; a scale byte for each block of lanes.
    refused(&|record| (record.kind, record.a.block) = (2, 8));
    refused(&|record| (record.kind, record.flush) = (3, 1));
    refused(&|record| (record.kind, record.passes) = (5, 3));
    refused(&|record| (record.kind, record.corrected) = (6, 1));
    // Blocks; significands below 2; passes, and groups of two halves, in a step; a place at which products can be added.
    refused(&|record| (record.kind, record.wide) = (2, 1));
    refused(&|record| (record.kind, record.wide, record.passes) = (5, 1, 1));
    refused(&|record| (record.kind, record.passes) = (5, 0));
    refused(&|record| (record.kind, record.group) = (8, 0));
    refused(&|record| (record.kind, record.group) = (8, 5));
    refused(&|record| {
        (record.kind, record.a.block, record.b.block) = (9, 16, 16);
        record.last_place = 1;
    });
}

#[test]
fn a_sum_wider_than_any_kernel() {
    // Scale byte 1 counts 2^100, 2 is NaN.
    let mut scales = [1f32; 256];
    (scales[1], scales[2]) = (2f32.powi(100), f32::NAN);
    let mut record = integers();
    (record.kind, record.unit, record.last_place) = (9, -1, -3);
    for side in [&mut record.a, &mut record.b] {
        (side.block, side.scales) = (16, scales.as_ptr());
    }
    unsafe {
        let dot = fp4sim_dot_new(&record);
        let (mut a, mut b, mut words) = ([0u16; 16], [0u16; 16], [0u32; 8]);
        (a[0], b[0]) = (1, 2);
        let step = |byte: u8| fp4sim_dot_step(dot, a.as_ptr(), &byte, b.as_ptr(), &byte);
        assert_eq!(fp4sim_dot_start(dot, 1), 1);
        assert_eq!(fp4sim_dot_start(dot, 0), 0);
        // 1 · -2 · 2^200, and -2 once more: each counts 2^2 units.
        assert_eq!(
            (step(1), step(0), fp4sim_dot_sum(dot, words.as_mut_ptr(), 8)),
            (0, 0, 0)
        );
        assert_eq!(words[0], 8u32.wrapping_neg());
        assert_eq!(words[1..6], [u32::MAX; 5]);
        assert_eq!((words[6], words[7]), (!(1 << 11), u32::MAX));
        assert_eq!((step(2), fp4sim_dot_sum(dot, words.as_mut_ptr(), 8)), (0, 1));
        assert_eq!(words, [0; 8]);
        fp4sim_dot_free(dot);
    }
}

#[test]
fn a_block_is_quantised() {
    let plain = CandidateRecord {
        integer: 0,
        stretch: 1.0,
        gain: 1.0,
        inverse_gain: 1.0,
        selector: 0,
    };
    let record = |count: u32| QuantizerRecord {
        count,
        candidates: &plain,
        amax: 6.0,
        divisor: 2688.0,
        target: 6.0,
        encode: 448.0,
        decode: 1.0 / 448.0,
    };
    let (mut x, mut codes, mut scale) = ([0f32; 16], [255u8; 16], 0);
    (x[0], x[1], x[2]) = (6.0, -0.5, 2.4);
    let mut run = |record: &QuantizerRecord, x: &[f32; 16]| unsafe {
        fp4sim_quantize(record, x.as_ptr(), codes.as_mut_ptr(), &mut scale)
    };
    assert_eq!(run(&record(0), &x), 1);
    assert_eq!(run(&record(1), &[f32::NAN; 16]), 1);
    assert_eq!(run(&record(1), &x), 0);
    // The largest scale; 6, -0.5, 2 and zeros.
    assert_eq!((scale, codes[..4].to_vec()), (0x7e, vec![7, 9, 4, 0]));
}
