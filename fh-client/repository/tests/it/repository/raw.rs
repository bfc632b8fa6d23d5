//! Raw updates and notices (sdk-behaviour 2.6, scenario C-LISTEN-011).

use fh_repository::notice::Notice;
use fh_repository::publication::{RawKind, RawUpdate};
use fh_repository::source::Source;

use super::{Calls, PLANNED, flags, quietly, ready};

fn update(source: Source, kind: RawKind) -> RawUpdate {
    RawUpdate { source, environment: Some("env-1".into()), kind, json: "[]".into() }
}

#[cfg(panic = "unwind")]
#[test]
fn every_listener_gets_every_update_with_its_source() {
    let repository = ready(&flags(&[("a", true)]));
    let calls = Calls::new();
    let _panics = repository.on_raw(|_| panic!("{PLANNED}"));
    let guards = ["x", "y"].map(|name| {
        let noted = calls.clone();
        repository.on_raw(move |update| noted.note((name, update.source.clone(), update.kind)))
    });
    repository.catch_updates();
    let store = Source::Store("redis-store".into());
    let sent = [
        (Source::Streaming, RawKind::List),
        (Source::Polling, RawKind::Feature),
        (store, RawKind::Delete),
    ];
    for (source, kind) in &sent {
        repository.raw(update(source.clone(), *kind));
    }
    assert_eq!(calls.len(), 0, "not on the driver's stack");
    quietly(|| repository.deliver());
    let expected: Vec<_> = sent
        .iter()
        .flat_map(|(source, kind)| ["x", "y"].map(|name| (name, source.clone(), *kind)))
        .collect();
    assert_eq!(calls.take(), expected);
    assert_eq!(repository.counters().listener_panics, 3);
    drop(guards);
    repository.raw(update(Source::Polling, RawKind::List));
    repository.deliver();
    assert_eq!(calls.len(), 0);
}

#[test]
fn a_new_listener_gets_no_old_updates() {
    let repository = ready(&flags(&[("a", true)]));
    let calls = Calls::new();
    let (first, second) = (calls.clone(), calls.clone());
    let _first = repository.on_raw(move |_| first.note("first"));
    repository.raw(update(Source::Polling, RawKind::List));
    let _second = repository.on_raw(move |_| second.note("second"));
    repository.deliver();
    assert_eq!(calls.take(), ["first"]);
    repository.raw(update(Source::Polling, RawKind::List));
    repository.deliver();
    assert_eq!(calls.take(), ["first", "second"]);
}

#[test]
fn notices_are_passed_on() {
    let repository = ready(&flags(&[("a", true)]));
    let calls = Calls::new();
    let noted = calls.clone();
    let _guard = repository.on_notice(move |notice| noted.note(notice.clone()));
    repository.notice(Notice::FellBackToPolling);
    repository.deliver();
    assert_eq!(calls.take(), [Notice::FellBackToPolling]);
}
