//! F: an Edge that misbehaves for 12 s from a client's first request on, and recovers (sdk-behaviour 7.5, D-76), and proxies that hold
//! streams back for ever (D-65).

mod bounds;
mod held_back;
mod recovery;

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, Fault};

use crate::sdk::{Group, SCENARIO, Scenario, Stage, Tempo};

/// Returns the scenarios of faults. Each line has the id, the name, the fault, the mutants that the scenario must find, and what the Edge
/// does.
macro_rules! faults {
    ($($id:literal $name:literal $fault:ident [$($bites:literal)*] $given:literal)*) => {
        &[$(Scenario {
            id: $id,
            name: $name,
            given: $given,
            bites: &[$($bites),*],
            stage: |stage| begin(stage, Fault::$fault),
            run: |scene| recovery::recovers(scene, Fault::$fault),
            ..FAULT
        }),*, held_back::HEAD_ONLY, held_back::PIECE_LATER, held_back::BLOCKS, EMPTY_ANSWERS]
    };
}

/// The scenarios of faults in the order of [`Fault::ALL`], with those of streams that are held back before the last one.
pub(super) const GROUP: Group = Group {
    name: "F",
    title: "faults",
    scenarios: faults! {
        "F-001" "500" Status500 ["NoBackoff"] "an Edge that answers 500"
        "F-002" "503" Status503 ["UnavailableIsFinal"] "an Edge that answers 503"
        "F-003" "429" Status429 ["NoBackoff"] "an Edge that answers 429"
        "F-004" "401" Status401 ["RefusalsRetryFast"] "an Edge that answers 401"
        "F-005" "403" Status403 ["RefusalsRetryFast"] "an Edge that answers 403"
        "F-006" "400" Status400 ["BadRequestIsFinal"] "an Edge that answers 400"
        "F-007" "retry-after" RetryAfter ["RetryAfterIgnored"] "an Edge that answers 503 with Retry-After: 3"
        "F-008" "404" Status404 ["RefusalIsFinal"] "an Edge that answers 404"
        "F-009" "empty-close" EmptyClose ["EarlyCloseIsFinal"] "an Edge that sends a correct head and closes the connection"
        "F-010" "reset" Reset ["NoBackoff"] "an Edge that resets each connection in place of an answer"
        "F-011" "garbage" Garbage ["NoBackoff"] "an Edge that answers with bytes that are not HTTP"
        "F-012" "redirect-loop" RedirectLoop ["PaceIgnored"] "an Edge that redirects each request to the same URL"
        "F-013" "bye-loop" ByeLoop [] "an Edge that ends each stream with bye after its features"
        "F-014" "malformed-json" MalformedJson ["MalformedIsFinal"] "an Edge that sends features that break off inside their JSON"
        "F-015" "endless-line" EndlessLine ["SizesAreTooLarge"] "an Edge that sends a line of 400 MB"
        "F-016" "failure" Failure ["FailureIgnored"] "an Edge that sends failure on each stream"
        "F-017" "slow-drip" SlowDrip [] "an Edge that sends its answers byte by byte, one each 50 ms"
        "F-018" "silence" Silence [] "an Edge that accepts connections and sends nothing"
        "F-019" "half-head" HalfHead [] "an Edge that sends half a head and nothing more"
        "F-020" "data-then-silence" DataThenSilence ["RequestsAreSentTwice"] "an Edge that sends the features and then nothing more, not even updates"
        "F-021" "wrong-content-type" WrongContentType [] "an Edge that answers with a login page"
        "F-022" "refused" Refused ["NoBackoff"] "an Edge that refuses connections"
    },
    not_executed: &[],
};

/// What the scenarios have in common. With real delays a scenario takes up to a minute.
const FAULT: Scenario = Scenario {
    tier: 2,
    requires: &["transport.stream"],
    when: "a client streams for 12 s, and the Edge is healthy afterwards",
    then: "it sends at most two requests a second, has the features within 45 s of health by itself (400: also by a refresh), and needs at \
           most 64 MB",
    decision: "D-64, D-76, D-114",
    slow: true,
    tempo: TENTH,
    ..SCENARIO
};

const EMPTY_ANSWERS: Scenario = Scenario {
    id: "F-026",
    name: "empty-answers",
    bites: &["NoBackoff"],
    given: "an Edge that answers with empty bodies and status 204, 304 and 200 in turn",
    stage: |stage| begin(stage, Fault::EmptyAnswers),
    run: |scene| recovery::recovers(scene, Fault::EmptyAnswers),
    ..FAULT
};

/// The delays of an SDK in use (D-64, D-74), divided by ten.
const TENTH: Tempo = Tempo {
    poll: Duration::from_secs(18),
    retry: Duration::from_millis(100),
    retry_max: Duration::from_secs(3),
    jitter: 0.5,
    refused: Duration::from_secs(6),
    refused_max: Duration::from_secs(60),
    healthy_after: Duration::from_secs(6),
    connect: Duration::from_millis(500),
    head: Duration::from_millis(1200),
    whole_poll: Duration::from_millis(1200),
    idle: Duration::from_secs(9),
    held_back: Duration::from_millis(1500),
    divisor: 10,
};

/// Begins the fault. Its own delays are scaled, except that of `Retry-After`, which counts whole seconds.
fn begin(stage: &Stage, fault: Fault) {
    stage.with_feature_f();
    match fault {
        Fault::SlowDrip => {
            let pause = stage.tempo().scaled(Duration::from_millis(50));
            stage.edge().behave(Behaviour::new().drip(1, pause));
        }
        _ => fault.begin(stage.edge()),
    }
}
