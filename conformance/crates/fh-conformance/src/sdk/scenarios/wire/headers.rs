//! Headers of requests, except those of server-evaluated contexts and etags.

use fh_test_servers::featurehub::{Behaviour, Request, Route};

use super::first_request::{
    context, end, first_request, route, set_context, transport, transports,
};
use crate::protocol::Sdk;
use crate::sdk::{ExpectedAnswer, SCENARIO, Scenario, Scene, SdkClient, Verdict, check, equal};

pub(super) const ACCEPT: Scenario = Scenario {
    id: "P-006",
    name: "hdr.accept",
    tier: 2,
    requires: &["transport.stream"],
    when: "a client opens a stream",
    then: "the request has the header Accept: text/event-stream",
    decision: "sdk-behaviour 0.4, edge-protocol 3.1",
    bites: &["StreamsAcceptAnything"],
    run: accept,
    ..SCENARIO
};

pub(super) const IDENTIFICATION: Scenario = Scenario {
    id: "P-007",
    name: "hdr.identify",
    tier: 3,
    requires: &["http.identify"],
    when: "a client polls, or opens a stream",
    then: "a header names the SDK and its version",
    decision: "sdk-behaviour 0.3",
    bites: &["RequestsAreAnonymous"],
    run: identification,
    ..SCENARIO
};

pub(super) const OF_THE_PROGRAM: Scenario = Scenario {
    id: "P-008",
    name: "hdr.user-headers",
    tier: 1,
    needs: &["headers"],
    given: "headers that the program sets, and an Edge that allows pages of other origins all headers",
    when: "a client polls, or opens a stream",
    then: "the request has these headers",
    decision: "D-83",
    bites: &["HeadersOfTheProgramAreLost"],
    stage: |stage| {
        stage.with_feature_f();
        let allowing = Behaviour::status(204)
            .header("access-control-allow-origin", "*")
            .header("access-control-allow-headers", "*");
        stage.edge().behave_on(Route::Other, allowing);
    },
    run: of_the_program,
    ..SCENARIO
};

pub(super) const CLIENT_KEY: Scenario = Scenario {
    id: "P-011",
    name: "hdr.xfeaturehub.client-key",
    tier: 1,
    requires: &["key.client_eval"],
    needs: &["poll_ms"],
    given: "a client-evaluated key",
    when: "features are read with a context",
    then: "no request before or after the read has the header x-featurehub or a text of the context",
    decision: "edge-protocol 2.1",
    bites: &["ContextAlwaysSent"],
    run: client_key,
    ..SCENARIO
};

fn accept(scene: &Scene<'_>) -> Verdict {
    let request = first_request(scene, scene.streaming())?;
    let accept = request.header("accept").unwrap_or_default();
    let kinds: Vec<&str> = accept.split([',', ';']).map(str::trim).collect();
    check("Accept of the stream", kinds.contains(&"text/event-stream"), "text/event-stream", || {
        accept.to_owned()
    })
}

fn identification(scene: &Scene<'_>) -> Verdict {
    for create in transports(scene) {
        if route(&create) == Route::Stream && !scene.can("stream.headers") {
            continue;
        }
        let label = format!("identification of the {} request", transport(&create));
        let request = first_request(scene, create)?;
        check(&label, identifies(&request, scene.sdk()), "a name and a version", || {
            let names = ["x-sdk", "x-sdk-version", "user-agent"];
            let header = |name| request.header(name).map(|value| format!("{name}: {value}"));
            names.into_iter().filter_map(header).collect::<Vec<_>>().join(", ")
        })?;
    }
    Ok(())
}

/// Returns true if a header names the SDK and its version: X-SDK, if necessary with X-SDK-Version, or a User-Agent with a name of the SDK.
fn identifies(request: &Request, sdk: &Sdk) -> bool {
    let value = |name| request.header(name).unwrap_or_default().to_ascii_lowercase();
    let version = sdk.version.to_ascii_lowercase();
    let own = value("x-sdk");
    if !own.is_empty() {
        return own.contains(&version) || value("x-sdk-version").contains(&version);
    }
    let agent = value("user-agent");
    agent.contains("featurehub") && agent.contains(&version)
}

fn of_the_program(scene: &Scene<'_>) -> Verdict {
    let headers = [("x-tenant", "blue"), ("x-trace", "a=b; c=\"d e\"")];
    for mut create in transports(scene) {
        if route(&create) == Route::Stream && !scene.can("stream.headers") {
            continue;
        }
        create.headers = headers.map(|(name, value)| (name.into(), value.into())).into();
        let label = format!("headers of the {} request", transport(&create));
        let request = first_request(scene, create)?;
        let sent = headers.map(|(name, _)| request.header(name));
        equal(&label, sent, headers.map(|(_, value)| Some(value)))?;
    }
    Ok(())
}

fn client_key(scene: &Scene<'_>) -> Verdict {
    let words @ [user, country, plan, name] =
        ["fredPrivate", "narniaPrivate", "goldPrivate", "planPrivate"];
    for create in transports(scene) {
        let (route, transport) = (route(&create), transport(&create));
        let client = scene.create(create)?;
        client.until_ready()?;
        let mut read = SdkClient::getter("F", "STRING");
        let private =
            context([("userkey", &[user]), ("country", &[country]), (name, &[plan, "second"])]);
        if scene.is_own() {
            set_context(&client, &private)?;
        }
        read.context = Some(private);
        let read_answer = client.read(read.clone())?.value;
        equal(&format!("value with a context, {transport}"), read_answer, "one")?;
        // The next poll may have been on its way during the read.
        let before = scene.edge().recording().count(route);
        let more = if route == Route::Stream { 1 } else { 2 };
        scene.edge().end_streams();
        let label = format!("a {transport} request after the read");
        let seen = scene.until_requests(&label, route, before + more)?;
        for request in seen.requests.iter().map(|seen| &seen.request) {
            let header = request.header("x-featurehub").or(request.query_value("xfeaturehub"));
            equal("no context in a request", header, None)?;
            let sha = request.query_value("contextSha").unwrap_or("0");
            equal("contextSha with a client-evaluated key", sha, "0")?;
            let values = request.headers.iter().map(|(_, value)| value);
            let leak = values.chain([&request.target]).find(|text| has_word(text, &words));
            equal("no attribute in a request", leak, None::<&String>)?;
        }
        let label = format!("answer with a context, {transport}");
        scene.answers_to(&label, &client, read, &ExpectedAnswer::string("one"))?;
        end(scene, &client)?;
    }
    Ok(())
}

fn has_word(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}
