use super::*;

#[test]
fn both_ways_to_a_code_agree() {
    let ties = [0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5.0f32];
    let around = ties
        .into_iter()
        .flat_map(|tie| [tie.next_down(), tie, tie.next_up()]);
    let spread = (0..1 << 20)
        .map(|i| f32::from_bits(i << 11))
        .filter(|x| x.is_finite());
    for magnitude in around.chain(spread).chain([f32::MAX, f32::INFINITY]) {
        assert_eq!(e2m1_code(magnitude), encode_e2m1(magnitude, 0).0, "{magnitude}");
    }
}
