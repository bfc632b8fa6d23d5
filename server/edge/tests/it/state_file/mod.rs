//! Tests of state files.

mod accounts;
mod checks;
mod foreign;
mod forms;
mod parts;
mod schema;

use fh_edge::Uuid;
use fh_edge::state::State;
use fh_edge::state::file::{Options, Parsed};

/// Returns the namespace of the ids of features, or of environments, for which a file gives no id.
fn namespace(of: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("https://featurehub.io/{of}").as_bytes())
}

/// Returns the id of a feature for which a file gives no id.
fn feature_id(key: &str) -> Uuid {
    Uuid::new_v5(&namespace("feature"), key.as_bytes())
}

/// Returns the id of an environment for which a file gives no id.
fn environment_id(name: &str) -> Uuid {
    Uuid::new_v5(&namespace("environment"), name.as_bytes())
}

/// Returns the id of a value for which a file gives no id.
fn value_id(environment: Uuid, key: &str) -> Uuid {
    Uuid::new_v5(&environment, key.as_bytes())
}

fn options() -> Options {
    Options::new().secrets(|name| match name {
        "SDK" => Some("s3cr3t*client".to_owned()),
        "SERVER" => Some("s3cr3tserver".to_owned()),
        "ENVIRONMENT" => Some("71ed3c04-122b-4312-9ea8-06b2b8d6ceac".to_owned()),
        "EMPTY" => Some(String::new()),
        "SPACE" => Some("s3cr3t key".to_owned()),
        _ => None,
    })
}

/// Reads a text that must be valid.
fn good(text: &str) -> Parsed {
    State::from_text(text, &options()).unwrap_or_else(|error| panic!("{error}"))
}

/// Returns one line per error, or per warning if there is no error.
fn said(text: &str) -> Vec<String> {
    let lines: Vec<String> = match State::from_text(text, &options()) {
        Ok(parsed) => parsed.warnings.iter().map(|each| format!("warning: {each}")).collect(),
        Err(error) => error.problems().iter().map(ToString::to_string).collect(),
    };
    assert!(!lines.concat().contains("s3cr3t"), "{lines:?}");
    lines
}

fn check(text: &str, expected: &[&str]) {
    let lines = said(text);
    assert!(lines == expected, "{text}\nsays:\n{}", lines.join("\n"));
}
