//! C-SUSP: suspended clients, such as those of an app in the background.

use std::time::{Duration, Instant};

use fh_test_servers::featurehub::{Behaviour, Route};

use super::context::{by_user, user};
use crate::protocol::{Create, Mode, SdkReadiness};
use crate::sdk::{
    Group, SCENARIO, Scenario, Scene, SdkClient, Stop, TEMPO, Tempo, Verdict, check, equal,
};

/// The scenarios of suspended clients.
pub(super) const GROUP: Group = Group {
    name: "C-SUSP",
    title: "suspension",
    scenarios: &[
        Scenario {
            id: "C-SUSP-001",
            name: "stream",
            requires: &["suspend", "transport.stream"],
            needs: &["retry.initial_ms"],
            given: "a ready client with a stream",
            when: "the program suspends the client, the feature changes, and the program resumes the client",
            then: "the stream ends, the client keeps READY and its values and sends no request for 10 N; then it opens one stream and gets the change",
            bites: &["SuspendedStreamsGoOn", "SuspendedClientsRetry"],
            run: stream,
            ..SUSPENDED
        },
        Scenario {
            id: "C-SUSP-002",
            name: "poll",
            requires: &["suspend", "transport.poll"],
            needs: &["poll_ms"],
            given: "a ready client that polls at an interval of N",
            when: "the program suspends the client, the feature changes, and the program resumes the client after the interval",
            then: "no poll follows for 10 N, and the values stay; a poll follows the resumption",
            bites: &["SuspendedClientsRetry"],
            run: poll,
            ..SUSPENDED
        },
        Scenario {
            id: "C-SUSP-003",
            name: "refresh",
            requires: &["suspend", "refresh", "transport.stream"],
            given: "a suspended client that streamed before",
            when: "the program refreshes and then resumes the client",
            then: "the refresh sends one poll and no stream, and its list is served; the resumption opens a stream without a delay",
            bites: &["SuspendedClientsStream", "StreamsAwaitTheInterval"],
            tempo: Tempo { poll: Duration::from_secs(60), ..TEMPO },
            run: refresh,
            ..SUSPENDED
        },
        Scenario {
            id: "C-SUSP-004",
            name: "passive",
            requires: &["suspend", "poll.passive"],
            needs: &["poll_ms"],
            given: "a client that polls when a feature is read, at most once in N, whose last poll was longer ago",
            when: "features are read while the client is suspended, and again after it was resumed",
            then: "the reads of the suspended client send no request, and a later read sends one",
            bites: &["ReadsEndSuspension", "ResumedReadsAreMissed"],
            tempo: Tempo { poll: Duration::from_millis(500), ..TEMPO },
            run: passive,
            ..SUSPENDED
        },
        Scenario {
            id: "C-SUSP-005",
            name: "delay",
            requires: &["suspend", "status"],
            needs: &["retry.initial_ms"],
            given: "a client that waits for N before a retry, because the Edge answers 503",
            when: "the program suspends the client and resumes it at once",
            then: "the retry follows no sooner than without the suspension, and gets the features",
            bites: &["ResumedClientsIgnoreDelays"],
            tempo: SLOW_RETRY,
            stage: |stage| {
                stage.with_feature_f();
                stage.edge().behave(Behaviour::status(503));
            },
            run: delay,
            ..SUSPENDED
        },
        Scenario {
            id: "C-SUSP-006",
            name: "command",
            requires: &["suspend", "key.server_eval", "transport.poll"],
            given: "a client with a server-evaluated API key, and an Edge that has not answered a request for another context yet",
            when: "the program suspends the client, and the Edge answers",
            then: "the features of the context arrive while the client is suspended: from the poll in flight, or from a poll in place of the stream in flight",
            bites: &["SuspensionLosesCommands"],
            tempo: PATIENT,
            stage: by_user,
            run: command,
            ..SUSPENDED
        },
    ],
    not_executed: &[],
};

/// The defaults of the group's scenarios.
const SUSPENDED: Scenario = Scenario { tier: 3, decision: "D-124", ..SCENARIO };

/// Delays of which a retry takes longer than a busy machine delays a command.
const SLOW_RETRY: Tempo =
    Tempo { retry: Duration::from_secs(2), retry_max: Duration::from_secs(2), ..TEMPO };

/// Delays of a client whose requests the Edge holds back. No poll is due while the scenario runs.
const PATIENT: Tempo = Tempo {
    poll: Duration::from_secs(60),
    head: Duration::from_secs(30),
    whole_poll: Duration::from_secs(30),
    ..TEMPO
};

/// The time after which the runner gives up a call that waits for an answer. The call's request is still in flight.
const IMPATIENCE: Duration = Duration::from_millis(100);

fn is_ready(label: &str, client: &SdkClient) -> Verdict {
    equal(label, client.state()?.readiness, SdkReadiness::Ready)
}

/// Suspends a client that streams, and waits until its stream has ended.
fn suspend_stream(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    client.suspend()?;
    scene.until("the stream of the suspended client ends", "no stream", |seen| {
        seen.in_flight(Route::Stream) == 0
    })?;
    Ok(())
}

fn stream(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.streaming())?;
    client.until_ready()?;
    suspend_stream(scene, &client)?;
    scene.edge().set_value("F", "two");
    let watch = Tempo::watch(scene.tempo().retry, 10);
    scene.no_request_since("no request while suspended", Instant::now(), watch)?;
    is_ready("READY is kept", &client)?;
    equal("value while suspended", client.string("F")?, "one")?;
    client.resume()?;
    client.until_string("value after the resumption", "F", "two")?;
    equal("number of streams", scene.edge().recording().count(Route::Stream), 2)
}

fn poll(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    client.until_ready()?;
    client.suspend()?;
    // A poll may have been sent just before the suspension.
    let before = scene.edge().recording().count(Route::Poll);
    let watch = Tempo::watch(scene.tempo().poll, 10);
    scene.at_most("no poll while suspended", Route::Poll, before + 1, watch)?;
    scene.edge().set_value("F", "two");
    is_ready("READY is kept", &client)?;
    equal("value while suspended", client.string("F")?, "one")?;
    client.resume()?;
    client.until_string("value after the resumption", "F", "two")?;
    let seen = scene.edge().recording().count(Route::Poll);
    scene.until_requests("polling goes on after the resumption", Route::Poll, seen + 2).map(drop)
}

fn refresh(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.streaming())?;
    client.until_ready()?;
    suspend_stream(scene, &client)?;
    scene.edge().set_value("F", "two");
    equal("readiness after the refresh", client.refresh()?, Ok(SdkReadiness::Ready))?;
    equal("value after the refresh", client.string("F")?, "two")?;
    let seen = scene.edge().recording();
    equal("polls of the refresh", seen.count(Route::Poll), 1)?;
    equal("streams of the suspended client", seen.count(Route::Stream), 1)?;
    client.resume()?;
    scene.until("a stream after the resumption", "a second stream", |seen| {
        seen.count(Route::Stream) == 2
    })?;
    scene.edge().set_value("F", "three");
    client.until_string("value of the stream after the resumption", "F", "three")
}

fn passive(scene: &Scene<'_>) -> Verdict {
    let expiry = scene.tempo().poll;
    let client = scene.create(Create { mode: Mode::Passive, ..scene.polling() })?;
    client.until_string("the first value", "F", "one")?;
    scene.no_poll_without_a_read(Tempo::watch(expiry, 2))?;
    let before = scene.edge().recording().count(Route::Poll);
    scene.edge().set_value("F", "two");
    client.suspend()?;
    client.string_stays("value while suspended", "F", "one", Tempo::watch(expiry, 2))?;
    let seen = scene.edge().recording().count(Route::Poll);
    equal("requests on reads of a suspended client", seen - before, 0)?;
    client.resume()?;
    client.until_string("value of a read after the resumption", "F", "two")
}

fn delay(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.updating())?;
    let label = "the client sees the failure";
    client.until_state(label, "a problem", |state| state.problem.is_some())?;
    let seen = scene.edge().recording();
    let first = seen.requests.first().map_or_else(Instant::now, |seen| seen.request.at);
    scene.edge().behave(Behaviour::healthy());
    client.suspend()?;
    client.resume()?;
    let label = "no request before the delay is over";
    scene.no_request_since(label, first, scene.tempo().least_retry())?;
    client.until_string("value after the delay", "F", "one")
}

fn command(scene: &Scene<'_>) -> Verdict {
    answered_while_suspended(scene, scene.polling(), Route::Poll, "fred")?;
    if !scene.can("transport.stream") {
        return Ok(());
    }
    let client = answered_while_suspended(scene, scene.streaming(), Route::Stream, "mary")?;
    scene.edge().behave(Behaviour::healthy());
    scene.edge().set_value("F", "two");
    client.resume()?;
    client.until_string("value of the stream after the resumption", "F", "two for mary")
}

/// Sets the context of a client, which is suspended before the Edge has answered. Checks that the features arrive all the same.
fn answered_while_suspended(
    scene: &Scene<'_>,
    create: Create,
    route: Route,
    name: &'static str,
) -> Result<SdkClient, Stop> {
    let client = scene.create(Create { keys: vec![scene.edge().server_key()], ..create })?;
    client.until_ready()?;
    client.until_string("value without a context", "F", "one")?;
    scene.edge().behave_on(route, Behaviour::new().wait_for_signal(name).then_healthy());
    let before = scene.edge().recording().count(route);
    // A call that waits for the answer is given up here.
    let _ = client.context(&user(name), IMPATIENCE)?;
    scene.until_requests("a request with the context", route, before + 1)?;
    client.suspend()?;
    if route == Route::Poll {
        let watch = Tempo::watch(scene.tempo().retry, 10);
        let aborted = scene.edge().wait_until(watch, |seen| seen.in_flight(route) == 0);
        check("the poll for which a call waits goes on", aborted.is_err(), "a poll", || {
            "the poll was aborted".to_owned()
        })?;
        scene.edge().signal(name);
    } else {
        scene.until("the stream of the suspended client ends", "no stream", |seen| {
            seen.in_flight(Route::Stream) == 0
        })?;
    }
    client.until_string("value of the context", "F", format!("one for {name}"))?;
    Ok(client)
}
