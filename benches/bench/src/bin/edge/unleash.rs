//! The environment of the bench in the format of Unleash, for `unleash-edge`.
//!
//! A strategy becomes a `flexibleRollout` with the same percentage and conditions, sticky to the user. A text or a number
//! becomes the payload of the only variant. Unleash has no "version at least", so that condition is an inverted "version
//! below".

use std::fmt::Write;

use crate::environment::{CHANGED, KEYS, Kind, kind, value};

/// The token for the features with their strategies.
pub const CLIENT_TOKEN: &str = "*:bench.client";
/// The token for evaluated features.
pub const FRONTEND_TOKEN: &str = "*:bench.frontend";

/// Returns the list of features, as a file for `unleash-edge offline` and as Unleash's response.
pub fn list(features: usize) -> String {
    format!(r#"{{"version":2,"features":[{}]}}"#, all(features))
}

/// Returns the data of the first event of Unleash's stream.
pub fn hydration(features: usize) -> String {
    let features = all(features);
    format!(
        r#"{{"events":[{{"type":"hydration","eventId":1,"features":[{features}],"segments":[]}}]}}"#
    )
}

/// Returns the data of the event of Unleash's stream for a new value of the feature `CHANGED`. `value` is a JSON string.
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
