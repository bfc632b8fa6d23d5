//! Measures how much heap memory a part of a test allocates. Each thread counts its own allocations, and [`process`] has those of all threads.
//!
//! ```
//! #[global_allocator]
//! static ALLOCATOR: fh_test::memory::Counting = fh_test::memory::Counting;
//!
//! let (text, memory) = fh_test::memory::during(|| String::from("twelve bytes"));
//! assert_eq!((memory.allocations, memory.taken, memory.held), (1, 12, 12));
//! drop(text);
//! ```
// An allocator cannot be implemented without `unsafe`.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering::Relaxed};

/// The system's allocator with counters. It must be the `#[global_allocator]` of the test.
#[derive(Debug)]
pub struct Counting;

/// The allocations of one thread while a function ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Memory {
    /// Number of allocations and reallocations.
    pub allocations: u64,
    /// Total number of bytes allocated.
    pub taken: usize,
    /// Maximum number of bytes held at the same time, in addition to those held before.
    pub peak: usize,
    /// Number of bytes still held; 0 if more were freed than allocated.
    pub held: usize,
}

/// The counters of a thread. `held` is negative if the thread frees memory that it allocated before, or that another thread allocated.
#[derive(Clone, Copy)]
struct Counters {
    allocations: u64,
    taken: usize,
    peak: isize,
    held: isize,
}

const ZERO: Counters = Counters { allocations: 0, taken: 0, peak: 0, held: 0 };

thread_local! {
    static COUNTERS: Cell<Counters> = const { Cell::new(ZERO) };
}

static HELD: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

/// The bytes that the current thread has allocated and not freed, for a measurement that is no single function. Other threads do not change
/// it. [`during`] resets it.
pub mod thread {
    use super::COUNTERS;

    /// Begins a measurement, and returns the allocated bytes.
    pub fn begin() -> isize {
        let mut counters = COUNTERS.get();
        counters.peak = counters.held;
        COUNTERS.set(counters);
        counters.held
    }

    /// Returns the allocated bytes.
    #[must_use]
    pub fn held() -> isize {
        COUNTERS.get().held
    }

    /// Returns the largest number of allocated bytes since [`begin`].
    #[must_use]
    pub fn peak() -> isize {
        COUNTERS.get().peak
    }
}

/// The bytes that all threads have allocated and not freed.
pub mod process {
    use super::{HELD, PEAK, Relaxed};

    /// Begins a measurement, and returns the allocated bytes.
    pub fn begin() -> isize {
        let held = HELD.load(Relaxed);
        PEAK.store(held, Relaxed);
        held
    }

    /// Returns the largest number of allocated bytes since [`begin`].
    #[must_use]
    pub fn peak() -> isize {
        PEAK.load(Relaxed)
    }
}

/// Runs `work` and returns its result with the allocations of this thread. Calls must not be nested.
pub fn during<T>(work: impl FnOnce() -> T) -> (T, Memory) {
    COUNTERS.set(ZERO);
    let result = work();
    let Counters { allocations, taken, peak, held } = COUNTERS.get();
    let at_least_zero = |bytes| usize::try_from(bytes).unwrap_or(0);
    (result, Memory { allocations, taken, peak: at_least_zero(peak), held: at_least_zero(held) })
}

fn take(bytes: usize) {
    let before = COUNTERS.get();
    let held = before.held.wrapping_add_unsigned(bytes);
    COUNTERS.set(Counters {
        allocations: before.allocations + 1,
        taken: before.taken.wrapping_add(bytes),
        peak: before.peak.max(held),
        held,
    });
    let bytes = bytes.cast_signed();
    PEAK.fetch_max(HELD.fetch_add(bytes, Relaxed).wrapping_add(bytes), Relaxed);
}

fn give_back(bytes: usize) {
    let before = COUNTERS.get();
    COUNTERS.set(Counters { held: before.held.wrapping_sub_unsigned(bytes), ..before });
    HELD.fetch_sub(bytes.cast_signed(), Relaxed);
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
