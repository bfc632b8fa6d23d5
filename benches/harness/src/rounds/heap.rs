//! Counts allocations. The allocator counts only on request, so that timings contain just the system's allocator and a
//! branch.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

use crate::workload::{Email, standard};
use serde::{Deserialize, Serialize};

use crate::rounds::engine::Engine;
use crate::rounds::hot::{Column, Suite};

static ON: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicI64 = AtomicI64::new(0);

/// The system's allocator, with counters.
pub struct Counting;

// SAFETY: every call is passed on unchanged; the counters touch no allocated memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if ON.load(Relaxed) {
            COUNT.fetch_add(1, Relaxed);
            BYTES.fetch_add(layout.size() as u64, Relaxed);
            LIVE.fetch_add(layout.size() as i64, Relaxed);
        }
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if ON.load(Relaxed) {
            COUNT.fetch_add(1, Relaxed);
            BYTES.fetch_add(layout.size() as u64, Relaxed);
            LIVE.fetch_add(layout.size() as i64, Relaxed);
        }
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if ON.load(Relaxed) {
            LIVE.fetch_sub(layout.size() as i64, Relaxed);
        }
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if ON.load(Relaxed) {
            COUNT.fetch_add(1, Relaxed);
            BYTES.fetch_add(size as u64, Relaxed);
            LIVE.fetch_add(size as i64 - layout.size() as i64, Relaxed);
        }
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// The heap usage of one engine, measured in a process of its own.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Heap {
    /// Allocations and bytes per evaluation, for the workloads that the engine supports.
    pub evaluation: Vec<(Column, f64, f64)>,
    /// Live bytes per flag after loading 1,000 and 10,000 flags.
    pub per_flag: [f64; 2],
    /// Allocations while loading 1,000 flags.
    pub loading: u64,
    /// Size of the payload of 1,000 flags, in bytes.
    pub payload: usize,
}

/// Measures an engine. [`Counting`] must be the allocator of the process, and nothing else should have run before.
///
/// # Errors
/// If the engine rejects the payload.
pub fn heap_of<E: Engine>() -> Result<Heap, String> {
    ON.store(true, Relaxed);
    let mut heap = Heap::default();
    let email =
        if E::render(&standard(20, Email::Regex)).is_some() { Email::Regex } else { Email::Suffix };
    // The first load also allocates what the process needs only once. It is not counted for the flags.
    drop(E::load(E::render(&standard(20, email)).ok_or("no payload")?)?);
    for (place, flags) in [1000, 10_000].into_iter().enumerate() {
        let mut payload = E::render(&standard(flags, email)).ok_or("no payload")?;
        payload.shrink_to_fit();
        let text = payload.len() as i64;
        let (live, count) = (LIVE.load(Relaxed), COUNT.load(Relaxed));
        let engine = E::load(payload)?;
        if place == 0 {
            heap.loading = COUNT.load(Relaxed) - count;
            heap.payload = text as usize;
        }
        // The payload was allocated before the measurement and now belongs to the engine. An engine that keeps it is charged
        // for it.
        heap.per_flag[place] = (LIVE.load(Relaxed) - (live - text)) as f64 / flags as f64;
        drop(black_box(engine));
    }
    let suite = Suite::default();
    for column in Column::COUNTED {
        let (Some(engine), Some(key)) = (suite.engine::<E>(column)?, suite.key(column)) else {
            continue;
        };
        let (flag, context) = (engine.flag(key), engine.context(&suite.user));
        let call = || match column {
            Column::C1 => engine.is_on(black_box(&flag), &engine.context(black_box(&suite.user))),
            _ => engine.is_on(black_box(&flag), black_box(&context)),
        };
        // One call is not measured, because lazily built parts of regular expressions belong to the first evaluation.
        black_box(call());
        const CALLS: u64 = 100;
        let before = (COUNT.load(Relaxed), BYTES.load(Relaxed));
        for _ in 0..CALLS {
            black_box(call());
        }
        let per_call = |now: u64, then: u64| (now - then) as f64 / CALLS as f64;
        heap.evaluation.push((
            column,
            per_call(COUNT.load(Relaxed), before.0),
            per_call(BYTES.load(Relaxed), before.1),
        ));
    }
    Ok(heap)
}
