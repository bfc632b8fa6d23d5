//! C-CTX: evaluation contexts.

mod client_evaluated;
mod kept_values;
mod server_evaluated;

use std::time::Duration;

use crate::protocol::Context;
use crate::sdk::{Group, SCENARIO, Scenario, TEMPO, Tempo};

pub(super) use server_evaluated::stage as by_user;

/// The scenarios of contexts.
pub(super) const GROUP: Group = Group {
    name: "C-CTX",
    title: "contexts",
    scenarios: &[
        Scenario {
            id: "C-CTX-001",
            name: "isolation",
            tier: 2,
            requires: &["key.client_eval"],
            given: "a feature with a strategy for a user and one for a country",
            when: "it is read with several contexts in turn, while a listener reads it with another one",
            then: "each read sees the attributes of its own context and no others",
            decision: "sdk-behaviour 2.13, 4.1",
            bites: &["ContextsAreIgnored"],
            stage: client_evaluated::stage,
            run: client_evaluated::isolation,
            ..SCENARIO
        },
        Scenario {
            id: "C-CTX-002",
            name: "immutable-input",
            tier: 3,
            requires: &["key.client_eval", "listen.context", "transport.stream"],
            given: "a listener with the context of a user",
            when: "the program uses the same attributes with other values, and the feature changes",
            then: "the listener sees the feature as its own user does",
            decision: "sdk-behaviour 4.1",
            bites: &["ListenersForgetContexts"],
            stage: client_evaluated::stage,
            run: client_evaluated::immutable_input,
            ..SCENARIO
        },
        Scenario {
            id: "C-CTX-003",
            name: "clear",
            tier: 3,
            requires: &["key.server_eval"],
            given: "a client with a user key and a country, and a server-evaluated API key",
            when: "the program sets an empty context",
            then: "the next request has no attribute, and the value is that without a user",
            decision: "sdk-behaviour 4.1",
            bites: &["EmptyContextsAreIgnored"],
            stage: server_evaluated::stage,
            run: server_evaluated::clear,
            ..SERVER_EVALUATED
        },
        Scenario {
            id: "C-CTX-004",
            name: "server-change-poll",
            tier: 3,
            requires: &["key.server_eval", "transport.poll"],
            given: "a polling client with a server-evaluated API key and an interval of a minute",
            when: "the program sets a context",
            then: "a poll with the context and another contextSha follows at once, and the value is that of the context",
            decision: "D-62, D-120",
            bites: &["ShaIsConstant"],
            stage: server_evaluated::stage,
            run: server_evaluated::change_poll,
            ..SERVER_EVALUATED
        },
        Scenario {
            id: "C-CTX-005",
            name: "server-change-stream",
            tier: 3,
            requires: &["key.server_eval", "transport.stream"],
            given: "a streaming client with a server-evaluated API key",
            when: "the program sets a context",
            then: "the stream is closed and another one with the context is opened, which delivers later changes",
            decision: "D-62, D-120",
            bites: &[
                "ComparedAcrossContexts",
                "OtherContextsAnswer",
                "OtherContextsAreAwaited",
                "StreamsKeepTheirContext",
            ],
            stage: server_evaluated::stage,
            run: server_evaluated::change_stream,
            ..SERVER_EVALUATED
        },
        Scenario {
            id: "C-CTX-006",
            name: "server-same-context",
            tier: 3,
            requires: &["key.server_eval"],
            given: "a client with a server-evaluated API key and a context",
            when: "the program sets the same context again",
            then: "no request is sent, and the value stays",
            decision: "D-62, sdk-behaviour 2.12",
            bites: &["ContextsAreSentAgain"],
            stage: server_evaluated::stage,
            run: server_evaluated::same_context,
            ..SERVER_EVALUATED
        },
        Scenario {
            id: "C-CTX-007",
            name: "server-race",
            tier: 3,
            requires: &["key.server_eval"],
            given: "an Edge that answers to the first of two contexts after the second one",
            when: "the program sets one context and then the other",
            then: "the value is that of the second context, also after the late answer",
            decision: "D-62, D-120",
            bites: &[
                "ContextsAbortEachOther",
                "ContextsWaitForEver",
                "ReplacedStreamsGoOn",
                "WaitingContextsAreForgotten",
            ],
            stage: server_evaluated::stage_of_a_race,
            run: server_evaluated::race,
            ..SERVER_EVALUATED
        },
        Scenario {
            id: "C-CTX-008",
            name: "many-attributes",
            tier: 3,
            requires: &["key.server_eval"],
            given: "a client with a server-evaluated API key, of which an Edge reads 30 attributes",
            when: "the program sets a context with 31 attributes",
            then: "the SDK reports an error, sends no part of the context and keeps the features",
            decision: "D-82",
            bites: &["AttributesAreCut"],
            stage: server_evaluated::stage,
            run: server_evaluated::many_attributes,
            ..SERVER_EVALUATED
        },
        Scenario {
            id: "C-CTX-009",
            name: "keep-values",
            tier: 3,
            requires: &["key.server_eval"],
            needs: &["keep_values"],
            given: "a client that keeps its values while its context changes, and an Edge that holds the answer for another context back",
            when: "the program sets that context, and the Edge answers",
            then: "until the answer, the client is READY and serves the former values for both contexts; then it serves those of the new context",
            decision: "D-62",
            bites: &["KeptValuesOfOtherContext"],
            tempo: kept_values::PATIENT,
            stage: server_evaluated::stage_of_a_race,
            run: kept_values::until_the_answer,
            ..SERVER_EVALUATED
        },
        Scenario {
            id: "C-CTX-010",
            name: "keep-values-once",
            tier: 3,
            requires: &["key.server_eval", "transport.poll"],
            needs: &["keep_values", "retry.initial_ms"],
            given: "a client that polls once and keeps its values while its context changes, and an Edge that answers the next poll with 503",
            when: "the program sets another context",
            then: "the client keeps the former values, polls again after N, and then serves the values of the context",
            decision: "D-62, D-71",
            bites: &["KeptValuesSuffice"],
            stage: server_evaluated::stage,
            run: kept_values::once,
            ..SERVER_EVALUATED
        },
    ],
    not_executed: &[],
};

/// A scenario in which no poll is due while it runs.
const SERVER_EVALUATED: Scenario =
    Scenario { tempo: Tempo { poll: Duration::from_secs(60), ..TEMPO }, ..SCENARIO };

/// Returns the context of a user.
pub(super) fn user(name: &str) -> Context {
    context([("userkey", name)])
}

/// Returns a context with one value for each attribute.
fn context<const N: usize>(attributes: [(&str, &str); N]) -> Context {
    attributes.map(|(name, value)| (name.to_owned(), vec![value.to_owned()])).into()
}
