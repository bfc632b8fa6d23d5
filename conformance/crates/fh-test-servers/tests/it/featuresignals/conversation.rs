//! The recorded conversation with the complete server. Each step must be answered alike, or a rule leaves it out. The rules have counts, so that
//! no step is left out unseen.

use std::collections::BTreeMap;

use fh_test_servers::featuresignals::{Fault, Route, TestServer, Times};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::featuresignals::data::{self, Ruleset, Step};
use crate::featuresignals::exchange::Connection;
use crate::featuresignals::step::{Names, difference, named, replay};

type Entries = BTreeMap<String, Box<RawValue>>;

#[derive(Deserialize)]
struct Conversation {
    ruleset: Ruleset<Entries>,
    steps: Vec<Step>,
}

/// The reason why a step is not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    /// The management API and login. The test server has calls instead.
    Management,
    /// Impressions, which no client of this project sends.
    Track,
    /// The routes for agents, which have no authentication.
    Agent,
    /// 3,000 requests, which show that nothing limits them.
    ManyRequests,
    /// Bytes that no client sends: HTTP/1.0, a missing `Host`, an invalid length, and headers of more than 1 MiB.
    NoClient,
    /// A key of a user that is no UTF-8. A client of this project cannot hold one.
    InvalidText,
}

/// The number of steps that each rule leaves out.
const LEFT_OUT: [(Rule, usize); 6] = [
    (Rule::Management, 28),
    (Rule::Track, 11),
    (Rule::Agent, 3),
    (Rule::ManyRequests, 1),
    (Rule::NoClient, 4),
    (Rule::InvalidText, 1),
];

fn rule(step: &Step) -> Option<Rule> {
    let path = step.request.path.as_str();
    let raw = step.request.raw.as_deref();
    let no_client = ["HTTP/1.0", "no Host", "bad content length", "header block over 1 MiB"];
    Some(match path {
        _ if path.starts_with("/v1/projects") || path == "/v1/auth/login" => Rule::Management,
        "/v1/track" => Rule::Track,
        _ if path.starts_with("/v1/agent/") => Rule::Agent,
        _ if step.request.times.is_some() => Rule::ManyRequests,
        _ if raw.is_some() && no_client.iter().any(|it| step.name.ends_with(it)) => Rule::NoClient,
        _ if path.ends_with("key=%FF%FE") => Rule::InvalidText,
        _ => return None,
    })
}

fn names(server: &TestServer) -> Names {
    let key = server.environment().server_key();
    let mut names = vec![
        ("<server-key in upper case>".to_owned(), key.to_uppercase()),
        ("<server-key>".to_owned(), key),
        ("<client-key>".to_owned(), server.environment().client_key()),
        ("<env-id>".to_owned(), server.environment().id()),
    ];
    let other = server.add_environment("staging").server_key();
    names.push(("<key-of-another-environment>".to_owned(), other));
    for slug in ["x y", "a:b", "x/y", "prüf"] {
        let key = server.add_environment(slug).server_key();
        names.push((format!("<key of {slug}>"), key));
    }
    names
}

/// Changes the server as a step of the management API did.
fn manage(server: &TestServer, name: &str, ruleset: &Ruleset<Entries>) {
    let environment = server.environment();
    match name {
        "stale 2: definition edited" => {
            let flag = ruleset.flags["stateless"].get().replace("fallback", "edited");
            server.put_flag(&flag).unwrap();
        }
        "stale 4: segment edited" => {
            server.put_segment(r#"{"key":"beta","match_type":"all","rules":[]}"#).unwrap();
        }
        "stale 6: state of another flag written without a change" => {
            environment.put_state("off", ruleset.states["off"].get()).unwrap();
        }
        _ => {}
    }
}

#[test]
fn every_step_that_a_client_can_cause_is_answered_alike() {
    let text = data::text("featuresignals-live/http.json");
    let file: Conversation = serde_json::from_str(&text).unwrap();
    let whole: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&text).unwrap();
    let server = TestServer::start().unwrap();
    server.environment().replace_all(whole["ruleset"].get()).unwrap();
    server.arm(Fault::StreamingUnsupported, Route::Stream, Times::UntilCleared);
    let names = names(&server);
    let mut connection = Connection::open(&server);
    let mut left_out = LEFT_OUT.map(|(rule, _)| (rule, 0));
    let (mut compared, mut failures) = (0, Vec::new());
    for step in &file.steps {
        if let Some(rule) = rule(step) {
            manage(&server, &step.name, &file.ruleset);
            let known = left_out.iter_mut().find(|(known, _)| *known == rule);
            known.unwrap().1 += 1;
            continue;
        }
        let is_unloadable = step.name.starts_with("ruleset cannot be loaded");
        if is_unloadable && !step.request.path.starts_with("/v1/stream/") {
            server.arm(Fault::Unauthorized, Route::Any, Times::Next(1));
        }
        let failure = match &step.request.raw {
            Some(raw) => raw_difference(&server, &names, step, raw),
            None => {
                let answer = replay(&mut connection, &names, &step.request);
                difference(&names, step, &answer)
            }
        };
        compared += 1;
        failures.extend(failure);
    }
    assert!(failures.is_empty(), "{} of {compared}: {failures:#?}", failures.len());
    assert_eq!((file.steps.len(), compared, left_out), (298, 250, LEFT_OUT));
}

/// Sends the bytes of a connection, and compares the status and the body.
fn raw_difference(server: &TestServer, names: &Names, step: &Step, raw: &str) -> Option<String> {
    let mut connection = Connection::open(server);
    connection.send(named(names, raw).as_bytes());
    let given = connection.rest_text();
    let expected = step.response.raw.as_deref().unwrap();
    let outline = |text: &str| {
        let heads: Vec<&str> = text.split("\r\n").filter(|it| it.starts_with("HTTP/")).collect();
        (heads.join("\n"), text.rsplit("\r\n\r\n").next().unwrap().to_owned())
    };
    let (expected, given) = (outline(expected), outline(&given));
    (expected != given).then(|| format!("{}: {given:?} instead of {expected:?}", step.name))
}
