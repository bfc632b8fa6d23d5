//! Changing features with PUT.

use serde_json::{Value, json};

use super::Evaluated::{ByClient, ByServer};
use super::check::{Failure, Outcome, check, same, there};
use super::poll::{NOWHERE, UNKNOWN, etag};
use super::scenario_client::{ScenarioClient, version};
use super::{Bench, StateKnowledge};
use crate::server::wire::{Connection, Request, Response, WireError};

/// Returns status and body of an answer to PUT.
fn said(response: &Response) -> (u16, String) {
    (response.status, response.text())
}

/// Sets a feature to this value and lock state, whatever its state was.
fn reset(client: &ScenarioClient, feature: &str, value: &Value, locked: bool) -> Outcome {
    let bodies = [format!(r#"{{"lock":false,"value":{value}}}"#), r#"{"lock":true}"#.to_owned()];
    for body in bodies.iter().take(if locked { 2 } else { 1 }) {
        let response = client.put(&client.writer()?, feature, body)?;
        // 202 means that the feature already has this value and lock state.
        let is_done = [200, 202].contains(&response.status) && response.text().is_empty();
        check!(is_done, "{feature} set to {body}: {:?}", said(&response));
    }
    Ok(())
}

fn value(client: &ScenarioClient, feature: &str) -> Result<Value, Failure> {
    Ok(client.feature(&client.dev(ByClient)?, feature)?.get("value").cloned().unwrap_or_default())
}

pub(super) fn change(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    // A target may give one kind of the writer's key only.
    let server_key = client.key("writer", "dev", ByServer).or_else(|_| client.writer())?;
    for (key, feature, body) in [
        (client.writer()?, "FLAG", r#"{"value":true}"#),
        (server_key, "LOCKED", r#"{"value":true,"lock":false}"#),
    ] {
        reset(&client, feature, &false.into(), feature == "LOCKED")?;
        let (mut stream, _) = client.stream(&client.dev(ByClient)?)?;
        let response = client.put(&key, feature, body)?;
        check!([200, 201].contains(&response.status), "{feature}: {:?}", said(&response));
        let polled = client.feature(&client.dev(ByClient)?, feature)?;
        same("polled", polled.get("value"), Some(&true.into()))?;
        same("lock", polled.get("l"), Some(&false.into()))?;
        same("streamed", client.updated(&mut stream, "feature", feature)?.json(), polled)?;
    }
    reset(&client, "FLAG", &false.into(), false)?;
    reset(&client, "LOCKED", &false.into(), true)
}

pub(super) fn no_change(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    reset(&client, "FLAG", &false.into(), true)?;
    reset(&client, "COLOUR", &json!("grey"), false)?;
    let before = client.polled(&client.dev(ByClient)?)?;
    let (mut stream, _) = client.stream(&client.dev(ByClient)?)?;
    for (feature, body, statuses) in [
        ("COLOUR", r#"{"value":"grey"}"#, [200, 202]),
        ("COLOUR", r#"{"value":"grey","updateValue":true}"#, [200, 202]),
        // A locked feature may be locked again.
        ("FLAG", r#"{"lock":true}"#, [200, 200]),
        ("COLOUR", r#"{"lock":false}"#, [200, 200]),
        ("COLOUR", r#"{"lock":false,"value":"grey"}"#, [202, 202]),
    ] {
        let response = client.put(&client.writer()?, feature, body)?;
        check!(statuses.contains(&response.status), "{body}: {:?}", said(&response));
    }
    let after = client.polled(&client.dev(ByClient)?)?;
    same("body", after.json(), before.json())?;
    same("etag", etag(&after)?, etag(&before)?)?;
    reset(&client, "FLAG", &false.into(), false)?;
    // None of the requests above sent an event: the next event is that of this write.
    client.updated(&mut stream, "feature", "FLAG").map(|_| ())
}

pub(super) fn locked(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    reset(&client, "LOCKED", &false.into(), true)?;
    let before = client.feature(&client.dev(ByClient)?, "LOCKED")?;
    for body in [r#"{"value":true}"#, r#"{"value":false}"#, r#"{"value":true,"lock":true}"#] {
        let sentence = "it is locked, cannot change value without also unlocking";
        let response = client.put(&client.writer()?, "LOCKED", body)?;
        same(body, said(&response), (412, sentence.to_owned()))?;
        same("type", response.header("content-type"), Some("text/plain"))?;
    }
    same("the feature", client.feature(&client.dev(ByClient)?, "LOCKED")?, before)
}

pub(super) fn unlock_and_change(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    reset(&client, "SCRATCH", &json!("locked"), true)?;
    let before = client.feature(&client.dev(ByClient)?, "SCRATCH")?;
    let (mut stream, _) = client.stream(&client.dev(ByClient)?)?;
    let response = client.put(&client.writer()?, "SCRATCH", r#"{"value":"free","lock":false}"#)?;
    check!([200, 201].contains(&response.status), "{:?}", said(&response));
    let event = client.updated(&mut stream, "feature", "SCRATCH")?.json();
    check!(version(&event) > version(&before), "{event} is not newer than {before}");
    let both = (event.get("value").cloned(), event.get("l").cloned());
    same("value and lock in one step", both, (Some("free".into()), Some(false.into())))?;
    // Value and lock changed in one step: the next event is that of the next write.
    client.set("FLAG", &true.into())?;
    client.updated(&mut stream, "feature", "FLAG")?;
    client.set("FLAG", &false.into())
}

pub(super) fn empty(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let sentence = "lock and updateValue null, nothing to do";
    for body in ["{}", r#"{"updateValue":false}"#, r#"{"value":null}"#, r#"{"colour":"red"}"#] {
        same(
            body,
            said(&client.put(&client.writer()?, "SCRATCH", body)?),
            (400, sentence.to_owned()),
        )?;
    }
    for body in ["", "{", "[]", "null", "5", "{} x", r#"{"lock":"yes"}"#, "\u{0}"] {
        same(body, client.put(&client.writer()?, "SCRATCH", body)?.status, 400)?;
    }
    client.is_alive()
}

pub(super) fn reader(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let before = client.polled(&client.dev(ByClient)?)?.json();
    for key in [client.dev(ByClient)?, client.dev(ByServer)?] {
        for body in [r#"{"value":true}"#, r#"{"lock":true}"#, r#"{"lock":false}"#, "{}"] {
            let answer = said(&client.put(&key, "FLAG", body)?);
            same(body, answer, (403, "no write roles".to_owned()))?;
        }
    }
    // An account that may do more than read, but not write, fails at the first permission that it lacks.
    if client.identifiers().knowledge() == StateKnowledge::Unknown {
        return same("the features", client.polled(&client.dev(ByClient)?)?.json(), before);
    }
    let extended =
        client.put(&client.key("extended", "dev", ByClient)?, "FLAG", r#"{"value":true}"#)?;
    same("extended", said(&extended), (403, "API Key has no change_value permission".to_owned()))?;
    same("the features", client.polled(&client.dev(ByClient)?)?.json(), before)
}

/// Returns the expected answer, by the table of edge-protocol 5.3 from top to bottom.
fn expected(roles: &str, value: bool, lock: Option<bool>, locked: bool) -> (u16, &'static str) {
    let may = |role: &str| roles.split('-').any(|each| each == role);
    if roles.is_empty() {
        return (403, "no write roles");
    }
    if lock == Some(true) && !may("lock") {
        return (403, "feature locked");
    }
    if lock == Some(false) && !may("unlock") {
        return (403, "feature locked, no permission to unlock");
    }
    if lock.is_none() && !value {
        return (400, "lock and updateValue null, nothing to do");
    }
    if value && !may("change") {
        return (403, "API Key has no change_value permission");
    }
    if value && locked && lock != Some(false) {
        return (412, "it is locked, cannot change value without also unlocking");
    }
    (200, "")
}

pub(super) fn role_matrix(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    let accounts = [
        ("reader", ""),
        ("lock", "lock"),
        ("unlock", "unlock"),
        ("change", "change"),
        ("lock-unlock", "lock-unlock"),
        ("lock-change", "lock-change"),
        ("unlock-change", "unlock-change"),
        ("writer", "lock-unlock-change"),
    ];
    for (account, roles) in accounts {
        let key = client.key(account, "dev", ByClient)?;
        for locked in [false, true] {
            for (change, lock) in [
                (true, None),
                (false, Some(true)),
                (false, Some(false)),
                (true, Some(true)),
                (true, Some(false)),
                (false, None),
            ] {
                reset(&client, "SCRATCH", &json!("old"), locked)?;
                let before = client.feature(&client.dev(ByClient)?, "SCRATCH")?;
                // A null value means the same as no value.
                let body = json!({"value": change.then_some("new"), "lock": lock});
                let what = format!("{account}, {body}, locked: {locked}");
                let (status, sentence) = expected(roles, change, lock, locked);
                let response = client.put(&key, "SCRATCH", &body.to_string())?;
                same(&what, said(&response), (status, sentence.to_owned()))?;
                let after = client.feature(&client.dev(ByClient)?, "SCRATCH")?;
                if status != 200 {
                    same(&what, after, before)?;
                    continue;
                }
                let wanted = if change { "new" } else { "old" };
                same(&what, after.get("value"), Some(&wanted.into()))?;
                same(&what, after.get("l"), Some(&lock.unwrap_or(locked).into()))?;
            }
        }
    }
    reset(&client, "SCRATCH", &json!("start"), false)
}

pub(super) fn types(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    let boolean = "flag value must be true or false";
    let number = "Attempting to update NUMBER value with non-NUMBER";
    let json = "Attempting to update JSON value to non-json";
    for (feature, value, sentence) in [
        ("FLAG", r#""foo""#, boolean),
        ("FLAG", "1", boolean),
        ("FLAG", r#"{"a":1}"#, boolean),
        ("PRICE", r#""abc""#, number),
        ("PRICE", r#""""#, number),
        ("PRICE", "true", number),
        ("PRICE", r#""1,5""#, number),
        ("PRICE", "1e400", number),
        ("LAYOUT", r#""{bad""#, json),
        ("LAYOUT", r#"{"a":1}"#, json),
        ("LAYOUT", r#""{} trailing""#, json),
    ] {
        let response =
            client.put(&client.writer()?, feature, &format!(r#"{{"value":{value}}}"#))?;
        same(&format!("{feature} = {value}"), said(&response), (400, sentence.to_owned()))?;
    }
    for (feature, given, stored) in [
        ("FLAG", r#""TRUE""#, json!(true)),
        ("FLAG", r#""false""#, json!(false)),
        ("COLOUR", "12", json!("12")),
        ("COLOUR", "true", json!("true")),
        ("COLOUR", r#""grün \" 🚲""#, json!("grün \" 🚲")),
        ("COLOUR", r#""grey""#, json!("grey")),
        ("PRICE", r#""20.5""#, json!(20.5)),
        ("PRICE", "17.65", json!(17.65)),
        ("LAYOUT", r#""5""#, json!("5")),
        ("LAYOUT", "[1,2]", json!("[1, 2]")),
        ("LAYOUT", "{}", json!("{}")),
        ("LAYOUT", "7", json!("7")),
        ("LAYOUT", "true", json!("true")),
        ("LAYOUT", r#""[1e400]""#, json!("[1e400]")),
        ("LAYOUT", r#""""#, json!("")),
        ("LAYOUT", r#""{\"columns\":[1,2]}""#, json!(r#"{"columns":[1,2]}"#)),
    ] {
        let response =
            client.put(&client.writer()?, feature, &format!(r#"{{"value":{given}}}"#))?;
        same(&format!("{feature} = {given}"), response.status, 200)?;
        same(feature, value(&client, feature)?, stored)?;
    }
    Ok(())
}

pub(super) fn null(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    let body = r#"{"updateValue":true,"value":null}"#;
    let flag = client.put(&client.writer()?, "FLAG", body)?;
    same("FLAG", said(&flag), (412, "cannot set flag value to null".to_owned()))?;
    for (feature, back) in [
        ("COLOUR", json!("grey")),
        ("PRICE", json!(17.65)),
        ("LAYOUT", json!(r#"{"columns":[1,2]}"#)),
    ] {
        same(feature, client.put(&client.writer()?, feature, body)?.status, 200)?;
        same("value", client.feature(&client.dev(ByClient)?, feature)?.get("value"), None)?;
        same("value", client.feature(&client.dev(ByServer)?, feature)?.get("value"), None)?;
        let again = client.put(&client.writer()?, feature, r#"{"updateValue":true}"#)?.status;
        check!([200, 202].contains(&again), "{feature} again: {again}");
        client.set(feature, &back)?;
        same("back", value(&client, feature)?, back)?;
    }
    Ok(())
}

pub(super) fn number_forms(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    let put =
        |text: &str| client.put(&client.writer()?, "PRICE", &format!(r#"{{"value":{text}}}"#));
    let stored = || -> Result<String, Failure> {
        // Read as text, because a double would be rounded.
        let body = client.polled(&client.dev(ByServer)?)?.text();
        let price = there("PRICE", body.split(r#""key":"PRICE""#).nth(1))?;
        let value = there("its value", price.split(r#""value":"#).nth(1))?;
        Ok(value.split([',', '}']).next().unwrap_or_default().to_owned())
    };
    for text in ["507598.258978", "9007199254740993", "-0.1", "123456789012345678.125", "1"] {
        same(text, put(text)?.status, 200)?;
        same(text, stored()?, text.to_owned())?;
    }
    let before = version(&client.feature(&client.dev(ByClient)?, "PRICE")?);
    for text in ["1", "1.0", "1.000", "1e0", "10e-1", r#""1""#, r#""1.0""#] {
        let status = put(text)?.status;
        check!([200, 202].contains(&status), "{text} over 1: {status}");
        same(text, version(&client.feature(&client.dev(ByClient)?, "PRICE")?), before)?;
    }
    same("1e2", put("1e2")?.status, 200)?;
    same("1e2", value(&client, "PRICE")?.as_f64(), Some(100.0))?;
    check!([200, 202].contains(&put("100")?.status), "100 over 1e2 is a change");
    client.set("PRICE", &json!(17.65))
}

pub(super) fn unknown(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let stranger = format!("{}/{UNKNOWN}", client.environment("dev")?);
    let nowhere = format!("{NOWHERE}/{UNKNOWN}");
    for (key, feature) in [
        (&*client.writer()?, "NO_SUCH"),
        (&stranger, "FLAG"),
        (&nowhere, "FLAG"),
        ("nonsense/abc", "FLAG"),
        (&nowhere.replace('/', "+"), "FLAG"),
        ("nonsense+abc", "FLAG"),
        ("default/nonsense/abc", "FLAG"),
    ] {
        let response = client.put(key, feature, r#"{"value":true}"#)?;
        // FeatureHub's Edge sends no body, and others may say what is wrong.
        same(&format!("{key}/{feature}"), response.status, 404)?;
    }
    same("no key", client.put("nonsense", "FLAG", r#"{"value":true}"#)?.status, 400)
}

pub(super) fn key_forms(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let (environment, secret) = {
        let key = client.writer()?;
        let (environment, secret) = there("a key", key.split_once('/'))?;
        (environment.to_owned(), secret.to_owned())
    };
    // The written value is the name of the form, because a feature must not hold a key.
    for (name, form) in [
        ("ID/KEY", format!("{environment}/{secret}")),
        ("ID/KEY with %2A", format!("{environment}/{}", secret.replace('*', "%2A"))),
        ("ID/KEY in capitals", format!("{}/{secret}", environment.to_uppercase())),
        ("default/ID/KEY", format!("default/{environment}/{secret}")),
        ("elsewhere/ID/KEY", format!("elsewhere/{environment}/{secret}")),
        ("ID+KEY", format!("{environment}+{secret}")),
        ("ID%2BKEY", format!("{environment}%2B{secret}")),
    ] {
        let body = json!({ "value": name }).to_string();
        same(name, client.put(&form, "SCRATCH", &body)?.status, 200)?;
        same("value", value(&client, "SCRATCH")?, json!(name))?;
    }
    Ok(())
}

pub(super) fn json_duplicates(bench: &Bench<'_>) -> Outcome {
    let client = bench.standard()?;
    let sentence = "Attempting to update JSON value to non-json";
    for text in [r#"{"a":1,"a":2}"#, r#"[{"a":{"b":1,"b":1}}]"#, r#"{"a":1,"\u0061":2}"#] {
        let body = json!({ "value": text }).to_string();
        let answer = said(&client.put(&client.writer()?, "LAYOUT", &body)?);
        same(text, answer, (400, sentence.to_owned()))?;
    }
    let body = json!({"value": r#"[{"a":1},{"a":2}]"#}).to_string();
    same("the same key twice, apart", client.put(&client.writer()?, "LAYOUT", &body)?.status, 200)?;
    client.set("LAYOUT", &json!(r#"{"columns":[1,2]}"#))
}

pub(super) fn body_limits(bench: &Bench<'_>) -> Outcome {
    let client = bench.any_state()?;
    let before = value(&client, "SCRATCH")?;
    let path = format!("/features/{}/{}", client.writer()?, client.feature_key("SCRATCH")?);
    let huge = format!(r#"{{"value":"{}"}}"#, "x".repeat(10 << 20));
    let huge = client.put_request(&client.writer()?, "SCRATCH", &huge)?;
    let refused = |status: Option<u16>| status.is_none_or(|status| [400, 413].contains(&status));
    let status = early(&mut client.connect()?, &huge.bytes(client.base().authority()))?;
    check!(refused(status), "10 MiB: {status:?}");
    // The same body in chunks, without a content-length.
    let mut chunked = huge.clone().header("transfer-encoding", "chunked");
    let piece = format!("100000\r\n{}\r\n", "x".repeat(1 << 20));
    chunked.body = Vec::new();
    let mut bytes = chunked.bytes(client.base().authority());
    let length = b"content-length: 0\r\n";
    if let Some(at) = bytes.windows(length.len()).position(|window| window == length) {
        bytes.drain(at..at + length.len());
    }
    bytes.extend(piece.repeat(10).as_bytes());
    bytes.extend(b"0\r\n\r\n");
    let status = early(&mut client.connect()?, &bytes)?;
    check!(refused(status), "10 MiB in chunks: {status:?}");
    for content_type in
        ["text/plain", "application/x-www-form-urlencoded", "application/jsonish", ""]
    {
        let request = client.request("PUT", &path);
        let request = request.header("content-type", content_type).body(r#"{"value":"typed"}"#);
        let status = client.ask(&request)?.status;
        let is_refused = [400, 415].contains(&status);
        same(&format!("content-type `{content_type}`"), (status, is_refused), (status, true))?;
    }
    let request = client.request("PUT", &path);
    let status = client.ask(&request.body(r#"{"value":"untyped"}"#))?.status;
    check!([400, 415].contains(&status), "no content-type: {status}");
    same("the value", value(&client, "SCRATCH")?, before)?;
    let request = client.request("PUT", &path);
    let request = request.header("content-type", "Application/JSON; charset=utf-8");
    let status = client.ask(&request.body(r#"{"value":"with a charset"}"#))?.status;
    same("with a charset", status, 200)?;
    client.is_alive()
}

/// Returns the status of an answer that may come before the request is sent completely; `None` if the server closes the connection instead.
pub(super) fn early(connection: &mut Connection, bytes: &[u8]) -> Result<Option<u16>, Failure> {
    let sent = connection.send(bytes);
    match connection.head() {
        Ok(head) => Ok(Some(head.status)),
        Err(WireError::Closed) => Ok(None),
        Err(WireError::Io(_)) if sent.is_err() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Returns a PUT whose head says that its body waits for `100 Continue`.
pub(super) fn expecting(client: &ScenarioClient, body: &str) -> Result<Request, Failure> {
    let request = client.put_request(&client.writer()?, "SCRATCH", "")?;
    let length = body.len().to_string();
    Ok(request.header("expect", "100-continue").header("content-length", length))
}
