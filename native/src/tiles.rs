//! The loop over tiles of running sums, once for every semantic: bands of rows are shared by threads; in a band, every
//! panel of columns is taken by tiles of `ROWS` rows.
use crate::drive::{bands, Control};
use crate::groups::PANEL;
use crate::simd::{Engine, Kernel, Simd};

/// Rows of a tile.
pub const ROWS: usize = 4;

/// What a semantic does to a tile: ROWS rows × PANEL columns of running sums.
pub trait Tiles: Copy + Sync {
    /// The state of one running sum.
    type Sum: Send;

    /// Adds the products of rows row … row + ROWS − 1 and of a panel's columns, whole K, to `sums`: entry r · stride + c is the
    /// sum of row + r and of column c of the panel.
    fn tile<S: Simd>(self, simd: S, tile: Tile, sums: &mut [Self::Sum], stride: usize);
}

/// First row and panel of a tile.
#[derive(Clone, Copy)]
pub struct Tile {
    pub row: usize,
    pub panel: usize,
}

/// How an accumulation runs.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    pub engine: Engine,
    pub threads: usize,
    pub control: &'a Control,
}

struct Job<'a, T: Tiles> {
    tiles: T,
    sums: &'a mut [T::Sum],
    stride: usize,
    run: Run<'a>,
}

/// Adds to all `sums`: padded rows of `stride` entries, whole panels. False if the job was cancelled.
pub fn accumulate<T: Tiles>(run: Run, tiles: T, sums: &mut [T::Sum], stride: usize) -> bool {
    run.engine.run(Job {
        tiles,
        sums,
        stride,
        run,
    })
}

impl<T: Tiles> Kernel for Job<'_, T> {
    type Output = bool;

    fn run<S: Simd>(self, simd: S) -> bool {
        let Job {
            tiles,
            sums,
            stride,
            run,
        } = self;
        bands(sums, stride, run.threads, run.control, |first, band| {
            simd.vectorize(
                #[inline(always)]
                || {
                    for panel in 0..stride / PANEL {
                        for (i, rows) in band.chunks_mut(ROWS * stride).enumerate() {
                            let row = first + i * ROWS;
                            tiles.tile(simd, Tile { row, panel }, &mut rows[panel * PANEL..], stride);
                        }
                    }
                },
            );
        })
    }
}
