//! The environment that the servers serve: as a state file for `fh serve`, and as the list of features that clients receive.

use std::fmt::Write;

/// The id of the environment, which is part of every API key.
pub const ENVIRONMENT: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";
/// A client-evaluated key. Its responses contain strategies.
pub const CLIENT_KEY: &str = "bench*client";
/// A server-evaluated key. The Edge evaluates its requests.
pub const SERVER_KEY: &str = "bench-server";
/// The number of the feature that is changed while streams are open. It is a text without strategies.
pub const CHANGED: usize = 1;
/// The prefix of the features' keys. A number follows.
pub const KEYS: &str = "FEATURE_";

const ID: &str = "0c2f5b8e-96a4-4d1a-8d9e";

/// Returns the strategies of a feature. Every second feature has two, with three conditions together; 60 features are some
/// 24 KB.
fn strategies(number: usize) -> String {
    if number % 2 == 1 {
        return "[]".to_string();
    }
    let value = value(number, 1);
    format!(
        r#"[{{"id":"s{number}","percentage":250000,"percentageAttributes":[],"value":{value},"attributes":[{{"conditional":"EQUALS","fieldName":"country","values":["new_zealand","switzerland","united_kingdom"],"type":"STRING"}},{{"conditional":"GREATER_EQUALS","fieldName":"version","values":["{}.2.0"],"type":"SEMANTIC_VERSION"}}]}},{{"id":"t{number}","percentageAttributes":[],"value":{value},"attributes":[{{"conditional":"ENDS_WITH","fieldName":"email","values":["@customer-{number}.example","@partner-{number}.example","@agency-{number}.example"],"type":"STRING"}}]}}]"#,
        number % 9,
    )
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Boolean,
    String,
    Number,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::String => "STRING",
            Self::Number => "NUMBER",
        }
    }
}

/// Returns the type of a feature. All features with strategies are booleans.
pub fn kind(number: usize) -> Kind {
    match number % 6 {
        1 | 5 => Kind::String,
        3 => Kind::Number,
        _ => Kind::Boolean,
    }
}

/// Returns a value as JSON: the one without strategies (`variant` 0), or that of the strategies (1).
pub fn value(number: usize, variant: usize) -> String {
    match kind(number) {
        Kind::String => format!(r#""value {variant} of feature {number}""#),
        Kind::Number => format!("{number}.{variant}"),
        Kind::Boolean => (variant == 1).to_string(),
    }
}

/// Returns true if the first strategy's conditions hold in the bench's context. Those of the second never hold, because the
/// context has no e-mail.
pub fn eligible(number: usize) -> bool {
    number.is_multiple_of(2) && number % 9 <= 3
}

/// The context for which servers evaluate.
pub const COUNTRY: &str = "new_zealand";
pub const VERSION: &str = "3.4.5";

/// Returns a state file with this number of features.
pub fn state(features: usize) -> String {
    let mut definitions = Vec::new();
    let mut values = Vec::new();
    for number in 0..features {
        definitions.push(format!(
            r#"{{"id":"{ID}-{number:012x}","key":"{KEYS}{number}","type":"{}","version":1}}"#,
            kind(number).name()
        ));
        values.push(format!(
            r#""{KEYS}{number}":{{"value":{},"version":1,"strategies":{}}}"#,
            value(number, 0),
            strategies(number)
        ));
    }
    format!(
        r#"{{"features":[{}],"environments":[{{"id":"{ENVIRONMENT}","name":"bench","values":{{{}}}}}],"accounts":[{{"name":"bench","clientKey":["{CLIENT_KEY}"],"serverKey":["{SERVER_KEY}"],"permissions":{{"{ENVIRONMENT}":["READ","LOCK","UNLOCK","CHANGE_VALUE"]}}}}]}}"#,
        definitions.join(","),
        values.join(",")
    )
}

/// Returns the list of features that a client receives.
pub fn list(features: usize) -> String {
    let mut out = String::from("[");
    for number in 0..features {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(out, "{comma}{}", feature(number, 1, &value(number, 0)));
    }
    out.push(']');
    out
}

/// Returns a feature as the JSON of an event.
pub fn feature(number: usize, version: usize, value: &str) -> String {
    format!(
        r#"{{"id":"{ID}-{number:012x}","key":"{KEYS}{number}","l":false,"version":{version},"type":"{}","value":{value},"strategies":{}}}"#,
        kind(number).name(),
        strategies(number)
    )
}
