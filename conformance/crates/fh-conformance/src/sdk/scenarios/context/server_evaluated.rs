//! Contexts of a server-evaluated API key: a client has one at a time.

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, Feature, Request, Route};
use serde_json::{Value, json};

use crate::protocol::{Called, Context, Create, ListenOn, Read, Timeouts};
use crate::sdk::{Scene, SdkClient, Stage, Stop, Tempo, Verdict, check, equal, patience};

use super::context;

/// The user whose answer comes late in [`race`].
pub(super) const LATE: &str = "late";

/// Serves `F`, whose value names the user of the request.
pub(in super::super) fn stage(stage: &Stage) {
    stage.with_feature_f();
    stage.edge().evaluate_with(|context, mut features| {
        for feature in &mut features {
            if let (Some(user), Some(value)) = (user_of(context), feature.get_mut("value")) {
                *value = json!(format!("{} for {user}", value.as_str().unwrap_or_default()));
            }
        }
        features
    });
}

pub(super) fn stage_of_a_race(own: &Stage) {
    stage(own);
    own.edge().behave(Behaviour::choose(|request| match user_of(&request.context()) {
        Some(LATE) => Behaviour::new().wait_for_signal(LATE).then_healthy(),
        _ => Behaviour::healthy(),
    }));
}

pub(super) fn user_of(context: &Context) -> Option<&str> {
    context.get("userkey").and_then(|values| values.first()).map(String::as_str)
}

pub(super) fn create(scene: &Scene<'_>, create: Create) -> Result<SdkClient, Stop> {
    let client = scene.create(Create { keys: vec![scene.edge().server_key()], ..create })?;
    client.until_ready()?;
    client.until_string("value without a context", "F", "one")?;
    Ok(client)
}

/// Sets a context that the SDK must accept.
pub(super) fn set(client: &SdkClient, attributes: &Context) -> Verdict {
    match client.context(attributes, patience())? {
        Ok(_) => Ok(()),
        Err(error) => Err(Stop::failed("the context is accepted", "an answer", error.message)),
    }
}

/// Checks the context of the last request of a route.
fn last_request(
    scene: &Scene<'_>,
    route: Route,
    label: &str,
    expected: &Context,
) -> Result<std::sync::Arc<Request>, Stop> {
    let recording = scene.edge().recording();
    let request = recording.of(route).next_back().map(|seen| std::sync::Arc::clone(&seen.request));
    let request =
        request.ok_or_else(|| Stop::failed(label, format!("{expected:?}"), "no request"))?;
    equal(label, request.context(), expected.clone())?;
    Ok(request)
}

/// Returns the route of a client with the settings of [`Scene::following`].
fn route(scene: &Scene<'_>) -> Route {
    if scene.can("transport.stream") { Route::Stream } else { Route::Poll }
}

pub(super) fn clear(scene: &Scene<'_>) -> Verdict {
    let client = create(scene, scene.following())?;
    let full = context([("userkey", "fred"), ("country", "new_zealand")]);
    set(&client, &full)?;
    client.until_string("value of the context", "F", "one for fred")?;
    last_request(scene, route(scene), "attributes of the context", &full)?;
    set(&client, &Context::new())?;
    client.until_string("value after the context was cleared", "F", "one")?;
    last_request(scene, route(scene), "attributes after the context was cleared", &Context::new())?;
    Ok(())
}

pub(super) fn change_poll(scene: &Scene<'_>) -> Verdict {
    let client = create(scene, scene.polling())?;
    let first = last_request(scene, Route::Poll, "attributes of the first poll", &Context::new())?;
    let fred = context([("userkey", "fred")]);
    set(&client, &fred)?;
    client.until_string("value of the context", "F", "one for fred")?;
    let second = last_request(scene, Route::Poll, "attributes of the poll", &fred)?;
    equal("number of polls", scene.edge().recording().count(Route::Poll), 2)?;
    check(
        "contextSha of the poll",
        second.query_value("contextSha").is_some()
            && second.query_value("contextSha") != first.query_value("contextSha"),
        "another one than before",
        || format!("{:?}", second.query_value("contextSha")),
    )
}

pub(super) fn change_stream(scene: &Scene<'_>) -> Verdict {
    let client = create(scene, scene.streaming())?;
    let fred = context([("userkey", "fred")]);
    set(&client, &fred)?;
    client.until_string("value of the context", "F", "one for fred")?;
    scene.until("the former stream is closed", "one open stream", |seen| {
        seen.in_flight(Route::Stream) == 1
    })?;
    one_stream_since_the_change(scene, &fred)?;
    scene.edge().set_value("F", "two");
    client.until_string("value after a change", "F", "two for fred")?;
    if scene.is_own() {
        values_are_those_of_the_context(&client)?;
        older_version_of_another_context(scene, &client)?;
    }
    Ok(())
}

/// Checks that a change of the context has opened one stream, with the new context. A client that goes on with the former context opens
/// another one, before or after that stream.
fn one_stream_since_the_change(scene: &Scene<'_>, expected: &Context) -> Verdict {
    let watch = Tempo::watch(scene.tempo().retry, 10);
    let _ = scene.edge().wait_until(watch, |seen| seen.count(Route::Stream) > 2);
    let recording = scene.edge().recording();
    let opened = recording.of(Route::Stream).skip(1);
    let contexts: Vec<Context> = opened.map(|seen| seen.request.context()).collect();
    equal("contexts of the streams since the change", contexts, vec![expected.clone()])
}

/// Checks that the SDK of this project gives the values of the client's context to reads for this context only.
fn values_are_those_of_the_context(client: &SdkClient) -> Verdict {
    let read = |user| {
        let context = Some(context([("userkey", user)]));
        client.read(Read { context, ..SdkClient::getter("F", "STRING") })
    };
    equal("value for the context of the client", read("fred")?.value, json!("two for fred"))?;
    let other = read("mary")?;
    equal("value for another context", other.value, Value::Null)?;
    equal("reason for another context", other.reason.as_deref(), Some("OTHER_CONTEXT"))
}

/// Checks that the SDK of this project takes all features of a new context, whatever their versions: versions of two contexts say nothing
/// about each other.
fn older_version_of_another_context(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    scene.edge().evaluate_with(|_, mut features| {
        for feature in features.iter_mut().filter_map(|feature| feature.as_object_mut()) {
            feature.insert("value".to_owned(), json!("an older version"));
            feature.insert("version".to_owned(), json!(1));
        }
        features
    });
    set(client, &context([("userkey", "mary")]))?;
    client.until_string("value of a lower version for another context", "F", "an older version")
}

pub(super) fn same_context(scene: &Scene<'_>) -> Verdict {
    let client = create(scene, scene.following())?;
    let fred = context([("userkey", "fred")]);
    set(&client, &fred)?;
    client.until_string("value of the context", "F", "one for fred")?;
    let before = scene.edge().recording().requests.len();
    set(&client, &fred)?;
    let watch = Tempo::watch(scene.tempo().retry, 10);
    let more = scene.edge().wait_until(watch, |seen| seen.requests.len() > before);
    check("no request for the same context", more.is_err(), "no request", || {
        format!("{} requests", scene.edge().recording().requests.len() - before)
    })?;
    equal("value of the context", client.string("F")?, "one for fred")
}

pub(super) fn race(scene: &Scene<'_>) -> Verdict {
    // An SDK whose calls wait for the answer is given up here. The answer is still under way.
    const IMPATIENCE: Duration = Duration::from_millis(100);
    let client = create(scene, scene.following())?;
    let _ = client.context(&context([("userkey", LATE)]), IMPATIENCE)?;
    scene.until("a request with the first context", "one", |seen| {
        seen.requests.iter().any(|seen| user_of(&seen.request.context()) == Some(LATE))
    })?;
    // An SDK that sends one request at a time waits for its own time limit before the second context.
    let _ = client.context(&context([("userkey", "mary")]), patience() / 2)?;
    scene.edge().signal(LATE);
    client.until_string("value of the second context", "F", "one for mary")?;
    client.string_stays(
        "value after the late answer",
        "F",
        "one for mary",
        Tempo::watch(scene.tempo().retry, 5),
    )?;
    if scene.is_own() { waiting_context(scene, &client) } else { Ok(()) }
}

/// Checks how the SDK of this project handles a context that is set while the Edge still evaluates another one: a call ends at its time
/// limit, the request under way is not aborted, and its list ends it, so that the rest of what has arrived with the list is not applied.
fn waiting_context(scene: &Scene<'_>, former: &SdkClient) -> Verdict {
    const SLOW: &str = "slow";
    const LIMIT: Duration = Duration::from_millis(500);
    const NEVER_MS: u64 = 600_000;
    former.close()?;
    let list = json!([Feature::string("F", "one for slow").json()]);
    let update = Feature::string("F", "behind the list").version(9).json();
    let events = format!("event: features\ndata: {list}\n\nevent: feature\ndata: {update}\n\n");
    scene.edge().behave_on(
        Route::Stream,
        Behaviour::choose(move |request| match user_of(&request.context()) {
            Some(SLOW) => Behaviour::sse().ack().wait_for_signal(SLOW).body(events.as_str()).hang(),
            _ => Behaviour::healthy(),
        }),
    );
    let limits = Timeouts {
        connect_ms: Some(NEVER_MS),
        head_ms: Some(NEVER_MS),
        poll_ms: u64::try_from(LIMIT.as_millis()).ok(),
        idle_ms: Some(NEVER_MS),
        held_back_ms: Some(NEVER_MS),
    };
    let client = create(scene, Create { timeouts: Some(limits), ..scene.streaming() })?;
    let raw = client.on("raw", ListenOn::Raw)?;
    let answer = client.context(&context([("userkey", SLOW)]), patience())?;
    check("the call ends at its time limit", answer.is_err(), "an error", || {
        format!("{answer:?}")
    })?;
    let before = scene.edge().recording().count(Route::Stream);
    let _ = client.context(&context([("userkey", "mary")]), Duration::ZERO)?;
    let label = "no request while the Edge evaluates the former context";
    scene.at_most(label, Route::Stream, before, Tempo::watch(scene.tempo().retry, 10))?;
    scene.edge().signal(SLOW);
    client.until_string("value of the context that waited", "F", "one for mary")?;
    let behind = |call: &Called| call.kind.as_deref() == Some("feature");
    check("nothing behind the list is applied", !raw.calls().iter().any(behind), "no event", || {
        format!("{:?}", raw.calls())
    })
}

pub(super) fn many_attributes(scene: &Scene<'_>) -> Verdict {
    let client = create(scene, scene.following())?;
    let before = scene.edge().recording().requests.len();
    let many: Context = (0..31).map(|n| (format!("a{n}"), vec![n.to_string()])).collect();
    let answer = client.context(&many, patience())?;
    check("31 attributes are refused", answer.is_err(), "an error", || format!("{answer:?}"))?;
    let requests = scene.edge().recording().requests;
    let sent = requests.get(before..).unwrap_or_default();
    check(
        "no part of the context is sent",
        sent.iter().all(|seen| seen.request.context().is_empty()),
        "no attribute",
        || format!("{:?}", sent.iter().map(|seen| seen.request.context()).collect::<Vec<_>>()),
    )?;
    equal("value after the refusal", client.string("F")?, "one")
}
