//! Work split over threads: running sums are cut into bands of rows, which threads take one after another. Every sum
//! is computed by one thread in one order, so results do not depend on the split.
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::Mutex;

/// What a running job shares with whoever watches it.
#[derive(Default)]
pub struct Control {
    pub cancelled: AtomicBool,
    /// Bands done.
    pub done: AtomicU32,
    pub total: AtomicU32,
}

/// Rows of a band: a few hundred microseconds of work at the usual sizes.
pub const BAND: usize = 96;

/// Calls `work(first row, sums of the band)` for all bands of `sums`, rows of `stride` entries, on up to `threads` threads.
/// Returns false if the job was cancelled; some bands are then untouched.
pub fn bands<T: Send>(
    sums: &mut [T],
    stride: usize,
    threads: usize,
    control: &Control,
    work: impl Fn(usize, &mut [T]) + Sync,
) -> bool {
    let total = sums.len().div_ceil(BAND * stride.max(1));
    control.total.store(total as u32, Ordering::Relaxed);
    let queue = Mutex::new(sums.chunks_mut(BAND * stride.max(1)).enumerate());
    let worker = || {
        while !control.cancelled.load(Ordering::Relaxed) {
            let next = queue.lock().map(|mut bands| bands.next());
            let Ok(Some((band, sums))) = next else { return };
            work(band * BAND, sums);
            control.done.fetch_add(1, Ordering::Relaxed);
        }
    };
    let helpers = threads.min(total).saturating_sub(1);
    if helpers == 0 {
        worker();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..helpers {
                scope.spawn(worker);
            }
            worker();
        });
    }
    !control.cancelled.load(Ordering::Relaxed)
}
