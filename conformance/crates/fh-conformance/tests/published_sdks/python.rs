//! featurehub-sdk for Python, with its known bugs.

use serde_json::json;

use crate::sdk::{Installed, Mode, Sdk};
use crate::stage::{CLIENT_KEY, SERVER_KEY, Stage, contexts, expected};

fn start(stage: &Stage, key: &str, mode: Mode) -> Sdk {
    Sdk::start(&Installed::Python, stage, key, mode, None)
}

fn client_evaluated(mode: Mode) {
    let stage = Stage::new();
    let mut sdk = start(&stage, CLIENT_KEY, mode);
    sdk.until("BANNER", &json!("Welcome"), &json!({}));
    let mut dropped = 0;
    for context in contexts() {
        let mut expected = expected(&context);
        // The known bug: the SDK drops the second step of a rollout, so those users get the value without a strategy.
        if expected["LIMIT"] == json!(40.0) {
            expected["LIMIT"] = json!(20.0);
            dropped += 1;
        }
        assert_eq!(sdk.values(&context), expected, "{context}");
    }
    assert!(dropped > 5, "the rollout has a second step, and the bug shows");
    stage.set("BANNER", &json!("Sale!"));
    sdk.until("BANNER", &json!("Sale!"), &json!({}));
}

#[test]
#[ignore = "needs Python and the SDK; `cargo xtask test \"published SDKs\"` installs them and runs it, in every CI run"]
fn streams_with_a_client_evaluated_key() {
    client_evaluated(Mode::Stream);
}

#[test]
#[ignore = "needs Python and the SDK; `cargo xtask test \"published SDKs\"` installs them and runs it, in every CI run"]
fn polls_with_a_client_evaluated_key() {
    client_evaluated(Mode::Poll);
}

#[test]
#[ignore = "needs Python and the SDK; `cargo xtask test \"published SDKs\"` installs them and runs it, in every CI run"]
fn polls_with_a_server_evaluated_key() {
    let stage = Stage::new();
    let mut sdk = start(&stage, SERVER_KEY, Mode::Poll);
    sdk.until("BANNER", &json!("Welcome"), &json!({}));
    let kiwi = json!({"userkey": "user-0", "country": "new_zealand"});
    sdk.set_context(&kiwi);
    // The SDK joins attributes by `&`, which our Edge separates.
    assert_eq!(sdk.values(&kiwi), expected(&kiwi));
    stage.set("BANNER", &json!("Sale!"));
    sdk.until("BANNER", &json!("Sale!"), &json!({}));
}

#[test]
#[ignore = "needs Python and the SDK; `cargo xtask test \"published SDKs\"` installs them and runs it, in every CI run"]
fn streams_with_a_server_evaluated_key() {
    let stage = Stage::new();
    let mut sdk = start(&stage, SERVER_KEY, Mode::Stream);
    // Values without a context, and updates, arrive.
    sdk.until("BANNER", &json!("Welcome"), &json!({}));
    stage.set("BANNER", &json!("Sale!"));
    sdk.until("BANNER", &json!("Sale!"), &json!({}));
    // The known failure: with a context, the client is not ready any more, and it does not send the context to the Edge.
    let kiwi = json!({"userkey": "user-0", "country": "new_zealand"});
    sdk.set_context(&kiwi);
    assert_eq!(sdk.readiness(), "NOT_READY");
    assert_ne!(sdk.values(&kiwi)["NEW_CHECKOUT"], expected(&kiwi)["NEW_CHECKOUT"]);
}
