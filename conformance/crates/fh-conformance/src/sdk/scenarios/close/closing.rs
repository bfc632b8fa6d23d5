//! Closing a client in different states.

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, Recording, Route};

use serde_json::Value;

use crate::protocol::{Create, Listen, ListenOn, ReadAnswer, Then};
use crate::sdk::{Scene, SdkClient, Tempo, Verdict, check, equal};

use super::endless_body;

/// The time within which the connections of a closed client are closed.
const LONGEST_END: Duration = Duration::from_secs(1);
/// The time within which the requests of a closed client end, if the connections are not the SDK's. Chromium sometimes reads the response of
/// an aborted request for 5 s more, so that it can use the connection again.
const LONGEST_DRAIN: Duration = Duration::from_secs(6);
/// The time within which `close` returns.
const LONGEST_CLOSE: Duration = Duration::from_secs(2);

/// Closes a client, and checks the time that the call takes.
fn closes_in_time(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    let took = client.close()?;
    let longest = LONGEST_CLOSE + scene.lateness().slack();
    check("the time that closing takes", took <= longest, &format!("at most {longest:?}"), || {
        format!("{took:?}")
    })
}

/// Waits until the connections of closed clients have ended. If the connections are not the SDK's, waits until their requests have ended.
/// Otherwise, returns the number of those that are left, and the time that was allowed.
fn connections_end(scene: &Scene<'_>) -> Result<(), (usize, Duration)> {
    let (open, longest): (fn(&Recording) -> usize, _) = if scene.can("http.connections") {
        (Recording::open_connections, LONGEST_END)
    } else {
        (|seen| seen.in_flight(Route::Poll) + seen.in_flight(Route::Stream), LONGEST_DRAIN)
    };
    let longest = longest + scene.lateness().slack();
    if scene.happens_within(longest, |seen| open(seen) == 0) {
        return Ok(());
    }
    Err((open(&scene.edge().recording()), longest))
}

/// Closes a client, and checks that its connections end and that it sends no request.
fn closes(scene: &Scene<'_>, client: &SdkClient, watch: Duration) -> Verdict {
    closes_in_time(scene, client)?;
    connections_end(scene).or_else(|(left, longest)| {
        check("the connections are closed", false, &format!("within {longest:?}"), || {
            format!("{left} are open")
        })
    })?;
    let edge = scene.edge();
    let all = |seen: &Recording| seen.connections.len() + seen.requests.len();
    let before = all(&edge.recording());
    let more = edge.wait_until(watch, |seen| all(seen) > before);
    check("no request after closing", more.is_err(), &format!("none for {watch:?}"), || {
        "a connection or a request".to_owned()
    })
}

/// Returns the settings of a client for each transport that the SDK has.
fn each_transport(scene: &Scene<'_>) -> Vec<Create> {
    let of = |capability, create| scene.can(capability).then_some(create);
    let streaming = of("transport.stream", scene.streaming());
    streaming.into_iter().chain(of("transport.poll", scene.polling())).collect()
}

pub(super) fn stops(scene: &Scene<'_>) -> Verdict {
    for create in each_transport(scene) {
        let client = scene.create(create)?;
        client.until_ready()?;
        closes(scene, &client, Tempo::watch(scene.tempo().poll, 10))?;
    }
    Ok(())
}

pub(super) fn twice(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.following())?;
    client.until_ready()?;
    closes_in_time(scene, &client)?;
    let after_one = client.state()?.readiness;
    let watch = Tempo::watch(scene.tempo().retry, 5);
    closes(scene, &client, watch)?;
    equal("readiness after the second call", client.state()?.readiness, after_one)
}

pub(super) fn in_each_state(scene: &Scene<'_>) -> Verdict {
    let edge = scene.edge();
    let watch = Tempo::watch(Duration::ZERO, 1);
    for (step, behaviour) in [
        ("a client that waits for a response is closed", Behaviour::half_head()),
        ("a client that receives a slow response is closed", endless_body()),
        ("a client that waits for a retry is closed", Behaviour::status(503)),
    ] {
        for create in each_transport(scene) {
            scene.note(step);
            edge.behave(behaviour.clone());
            let before = edge.recording().requests.len();
            let client = scene.create(create)?;
            scene.until("a response begins", "a request and a first byte", |seen| {
                seen.requests.get(before..).is_some_and(|new| new.iter().any(|one| one.written > 0))
            })?;
            closes(scene, &client, watch)?;
        }
    }
    edge.behave(Behaviour::healthy());
    if scene.can("listen.feature") {
        // A busy machine delays the command to close. An SDK whose listeners block its adapter must still answer in time.
        let ms = if scene.is_own() { 8000 } else { 4000 };
        within_a_listener(scene, "sleeps", Then::Sleep { ms })?;
        within_a_listener(scene, "closes", Then::Close)?;
    }
    Ok(())
}

/// Closes a client while a listener is being called.
fn within_a_listener(scene: &Scene<'_>, name: &str, then: Then) -> Verdict {
    scene.note(&format!("a client whose listener {name} is closed"));
    let client = scene.create(scene.following())?;
    client.until_ready()?;
    let listener = client.listen(Listen {
        listener: name.to_owned(),
        on: ListenOn::Feature,
        feature: Some("F".to_owned()),
        then: vec![then],
        ..Listen::default()
    })?;
    scene.edge().set_value("F", name);
    listener.until_calls("the listener is called", 1)?;
    closes(scene, &client, Tempo::watch(Duration::ZERO, 1))
}

pub(super) fn values(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.following())?;
    client.until_ready()?;
    equal("value before closing", client.string("F")?, "one")?;
    client.close()?;
    scene.edge().set_value("F", "two");
    // A client that goes on keeps its stream, and receives the change during this wait.
    let _ = connections_end(scene);
    let read = [SdkClient::getter("F", "STRING"), SdkClient::getter("MISSING", "STRING")];
    for _ in 0..3 {
        // An error of the SDK is as good as the last value.
        let Ok(answers) = client.try_read_all(&read)? else { continue };
        let is_last =
            |answer: &ReadAnswer, last: &Value| answer.error.is_some() || answer.value == *last;
        let holds = matches!(answers.as_slice(), [known, missing]
            if is_last(known, &"one".into()) && is_last(missing, &Value::Null));
        check("value after closing", holds, "the last value, or an error of the SDK", || {
            format!("{answers:?}")
        })?;
    }
    client.state()?;
    Ok(())
}

pub(super) fn two_clients(scene: &Scene<'_>) -> Verdict {
    let one = scene.create(scene.following())?;
    let other = scene.create(scene.following())?;
    one.until_ready()?;
    other.until_ready()?;
    one.close()?;
    scene.edge().set_value("F", "two");
    other.until_string("value of the other client", "F", "two")?;
    equal("readiness of the other client", other.state()?.readiness.name(), "READY")?;
    scene.edge().set_value("F", "three");
    other.until_string("later value of the other client", "F", "three")
}
