//! The allocator of every program with fuzz targets. It counts the allocated bytes of each thread, and those of the process.
//!
//! A measurement of a thread is exact, whatever other threads do at the same time. A measurement of the process includes what the threads
//! of an Edge allocate for a request.
#![allow(unsafe_code, reason = "an allocator cannot be implemented without it")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering::Relaxed};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Counting;

/// The counters of a thread. `held` is negative if the thread has freed memory that other threads allocated.
#[derive(Clone, Copy)]
struct Counters {
    held: isize,
    peak: isize,
}

thread_local! {
    static OF_THREAD: Cell<Counters> = const { Cell::new(Counters { held: 0, peak: 0 }) };
}

static HELD: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

/// The bytes that the current thread has allocated and not freed.
pub(crate) mod thread {
    use super::OF_THREAD;

    /// Begins a measurement, and returns the allocated bytes.
    pub(crate) fn begin() -> isize {
        let mut counters = OF_THREAD.get();
        counters.peak = counters.held;
        OF_THREAD.set(counters);
        counters.held
    }

    pub(crate) fn held() -> isize {
        OF_THREAD.get().held
    }

    /// Returns the largest number of allocated bytes since [`begin`].
    pub(crate) fn peak() -> isize {
        OF_THREAD.get().peak
    }
}

/// The bytes that all threads have allocated and not freed.
#[cfg(feature = "edge")]
pub(crate) mod process {
    use super::{HELD, PEAK, Relaxed};

    /// Begins a measurement, and returns the allocated bytes.
    pub(crate) fn begin() -> isize {
        let held = HELD.load(Relaxed);
        PEAK.store(held, Relaxed);
        held
    }

    /// Returns the largest number of allocated bytes since [`begin`].
    pub(crate) fn peak() -> isize {
        PEAK.load(Relaxed)
    }
}

fn take(bytes: usize) {
    let bytes = bytes.cast_signed();
    let before = OF_THREAD.get();
    let held = before.held.wrapping_add(bytes);
    OF_THREAD.set(Counters { held, peak: before.peak.max(held) });
    PEAK.fetch_max(HELD.fetch_add(bytes, Relaxed).wrapping_add(bytes), Relaxed);
}

fn give_back(bytes: usize) {
    let bytes = bytes.cast_signed();
    let before = OF_THREAD.get();
    OF_THREAD.set(Counters { held: before.held.wrapping_sub(bytes), ..before });
    HELD.fetch_sub(bytes, Relaxed);
}

// SAFETY: every call goes to the system's allocator unchanged; counting changes only numbers.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // For a moment both blocks may exist.
        take(size);
        give_back(layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        give_back(layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}
