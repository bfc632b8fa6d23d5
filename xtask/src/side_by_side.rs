//! The same work on many items, several at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::output;

/// Returns the results of the work on the items, in any order. At most `jobs` threads each take the next item when they have ended one.
///
/// # Errors
/// Returns a text if a thread panics.
pub(crate) fn each<T: Sync, R: Send>(
    items: &[T],
    jobs: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Result<Vec<R>, String> {
    let next = AtomicUsize::new(0);
    let take = || {
        let taken = std::iter::from_fn(|| items.get(next.fetch_add(1, Ordering::Relaxed)));
        taken.map(&work).collect::<Vec<R>>()
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| output::spawn(scope, take)).collect();
        let mut results = Vec::new();
        for worker in workers {
            results.extend(worker.join().map_err(|_| "a thread that works on items panicked")?);
        }
        Ok(results)
    })
}
