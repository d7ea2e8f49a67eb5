//! Exact sums of any width, for scales whose products span hundreds of bits. No kernel is wider than 64 bits: this is
//! for one dot product, and as plain as can be.

/// Whole numbers with a common scale.
pub struct Block {
    pub elements: Vec<i32>,
    pub scale: f64,
}

/// 32 bits a word, enough for products of two E8M0 scales, their elements, and 2^64 of those added up.
const WORDS: usize = 24;
/// Places that a product can lie above the last one: what is left of the words is for its own bits and for the sum.
const MOST_PLACES: i32 = 32 * WORDS as i32 - 128;

/// A sum in units of 2^`last_place`, in two's complement.
pub struct WideSum {
    /// 2^this is what a product of elements counts, in units of the last place.
    unit: i32,
    words: [u32; WORDS],
    is_nan: bool,
}

impl WideSum {
    /// `unit`, `last_place`: exponents of the last places of a product of elements and of the sum. None if they are far
    /// apart.
    pub fn new(unit: i32, last_place: i32) -> Option<Self> {
        let unit = unit.checked_sub(last_place)?;
        (0..MOST_PLACES).contains(&unit).then_some(Self {
            unit,
            words: [0; WORDS],
            is_nan: false,
        })
    }

    pub fn clear(&mut self) {
        self.words = [0; WORDS];
        self.is_nan = false;
    }

    /// The words, lowest first; None for NaN.
    pub fn words(&self) -> Option<Vec<u32>> {
        (!self.is_nan).then(|| self.words.to_vec())
    }

    /// Adds the products of blocks.
    pub fn add_blocks(&mut self, a: &[Block], b: &[Block]) {
        for (a, b) in a.iter().zip(b) {
            let pairs = a.elements.iter().zip(&b.elements);
            let sum: i64 = pairs.map(|(&x, &y)| i64::from(x) * i64::from(y)).sum();
            self.add(sum, a.scale, b.scale);
        }
    }

    /// Adds sum × a × b; a scale that is not finite makes NaN, as does a product below the last place.
    fn add(&mut self, sum: i64, a: f64, b: f64) {
        let ((m, e), (n, f)) = (parts_of(a), parts_of(b));
        let place = self.unit + e + f;
        let product = i128::from(sum) * i128::from(m) * i128::from(n);
        if !a.is_finite() || !b.is_finite() {
            self.is_nan = true;
        } else if product != 0 {
            self.is_nan |= !(0..MOST_PLACES).contains(&place);
            if !self.is_nan {
                self.add_at(i128::from(product as u64), place as usize);
                self.add_at(product >> 64, place as usize + 64);
            }
        }
    }

    /// Adds part × 2^place; its magnitude is below 2^95.
    fn add_at(&mut self, part: i128, place: usize) {
        let (word, shifted) = (place / 32, part << (place % 32));
        let mut carry = 0u64;
        for i in word..WORDS {
            let more = (shifted >> (32 * (i - word)).min(127)) as u32;
            carry += u64::from(self.words[i]) + u64::from(more);
            self.words[i] = carry as u32;
            carry >>= 32;
        }
    }
}

/// A number as an odd whole number × 2^e; 0 × 2^0 for zero and what is not finite. Scales come from f32 tables: 24 bits.
fn parts_of(x: f64) -> (i64, i32) {
    if x == 0.0 || !x.is_finite() {
        return (0, 0);
    }
    // From f32, so that no number is subnormal here.
    let bits = x.to_bits();
    let significand = (bits & ((1 << 52) - 1) | 1 << 52) as i64;
    let zeros = significand.trailing_zeros();
    let exponent = ((bits >> 52) & 0x7ff) as i32 - 1075 + zeros as i32;
    let whole = significand >> zeros;
    (if x < 0.0 { -whole } else { whole }, exponent)
}
