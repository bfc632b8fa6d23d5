//! API keys and lists of them.

use serde_json::json;

use super::check;
use crate::key::{ApiKey, ApiKeys, KeyError, KeyKind};

const fn name(error: KeyError) -> &'static str {
    match error {
        KeyError::Empty => "empty",
        KeyError::Shape => "shape",
        KeyError::Character => "character",
        KeyError::Dots => "dots",
        KeyError::TooLong => "tooLong",
        KeyError::Mixed => "mixed",
    }
}

const fn kind(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::ClientEvaluated => "clientEvaluated",
        KeyKind::ServerEvaluated => "serverEvaluated",
    }
}

#[test]
fn keys() {
    let mut texts: Vec<String> = [
        "e/k",
        " e/k\n",
        "default/e/k",
        "e/k*y",
        "e/*",
        "*/k",
        "e/k**",
        "",
        "  ",
        "key",
        "/k",
        "e/",
        "/",
        "//",
        "a/b/",
        "/b/c",
        "a//c",
        "a/b/c/d",
        "e/..",
        "e/.",
        "../k*",
        "./e/k",
        "e/...",
        "e/k y",
        "e/k\ty",
        "e/k\u{7}",
        "e/k\u{7f}",
        "e/k\u{85}",
        "\u{85}e/k\u{85}",
        "\u{feff}e/k",
        "e/k\u{feff}",
        "e/k\u{a0}y",
        "\u{a0}e/k\u{2003}",
        "e/k\u{200b}",
        "e/k\u{3000}",
        "\"e/k\"",
        "'e/k'",
        "e/k`",
        "e/ä",
        "E/K",
        "e/k?x#y",
        "e/k%2F",
        "e/\u{1f600}",
        "e/k\u{180e}",
        "\u{2028}e/k",
        "e/k\0",
        "\u{1c}e/k",
        "\u{b}e/k\u{c}",
        "e/k\u{1f}",
    ]
    .map(str::to_string)
    .to_vec();
    texts.push(format!("e/{}", "k".repeat(ApiKey::MAX_LENGTH - 2)));
    texts.push(format!("e/{}", "k".repeat(ApiKey::MAX_LENGTH - 1)));
    texts.push(format!("e/{}", "ä".repeat(511)));
    texts.push(format!("e/{}", "ä".repeat(512)));
    texts.push(format!("  e/{}  ", "k".repeat(ApiKey::MAX_LENGTH - 2)));
    let rows = texts.iter().map(|text| match ApiKey::parse(text) {
        Ok(key) => json!({
            "text": text, "key": key.expose(), "environment": &**key.environment(), "kind": kind(key.kind()), "shown": key.to_string(),
        }),
        Err(error) => json!({"text": text, "error": name(error), "message": error.to_string()}),
    });
    check("keys", &rows.collect::<Vec<_>>());
}

#[test]
fn lists_of_keys() {
    let lists: [&[&str]; 12] = [
        &[],
        &[""],
        &["e/a*"],
        &["e/a"],
        &["e/a*", "f/b*", "e/a*"],
        &["e/a*", "f/b"],
        &["e/a", "f/b*"],
        &["e/a", " e/a "],
        &["e/a", "E/a"],
        &["e/a", "x/e/a"],
        &["e/a", "bad"],
        &["bad", "e/a*", "f/b"],
    ];
    let rows = lists.iter().map(|list| match ApiKeys::parse(*list) {
        Ok(keys) => json!({
            "texts": list, "keys": keys.iter().map(ApiKey::expose).collect::<Vec<_>>(), "kind": kind(keys.kind()),
            "areSeveral": keys.are_several(), "fingerprint": keys.fingerprint(),
        }),
        Err(error) => json!({"texts": list, "error": name(error)}),
    });
    check("key-lists", &rows.collect::<Vec<_>>());
}
