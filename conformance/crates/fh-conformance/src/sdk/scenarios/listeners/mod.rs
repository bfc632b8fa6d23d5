//! C-LISTEN: listeners of a client.

pub(super) mod calls;
mod conduct;
mod updates;

use crate::protocol::{Context, Listen, ListenOn, Then};
use crate::sdk::{Group, SCENARIO, Scenario, SdkListener, Stage, Verdict, check};

/// The scenarios of listeners.
pub(super) const GROUP: Group = Group {
    name: "C-LISTEN",
    title: "listeners",
    scenarios: &[
        Scenario {
            id: "C-LISTEN-001",
            name: "changed-only",
            given: "a listener for changes of F",
            when: "the Edge sends a new version of F with the same value",
            then: "the listener is not called; it is called for the next value",
            decision: "D-63",
            bites: &["ListenersHearEverything"],
            run: calls::changed_only,
            ..LISTENER
        },
        Scenario {
            id: "C-LISTEN-002",
            name: "once-per-change",
            given: "two listeners for each of four features, one of each type",
            when: "the features change, twice",
            then: "each listener is called exactly once for each change, with the new value",
            decision: "D-63",
            bites: &["ListenersHearEverything"],
            stage: calls::four_types,
            run: calls::once_per_change,
            ..LISTENER
        },
        Scenario {
            id: "C-LISTEN-003",
            name: "context-view",
            tier: 3,
            requires: &["listen.feature", "listen.context"],
            given: "a feature with a strategy for the user anna, a listener with the context of anna and one without context",
            when: "the feature's own value changes, and then that of the strategy",
            then: "each listener is called once, with the value that it sees, and not for the other change",
            decision: "sdk-behaviour 2.5, D-63",
            bites: &["ListenersForgetContexts"],
            stage: calls::with_a_strategy,
            run: calls::context_view,
            ..LISTENER
        },
        Scenario {
            id: "C-LISTEN-004",
            name: "lock-change",
            given: "a listener for changes of F",
            when: "F is locked and unlocked",
            then: "the listener is called once for each change, with the same value",
            decision: "D-63",
            bites: &["ListenersMissLocks"],
            run: calls::lock_change,
            ..LISTENER
        },
        Scenario {
            id: "C-LISTEN-005",
            name: "removed",
            requires: &["listen.feature", "listen.remove"],
            given: "two listeners for changes of F",
            when: "one of them is removed, twice, and F changes",
            then: "the removed listener is not called, and the other one is",
            decision: "sdk-behaviour 2.5",
            bites: &["RemovedListenersStay"],
            run: calls::removed,
            ..LISTENER
        },
        Scenario {
            id: "C-LISTEN-006",
            name: "throwing",
            given: "three listeners for changes of F, of which the first and the last throw",
            when: "F changes, twice",
            then: "all are called for each change, and the client goes on receiving updates over its stream",
            decision: "sdk-behaviour 2.3",
            bites: &["ListenersEndDelivery"],
            run: conduct::throwing,
            ..LISTENER
        },
        Scenario {
            id: "C-LISTEN-007",
            name: "re-entrant",
            requires: &["listen.feature", "listen.remove"],
            given: "a listener that reads and evaluates features, removes itself and another listener, and adds a third one",
            when: "its feature changes",
            then: "nothing blocks, the removed listeners are not called again, and the third one is",
            decision: "sdk-behaviour 2.5",
            bites: &["ListenersCannotSubscribe", "RemovedListenersStay"],
            run: conduct::re_entrant,
            ..LISTENER
        },
        Scenario {
            id: "C-LISTEN-008",
            name: "slow",
            given: "a listener that sleeps for two seconds",
            when: "its feature changes",
            then: "reads of this client and listeners of another client do not wait for it",
            decision: "D-81",
            bites: &["ListenersOfAllClientsQueue"],
            run: conduct::slow,
            ..LISTENER
        },
        Scenario {
            id: "C-LISTEN-009",
            name: "deleted",
            given: "a listener for changes of F",
            when: "F is deleted, and created again",
            then: "the listener is called with exists false, and with exists true",
            decision: "sdk-behaviour 2.5",
            bites: &["ListenersOfDeletedSayExists"],
            run: calls::deleted,
            ..LISTENER
        },
        Scenario {
            id: "C-LISTEN-010",
            name: "consistent",
            requires: &["transport.poll", "listen.feature"],
            given: "two features that always have the same value, and a listener for each that reads the other one",
            when: "both change in one list, five times",
            then: "each listener reads the value with which it is called",
            decision: "D-83",
            bites: &["ListenersGetTheFormerValue"],
            stage: updates::first_and_last,
            run: updates::consistent,
            ..LISTENER
        },
        Scenario {
            id: "C-LISTEN-011",
            name: "raw",
            requires: &["transport.stream", "listen.raw"],
            given: "a listener for raw updates, and a stream that begins after a signal",
            when: "the Edge sends a list, a change and a deletion",
            then: "the listener gets features, feature and delete_feature, each once and with the source streaming",
            decision: "sdk-behaviour 2.6",
            bites: &["RawListenersAreSilent"],
            stage: |stage| {
                stage.with_features_f_and_g();
                stage.answer_after_go();
            },
            run: updates::raw,
            ..LISTENER
        },
    ],
    not_executed: &[],
};

/// The default of the scenarios of this group.
const LISTENER: Scenario = Scenario {
    tier: 2,
    requires: &["listen.feature"],
    stage: Stage::with_features_f_and_g,
    ..SCENARIO
};

/// Returns the members of `listen` for changes of a feature.
pub(super) fn on(
    listener: &str,
    feature: &str,
    context: Option<Context>,
    then: Vec<Then>,
) -> Listen {
    Listen {
        listener: listener.to_owned(),
        on: ListenOn::Feature,
        feature: Some(feature.to_owned()),
        context,
        then,
    }
}

/// Checks that listeners were called exactly as often as expected.
pub(super) fn called(label: &str, listeners: &[(&SdkListener, usize)]) -> Verdict {
    for (listener, count) in listeners {
        let calls = listener.calls();
        let expected = format!("{count} calls of {}", listener.name());
        check(label, calls.len() == *count, &expected, || format!("{}: {calls:?}", calls.len()))?;
    }
    Ok(())
}
