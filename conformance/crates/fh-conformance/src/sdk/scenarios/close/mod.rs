//! C-CLOSE: the end of a client, and several clients.

mod closing;
mod cycles;
mod fork;

use std::time::Duration;

use fh_test_servers::featurehub::Behaviour;

use crate::sdk::{Group, SCENARIO, Scenario, TEMPO, Tempo};

/// The scenarios of the end of clients.
pub(super) const GROUP: Group = Group {
    name: "C-CLOSE",
    title: "life cycle",
    scenarios: &[
        Scenario {
            id: "C-CLOSE-001",
            name: "stops",
            needs: &["poll_ms"],
            when: "a client is closed",
            then: "closing takes at most 2 s, its connections end within a second (in a browser, its requests within 6 s), and it sends no request for 10 N",
            decision: "sdk-behaviour 2.1",
            bites: &["CloseDoesNothing"],
            tempo: OPEN,
            run: closing::stops,
            ..SCENARIO
        },
        Scenario {
            id: "C-CLOSE-002",
            name: "twice",
            when: "a client is closed twice",
            then: "the second call does nothing",
            decision: "sdk-behaviour 2.1",
            bites: &["CloseDoesNothing"],
            tempo: OPEN,
            run: closing::twice,
            ..SCENARIO
        },
        Scenario {
            id: "C-CLOSE-003",
            name: "during-connect",
            tier: 2,
            given: "clients that wait for a response, receive a slow response, wait for a retry, or call a listener",
            when: "each of them is closed",
            then: "closing takes at most 2 s, the connections (in a browser, the requests) end, and no request follows",
            decision: "sdk-behaviour 2.1",
            tempo: PATIENT,
            bites: &["ListenersCannotSubscribe", "ListenersRunInDriver"],
            run: closing::in_each_state,
            ..SCENARIO
        },
        Scenario {
            id: "C-CLOSE-004",
            name: "no-leak",
            tier: 2,
            given: "a program that has created and closed 20 clients",
            when: "it creates and closes 200 more, one after the other",
            then: "it has as many threads and sockets as before, and hardly more memory",
            decision: "sdk-behaviour 2.1",
            slow: true,
            bites: &["CloseDoesNothing"],
            run: cycles::no_leak,
            ..SCENARIO
        },
        Scenario {
            id: "C-CLOSE-005",
            name: "values-after-close",
            when: "a feature is read after its client was closed",
            then: "the read returns the last value or an error of the SDK, and the program goes on",
            decision: "D-70",
            bites: &["CloseDoesNothing"],
            run: closing::values,
            ..SCENARIO
        },
        Scenario {
            id: "C-CLOSE-006",
            name: "fork",
            tier: 3,
            requires: &["fork", "transport.stream"],
            given: "a ready client with a stream",
            when: "the program's process forks, and the feature is changed twice",
            then: "parent and child see both changes, the parent's stream lives on, and the child has a stream of its own, which ends with its client",
            decision: "sdk-behaviour 2.1",
            run: fork::both_follow,
            ..SCENARIO
        },
        Scenario {
            id: "C-CLOSE-007",
            name: "two-clients",
            tier: 2,
            requires: &["multi_client"],
            given: "two clients in one program",
            when: "one of them is closed",
            then: "the other one still follows changes",
            decision: "sdk-behaviour 2.1",
            bites: &["ClosedClientsEndOthers"],
            run: closing::two_clients,
            ..SCENARIO
        },
    ],
    not_executed: &[],
};

/// A limit for streams without a byte that is longer than closing may take. A `close` that waits for the read of the stream to end would
/// else be just in time.
const OPEN: Tempo = Tempo { idle: Duration::from_secs(4), ..TEMPO };

/// Delays that do not end while a client is closed.
const PATIENT: Tempo = Tempo {
    retry: Duration::from_secs(20),
    retry_max: Duration::from_secs(40),
    head: Duration::from_secs(20),
    whole_poll: Duration::from_secs(20),
    ..TEMPO
};

/// A body that never ends: a byte each 20 ms.
fn endless_body() -> Behaviour {
    Behaviour::status(200).drip(1, Duration::from_millis(20)).fill(b' ', 1_000_000)
}
