//! Raw updates and notices (sdk-behaviour 2.6, sdk-behaviour 6.7, scenario C-LISTEN-011).

use fh_session::{Notice, RawKind, RawUpdate, Source};

use super::{Calls, PLANNED, flags, quietly, ready};

fn update(source: Source, kind: RawKind) -> RawUpdate {
    RawUpdate { source, environment: Some("env-1".into()), kind, json: "[]".into() }
}

#[test]
fn every_listener_gets_every_update_with_its_source() {
    let hub = ready(&flags(&[("a", true)]));
    let calls = Calls::new();
    let _panics = hub.on_raw(|_| panic!("{PLANNED}"));
    let guards = ["x", "y"].map(|name| {
        let noted = calls.clone();
        hub.on_raw(move |update| noted.note((name, update.source.clone(), update.kind)))
    });
    hub.catch_updates();
    let store = Source::Store("redis-store".into());
    let sent = [
        (Source::Streaming, RawKind::List),
        (Source::Polling, RawKind::Feature),
        (store, RawKind::Delete),
    ];
    for (source, kind) in &sent {
        hub.raw(update(source.clone(), *kind));
    }
    assert_eq!(calls.len(), 0, "not on the driver's stack");
    quietly(|| hub.deliver());
    let expected: Vec<_> = sent
        .iter()
        .flat_map(|(source, kind)| ["x", "y"].map(|name| (name, source.clone(), *kind)))
        .collect();
    assert_eq!(calls.take(), expected);
    assert_eq!(hub.counters().listener_panics, 3);
    drop(guards);
    hub.raw(update(Source::Polling, RawKind::List));
    hub.deliver();
    assert_eq!(calls.len(), 0);
}

#[test]
fn a_newcomer_gets_no_old_updates() {
    let hub = ready(&flags(&[("a", true)]));
    let calls = Calls::new();
    let (first, second) = (calls.clone(), calls.clone());
    let _first = hub.on_raw(move |_| first.note("first"));
    hub.raw(update(Source::Polling, RawKind::List));
    let _second = hub.on_raw(move |_| second.note("second"));
    hub.deliver();
    assert_eq!(calls.take(), ["first"]);
    hub.raw(update(Source::Polling, RawKind::List));
    hub.deliver();
    assert_eq!(calls.take(), ["first", "second"]);
}

#[test]
fn notices_are_passed_on() {
    let hub = ready(&flags(&[("a", true)]));
    let calls = Calls::new();
    let noted = calls.clone();
    let _guard = hub.on_notice(move |notice| noted.note(notice.clone()));
    hub.notice(Notice::FellBackToPolling);
    hub.deliver();
    assert_eq!(calls.take(), [Notice::FellBackToPolling]);
}
