//! featurehub-javascript-node-sdk, with its known bug.

use serde_json::{Value, json};

use crate::sdk::{Installed, Mode, Sdk};
use crate::stage::{
    CLIENT_KEY, SERVER_KEY, Stage, contexts, expected, expected_without_accumulation,
};

fn start(stage: &Stage, key: &str, mode: Mode) -> Sdk {
    Sdk::start(&Installed::Node, stage, key, mode, None)
}

/// Checks values, evaluation for many contexts, and updates.
fn client_evaluated(mode: Mode) {
    let stage = Stage::new();
    let mut sdk = start(&stage, CLIENT_KEY, mode);
    sdk.until("BANNER", &json!("Welcome"), &json!({}));
    let contexts = contexts();
    let values: Vec<Value> = contexts.iter().map(|context| sdk.values(context)).collect();
    // The known bug: percentages of a rollout's steps do not add up.
    let known: Vec<Value> = contexts.iter().map(expected_without_accumulation).collect();
    assert_eq!(values, known);
    assert_ne!(known, contexts.iter().map(expected).collect::<Vec<Value>>(), "the bug shows");
    stage.set("BANNER", &json!("Sale!"));
    sdk.until("BANNER", &json!("Sale!"), &json!({}));
    stage.set("NEW_CHECKOUT", &json!(true));
    sdk.until("NEW_CHECKOUT", &json!(true), &json!({"country": "turkey"}));
}

/// The Edge evaluates for the context, for another after it, and after a change.
fn server_evaluated(mode: Mode) {
    let stage = Stage::new();
    let mut sdk = start(&stage, SERVER_KEY, mode);
    for context in [&contexts()[0], &contexts()[1]] {
        sdk.set_context(context);
        sdk.until("NEW_CHECKOUT", &expected(context)["NEW_CHECKOUT"], context);
        assert_eq!(sdk.values(context), expected(context));
    }
    stage.set("BANNER", &json!("Sale!"));
    sdk.until("BANNER", &json!("Sale!"), &json!({}));
}

#[test]
#[ignore = "needs Node and the SDK; `cargo xtask test \"published SDKs\"` installs them and runs it, in every CI run"]
fn streams_with_a_client_evaluated_key() {
    client_evaluated(Mode::Stream);
}

#[test]
#[ignore = "needs Node and the SDK; `cargo xtask test \"published SDKs\"` installs them and runs it, in every CI run"]
fn polls_with_a_client_evaluated_key() {
    client_evaluated(Mode::Poll);
}

#[test]
#[ignore = "needs Node and the SDK; `cargo xtask test \"published SDKs\"` installs them and runs it, in every CI run"]
fn streams_with_a_server_evaluated_key() {
    server_evaluated(Mode::Stream);
}

#[test]
#[ignore = "needs Node and the SDK; `cargo xtask test \"published SDKs\"` installs them and runs it, in every CI run"]
fn polls_with_a_server_evaluated_key() {
    server_evaluated(Mode::Poll);
}

#[test]
#[ignore = "needs Node and the SDK; `cargo xtask test \"published SDKs\"` installs them and runs it, in every CI run"]
fn polls_with_an_etag() {
    let stage = Stage::new();
    let mut sdk = start(&stage, CLIENT_KEY, Mode::Poll);
    sdk.until("BANNER", &json!("Welcome"), &json!({}));
    // Polls with the etag of the features that the client has are answered with 304.
    stage.until_statuses(|statuses| statuses.iter().filter(|status| **status == 304).count() >= 3);
}

#[test]
#[ignore = "needs Node and the SDK; `cargo xtask test \"published SDKs\"` installs them and runs it, in every CI run"]
fn its_updater_changes_features() {
    let stage = Stage::new();
    let mut sdk = start(&stage, CLIENT_KEY, Mode::Stream);
    sdk.until("BANNER", &json!("Welcome"), &json!({}));
    let locking = json!({"feature": "BANNER", "value": "By test", "lock": true});
    assert_eq!(sdk.ask("update", locking)["accepted"], true);
    sdk.until("BANNER", &json!("By test"), &json!({}));
    let refused = json!({"feature": "BANNER", "value": "Locked out"});
    assert_eq!(sdk.ask("update", refused)["accepted"], false);
}
