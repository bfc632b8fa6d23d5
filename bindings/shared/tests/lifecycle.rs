//! The lifecycle of an app: the commands of each sequence of events, with times of a clock that the test sets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::time::Duration;

use fh_binding::lifecycle::{Command, Event, Lifecycle, PACE};
use fh_binding::operations::Object;
use serde_json::json;

const STARTED: Event = Event::Started { screen: 1 };
const STOPPED: Event = Event::Stopped { screen: 1, is_replaced: false };
const ROTATED: Event = Event::Stopped { screen: 1, is_replaced: true };
const OTHER_STARTED: Event = Event::Started { screen: 2 };
const OTHER_STOPPED: Event = Event::Stopped { screen: 2, is_replaced: false };
const WIFI: Event = Event::NetworkAvailable { network: 10 };
const MOBILE: Event = Event::NetworkAvailable { network: 11 };
const WIFI_LOST: Event = Event::NetworkLost { network: Some(10) };
const ALL_LOST: Event = Event::NetworkLost { network: None };

const SUSPEND: &[Command] = &[Command::Suspend];
const RETURN: &[Command] = &[Command::Resume, Command::Refresh];
const RECONNECT: &[Command] = &[Command::Suspend, Command::Resume, Command::Refresh];

/// A time in milliseconds, the event, and its commands. The time is passed on when the lifecycle asks for it, as a binding does.
type Step = (u64, Event, &'static [Command]);

/// Passes on events and the times for which the lifecycle asked before them. Returns the times with commands.
fn run(events: &[(u64, Event)]) -> Vec<(u64, &'static [Command])> {
    let mut app = Lifecycle::default();
    let mut commands = Vec::new();
    let end = (u64::MAX, Event::Time);
    for &(at, event) in events.iter().chain([&end]) {
        while let Some(wake) = app.wakes_at().filter(|wake| *wake < Duration::from_millis(at)) {
            commands
                .push((u64::try_from(wake.as_millis()).unwrap(), app.handle(Event::Time, wake)));
        }
        if (at, event) != end {
            commands.push((at, app.handle(event, Duration::from_millis(at))));
        }
    }
    commands.retain(|(_, commands)| !commands.is_empty());
    commands
}

/// A name, events with their times in milliseconds, and the commands that follow with their times.
type Case = (&'static str, &'static [(u64, Event)], &'static [(u64, &'static [Command])]);

#[test]
fn each_sequence_of_events_has_its_commands() {
    let cases: &[Case] = &[
        (
            "foreground, background, foreground",
            &[(0, STARTED), (5_000, STOPPED), (9_000, STARTED)],
            &[(6_000, SUSPEND), (9_000, RETURN)],
        ),
        ("a short absence", &[(0, STARTED), (5_000, STOPPED), (5_999, STARTED)], &[]),
        ("a rotation", &[(0, STARTED), (5_000, ROTATED), (5_100, OTHER_STARTED)], &[]),
        ("the next screen", &[(0, STARTED), (5_000, OTHER_STARTED), (5_400, STOPPED)], &[]),
        ("one of two screens", &[(0, STARTED), (1, OTHER_STARTED), (2, OTHER_STOPPED)], &[]),
        (
            "both of two screens",
            &[(0, STARTED), (1, OTHER_STARTED), (2, STOPPED), (500, OTHER_STOPPED)],
            &[(1_500, SUSPEND)],
        ),
        (
            "a screen is started twice",
            &[(0, STARTED), (1, STARTED), (2, STOPPED)],
            &[(1_002, SUSPEND)],
        ),
        ("a screen from before the client", &[(0, STOPPED)], &[(1_000, SUSPEND)]),
        ("the next of a screen from before the client", &[(0, OTHER_STARTED), (400, STOPPED)], &[]),
        (
            "a second stop does not delay the suspension",
            &[(0, STOPPED), (900, OTHER_STOPPED)],
            &[(1_000, SUSPEND)],
        ),
        ("a process without a screen", &[(0, WIFI), (600_000, Event::Time)], &[]),
        (
            "another network without a screen",
            &[(0, WIFI), (600_000, MOBILE)],
            &[(600_000, RECONNECT)],
        ),
        ("the network of the start", &[(0, STARTED), (1, WIFI), (2, WIFI)], &[]),
        ("another network", &[(0, WIFI), (7_000, MOBILE), (9_000, MOBILE)], &[(7_000, RECONNECT)]),
        (
            "the network is lost and returns",
            &[(0, WIFI), (100, WIFI_LOST), (7_000, WIFI)],
            &[(7_000, RECONNECT)],
        ),
        ("a start without a network", &[(0, ALL_LOST), (7_000, WIFI)], &[(7_000, RECONNECT)]),
        (
            "the loss of the former network",
            &[(0, WIFI), (1, MOBILE), (2, WIFI_LOST), (3, MOBILE)],
            &[(1, RECONNECT)],
        ),
        ("a loss of all networks", &[(0, WIFI), (1, ALL_LOST), (2, WIFI)], &[(2, RECONNECT)]),
        (
            "two networks within a second",
            &[(0, WIFI), (1, MOBILE), (500, WIFI), (600, WIFI)],
            &[(1, RECONNECT), (1_001, RECONNECT)],
        ),
        (
            "a network that is lost at once",
            &[(0, WIFI), (1, MOBILE), (500, WIFI), (600, WIFI_LOST)],
            &[(1, RECONNECT)],
        ),
        (
            "another network in the background",
            &[(0, WIFI), (1, STOPPED), (5_000, MOBILE), (9_000, STARTED)],
            &[(1_001, SUSPEND), (9_000, RETURN)],
        ),
        (
            "another network as the app leaves",
            &[(0, WIFI), (1, STOPPED), (500, MOBILE)],
            &[(500, RECONNECT), (1_001, SUSPEND)],
        ),
        (
            "a reconnection is due as the app is suspended",
            &[(0, WIFI), (1, MOBILE), (2, STOPPED), (3, WIFI)],
            &[(1, RECONNECT), (1_001, RECONNECT), (1_002, SUSPEND)],
        ),
        (
            "another network just after the return",
            &[(0, STOPPED), (1, WIFI), (9_000, STARTED), (9_100, MOBILE)],
            &[(1_000, SUSPEND), (9_000, RETURN), (10_000, RECONNECT)],
        ),
    ];
    for (name, events, expected) in cases {
        assert_eq!(run(events), *expected, "{name}");
    }
}

/// A process that the platform froze gets no time when it asked for one.
#[test]
fn a_process_that_was_frozen_decides_at_its_next_event() {
    let cases: &[(&str, &[Step])] = &[
        ("return", &[(0, STARTED, &[]), (10, STOPPED, &[]), (3_600_000, STARTED, RECONNECT)]),
        ("early return", &[(0, STARTED, &[]), (10, STOPPED, &[]), (4_000, STARTED, RECONNECT)]),
        ("slow rotation", &[(0, STARTED, &[]), (10, ROTATED, &[]), (4_000, OTHER_STARTED, &[])]),
        (
            "rotation of an hour",
            &[(0, STARTED, &[]), (10, ROTATED, &[]), (3_600_000, OTHER_STARTED, RECONNECT)],
        ),
        ("cold start", &[(0, Event::Time, &[]), (15_000, STARTED, &[]), (15_001, WIFI, &[])]),
        (
            "first screen of a process that began in the background",
            &[(0, Event::Time, &[]), (15_001, STARTED, RECONNECT), (15_002, OTHER_STARTED, &[])],
        ),
        (
            "second screen",
            &[(0, STARTED, &[]), (3_600_000, OTHER_STARTED, &[]), (7_200_000, WIFI, &[])],
        ),
        (
            "screen from before the client",
            &[(0, Event::Time, &[]), (3_600_000, STOPPED, &[]), (3_600_400, OTHER_STARTED, &[])],
        ),
        (
            "loss of another network before the first screen",
            &[
                (0, WIFI, &[]),
                (60_000, Event::NetworkLost { network: Some(11) }, &[]),
                (60_001, STARTED, RECONNECT),
            ],
        ),
        (
            "the same network in the background",
            &[(0, WIFI, &[]), (60_000, WIFI, RECONNECT), (60_001, STARTED, &[])],
        ),
        (
            "the first report of the network",
            &[(0, Event::Time, &[]), (60_000, WIFI, RECONNECT), (60_001, WIFI, &[])],
        ),
        (
            "the network returns after the first screen",
            &[
                (0, WIFI, &[]),
                (60_000, WIFI_LOST, &[]),
                (60_001, STARTED, RECONNECT),
                (60_002, WIFI, &[]),
                (61_001, Event::Time, RECONNECT),
            ],
        ),
        (
            "time of a process in the background",
            &[(0, WIFI, &[]), (20_000, Event::Time, &[]), (20_001, WIFI, RECONNECT)],
        ),
        (
            "return of a suspended process",
            &[
                (0, WIFI, &[]),
                (20_000, STOPPED, &[]),
                (60_000, WIFI, SUSPEND),
                (60_001, STARTED, RETURN),
                (60_002, WIFI, &[]),
            ],
        ),
        (
            "network",
            &[
                (0, WIFI, &[]),
                (10, STOPPED, &[]),
                (9_000, MOBILE, SUSPEND),
                (9_500, STARTED, RETURN),
            ],
        ),
        (
            "clock that was set back",
            &[(9_000, STOPPED, &[]), (0, Event::Time, &[]), (10_000, Event::Time, SUSPEND)],
        ),
        (
            "late time",
            &[(0, ROTATED, &[]), (1_000, Event::Time, SUSPEND), (1_001, Event::Time, &[])],
        ),
    ];
    for (name, steps) in cases {
        let mut app = Lifecycle::default();
        for (at, event, expected) in *steps {
            let commands = app.handle(*event, Duration::from_millis(*at));
            assert_eq!(commands, *expected, "{name}: {event:?}");
        }
    }
}

#[test]
fn a_thousand_flaps_in_a_second_reconnect_once_and_suspend_never() {
    let networks = (0..1_000).map(|at| (at, if at % 2 == 0 { WIFI } else { MOBILE }));
    let reconnected: Vec<_> = run(&networks.collect::<Vec<_>>());
    let pace = u64::try_from(PACE.as_millis()).unwrap();
    assert_eq!(reconnected, [(1, RECONNECT), (1 + pace, RECONNECT)]);
    let screens = (0..1_000).map(|at| (at, if at % 2 == 0 { STARTED } else { STOPPED }));
    let screens: Vec<_> = screens.chain([(1_000, STARTED)]).collect();
    assert_eq!(run(&screens), []);
}

#[test]
fn other_languages_pass_events_as_requests() {
    let app = Object::of(r#"{"new": "lifecycle"}"#).unwrap();
    let answer = |request: &str| app.perform(request).unwrap();
    let nothing = json!({ "commands": [], "wakeAfter": null });
    assert_eq!(answer(r#"{"do": "networkLost", "network": null, "now": 0}"#), nothing);
    assert_eq!(answer(r#"{"do": "started", "screen": 1, "now": 5}"#), nothing);
    let stopped = answer(r#"{"do": "stopped", "screen": 1, "replaced": false, "now": 10}"#);
    assert_eq!(stopped, json!({ "commands": [], "wakeAfter": 1_000 }));
    let reconnects = answer(r#"{"do": "networkAvailable", "network": 7, "now": 510}"#);
    assert_eq!(
        reconnects,
        json!({ "commands": ["suspend", "resume", "refresh"], "wakeAfter": 500 })
    );
    let suspends = answer(r#"{"do": "time", "now": 1010}"#);
    assert_eq!(suspends, json!({ "commands": ["suspend"], "wakeAfter": null }));
    let failure = app.perform(r#"{"do": "started", "now": 0}"#).unwrap_err();
    assert!(failure.message.contains("missing field `screen`"), "{failure:?}");
}
