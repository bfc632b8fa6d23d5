//! Interceptors, observers and watched files in child processes.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fh_client::overrides::YamlOverrides;
use fh_client::{
    Client, Flow, InterceptedRead, Interceptor, LockPolicy, Observer, UsageEvent, UsageOptions,
    Value, block_on,
};

use crate::Test;
use crate::child::{PATIENCE, builder, colour, edge, fork, started};

pub(crate) const TESTS: &[Test] = &[
    ("interceptors_and_observers_are_replaced", interceptors_and_observers_are_replaced),
    ("a_child_watches_its_own_file", a_child_watches_its_own_file),
];

/// An interceptor that overrides each feature with the name of its process.
struct Process(&'static str);

impl Interceptor for Process {
    fn name(&self) -> &str {
        "process"
    }

    fn intercept(&self, _: &InterceptedRead<'_>) -> Flow {
        Flow::Override(Some(Value::Text(self.0.into())))
    }

    fn after_fork(&self) -> Option<Arc<dyn Interceptor>> {
        Some(Arc::new(Self("child")))
    }
}

/// An observer that counts the events, each process with a number of its own.
struct Counts(Arc<AtomicUsize>, Arc<AtomicUsize>);

impl Observer for Counts {
    fn observe(&self, event: &UsageEvent) {
        if matches!(event, UsageEvent::Evaluated(_)) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn after_fork(&self) -> Option<Arc<dyn Observer>> {
        Some(Arc::new(Self(Arc::clone(&self.1), Arc::clone(&self.1))))
    }
}

fn interceptors_and_observers_are_replaced() {
    let edge = edge();
    let counts = <(Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
    let observer = Counts(Arc::clone(&counts.0), Arc::clone(&counts.1));
    let client = started(
        builder(&edge)
            .interceptor(Process("parent"), LockPolicy::Respect)
            .observer(observer, UsageOptions::default()),
    );
    assert_eq!(colour(&client), "parent");
    client.flush(PATIENCE).unwrap();
    let child = fork(|_| {
        let anew = client.after_fork().start().unwrap();
        assert_eq!(colour(&anew), "child");
        anew.flush(PATIENCE).unwrap();
        assert_eq!((counts.0.load(Ordering::SeqCst), counts.1.load(Ordering::SeqCst)), (1, 1));
        // An isolated client shares the replacements.
        let isolated = anew.isolated(fh_client::Attributes::default()).unwrap();
        assert_eq!(colour(&isolated.after_fork().start().unwrap()), "child");
    });
    child.join();
    assert_eq!(colour(&client), "parent");
}

/// Waits until a change of the overrides arrives, which is the file's.
fn overridden(client: &Client, text: &str) {
    let mut changes = client.changes("COLOUR");
    while colour(client) != text {
        block_on(changes.next()).unwrap();
    }
}

fn a_child_watches_its_own_file() {
    let folder = fh_test::Folder::new();
    let path = folder.file("overrides.yaml");
    fs::write(&path, "flagValues:\n  COLOUR: pink\n").unwrap();
    let overrides = YamlOverrides::open(&path).watching(Duration::from_millis(5));
    let edge = edge();
    let client = started(builder(&edge).interceptor(overrides, LockPolicy::Respect));
    assert_eq!(colour(&client), "pink");
    let mut child = fork(|link| {
        let anew = client.after_fork().start().unwrap();
        link.say(&colour(&anew));
        overridden(&anew, "brown");
    });
    child.link.expect("pink");
    fs::write(&path, "flagValues:\n  COLOUR: brown\n").unwrap();
    child.join();
    overridden(&client, "brown");
}
