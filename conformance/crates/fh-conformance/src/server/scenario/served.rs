//! Polling: parts of a state other than values, and requests that no SDK sends.

use serde_json::json;

use super::Evaluated::{ByClient, ByServer};
use super::check::{Failure, Outcome, check, same, there};
use super::poll::{NOWHERE, UNKNOWN, etag};
use super::put::early;
use super::scenario_client::{ScenarioClient, by_key, features, version};
use super::state::{close_dev, delete, retire, without};
use super::{Bench, Setup, standard};
use crate::server::wire::{Request, Response, component};

pub(super) fn cache_control(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    for evaluated in [ByClient, ByServer] {
        let cached = client.key("reader", "cached", evaluated)?;
        let full = client.polled(&cached)?;
        same("on 200", full.header("cache-control"), Some("max-age=20"))?;
        let again = client.ask(&client.poll(&[&cached]).header("if-none-match", etag(&full)?))?;
        same("status", again.status, 304)?;
        same("on 304", again.header("cache-control"), Some("max-age=20"))?;
    }
    Ok(())
}

pub(super) fn unset(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    for evaluated in [ByClient, ByServer] {
        let all = client.features(&client.dev(evaluated)?)?;
        let unset = there("UNSET", all.get("UNSET"))?;
        same("value of UNSET", unset.get("value"), None)?;
        check!(version(unset) >= 0, "version of UNSET: {unset}");
        same("lock of UNSET", unset.get("l"), Some(&false.into()))?;
        let flag = there("UNSET_FLAG", all.get("UNSET_FLAG"))?;
        same("value of UNSET_FLAG", flag.get("value"), Some(&false.into()))?;
        check!(version(flag) >= 0, "version of UNSET_FLAG: {flag}");
    }
    Ok(())
}

pub(super) fn retired(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    let before = client.feature(&client.dev(ByClient)?, "COLOUR")?;
    let mut state = standard();
    for is_retired in [true, false] {
        retire(&mut state, "COLOUR", is_retired);
        client.subject().serve(&state)?;
        for evaluated in [ByClient, ByServer] {
            let seen = client.features(&client.dev(evaluated)?)?.contains_key("COLOUR");
            same("is COLOUR seen", seen, !is_retired)?;
        }
    }
    let after = client.feature(&client.dev(ByClient)?, "COLOUR")?;
    check!(version(&after) > version(&before), "{after} is no newer than {before}");
    same("value", after.get("value"), before.get("value"))?;
    same("id", after.get("id"), before.get("id"))?;
    // The feature is deleted and created again.
    let mut deleted = standard();
    delete(&mut deleted, "COLOUR");
    client.subject().serve(&deleted)?;
    check!(
        !client.features(&client.dev(ByClient)?)?.contains_key("COLOUR"),
        "COLOUR is still there"
    );
    client.subject().serve(&standard())?;
    let anew = client.feature(&client.dev(ByClient)?, "COLOUR")?;
    check!(version(&anew) > version(&after), "{anew} is no newer than {after}");
    // A write to a retired feature makes it visible.
    let (mut stream, list) = client.stream(&client.dev(ByClient)?)?;
    check!(!by_key(&list.json()).contains_key("RETIRED"), "RETIRED is seen");
    client.set("RETIRED", &json!("anew"))?;
    let seen = client.feature(&client.dev(ByClient)?, "RETIRED")?;
    same("changed", seen.get("value"), Some(&"anew".into()))?;
    same("streamed", client.updated(&mut stream, "feature", "RETIRED")?.json(), seen)
}

pub(super) fn properties(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    for evaluated in [ByClient, ByServer] {
        let extended = client.features(&client.key("extended", "dev", evaluated)?)?;
        let fp = |name: &str| extended.get(name).and_then(|feature| feature.get("fp"));
        same("fp of COLOUR", fp("COLOUR"), Some(&json!({"category": "shoes"})))?;
        same("fp of FLAG", fp("FLAG"), None)?;
        let plain = client.polled(&client.dev(evaluated)?)?.text();
        check!(
            !plain.contains("\"fp\"") && !plain.contains("shoes"),
            "a plain key sees properties"
        );
    }
    Ok(())
}

pub(super) fn filters(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    for evaluated in [ByClient, ByServer] {
        let mobile = client.key("mobile", "dev", evaluated)?;
        let seen: Vec<String> = client.features(&mobile)?.into_keys().collect();
        same("polled", &*seen, &["MOBILE_ONLY".to_owned()])?;
        let (mut stream, list) = client.stream(&mobile)?;
        let seen: Vec<String> = by_key(&list.json()).into_keys().collect();
        same("streamed", &*seen, &["MOBILE_ONLY".to_owned()])?;
        // Updates of hidden features are not sent, either.
        client.set("SCRATCH", &json!(format!("hidden {evaluated:?}")))?;
        client.set("MOBILE_ONLY", &json!(format!("seen {evaluated:?}")))?;
        client.updated(&mut stream, "feature", "MOBILE_ONLY")?;
    }
    let mobile = client.key("mobile", "dev", ByClient)?;
    same("PUT on a hidden one", client.put(&mobile, "SCRATCH", r#"{"value":"x"}"#)?.status, 404)?;
    same("PUT on its own", client.put(&mobile, "MOBILE_ONLY", r#"{"value":"tap"}"#)?.status, 200)
}

pub(super) fn stale(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    for evaluated in [ByClient, ByServer] {
        let response = client.polled(&client.key("reader", "stale", evaluated)?)?;
        same("status", response.status, 236)?;
        let colour = there("COLOUR", features(&response.json()).remove("COLOUR"))?;
        same("value", colour.get("value"), Some(&"brown".into()))?;
    }
    Ok(())
}

pub(super) fn not_ready(bench: &Bench<'_>) -> Outcome {
    let client = bench.with(&Setup { state: None, ..Setup::default() })?;
    // A server without a state must not report a key as unknown.
    for key in [client.dev(ByClient)?, client.dev(ByServer)?] {
        same("poll", client.polled(&key)?.status, 503)?;
    }
    same("PUT", client.put(&client.writer()?, "FLAG", r#"{"value":true}"#)?.status, 503)?;
    let context =
        client.stream_request(&client.dev(ByServer)?).header("x-featurehub", "country=new_zealand");
    let mut waiting = client.open(&context)?;
    same("a stream", waiting.told()?.map(|event| event.name), Some("ack".into()))?;
    let unknown = client.stream_request(&format!("{NOWHERE}/{UNKNOWN}"));
    let mut unknown = client.open(&unknown)?;
    same(
        "a stream with an unknown key",
        unknown.told()?.map(|event| event.name),
        Some("ack".into()),
    )?;
    client.subject().serve(&standard())?;
    let list = there("the list", waiting.told()?)?;
    let flag = there("FLAG", by_key(&list.json()).remove("FLAG"))?;
    same("value", flag.get("value"), Some(&true.into()))?;
    client.set("SCRATCH", &json!("after all"))?;
    client.updated(&mut waiting, "feature", "SCRATCH")?;
    same("now it is known", unknown.told()?.map(|event| event.name), Some("failure".into()))?;
    // A stream that waits for a state gets `bye` when the server stops, so that its client reconnects.
    let client = bench.with(&Setup { state: None, ..Setup::default() })?;
    let mut waiting = client.open(&client.stream_request(&client.dev(ByClient)?))?;
    same("a stream", waiting.told()?.map(|event| event.name), Some("ack".into()))?;
    client.subject().stop()?;
    same("at the stop", waiting.told()?.map(|event| event.name), Some("bye".into()))?;
    same("then", waiting.told()?, None)
}

pub(super) fn compression(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let plain = client.polled(&client.dev(ByClient)?)?;
    same("unasked", plain.header("content-encoding"), None)?;
    let asked =
        client.ask(&client.poll(&[&client.dev(ByClient)?]).header("accept-encoding", "gzip"))?;
    same("status", asked.status, 200)?;
    // A server may leave compression to a proxy. If it compresses, its headers must say so.
    match asked.header("content-encoding") {
        None => same("body", asked.body, plain.body),
        Some("gzip") => {
            let vary = asked.header("vary").unwrap_or_default().to_ascii_lowercase();
            check!(vary.contains("accept-encoding"), "compressed, but vary is `{vary}`");
            check!(
                asked.body.starts_with(&[0x1f, 0x8b]),
                "content-encoding is gzip, but the body is not"
            );
            Ok(())
        }
        Some(other) => {
            Err(Failure::wrong("content-encoding", format!("content-encoding: {other}")))
        }
    }
}

/// Returns the items of a list in a header, in lower case.
pub(super) fn items(response: &Response, name: &str) -> Vec<String> {
    let list = response.header(name).unwrap_or_default().to_ascii_lowercase();
    list.split(',').map(|item| item.trim().to_owned()).collect()
}

pub(super) fn head_and_options(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let path = format!("/features?apiKey={}", component(&client.dev(ByClient)?));
    let get = client.ask(&client.request("GET", &path).header("origin", "http://shop.example"))?;
    let head = client.ask(&client.request("HEAD", &path))?;
    same("HEAD", (head.status, head.header("etag")), (200, get.header("etag")))?;
    same("origin", get.header("access-control-allow-origin"), Some("*"))?;
    let exposed = items(&get, "access-control-expose-headers");
    for name in ["etag", "cache-control"] {
        check!(exposed.iter().any(|each| each == name), "{name} is not exposed: {exposed:?}");
    }
    for (path, method) in [
        (path, "GET"),
        (format!("/features/{}", client.dev(ByServer)?), "GET"),
        (format!("/features/{}/FLAG", client.dev(ByClient)?), "PUT"),
    ] {
        let preflight = client
            .request("OPTIONS", &path)
            .header("origin", "http://shop.example")
            .header("access-control-request-method", method)
            .header("access-control-request-headers", "x-featurehub");
        let preflight = client.ask(&preflight)?;
        check!([200, 204].contains(&preflight.status), "OPTIONS answers {}", preflight.status);
        same("origin", preflight.header("access-control-allow-origin"), Some("*"))?;
        let methods = items(&preflight, "access-control-allow-methods");
        check!(methods.contains(&method.to_lowercase()), "{method} is not allowed: {methods:?}");
        let headers = items(&preflight, "access-control-allow-headers");
        for name in [
            "x-featurehub",
            "if-none-match",
            "etag",
            "cache-control",
            "baggage",
            "last-event-id",
            "content-type",
        ] {
            check!(headers.iter().any(|each| each == name), "{name} is not allowed: {headers:?}");
        }
        let credentials = preflight.header("access-control-allow-credentials");
        same("credentials with *", credentials, None)?;
    }
    let plain = client.polled(&client.dev(ByClient)?)?;
    same("without origin", plain.header("access-control-allow-origin"), None)
}

/// Sends bytes and returns the status of the answer; `None` if the connection closes without an answer.
fn status_of(client: &ScenarioClient, bytes: &[u8]) -> Result<Option<u16>, Failure> {
    // A server may refuse the request and close the connection before it has read everything.
    early(&mut client.connect()?, bytes)
}

pub(super) fn hostile(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let target =
        client.base().target(&format!("/features?apiKey={}", component(&client.dev(ByServer)?)));
    let get = || Request::new("GET", &*target);
    let many = vec![format!("apiKey={}", component(&client.dev(ByServer)?)); 10_000].join("&");
    let many = Request::new("GET", client.base().target(&format!("/features?{many}")));
    // The key may only read, so that none of these requests can change a feature.
    let path = format!("/features/{}/FLAG", client.dev(ByClient)?);
    let put = Request::new("PUT", client.base().target(&path));
    let host = client.base().authority();
    let with = |name: &str, value: &[u8]| {
        let mut bytes = format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n{name}: ").into_bytes();
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes
    };
    let refused: [(&str, Vec<u8>); 10] = [
        ("a header of 64 KiB", get().header("x-featurehub", "a".repeat(65_536)).bytes(host)),
        ("10,000 keys", many.bytes(host)),
        ("NUL in a header", with("x-featurehub", b"a=\0")),
        ("NUL in the target", b"GET /features?\0 HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
        ("a line break in a header", with("x-featurehub", b"a=b\rc")),
        (
            "two lengths",
            put.clone()
                .header("content-length", "2")
                .header("content-length", "3")
                .body("{} ")
                .bytes(host),
        ),
        ("a length below zero", put.clone().header("content-length", "-1").bytes(host)),
        (
            "chunks that are none",
            put.header("transfer-encoding", "chunked").body("zz\r\n").bytes(host),
        ),
        ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(10)),
        ("no version", format!("GET {target}\r\n\r\n").into_bytes()),
    ];
    for (what, bytes) in refused {
        let status = status_of(&client, &bytes)?;
        let is_refused = status.is_none_or(|status| (400..500).contains(&status));
        same(what, (status, is_refused), (status, true))?;
        client.is_alive()?;
    }
    // Unusual requests that need not be refused and must not cause a server error.
    for (what, bytes) in [
        ("bytes that are no UTF-8", with("x-featurehub", b"userkey=\xff\xfe,country=\xc3\x28")),
        (
            "a key that is no UTF-8",
            Request::new("GET", client.base().target("/features?apiKey=%ff%fe")).bytes(host),
        ),
        (
            "broken percents",
            Request::new("GET", client.base().target("/features?apiKey=%zz&%=%")).bytes(host),
        ),
        ("old HTTP", format!("GET {target} HTTP/1.0\r\n\r\n").into_bytes()),
    ] {
        let status = there(what, status_of(&client, &bytes)?)?;
        let is_handled = status == 200 || (400..500).contains(&status);
        same(what, (status, is_handled), (status, true))?;
    }
    let expecting = get().header("expect", "100-continue");
    same("Expect on a GET", status_of(&client, &expecting.bytes(host))?, Some(200))?;
    client.is_alive()
}

pub(super) fn revoked(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    let guest = client.key("guest", "dev", ByClient)?;
    same("before", client.polled(&guest)?.status, 200)?;
    let mut state = standard();
    without(&mut state, "accounts", "name", "guest");
    client.subject().serve(&state)?;
    for evaluated in [ByClient, ByServer] {
        client.opens_nothing("revoked", &client.key("guest", "dev", evaluated)?)?;
    }
    client.is_alive()?;
    let mut state = standard();
    close_dev(&mut state);
    client.subject().serve(&state)?;
    client.opens_nothing("no environment", &client.dev(ByClient)?)?;
    same("another one", client.polled(&client.key("reader", "other", ByClient)?)?.status, 200)
}
