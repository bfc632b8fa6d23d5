//! Notification of every change.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fh_client::{Client, Problem, Watch};
use fh_test_servers::featurehub::{Behaviour, FakeEdge, Feature, Route};

use crate::support::{builder, soon, started};

/// Waits until the client meets a condition, woken only by the watch.
fn woken_until(watch: &mut Watch, client: &Client, holds: impl Fn(&Client) -> bool) {
    while !holds(client) {
        soon(watch.changed()).unwrap();
    }
}

#[test]
fn features_versions_status_and_the_end() {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    let client = started(builder(&edge));
    let mut watch = client.watch();
    edge.set_value("COLOUR", "blue");
    woken_until(&mut watch, &client, |client| client.string("COLOUR").as_deref() == Some("blue"));
    // A reader of values cannot see this change.
    edge.set_feature(Feature::string("COLOUR", "blue").version(70));
    woken_until(&mut watch, &client, |client| client.feature("COLOUR").version() == 70);
    edge.behave_on(Route::Stream, Behaviour::status(503));
    edge.end_streams();
    let is_told = |client: &Client| client.status().problem == Some(Problem::ServerError(503));
    woken_until(&mut watch, &client, is_told);
    client.close();
    let end = soon(async {
        loop {
            if let Err(problem) = watch.changed().await {
                return problem;
            }
        }
    });
    assert_eq!(end, Problem::Closed);
    assert_eq!(soon(watch.changed()), Err(Problem::Closed));
}

/// Without a listener thread no listener is called, reads and updates work, and no wait hangs.
#[test]
fn without_listeners() {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    let calls = Arc::new(AtomicUsize::new(0));
    let count = || {
        let calls = Arc::clone(&calls);
        move || {
            calls.fetch_add(1, Ordering::SeqCst);
        }
    };
    let (raw, state) = (count(), count());
    let client = started(builder(&edge).without_listeners().on_raw(move |_| raw()));
    let _subscription = client.on_new_state(move |_| state());
    let mut watch = client.watch();
    edge.set_value("COLOUR", "blue");
    woken_until(&mut watch, &client, |client| client.string("COLOUR").as_deref() == Some("blue"));
    soon(client.flushed(Duration::from_secs(60)));
    client.close();
    soon(client.closed());
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    assert_eq!(client.string("COLOUR").as_deref(), Some("blue"));
}
