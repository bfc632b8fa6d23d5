//! Etags of polls, and ids of events.

use std::sync::Arc;

use fh_test_servers::featurehub::{Behaviour, Closing, ENVIRONMENT, Feature, Recording, Route};

use super::super::broken_edge;
use super::first_request::{context, end, set_context};
use crate::protocol::Create;
use crate::sdk::{
    ExpectedAnswer, SCENARIO, Scenario, Scene, SdkClient, Stage, Stop, Verdict, check, equal,
};

/// A strong etag.
const STRONG: &str = "\"abc;1//0\"";
/// A weak etag, with characters that must not be changed.
const WEAK: &str = "W/\"d e+f%20;2//7e\"";

pub(super) const REPLAY: Scenario = Scenario {
    id: "P-014",
    name: "etag.replay",
    tier: 1,
    requires: &["transport.poll", "http.etag"],
    needs: &["poll_ms"],
    given: "an Edge that answers with a strong etag, then with a weak etag, then with 304",
    when: "a client polls",
    then: "each poll has the last etag as If-None-Match, byte for byte, and the value stays",
    decision: "sdk-behaviour 0.3, D-72",
    bites: &["EtagOutlivesBody", "WeakEtagsAreCut"],
    stage: |stage| {
        stage.with_feature_f();
        let answers = [list_with_etag(STRONG), list_with_etag(WEAK)];
        let unchanged = Behaviour::status(304).header("etag", WEAK);
        stage.edge().script(Route::Poll, answers, unchanged);
    },
    run: replayed_and_lost,
    ..SCENARIO
};

pub(super) const CONTEXT_CHANGE: Scenario = Scenario {
    id: "P-015",
    name: "etag.cleared-on-context",
    tier: 3,
    requires: &["transport.poll", "http.etag", "key.server_eval"],
    needs: &["poll_ms"],
    given: "a server-evaluated key, and an Edge whose values depend on the context",
    when: "the context changes after an etag was received",
    then: "the next poll has no old etag, or another contextSha with it, and the value is that of the new context",
    decision: "D-72",
    bites: &["EtagOutlivesContext"],
    stage: values_of_user_keys,
    run: context_change,
    ..SCENARIO
};

pub(super) const UNCHANGED_WITHOUT_ETAG: Scenario = Scenario {
    id: "P-016",
    name: "etag.304-without-etag",
    tier: 1,
    requires: &["transport.poll", "http.etag"],
    needs: &["poll_ms"],
    given: "an Edge that answers with an etag, then with 304 without an etag",
    when: "a client polls",
    then: "it keeps sending the old etag, and the value stays",
    decision: "D-72",
    bites: &["EtagsAreNeverSent", "UnconditionalIsUnchanged"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().script(Route::Poll, [list_with_etag(STRONG)], Behaviour::status(304));
    },
    run: |scene| {
        replayed(scene, &[None, Some(STRONG), Some(STRONG), Some(STRONG)])?;
        if scene.is_own() { broken_edge::unasked_304(scene) } else { Ok(()) }
    },
    ..SCENARIO
};

pub(super) const LAST_EVENT_ID: Scenario = Scenario {
    id: "P-017",
    name: "stream.last-event-id",
    tier: 2,
    requires: &["transport.stream", "stream.last_event_id"],
    needs: &["retry.initial_ms"],
    given: "a stream that sends `id: v1` with its list and ends",
    when: "the client reconnects, and when another client starts",
    then: "the reconnect has Last-Event-ID with v1, quoted or not, and the new client's request has none",
    decision: "D-32, D-66",
    stage: |stage| {
        stage.with_feature_f();
        let list = format!("[{}]", Feature::string("F", "one").json());
        let first = Behaviour::sse().ack().event_with_id("features", "v1", &list);
        stage.edge().script(Route::Stream, [first.close(Closing::Fin)], Behaviour::healthy());
    },
    run: last_event_id,
    ..SCENARIO
};

fn list_with_etag(etag: &str) -> Behaviour {
    let head = Behaviour::status(200).header("content-type", "application/json");
    head.header("etag", etag).environments()
}

/// Checks the etags of polls, and that the SDK of this project forgets its etag with a list that has none.
fn replayed_and_lost(scene: &Scene<'_>) -> Verdict {
    let etags = [None, Some(STRONG), Some(WEAK), Some(WEAK), Some(WEAK)];
    let client = replayed(scene, &etags)?;
    if !scene.is_own() {
        return Ok(());
    }
    let plain = Behaviour::status(200).header("content-type", "application/json").environments();
    scene.edge().script(Route::Poll, [plain], Behaviour::healthy());
    let label = "a poll after a list without an etag";
    let lists =
        |seen: &Recording| seen.of(Route::Poll).filter(|poll| poll.status == Some(200)).count();
    let seen = scene.until(label, "a third list", |seen| lists(seen) >= 3)?;
    let list = seen.of(Route::Poll).filter(|poll| poll.status == Some(200)).nth(2);
    let at = list.map(|list| list.request.at);
    let seen = scene.until(label, "another poll", |seen| {
        seen.of(Route::Poll).any(|poll| Some(poll.request.at) > at)
    })?;
    let next = seen.of(Route::Poll).find(|poll| Some(poll.request.at) > at);
    let etag = next.and_then(|next| next.request.header("if-none-match"));
    equal("If-None-Match after a list without an etag", etag, None)?;
    end(scene, &client)
}

/// Checks `If-None-Match` of the first polls of a client, and returns the client.
fn replayed(scene: &Scene<'_>, expected: &[Option<&str>]) -> Result<SdkClient, Stop> {
    let client = scene.create(scene.polling())?;
    client.until_ready()?;
    let seen = scene.until_requests("several polls", Route::Poll, expected.len())?;
    let sent: Vec<Option<&str>> = seen
        .of(Route::Poll)
        .take(expected.len())
        .map(|seen| seen.request.header("if-none-match"))
        .collect();
    equal("If-None-Match of each poll", sent, expected)?;
    scene.answers("value after 304", &client, "F", &ExpectedAnswer::string("one"))?;
    Ok(client)
}

/// Serves each user key as the value of `F`.
fn values_of_user_keys(stage: &Stage) {
    stage.with_feature_f();
    stage.edge().evaluate_with(|context, mut features| {
        let user = context.get("userkey").and_then(|values| values.first());
        for feature in features.iter_mut().filter_map(|feature| feature.as_object_mut()) {
            feature.insert("value".to_owned(), user.map_or("no user", String::as_str).into());
        }
        features
    });
}

fn context_change(scene: &Scene<'_>) -> Verdict {
    let (ann, bob) = (context([("userkey", &["ann"])]), context([("userkey", &["bob"])]));
    let mut create = scene.polling();
    create.keys = vec![scene.edge().server_key()];
    let client = scene.create(create)?;
    set_context(&client, &ann)?;
    client.until_string("value of the first context", "F", "ann")?;
    let label = "the etag is sent while the context stays";
    scene.until(label, "If-None-Match", |seen| {
        let mut polls = seen.of(Route::Poll).map(|seen| &seen.request);
        polls.any(|poll| poll.context() == ann && poll.header("if-none-match").is_some())
    })?;
    set_context(&client, &bob)?;
    client.until_string("value of the second context", "F", "bob")?;
    let seen = scene.edge().recording();
    let first = |seen: &Recording, user| {
        let poll = seen.of(Route::Poll).find(|seen| seen.request.context() == user);
        poll.map(|seen| (*seen.request).clone())
            .ok_or_else(|| Stop::failed("a poll with each context", "a poll", "none"))
    };
    let (before, after) = (first(&seen, ann)?, first(&seen, bob)?);
    let sha = "contextSha";
    // An etag of the former context is safe if the URL differs. The SDK of this project sends none.
    let is_another = !scene.is_own() && after.query_value(sha) != before.query_value(sha);
    let holds = after.header("if-none-match").is_none() || is_another;
    check("no old etag for another context", holds, "no etag, or another contextSha", || {
        format!("{:?} {:?}", after.header("if-none-match"), after.query_value(sha))
    })
}

fn last_event_id(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.streaming())?;
    client.until_ready()?;
    let seen = scene.until_requests("the client reconnects", Route::Stream, 2)?;
    let ids: Vec<Option<&str>> =
        seen.of(Route::Stream).map(|seen| seen.request.header("last-event-id")).collect();
    equal("Last-Event-ID of the first request", ids.first(), Some(&None))?;
    let id = ids.get(1).copied().flatten();
    check("Last-Event-ID of the reconnect", matches!(id, Some("v1" | "\"v1\"")), "v1", || {
        format!("{id:?}")
    })?;
    scene.answers("value after the reconnect", &client, "F", &ExpectedAnswer::string("one"))?;
    end(scene, &client)?;
    // The first client may send another request while it ends, so the new client has a key of its own.
    let key = format!("{ENVIRONMENT}/another*secret");
    let fresh = scene.create(Create { keys: vec![key.clone()], ..scene.streaming() })?;
    let first = |seen: &Recording| {
        let mut requests = seen.of(Route::Stream).map(|seen| Arc::clone(&seen.request));
        requests.find(|request| request.api_keys().contains(&key))
    };
    let label = "the client sends a request";
    let seen = scene
        .until(label, "a request with the key of the new client", |seen| first(seen).is_some())?;
    fresh.until_ready()?;
    end(scene, &fresh)?;
    let first = first(&seen);
    let id = first.as_ref().and_then(|first| first.header("last-event-id"));
    equal("Last-Event-ID of a new client", id, None::<&str>)
}
