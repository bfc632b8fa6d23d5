//! The header x-featurehub, which carries the context of a server-evaluated key.

use std::sync::Arc;

use fh_test_servers::featurehub::{Request, Route};

use super::first_request::{
    context, end, request_with_context, route, set_context, transport, transports,
};
use crate::protocol::Context;
use crate::sdk::{SCENARIO, Scenario, Scene, Stop, Verdict, check, equal};

pub(super) const ENCODING: Scenario = Scenario {
    id: "P-009",
    name: "hdr.xfeaturehub.encoding",
    tier: 3,
    requires: &["key.server_eval"],
    given: "a server-evaluated key, and attributes with several values, commas, spaces, signs and letters of other scripts",
    when: "the program sets the context",
    then: "one header x-featurehub has pairs of name and percent-encoded value, joined by commas, from which an Edge decodes the same context",
    decision: "D-25",
    bites: &["CommasOfAttributesAreSent"],
    run: encoding,
    ..SCENARIO
};

pub(super) const SORTED: Scenario = Scenario {
    id: "P-010",
    name: "hdr.xfeaturehub.sorted",
    tier: 3,
    requires: &["transport.poll", "key.server_eval"],
    given: "two clients with a server-evaluated key",
    when: "the same attributes are added in two orders",
    then: "both clients send the same header, sorted by attribute",
    decision: "D-25",
    bites: &["AttributesAreNotSorted"],
    run: sorted,
    ..SCENARIO
};

fn encoding(scene: &Scene<'_>) -> Verdict {
    // A comma in a value arrives as two values, which is what the protocol has for it.
    let given = context([
        ("userkey", &["a b,c=d"]),
        ("plan", &["gold", "beta"]),
        ("city", &["Zürich ☃ 日本"]),
        ("sum", &["1+1=2 & 100% ~*'()!"]),
    ]);
    let decoded = context([
        ("userkey", &["a b", "c=d"]),
        ("plan", &["gold", "beta"]),
        ("city", &["Zürich ☃ 日本"]),
        ("sum", &["1+1=2 & 100% ~*'()!"]),
    ]);
    for mut create in transports(scene) {
        let route = route(&create);
        if route == Route::Stream && !scene.can("stream.headers") {
            continue;
        }
        let transport = transport(&create);
        create.keys = vec![scene.edge().server_key()];
        let client = scene.create(create)?;
        set_context(&client, &given)?;
        let request = request_with_header(scene, route)?;
        let lines: Vec<&str> = request.header_lines("x-featurehub").collect();
        equal(&format!("one context header, {transport}"), lines.len(), 1)?;
        let header = lines.first().copied().unwrap_or_default();
        let label = format!("form of the context header, {transport}");
        let pairs = "pairs of encoded texts, joined by commas";
        check(&label, header.split(',').all(is_pair), pairs, || header.to_owned())?;
        equal(&format!("decoded context, {transport}"), request.context(), decoded.clone())?;
        end(scene, &client)?;
    }
    Ok(())
}

/// Waits for the first request of a route with a context header.
fn request_with_header(scene: &Scene<'_>, route: Route) -> Result<Arc<Request>, Stop> {
    let found = scene.wait_for(|seen| {
        let request = seen.of(route).find(|seen| seen.request.header("x-featurehub").is_some());
        request.map(|seen| Arc::clone(&seen.request))
    });
    found.map_err(|seen| {
        let requests = format!("{} requests without it", seen.count(route));
        Stop::failed("a request with a context", "x-featurehub", requests)
    })
}

/// Returns true if a part of the header is a name and a value with nothing but unreserved characters and percent-encoded bytes. Encoders of
/// forms write a space as `+`, and some leave the marks `!'()*` as they are.
fn is_pair(part: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~*'()!+%".contains(&byte);
    part.split_once('=').is_some_and(|(name, value)| {
        !name.is_empty() && name.bytes().all(is_plain) && value.bytes().all(is_plain)
    })
}

fn sorted(scene: &Scene<'_>) -> Verdict {
    let all = context([
        ("userkey", &["fred"]),
        ("zone", &["north"]),
        ("area", &["7"]),
        ("country", &["narnia"]),
        ("plan", &["gold"]),
        ("motto", &["x"]),
        ("belt", &["black"]),
    ]);
    let first: Context = context([("zone", &["north"]), ("motto", &["x"])]);
    let second: Context = context([("area", &["7"]), ("belt", &["black"])]);
    let mut headers = Vec::new();
    for begin in [first, second] {
        let mut create = scene.polling();
        create.keys = vec![scene.edge().server_key()];
        let polls = scene.edge().recording().count(Route::Poll);
        let client = scene.create(create)?;
        set_context(&client, &begin)?;
        request_with_context(scene, Route::Poll, &begin)?;
        set_context(&client, &all)?;
        let seen = scene.until("a poll with all attributes", "a poll", |seen| {
            seen.of(Route::Poll).skip(polls).any(|seen| seen.request.context() == all)
        })?;
        end(scene, &client)?;
        let with_all = seen.of(Route::Poll).skip(polls).find(|seen| seen.request.context() == all);
        let header = with_all.and_then(|seen| seen.request.header("x-featurehub"));
        headers.push(header.unwrap_or_default().to_owned());
    }
    let [one, other] = headers.as_slice() else {
        return Err(Stop::failed("two headers", "2", headers.len().to_string()));
    };
    equal("the same header for both orders", one, other)?;
    let pairs: Vec<&str> = one.split(',').collect();
    check("order of the attributes", pairs.is_sorted(), "sorted pairs", || one.clone())
}
