//! Readers, a writer, a releasing thread, subscribers and a dispatcher run at the same time. No read mixes two states, and no update is
//! lost. The test with loom (`tests/loom.rs`) checks the possible orders of threads in detail.
#![allow(clippy::disallowed_methods, reason = "reads, writes and delivers on several threads")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fh_repository::publication::Cause;
use fh_repository::readiness::Readiness;
use serde_json::json;

use super::{Calls, publish, repository, show, text};

const VERSIONS: i64 = 300;

fn list(version: i64) -> serde_json::Value {
    let value = version.to_string();
    json!([text("a", version, &value), text("b", version, &value)])
}

#[cfg(not(target_family = "wasm"))]
#[test]
fn readers_see_whole_states_that_never_go_back() {
    let repository = repository();
    publish(&repository, Cause::First, &list(0));
    show(&repository, Readiness::Ready);
    let is_over = AtomicBool::new(false);
    let seen = Calls::new();
    let noted = seen.clone();
    let _watch = repository.on_change("a", None, move |change| noted.note(change.version));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let snapshot = repository.snapshot();
                    let (a, b) = (snapshot.string("a", None), snapshot.string("b", None));
                    assert_eq!(a, b);
                    let version: i64 = a.unwrap().parse().unwrap();
                    assert!(version >= last, "{version} after {last}");
                    last = version;
                    let guard = repository.on_change("a", None, |_| {});
                    drop(guard);
                }
            });
        }
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                repository.deliver();
                std::thread::yield_now();
            }
        });
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                repository.catch_updates();
                repository.release();
                repository.stop_catching();
            }
        });
        for version in 1..=VERSIONS {
            publish(&repository, Cause::Change, &list(version));
        }
        is_over.store(true, Ordering::Relaxed);
    });
    repository.stop_catching();
    repository.deliver();
    let last = VERSIONS.to_string();
    assert_eq!(repository.read().string("a", None), Some(Arc::from(&*last)));
    let seen = seen.take();
    assert_eq!(seen.last(), Some(&VERSIONS));
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!(repository.counters(), fh_repository::Counters::default());
}
