//! Readiness (sdk-behaviour 2.3, scenarios C-READY).

use fh_repository::problem::Problem;
use fh_repository::publication::{RawKind, RawUpdate};
use fh_repository::readiness::Readiness;
use fh_repository::source::Source;
use fh_repository::status::{Connection, SessionStatus};
use fh_repository::{Repository, RepositoryOptions};

use super::{Calls, PLANNED, options, quietly, repository, show};

fn listen(repository: &Repository) -> (Calls<(Readiness, bool)>, fh_repository::Subscription) {
    let calls = Calls::new();
    let noted = calls.clone();
    let guard =
        repository.on_readiness(move |change| noted.note((change.readiness, change.is_first)));
    (calls, guard)
}

#[test]
fn a_change_carries_the_status_of_its_moment() {
    let repository = repository();
    let calls = Calls::new();
    let noted = calls.clone();
    let _guard = repository.on_readiness(move |change| noted.note(change.status.requests));
    repository.set_status(SessionStatus {
        readiness: Readiness::Failed,
        requests: 1,
        ..SessionStatus::default()
    });
    repository.set_status(SessionStatus {
        readiness: Readiness::Failed,
        requests: 2,
        ..SessionStatus::default()
    });
    repository.set_status(SessionStatus {
        readiness: Readiness::Ready,
        requests: 3,
        ..SessionStatus::default()
    });
    repository.deliver();
    assert_eq!(calls.take(), [0, 1, 3]);
}

#[cfg(panic = "unwind")]
#[test]
fn panicking_and_removed_readiness_listeners_do_not_affect_others() {
    let repository = repository();
    let _panics = repository.on_readiness(|_| panic!("{PLANNED}"));
    let (removed, guard) = listen(&repository);
    let (calls, _guard) = listen(&repository);
    drop(guard);
    quietly(|| repository.deliver());
    show(&repository, Readiness::Ready);
    repository.deliver();
    assert_eq!(calls.take(), [(Readiness::NotReady, false), (Readiness::Ready, true)]);
    assert_eq!(removed.len(), 0);
    assert_eq!(repository.counters().listener_panics, 2);
}

#[test]
fn status_listeners_are_told_of_connections_and_problems() {
    use Connection::{Connecting, Streaming, Waiting};
    let repository = repository();
    let calls = Calls::new();
    let noted = calls.clone();
    let _guard = repository.on_status(move |status| {
        noted.note((status.connection, status.problem.clone(), status.requests));
    });
    let tell = |connection, problem: Option<Problem>, requests| {
        repository.set_status(SessionStatus {
            connection,
            problem,
            requests,
            ..SessionStatus::default()
        });
    };
    let away = Problem::ServerError(503);
    tell(Connecting, None, 1);
    tell(Connecting, None, 2);
    tell(Waiting, Some(away.clone()), 2);
    repository.deliver();
    tell(Waiting, Some(Problem::NotFound), 3);
    tell(Streaming, None, 4);
    tell(Streaming, None, 5);
    repository.deliver();
    assert_eq!(
        calls.take(),
        [
            (Connection::Idle, None, 0),
            (Connecting, None, 1),
            (Waiting, Some(away), 2),
            (Waiting, Some(Problem::NotFound), 3),
            (Streaming, None, 4),
        ]
    );
    // A later listener gets the current status first.
    let noted = calls.clone();
    let _later = repository.on_status(move |status| {
        noted.note((status.connection, status.problem.clone(), status.requests));
    });
    repository.deliver();
    assert_eq!(calls.take(), [(Streaming, None, 5)]);
}

/// A full queue drops its oldest events. A listener still learns the last status, and only once.
#[test]
fn the_last_status_is_notified_once_though_a_full_queue_dropped_statuses() {
    use Connection::{Connecting, Streaming, Waiting};
    let repository = Repository::new(RepositoryOptions { events: 2, ..options() });
    let calls = Calls::new();
    let noted = calls.clone();
    let _guard = repository.on_status(move |status| noted.note(status.connection));
    let _raw = repository.on_raw(|_| {});
    repository.deliver();
    calls.take();
    let show = |connection| {
        repository.set_status(SessionStatus { connection, ..SessionStatus::default() });
    };
    let raw = || {
        let (source, kind) = (Source::Polling, RawKind::List);
        repository.raw(RawUpdate { source, environment: None, kind, json: "[]".into() });
    };
    show(Connecting);
    raw();
    raw();
    assert_eq!(repository.counters().dropped_events, 1);
    repository.deliver();
    assert_eq!(calls.take(), [Connecting]);
    show(Waiting);
    raw();
    show(Streaming);
    assert_eq!(repository.counters().dropped_events, 2);
    repository.deliver();
    assert_eq!(calls.take(), [Streaming]);
}
