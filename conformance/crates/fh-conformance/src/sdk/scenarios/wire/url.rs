//! URLs of requests, and API keys in them.

use fh_test_servers::featurehub::{ENVIRONMENT, Feature, Route};

use super::first_request::{first_request, route, transport, transports};
use crate::sdk::{ExpectedAnswer, SCENARIO, Scenario, Scene, Verdict, check, equal};

/// The ends of base URLs, and the path of a poll for each.
const BASES: [(&str, &str); 4] = [
    ("", "/features"),
    ("/", "/features"),
    ("/some/path", "/some/path/features"),
    ("/some/path/", "/some/path/features"),
];

/// The id of a second environment.
const SECOND_ENVIRONMENT: &str = "2a6e2a13-90e1-4f4c-b0f5-6f2d1c7a5e01";

pub(super) const POLL: Scenario = Scenario {
    id: "P-001",
    name: "url.poll",
    tier: 1,
    requires: &["transport.poll"],
    given: "base URLs without a slash at the end, with one, and with a path",
    when: "a client polls",
    then: "it requests GET {base}/features?apiKey=…&contextSha=0, without a double slash",
    decision: "sdk-behaviour 0.3, edge-protocol 2.1",
    bites: &["PathOfTheEdgeIsLost", "ShaIsMissing"],
    run: poll,
    ..SCENARIO
};

pub(super) const STREAM: Scenario = Scenario {
    id: "P-002",
    name: "url.stream",
    tier: 2,
    requires: &["transport.stream"],
    given: "base URLs without a slash at the end, with one, and with a path",
    when: "a client opens a stream",
    then: "it requests GET {base}/features/{environment}/{key}, and the `*` and the `/` of the key arrive intact",
    decision: "sdk-behaviour 0.4, edge-protocol 3.1",
    bites: &["PathOfTheEdgeIsLost"],
    run: stream,
    ..SCENARIO
};

pub(super) const KEY_ENCODING: Scenario = Scenario {
    id: "P-003",
    name: "url.key-encoding",
    tier: 1,
    requires: &["transport.poll"],
    given: "an API key with characters that are reserved in URLs",
    when: "a client polls",
    then: "the decoded query has exactly this key, and the client becomes ready",
    decision: "edge-protocol 2.1",
    bites: &["KeysAreNotEncoded"],
    run: key_encoding,
    ..SCENARIO
};

pub(super) const SEVERAL_KEYS: Scenario = Scenario {
    id: "P-004",
    name: "url.multi-key",
    tier: 1,
    requires: &["transport.poll", "key.multi"],
    needs: &["poll_ms"],
    given: "an Edge with two environments and etags",
    when: "a client polls with a key of each environment",
    then: "each poll has both keys in order and no If-None-Match, and the features of both environments are readable",
    decision: "D-60",
    bites: &["EtagWithSeveralKeys", "OnlyTheFirstKeyIsSent"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().environment(SECOND_ENVIRONMENT).set_feature(Feature::string("G", "two"));
    },
    run: several_keys,
    ..SCENARIO
};

pub(super) const THREE_PART_KEY: Scenario = Scenario {
    id: "P-005",
    name: "url.three-part-key",
    tier: 1,
    given: "an API key of the old form cache/environment/key",
    when: "a client polls, or opens a stream",
    then: "it sends the key unchanged and becomes ready",
    decision: "sdk-behaviour 0.2, edge-protocol 1",
    bites: &["OldKeysAreCut"],
    run: three_part_key,
    ..SCENARIO
};

fn poll(scene: &Scene<'_>) -> Verdict {
    for (suffix, path) in BASES {
        let mut create = scene.polling();
        create.edge_url = format!("{}{suffix}", scene.edge().url());
        let request = first_request(scene, create)?;
        equal("method of the poll", request.method.as_str(), "GET")?;
        equal("path of the poll", request.path.as_str(), path)?;
        equal("key of the poll", request.api_keys(), [scene.edge().client_key()])?;
        equal("contextSha of the poll", request.query_value("contextSha"), Some("0"))?;
        let mut names: Vec<&str> = request.query.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        equal("names in the query of the poll", names, ["apiKey", "contextSha"])?;
    }
    Ok(())
}

fn stream(scene: &Scene<'_>) -> Verdict {
    for (suffix, path) in BASES {
        let mut create = scene.streaming();
        create.edge_url = format!("{}{suffix}", scene.edge().url());
        let request = first_request(scene, create)?;
        equal("method of the stream request", request.method.as_str(), "GET")?;
        // A star needs no encoding in a path, but may have one.
        let sent = request.path.replace("%2A", "*").replace("%2a", "*");
        let expected = format!("{path}/{}", scene.edge().client_key());
        equal("path of the stream request", sent, expected)?;
        equal("query of the stream request", request.query.len(), 0)?;
    }
    Ok(())
}

fn key_encoding(scene: &Scene<'_>) -> Verdict {
    let key = format!("{ENVIRONMENT}/a+b%20c&d=e?f#g;h:i@j,k$l~m!n(o)p*");
    let mut create = scene.polling();
    create.keys = vec![key.clone()];
    let request = first_request(scene, create)?;
    equal("key of the poll", request.api_keys(), [key])
}

fn several_keys(scene: &Scene<'_>) -> Verdict {
    let keys = vec![scene.edge().client_key(), format!("{SECOND_ENVIRONMENT}/secondSecret*1")];
    let mut create = scene.polling();
    create.keys.clone_from(&keys);
    let client = scene.create(create)?;
    client.until_ready()?;
    scene.answers(
        "value of the first environment",
        &client,
        "F",
        &ExpectedAnswer::string("one"),
    )?;
    scene.answers(
        "value of the second environment",
        &client,
        "G",
        &ExpectedAnswer::string("two"),
    )?;
    let seen = scene.until_requests("several polls", Route::Poll, 4)?;
    for poll in seen.of(Route::Poll) {
        equal("keys of each poll", poll.request.api_keys(), keys.as_slice())?;
        let etag = poll.request.header("if-none-match");
        equal("If-None-Match with several keys", etag, None::<&str>)?;
    }
    scene.answers("value after several polls", &client, "F", &ExpectedAnswer::string("one"))
}

fn three_part_key(scene: &Scene<'_>) -> Verdict {
    for mut create in transports(scene) {
        let key = format!("default/{}", scene.edge().client_key());
        create.keys = vec![key.clone()];
        let (route, transport) = (route(&create), transport(&create));
        let request = first_request(scene, create)?;
        equal(&format!("key of the {transport} request"), request.api_keys(), [key.as_str()])?;
        let sent = request.path.replace("%2A", "*").replace("%2a", "*");
        let is_whole = route == Route::Poll || sent == format!("/features/{key}");
        check("path of the stream request", is_whole, "the key in three segments", || {
            sent.clone()
        })?;
    }
    Ok(())
}
