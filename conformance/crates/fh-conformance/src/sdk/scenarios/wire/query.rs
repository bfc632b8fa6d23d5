//! The context in the query: contextSha of polls, and the context of streams of clients that cannot send headers.

use std::sync::Arc;

use fh_test_servers::featurehub::{Request, Route};

use super::first_request::{context, end, request_with_context, set_context};
use crate::protocol::Context;
use crate::sdk::{SCENARIO, Scenario, Scene, Stop, Verdict, check, equal};

pub(super) const CONTEXT_SHA: Scenario = Scenario {
    id: "P-012",
    name: "hdr.context-sha",
    tier: 3,
    requires: &["transport.poll", "key.server_eval"],
    given: "a server-evaluated key",
    when: "the program sets context A, then context B, then context A again",
    then: "contextSha of A and B differ, both of A are equal, and none is `0` or needs encoding in a URL",
    decision: "D-24",
    bites: &["ShaIsConstant"],
    run: context_sha,
    ..SCENARIO
};

pub(super) const CONTEXT: Scenario = Scenario {
    id: "P-013",
    name: "query.browser",
    tier: 3,
    requires: &["transport.stream", "key.server_eval"],
    needs: &["context_in_query"],
    given: "a server-evaluated key, and a client that sends no headers with streams",
    when: "the program sets the context",
    then: "the stream request has the context in ?xfeaturehub=, encoded once more, and no header x-featurehub",
    decision: "sdk-behaviour 0.4, edge-protocol 3.1",
    bites: &["ContextInQueryIsEncodedOnce"],
    run: context_in_query,
    ..SCENARIO
};

fn context_sha(scene: &Scene<'_>) -> Verdict {
    let a = context([("userkey", &["ann"]), ("country", &["narnia"])]);
    let b = context([("userkey", &["bob"]), ("country", &["narnia"])]);
    let mut create = scene.polling();
    create.keys = vec![scene.edge().server_key()];
    let client = scene.create(create)?;
    let mut polls = 0;
    let mut shas = Vec::new();
    for context in [&a, &b, &a] {
        set_context(&client, context)?;
        let poll = poll_after(scene, polls, context)?;
        shas.push(poll.query_value("contextSha").unwrap_or_default().to_owned());
        polls = scene.edge().recording().count(Route::Poll);
        let target = &poll.target;
        let raw = target.split(['?', '&']).find_map(|pair| pair.strip_prefix("contextSha="));
        let raw = raw.unwrap_or_default();
        let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        let is_sha = !raw.is_empty() && raw != "0" && raw.bytes().all(is_safe);
        check("form of contextSha", is_sha, "a text that needs no encoding, not 0", || raw.into())?;
    }
    let [first, other, again] = shas.as_slice() else { return Ok(()) };
    check("contextSha of another context", first != other, "another text", || other.clone())?;
    equal("contextSha of the same context", again, first)
}

/// Waits for a poll with a context, apart from the first polls, and returns it.
fn poll_after(scene: &Scene<'_>, polls: usize, context: &Context) -> Result<Arc<Request>, Stop> {
    let label = "a poll with each context";
    let seen = scene.until(label, &format!("a poll with {context:?}"), |seen| {
        seen.of(Route::Poll).skip(polls).any(|seen| seen.request.context() == *context)
    })?;
    let poll = seen.of(Route::Poll).skip(polls).find(|seen| seen.request.context() == *context);
    poll.map(|seen| Arc::clone(&seen.request)).ok_or_else(|| Stop::failed(label, "a poll", "none"))
}

fn context_in_query(scene: &Scene<'_>) -> Verdict {
    let given = context([
        ("userkey", &["a b;c=d"]),
        ("plan", &["gold", "beta"]),
        ("city", &["Zürich ☃"]),
        ("sum", &["1+1=2 & 100% #?"]),
    ]);
    let mut create = scene.streaming();
    create.keys = vec![scene.edge().server_key()];
    create.context_in_query = true;
    let client = scene.create(create)?;
    set_context(&client, &given)?;
    let seen =
        scene.until("a stream request with a context", "a context in the query", |seen| {
            seen.of(Route::Stream).any(|seen| seen.request.query_value("xfeaturehub").is_some())
        })?;
    let request = seen.of(Route::Stream).map(|seen| &seen.request);
    for request in request.filter(|request| request.query_value("xfeaturehub").is_some()) {
        equal("no context header", request.header("x-featurehub"), None::<&str>)?;
        equal("context in the query", request.context(), given.clone())?;
        let names: Vec<&str> = request.query.iter().map(|(name, _)| name.as_str()).collect();
        equal("names in the query", names, ["xfeaturehub"])?;
    }
    if !scene.can("transport.poll") {
        return Ok(());
    }
    end(scene, &client)?;
    let mut create = scene.polling();
    create.keys = vec![scene.edge().server_key()];
    let polling = scene.create(create)?;
    set_context(&polling, &given)?;
    let poll = request_with_context(scene, Route::Poll, &given)?;
    let in_query = seen.of(Route::Stream).find_map(|seen| seen.request.query_value("xfeaturehub"));
    equal("the text of the header", in_query, poll.header("x-featurehub"))
}
