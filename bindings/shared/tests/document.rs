//! The errors of settings documents.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::{Arc, Mutex};

use fh_binding::settings::{apply_json, builder_from_json};
use fh_client::{Client, System};

#[test]
fn errors_name_the_member_and_say_what_to_write() {
    for (document, error) in [
        (
            "",
            r#"the settings are no JSON object: EOF while parsing a value at line 1 column 0: write an object such as {"url": "https://edge.example"}"#,
        ),
        (
            "[]",
            r#"the settings are no JSON object: invalid type: sequence, expected a map at line 1 column 0: write an object such as {"url": "https://edge.example"}"#,
        ),
        (
            r#"{"pace": 1"#,
            r#"the settings are no JSON object: EOF while parsing an object at line 1 column 10: write an object such as {"url": "https://edge.example"}"#,
        ),
        (r#"{"healthAfter": 5}"#, "healthAfter: there is no such setting: write healthyAfter"),
        (r#"{"sdkKey": "k"}"#, "sdkKey: there is no such setting: write apiKeys or apiKey"),
        (r#"{"pollInterval": 5}"#, "pollInterval: there is no such setting: write interval"),
        (
            r#"{"zzz": 5}"#,
            "zzz: there is no such setting: docs/reference/client-settings.md lists the settings",
        ),
        (
            r#"{"onStatus": 5}"#,
            "onStatus: there is no such setting: docs/reference/client-settings.md lists the settings",
        ),
        (
            r#"{"url": 5}"#,
            r#"url: the value is a number: write a text such as "https://edge.example""#,
        ),
        (
            r#"{"apiKeys": "key"}"#,
            r#"apiKeys: the value is a text: write a list of texts such as ["ENVIRONMENT/KEY"]"#,
        ),
        (
            r#"{"mode": "oneOff"}"#,
            r#"mode: the value is unknown: write "streaming", "polling", "passive", "once" or "offline""#,
        ),
        (
            r#"{"mode": true}"#,
            r#"mode: the value is a boolean: write "streaming", "polling", "passive", "once" or "offline""#,
        ),
        (
            r#"{"interval": 30}"#,
            r#"interval: the mode does not poll: write "mode": "polling" or "mode": "passive""#,
        ),
        (
            r#"{"snapshotMaxAge": 5}"#,
            r#"snapshotMaxAge: it needs a file: write "snapshotFile": PATH"#,
        ),
        (r#"{"pace": -1}"#, "pace: the duration is negative: write seconds as a number from 0"),
        (
            r#"{"returnWithin": [1]}"#,
            "returnWithin: the value is a list: write two numbers of seconds, the shorter one first, such as [0.1, 1]",
        ),
        (
            r#"{"eventQueue": 1.5}"#,
            "eventQueue: 1.5 is no such number: write a whole number from 0",
        ),
        (
            r#"{"context": "mara"}"#,
            r#"context: a context is a JSON object that maps attribute names to texts, numbers, booleans or lists of such values: write an object of attributes, such as {"userkey": "mara"}"#,
        ),
        (
            r#"{"headers": {"x-team": 5}}"#,
            r#"headers: the value is a number: write an object of names and values, such as {"x-team": "shop"}"#,
        ),
        (
            r#"{"limits": {"idle": "long"}}"#,
            "limits.idle: the value is a text: write seconds as a number from 0",
        ),
        (
            r#"{"limits": {"held_back": 5}}"#,
            "limits.held_back: there is no such member: write connect, head, poll, idle, heldBack, bytes",
        ),
        (
            r#"{"backoff": [1, 30]}"#,
            r#"backoff: the value is a list: write an object such as {"initial": 1, "cap": 30, "jitter": 0.5}"#,
        ),
        (
            r#"{"secret": "s"}"#,
            r#"secret: only a client of FeatBit has this setting: write "system": "featbit""#,
        ),
        (
            r#"{"profile": "server"}"#,
            r#"profile: only a client of FeatBit has this value: write "client" or "edge""#,
        ),
        (
            r#"{"system": "featbit", "url": "https://edge.example"}"#,
            "url: a client of FeatBit has no such setting: write streamingUrl",
        ),
        (
            r#"{"system": "featbit", "whileSwitching": "keep"}"#,
            "whileSwitching: a client of FeatBit has no such setting: leave it out",
        ),
        (
            r#"{"system": "featbit", "mode": "once"}"#,
            r#"mode: a client of FeatBit has no such value: write "streaming", "polling" or "offline""#,
        ),
        (
            r#"{"system": "featbit", "interval": 5}"#,
            r#"interval: the mode does not poll: write "mode": "polling""#,
        ),
        (r#"{"apiKey": "k"}"#, "apiKey: a client of FeatureHub has no such setting: write apiKeys"),
        (
            r#"{"reasons": true}"#,
            r#"reasons: only a client of FeatureSignals has this setting: write "system": "featuresignals""#,
        ),
        (
            r#"{"system": "featuresignals", "apiKeys": ["k"]}"#,
            "apiKeys: a client of FeatureSignals has no such setting: write apiKey",
        ),
        (
            r#"{"system": "featuresignals", "secret": "s"}"#,
            "secret: a client of FeatureSignals has no such setting: write apiKey",
        ),
        (
            r#"{"system": "featuresignals", "bootstrap": []}"#,
            "bootstrap: a client of FeatureSignals has no such setting: write ruleset",
        ),
        (
            r#"{"system": "featuresignals", "mode": "passive"}"#,
            r#"mode: a client of FeatureSignals has no such value: write "streaming", "polling", "once" or "offline""#,
        ),
        (
            r#"{"system": "featuresignals", "interval": 5, "mode": "once"}"#,
            r#"interval: the mode does not poll again: write "mode": "polling""#,
        ),
        (
            r#"{"system": "featuresignals", "stream": true, "mode": "polling"}"#,
            "stream: the mode says otherwise: leave one of the two out",
        ),
        (
            r#"{"system": "featuresignals", "ruleset": {}, "rulesetFile": "r.json"}"#,
            "rulesetFile: there is a ruleset already: leave one of the two out",
        ),
        (
            r#"{"system": "featuresignals", "flags": "a"}"#,
            r#"flags: the value is a text: write a list of texts such as ["new-checkout"]"#,
        ),
        (
            r#"{"proxy": true}"#,
            r#"proxy: the value is a boolean: write a text such as "http://proxy.example:3128", or false for no proxy"#,
        ),
    ] {
        let found = builder_from_json(document).map(drop).unwrap_err().to_string();
        assert_eq!(found, error, "{document}");
    }
}

/// The errors of values that only the client can judge are those of its start.
#[test]
fn values_are_checked_by_the_client() {
    for (document, part) in [
        (
            r#"{"url": "ftp://edge", "apiKeys": ["environment/key*"]}"#,
            "the Edge's URL begins with neither",
        ),
        (r#"{"url": "https://edge.example", "apiKeys": ["secret"]}"#, "looks like ENVIRONMENT/KEY"),
        (
            r#"{"mode": "offline", "returnWithin": [2, 1]}"#,
            "the setting return_within can never work: write the shorter delay first",
        ),
        (r#"{"mode": "offline", "backoff": {"cap": 0.5}}"#, "the setting backoff can never work"),
        (
            r#"{"mode": "offline", "limits": {"bytes": 0}}"#,
            "the setting limits.bytes can never work",
        ),
        (r#"{"mode": "offline", "bootstrap": 5}"#, "bootstrap"),
        (r#"{"system": "featbit", "secret": "s", "streamingUrl": "ftp://x"}"#, "streaming_url"),
        (r#"{"system": "featbit", "secret": "s\u00e9", "eventUrl": "http://x"}"#, "secret"),
        (
            r#"{"system": "featuresignals", "apiKey": "k"}"#,
            "the environment is missing: write its slug",
        ),
        (
            r#"{"system": "featuresignals", "apiKey": "k", "environment": "p", "url": "ftp://x"}"#,
            "the URL of the server begins with neither",
        ),
        (
            r#"{"system": "featuresignals", "apiKey": "k", "environment": "p", "interval": 0}"#,
            "the setting interval can never work: write a positive time",
        ),
        (
            r#"{"system": "featuresignals", "apiKey": "k", "environment": "p", "flags": []}"#,
            "the setting flags can never work",
        ),
        (
            r#"{"system": "featuresignals", "apiKey": "k", "environment": "p", "streamLifetime": 0}"#,
            "the setting stream_lifetime can never work",
        ),
        (
            r#"{"system": "featuresignals", "ruleset": [], "reasons": true}"#,
            "the setting ruleset can never work",
        ),
        (
            r#"{"system": "featuresignals", "ruleset": {"flags": {}}, "stream": true}"#,
            "the setting stream can never work",
        ),
        (
            r#"{"system": "featuresignals", "rulesetFile": "r.json", "mode": "polling"}"#,
            "the setting mode can never work",
        ),
    ] {
        let error = builder_from_json(document).unwrap().check().unwrap_err().to_string();
        assert!(error.contains(part), "{document}: {error}");
    }
}

#[test]
fn values_of_a_document_reach_the_client_and_null_is_the_default() {
    let document = r#"{
        "mode": "offline", "pace": null, "identification": "Shop,1.4", "headers": {"x-team": "shop"},
        "context": {"userkey": "mara", "version": 1.10}, "bootstrap": [{"key": "F", "type": "STRING", "value": "x"}]
    }"#;
    let builder = apply_json(Client::from_environment(), document).unwrap();
    let seen = Arc::new(Mutex::new(None));
    let place = Arc::clone(&seen);
    let builder = builder.configure(move |config| {
        let (headers, text) = (config.headers.clone(), config.identification.clone());
        *place.lock().unwrap() = Some((headers, text, config.pace.as_secs()));
    });
    let client = builder.start().unwrap();
    client.wait_ready(std::time::Duration::from_secs(60)).unwrap();
    assert_eq!(client.string("F").as_deref(), Some("x"));
    let headers = vec![("x-team".to_string(), "shop".to_string())];
    assert_eq!(*seen.lock().unwrap(), Some((headers, Some("Shop,1.4".to_string()), 1)));
    client.close();
}

/// The settings of FeatBit reach the client, whatever their order in the document.
#[test]
fn a_document_selects_featbit() {
    let sync = r#"{"messageType": "data-sync", "data": {"eventType": "full", "featureFlags": [], "segments": []}}"#;
    let document = format!(
        r#"{{"bootstrap": {sync}, "mode": "offline", "profile": "draft", "secret": "s", "streamingUrl": "ws://flags.example", "system": "featbit"}}"#
    );
    let client = builder_from_json(&document).unwrap().start().unwrap();
    assert_eq!(client.status().system, System::FeatBit);
    assert!(client.is_ready());
    client.close();
}

/// A ruleset is evaluated for each context, whatever the order of the document's members and whether the ruleset is JSON or its text.
#[test]
fn a_document_selects_featuresignals_with_a_ruleset() {
    let ruleset = r#"{"flags": {"new-checkout": {"key": "new-checkout", "flag_type": "string", "default_value": "one page"}}, "states": {}}"#;
    let text = serde_json::to_string(ruleset).unwrap();
    for ruleset in [ruleset, &text] {
        let document = format!(
            r#"{{"context": {{"key": "mara"}}, "ruleset": {ruleset}, "system": "featuresignals"}}"#
        );
        let client = builder_from_json(&document).unwrap().start().unwrap();
        client.wait_ready(std::time::Duration::from_secs(60)).unwrap();
        assert_eq!(client.status().system, System::FeatureSignals);
        let mara = client.context().user_key("mara").build();
        assert_eq!(mara.string("new-checkout").as_deref(), Some("one page"));
        client.close();
    }
}
