//! The same environment as Unleash knows it, for `unleash-edge`.
//!
//! A strategy here is a `flexibleRollout` of the same percentage with the same conditions, sticky to the user; a text or a
//! number is the payload of the only variant. Unleash has no "version at least", so that is "version below", inverted.

use std::fmt::Write;

use crate::environment::{CHANGED, KEYS, Kind, kind, value};

/// For the features themselves.
pub const CLIENT_TOKEN: &str = "*:bench.client";
/// For evaluated features.
pub const FRONTEND_TOKEN: &str = "*:bench.frontend";

/// What a file for `unleash-edge offline` holds, and what Unleash answers.
pub fn list(features: usize) -> String {
    format!(r#"{{"version":2,"features":[{}]}}"#, all(features))
}

/// What Unleash's own stream begins with.
pub fn hydration(features: usize) -> String {
    let features = all(features);
    format!(
        r#"{{"events":[{{"type":"hydration","eventId":1,"features":[{features}],"segments":[]}}]}}"#
    )
}

/// What Unleash's own stream says when the feature `CHANGED` has a new value; `value` is a JSON text.
pub fn update(version: usize, value: &str) -> String {
    let feature = feature(CHANGED, value);
    format!(
        r#"{{"events":[{{"type":"feature-updated","eventId":{version},"feature":{feature}}}]}}"#
    )
}

fn all(features: usize) -> String {
    let mut out = String::new();
    for number in 0..features {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(out, "{comma}{}", feature(number, &value(number, 0)));
    }
    out
}

fn feature(number: usize, value: &str) -> String {
    let name = format!("{KEYS}{number}");
    let variants = match kind(number) {
        Kind::Boolean => String::new(),
        Kind::String => variant("string", value),
        Kind::Number => variant("number", &format!("\"{value}\"")),
    };
    format!(
        r#"{{"name":"{name}","type":"release","enabled":true,"stale":false,"impressionData":false,"project":"default","strategies":[{}],"variants":[{variants}]}}"#,
        strategies(number, &name)
    )
}

fn variant(kind: &str, value: &str) -> String {
    format!(
        r#"{{"name":"value","weight":1000,"weightType":"variable","stickiness":"default","payload":{{"type":"{kind}","value":{value}}},"overrides":[]}}"#
    )
}

fn strategies(number: usize, name: &str) -> String {
    if number % 2 == 1 {
        return String::new();
    }
    let rollout = |percentage, constraints: &str| {
        format!(
            r#"{{"name":"flexibleRollout","parameters":{{"rollout":"{percentage}","stickiness":"userId","groupId":"{name}"}},"constraints":[{constraints}],"variants":[]}}"#
        )
    };
    let several = |name, operator, values: &str| {
        format!(
            r#"{{"contextName":"{name}","operator":"{operator}","caseInsensitive":false,"inverted":false,"values":[{values}]}}"#
        )
    };
    let countries = several("country", "IN", r#""new_zealand","switzerland","united_kingdom""#);
    let version = format!(
        r#"{{"contextName":"version","operator":"SEMVER_LT","caseInsensitive":false,"inverted":true,"value":"{}.2.0"}}"#,
        number % 9
    );
    let emails = format!(
        r#""@customer-{number}.example","@partner-{number}.example","@agency-{number}.example""#
    );
    let emails = several("email", "STR_ENDS_WITH", &emails);
    format!("{},{}", rollout(25, &format!("{countries},{version}")), rollout(100, &emails))
}
