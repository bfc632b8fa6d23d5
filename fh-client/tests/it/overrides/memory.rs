//! Overrides in memory.

use std::sync::mpsc;

use fh_client::NewValue;
use fh_client::overrides::{IfLocked, MemoryOverrides};
use fh_client::testing::MemoryEdge;
use fh_repository::LockPolicy;
use fh_test::wait::PATIENCE;

#[test]
fn overrides_in_memory_hold_until_they_are_deleted() {
    let edge = MemoryEdge::new();
    edge.set("FLAG", false);
    edge.set("PRICE", 1);
    edge.set("TEXT", "server");
    edge.set("LOCKED", "server");
    edge.lock("LOCKED");
    let overrides = MemoryOverrides::new();
    overrides.set("TEXT", "before the start", IfLocked::Keep);
    let builder = edge.client().interceptor(overrides.clone(), LockPolicy::Decide);
    let client = builder.clone().start().unwrap();
    let other = builder.start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    other.wait_ready(PATIENCE).unwrap();
    let text = || client.string("TEXT").unwrap().to_string();
    assert_eq!(text(), "before the start");
    overrides.set("FLAG", true, IfLocked::Keep);
    overrides.set("PRICE", "17.30", IfLocked::Keep);
    overrides.set("TEXT", NewValue::Null, IfLocked::Keep);
    overrides.set("NEW", "no feature", IfLocked::Keep);
    for client in [&client, &other] {
        assert!(client.is_enabled("FLAG"));
        assert_eq!(client.decimal("PRICE").unwrap().as_str(), "17.30");
        assert_eq!(
            (client.string("TEXT"), client.string("NEW").as_deref()),
            (None, Some("no feature"))
        );
    }
    // A value that does not fit the type of its feature is not used.
    overrides.set("PRICE", "cheap", IfLocked::Keep);
    assert_eq!(client.number("PRICE"), Some(1.0));
    assert_eq!(client.status().counters.refused_overrides, 1);
    for (if_locked, value) in [(IfLocked::Keep, "server"), (IfLocked::Override, "overridden")] {
        overrides.set("LOCKED", "overridden", if_locked);
        assert_eq!(client.string("LOCKED").as_deref(), Some(value), "{if_locked:?}");
    }
    let entries = overrides.entries();
    let keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["FLAG", "LOCKED", "NEW", "PRICE", "TEXT"]);
    assert_eq!((&entries[4].1.value, entries[1].1.if_locked), (&None, IfLocked::Override));
    let generation = client.generation();
    overrides.delete("TEXT");
    overrides.delete("unknown");
    assert_eq!(text(), "server");
    assert!(client.generation() > generation);
    assert_eq!(client.generation(), client.snapshot().generation());
    overrides.clear();
    assert!(overrides.entries().is_empty() && !client.is_enabled("FLAG"));
    assert_eq!(client.string("LOCKED").as_deref(), Some("server"));
}

/// A listener gets the change of an override, and may set another one. Closing one client leaves the listeners of the other.
#[test]
fn listeners_are_notified_of_overrides_in_memory() {
    let edge = MemoryEdge::new();
    edge.set("TEXT", "server");
    let overrides = MemoryOverrides::new();
    let builder = edge.client().interceptor(overrides.clone(), LockPolicy::Decide);
    let (client, closed) = (builder.clone().start().unwrap(), builder.start().unwrap());
    client.wait_ready(PATIENCE).unwrap();
    let (sender, changes) = mpsc::channel();
    let inside = overrides.clone();
    let _subscription = client.on_change("TEXT", move |change| {
        let new = change.new.as_ref().map(ToString::to_string);
        if new.as_deref() == Some("first") {
            inside.set("TEXT", "second", IfLocked::Keep);
        }
        sender.send(new).unwrap();
    });
    closed.close();
    fh_client::block_on(closed.closed());
    overrides.set("TEXT", "first", IfLocked::Keep);
    let next = || changes.recv_timeout(PATIENCE).unwrap();
    assert_eq!(next().as_deref(), Some("first"));
    assert_eq!(next().as_deref(), Some("second"));
    overrides.clear();
    assert_eq!(next().as_deref(), Some("server"));
}
