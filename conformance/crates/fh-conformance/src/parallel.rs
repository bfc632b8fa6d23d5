//! Runs the same work on many items, several at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Returns the results of the work on the items, in the order of the items. At most `jobs` threads each take the next item when they have
/// ended one. The panic of a thread is that of the caller.
pub(crate) fn map<T: Sync, R: Send>(
    items: &[T],
    jobs: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let mut results: Vec<(usize, R)> = Vec::with_capacity(items.len());
    thread::scope(|scope| {
        let take = || {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(index) else { return done };
                done.push((index, work(item)));
            }
        };
        let jobs = jobs.clamp(1, items.len().max(1));
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(take)).collect();
        for worker in workers {
            match worker.join() {
                Ok(done) => results.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
