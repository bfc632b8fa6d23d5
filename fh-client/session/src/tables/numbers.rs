//! Numbers: versions of features, times in `config` events, and numbers as attributes.

use fh_eval::Attributes;
use fh_eval::internal::wire::Feature;
use fh_repository::status::Connection;
use fh_repository::time::Millis;
use serde_json::{Value, json};

use super::check;
use crate::delay::Random;
use crate::{ApiKeys, Config, EdgeUrl, Input, RequestId, ResponseHead, Session};

/// The largest whole number that every smaller one can be told from in JavaScript: 2^53 - 1.
const MOST: i64 = 9_007_199_254_740_991;

#[test]
fn versions() {
    let tokens = [
        "0",
        "-0",
        "1",
        "-1",
        "2.0",
        "2.5",
        "2e0",
        "2e3",
        "2E+3",
        "20e-1",
        "25e-1",
        "1e15",
        "1e16",
        "9007199254740991",
        "-9007199254740991",
        "9007199254740991.0",
        "1e-400",
        "0e999",
        "0.0",
        "-0.0",
        "1e999",
        "0.1e1",
        "100e-2",
        "1.000000000000000000000000000000001",
        "0.00001e5",
        "\"2\"",
        "null",
        "true",
        "[2]",
        "{}",
        "-2.0e0",
        "123456789e0",
        "9.007199254740991e15",
        "1.5e1",
        "1.55e1",
        "12e-1",
        "10e-1",
    ];
    let rows: Vec<Value> = tokens
        .into_iter()
        .filter_map(|token| {
            let json = format!("{{\"id\":\"a\",\"key\":\"A\",\"version\":{token}}}");
            let version = Feature::parse(&json).unwrap().identity().version;
            let is_safe = version.is_none_or(|version| version.abs() <= MOST);
            is_safe.then(|| json!({"token": token, "version": version}))
        })
        .collect();
    check("versions", &rows);
}

/// Returns a session with an open stream.
fn streaming() -> Session {
    let edge = EdgeUrl::parse("http://edge").unwrap();
    let mut session = Session::new(Config::new(edge, ApiKeys::parse(["e/k*"]).unwrap()), 1);
    session.handle(Millis::new(0), Input::Start);
    let head = ResponseHead::new(200).header("content-type", "text/event-stream");
    session.handle(Millis::new(0), Input::Opened { request_id: RequestId(1), head: &head });
    session
}

fn say(session: &mut Session, event: &str, data: &str) {
    let text = format!("event: {event}\ndata: {data}\n\n");
    session
        .handle(Millis::new(0), Input::Bytes { request_id: RequestId(1), bytes: text.as_bytes() });
}

#[test]
fn stale_values() {
    let mut data: Vec<String> = [
        "true",
        "false",
        "null",
        "0",
        "-1",
        "-0.0",
        "1",
        "3",
        "200.5",
        "0.001",
        "0.0009999",
        "0.0015",
        "1.0005",
        "0.29",
        "2.3",
        "1e2",
        "1e999",
        "-1e999",
        "1e-999",
        "86400",
        "86400.001",
        "86399.9999",
        "4.35",
        "1.005",
        "\"true\"",
        "\"3\"",
        "[]",
        "{}",
        "1E1",
        "0.1e1",
        "8.2",
        "33.33",
        "16.1",
        "1.1",
        "9007199254740993",
    ]
    .map(|value| format!("{{\"edge.stale\":{value}}}"))
    .to_vec();
    data.extend(
        [
            "nonsense",
            "",
            "[]",
            "3",
            "{\"edge.other\":true}",
            "{\"edge.stale\":true,\"edge.stale\":false}",
            "{\"edge.stale\":1,\"edge.stale\":2}",
            "{\"edge\\u002estale\":5}",
            "{\"a\":{\"edge.stale\":true}}",
            " {\"edge.stale\" : 7 } ",
            "{\"edge.stale\":true",
            "{\"edge.stale\":01}",
        ]
        .map(str::to_string),
    );
    let rows = data.iter().map(|data| {
        let mut session = streaming();
        say(&mut session, "config", data);
        let status = session.status();
        let pause = status.next_attempt.filter(|_| status.connection == Connection::Paused);
        json!({
            "data": data, "stops": status.connection == Connection::Halted, "pause": pause.map(Millis::as_u64),
        })
    });
    check("stale-values", &rows.collect::<Vec<_>>());
}

#[test]
fn failure_reasons() {
    let long = "x".repeat(250);
    let astral = format!("{{\"status\":\"{}\"}}", "\u{1f600}".repeat(201));
    let rows = [
        "{\"status\":\"no\"}", "{\"status\":\"no\",\"status\":\"yes\"}", "{\"status\":7}", "{\"status\":null,\"status\":\"x\"}", "{\"other\":\"x\"}", "no JSON", "", "[]", "{}",
        "{\"status\":\"\"}", "{\"status\":\"a\\u0041\\n\"}", "{\"status\":\"\\ud83d\\ude00\"}", "{\"stat\\u0075s\":\"x\"}", "\"text\"", " {\"status\":\"x\"} ", &long, &astral,
        "{\"status\":\"x\"", "{\"status\":\"\\ud800\"}",
    ]
    .map(|data| {
        let mut session = streaming();
        say(&mut session, "failure", data);
        json!({"data": data, "problem": session.status().problem.as_ref().map(super::texts::problem)})
    });
    check("failure-reasons", &rows);
}

#[test]
fn attribute_numbers() {
    let mut numbers = vec![
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.1,
        0.5,
        1.5,
        100.0,
        1e15,
        1e16,
        1e17,
        1e20,
        1e21,
        1e22,
        1.5e21,
        123_456_789_012_345_680_000.0,
        1e100,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        5e-324,
        1e-5,
        1e-6,
        1e-7,
        1.5e-7,
        1e-10,
        0.000_001_234_5,
        9_007_199_254_740_991.0,
        9_007_199_254_740_992.0,
        9_007_199_254_740_994.0,
        1.0 / 3.0,
        2.0 / 3.0,
        -1e-9,
        1e23,
        4.35,
        0.3,
        7.5,
        1e300,
        -2.5e-300,
    ];
    let mut random = Random::new(14);
    for exponent in -30..30 {
        numbers.push((random.share() - 0.5) * 10_f64.powi(exponent));
    }
    let rows = numbers.into_iter().map(|number| {
        let attributes = Attributes::builder().attribute("a", number).build();
        let text: Option<String> =
            attributes.get("a").and_then(|mut values| values.next().map(Into::into));
        json!({"number": number, "text": text})
    });
    check("attribute-numbers", &rows.collect::<Vec<_>>());
}
