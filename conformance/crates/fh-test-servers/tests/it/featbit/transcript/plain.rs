//! Steps of plain HTTP.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::expected::same_json;
use super::{Replay, Rule};
use crate::client::Answer;
use crate::featbit::client;

#[derive(Deserialize)]
pub(crate) struct Exchange {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
    response: Response,
}

#[derive(Deserialize)]
struct Response {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Option<Body>,
}

#[derive(Deserialize)]
struct Body {
    json: Option<Box<RawValue>>,
    text: Option<String>,
}

/// Headers that are compared. The others are those of the programs below FeatBit's server, and of browsers' rules.
const HEADERS: [&str; 3] = ["content-type", "allow", "cache-control"];

impl Exchange {
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    fn rule(&self) -> Option<Rule> {
        let path = self.path.to_lowercase();
        let is_preflight = self.method == "OPTIONS"
            && self.header("origin").is_some()
            && self.header("access-control-request-method").is_some();
        let evaluates = path.contains("/sdk/client/latest-all") || path.contains("/evaluate");
        if is_preflight {
            Some(Rule::Preflight)
        } else if path.contains("/agent/register") {
            Some(Rule::RelayProxy)
        } else if evaluates && self.response.status != 401 {
            Some(Rule::EvaluatingRoute)
        } else {
            None
        }
    }
}

impl Replay {
    pub(super) fn plain(&mut self, name: &str, exchange: &Exchange) {
        if let Some(rule) = exchange.rule() {
            return self.leave_out(rule);
        }
        let headers: Vec<(String, String)> = exchange
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), self.secrets(value)))
            .collect();
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let (target, body) = (self.secrets(&exchange.path), exchange.body.as_ref());
        let body = body.map(String::as_bytes);
        let before = self.server.record().insights.len();
        let answer =
            client::request(self.server.address(), &exchange.method, &target, &headers, body);
        let is_track = exchange.path.contains("/track") && exchange.method == "POST";
        let recorded = self.server.record().insights.len() - before;
        assert_eq!(recorded, usize::from(is_track), "{name}: insights in the record");
        if answer.status == 401 && self.is_unverified(exchange) {
            return self.leave_out(Rule::UnverifiedSecret);
        }
        self.compare(name, exchange.response.check(&answer));
    }

    /// Returns true for a secret that is not known, or that has the wrong type, and that FeatBit's server accepts.
    fn is_unverified(&self, exchange: &Exchange) -> bool {
        let secret = self.secrets(exchange.header("authorization").unwrap_or_default());
        let is_server =
            [&self.wire, &self.empty].iter().any(|it| it.server_secret() == secret.trim());
        exchange.response.status != 401 && !is_server
    }
}

impl Response {
    fn check(&self, answer: &Answer) -> Result<(), String> {
        if answer.status != self.status {
            return Err(format!("status {} in place of {}", answer.status, self.status));
        }
        if answer.header("date").is_none() {
            return Err("no date".to_owned());
        }
        for name in HEADERS {
            let expected = self.headers.get(name).map(String::as_str);
            if answer.header(name) != expected {
                return Err(format!("{name}: {:?} in place of {expected:?}", answer.header(name)));
            }
        }
        let given = answer.text();
        let is_problem =
            self.headers.get("content-type").is_some_and(|it| it.contains("problem+json"));
        let is_equal = match &self.body {
            None => given.is_empty(),
            Some(Body { json: Some(json), .. }) if is_problem => same_problem(json.get(), given),
            Some(Body { json: Some(json), .. }) => same_json(json.get(), given),
            Some(Body { text, .. }) => text.as_deref().unwrap_or_default() == given,
        };
        if is_equal { Ok(()) } else { Err(format!("another body: {given}")) }
    }
}

/// Compares what a program can read of an error: type, title and status. The texts of `errors` are those of .NET.
fn same_problem(expected: &str, given: &str) -> bool {
    let read = |text: &str| {
        let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        ["type", "title", "status"].map(|name| value[name].clone())
    };
    read(expected) == read(given)
}
