//! Kernels of fp4sim: dot products of small floating-point and integer codes, bit for bit as a semantic defines them.
//!
//! The crate knows buffers, tables and rules in numbers; formats and semantics are named and described by the TypeScript side.
//! Unsafe code is in `simd`, and at the C surface.
pub mod aligned;
pub mod blocks;
#[cfg(feature = "c")]
pub mod c;
pub mod dequantize;
pub mod drive;
pub mod floats;
pub mod fused;
pub mod group_sums;
pub mod groups;
pub mod integers;
pub mod lanes;
#[cfg(feature = "node")]
mod node;
pub mod operand;
pub mod peak;
pub mod plain;
pub mod products;
pub mod quantize;
pub mod rounding;
pub mod scalar;
pub mod simd;
pub mod sums;
pub mod tier;
pub mod tiles;
pub mod two_stage;
pub mod words;
