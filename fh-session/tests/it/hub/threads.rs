//! Readers, a writer, a releasing thread, subscribers and a dispatcher run at the same time. No read mixes two states, and no update is
//! lost. The test with loom (`tests/loom.rs`) checks the possible orders of threads in detail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fh_session::{Cause, Readiness};
use serde_json::json;

use super::{Calls, hub, publish, show, text};

const VERSIONS: i64 = 300;

fn list(version: i64) -> serde_json::Value {
    let value = version.to_string();
    json!([text("a", version, &value), text("b", version, &value)])
}

#[test]
fn readers_see_whole_states_that_never_go_back() {
    let hub = hub();
    publish(&hub, Cause::First, &list(0));
    show(&hub, Readiness::Ready);
    let is_over = AtomicBool::new(false);
    let seen = Calls::new();
    let noted = seen.clone();
    let _watch = hub.on_change("a", None, move |change| noted.note(change.version));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let snapshot = hub.snapshot();
                    let (a, b) = (snapshot.string("a", None), snapshot.string("b", None));
                    assert_eq!(a, b);
                    let version: i64 = a.unwrap().parse().unwrap();
                    assert!(version >= last, "{version} after {last}");
                    last = version;
                    let guard = hub.on_change("a", None, |_| {});
                    drop(guard);
                }
            });
        }
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                hub.deliver();
                std::thread::yield_now();
            }
        });
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                hub.catch_updates();
                hub.release();
                hub.stop_catching();
            }
        });
        for version in 1..=VERSIONS {
            publish(&hub, Cause::Change, &list(version));
        }
        is_over.store(true, Ordering::Relaxed);
    });
    hub.stop_catching();
    hub.deliver();
    let last = VERSIONS.to_string();
    assert_eq!(hub.string("a", None), Some(Arc::from(&*last)));
    let seen = seen.take();
    assert_eq!(seen.last(), Some(&VERSIONS));
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!(hub.counters(), fh_session::Counters::default());
}
