//! C-POLL-031: many clients that an Edge has failed at the same moment.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fh_test_servers::featurehub::{Behaviour, ENVIRONMENT, Framing, Recording, Request, Route};

use super::POLLING;
use crate::protocol::Create;
use crate::sdk::{
    ExpectedAnswer, Scenario, Scene, SdkClient, Stop, TEMPO, Tempo, Verdict, check, equal,
};

/// Number of clients, which one adapter runs.
const CLIENTS: usize = 50;

/// The time between two attempts of a client, before and after its first list.
const DELAY: Duration = Duration::from_millis(1600);

/// A limit that ends nothing here, while all clients are created.
const FAR: Duration = Duration::from_secs(60);

pub(super) const JITTER: Scenario = Scenario {
    id: "C-POLL-031",
    name: "jitter-fleet",
    requires: &["transport.poll", "multi_client", "http.connections"],
    needs: &["poll_ms"],
    given: "an Edge that answers the first polls of 50 clients at the same moment with 503, and all with 503 for a while",
    when: "the clients retry after N with a jitter of a half, and the Edge recovers",
    then: "their next polls, and the first that succeed, are spread over half of N, without a moment at which half of them come",
    decision: "D-64",
    bites: &["JitterIgnored"],
    tempo: Tempo {
        poll: DELAY,
        retry: DELAY,
        retry_max: DELAY,
        jitter: 0.5,
        head: FAR,
        whole_poll: FAR,
        ..TEMPO
    },
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().behave_on(Route::Poll, Behaviour::status(503));
    },
    run: jitter,
    ..POLLING
};

/// The signal on which the Edge fails all clients.
const STORM: &str = "storm";

/// Returns the key of a client, by which the Edge distinguishes the clients.
fn key_of(client: usize) -> String {
    format!("{ENVIRONMENT}/client{client}*secret")
}

/// Fails each client. The answers that are sent before the signal are held back until then.
fn storm() -> Behaviour {
    Behaviour::new().wait_for_signal(STORM).head(503, Framing::Length)
}

fn jitter(scene: &Scene<'_>) -> Verdict {
    scene.edge().behave_on(Route::Poll, storm());
    let create = |client| scene.create(Create { keys: vec![key_of(client)], ..scene.polling() });
    let clients: Vec<SdkClient> = (0..CLIENTS).map(create).collect::<Result<_, Stop>>()?;
    scene.until("a poll of each client", "50 polls at once", |seen| {
        seen.in_flight(Route::Poll) == CLIENTS
    })?;
    scene.edge().signal(STORM);
    let start = Instant::now();
    scene.until_requests("retries of the clients", Route::Poll, 2 * CLIENTS)?;
    scene.edge().behave_on(Route::Poll, Behaviour::healthy());
    for client in &clients {
        client.until_ready()?;
        scene.answers("value of F", client, "F", &ExpectedAnswer::string("one"))?;
    }
    let seen = scene.edge().recording();
    let late = scene.lateness().worst().max(latest_retry(&seen));
    let retried = |request: &Request, _| request.at > start;
    let retries = first(&seen, retried);
    spread(scene, late, "the retries are spread", "no moment of many retries", retries)?;
    let succeeded = |_: &Request, status| status == Some(200);
    let recoveries = first(&seen, succeeded);
    spread(scene, late, "the recovery is spread", "no moment of many recoveries", recoveries)
}

/// Returns the longest time by which a poll came later than a whole delay after the client's last answer. An adapter that stood still sends
/// at once all polls that became due in that time.
fn latest_retry(seen: &Recording) -> Duration {
    let mut answered = BTreeMap::new();
    let mut late = Duration::ZERO;
    for poll in seen.of(Route::Poll) {
        let client = poll.request.api_keys().join(" ");
        if let Some(at) = answered.get(&client).copied().flatten() {
            let waited = poll.request.at.saturating_duration_since(at);
            late = late.max(waited.saturating_sub(DELAY));
        }
        answered.insert(client, poll.finished);
    }
    late
}

/// Returns the time of each client's first poll that satisfies the condition on the request and the status of its answer.
fn first(
    seen: &Recording,
    condition: impl Fn(&Request, Option<u16>) -> bool,
) -> BTreeMap<String, Instant> {
    let mut first = BTreeMap::new();
    for poll in seen.of(Route::Poll).filter(|poll| condition(&poll.request, poll.status)) {
        first.entry(poll.request.api_keys().join(" ")).or_insert(poll.request.at);
    }
    first
}

/// Checks that there is a request of each client, that the requests take most of half a delay, and that no half of them comes within a
/// tenth of that time. Drawn at random, they miss it once in millions of runs.
fn spread(
    scene: &Scene<'_>,
    late: Duration,
    width: &str,
    spike: &str,
    requests: BTreeMap<String, Instant>,
) -> Verdict {
    equal("a request of each client", requests.len(), CLIENTS)?;
    let half = scene.tempo().poll / 2;
    let mut times: Vec<Instant> = requests.into_values().collect();
    times.sort_unstable();
    let between = |times: &[Instant]| match times {
        [first, .., last] => last.saturating_duration_since(*first),
        _ => Duration::ZERO,
    };
    let all = between(&times);
    let least = half.mul_f64(0.6);
    check(width, all >= least, &format!("over at least {least:?}"), || format!("within {all:?}"))?;
    let narrowest = times.windows(CLIENTS / 2).map(between).min().unwrap_or_default();
    // A busy machine wakes several clients at once.
    check(spike, narrowest + late >= half / 10, "half of them over a tenth of it", || {
        format!("half of them within {narrowest:?}")
    })
}
