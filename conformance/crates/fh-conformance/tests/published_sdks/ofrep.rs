//! OpenFeature's published OFREP providers.

use serde_json::{Value, json};

use crate::sdk::{Installed, Mode, Sdk};
use crate::stage::{SERVER_KEY, Stage};

fn start(stage: &Stage, mode: Mode) -> Sdk {
    Sdk::start(&Installed::Ofrep, stage, SERVER_KEY, mode, Some(&context()))
}

fn context() -> Value {
    json!({"targetingKey": "user-0", "country": "new_zealand"})
}

fn check(sdk: &mut Sdk) {
    let defaults = json!({"NEW_CHECKOUT": false, "BANNER": "none", "LIMIT": -1, "THEME": {}, "NEVER_SET": "none"});
    let answers: Value = sdk.answers(&context(), &defaults).into_iter().collect();
    assert_eq!(
        answers["NEW_CHECKOUT"],
        json!({"value": true, "reason": "TARGETING_MATCH", "variant": "kiwi"})
    );
    assert_eq!(
        answers["BANNER"],
        json!({"value": "Welcome", "reason": "STATIC", "variant": "default"})
    );
    assert_eq!(answers["THEME"]["value"], json!(r#"{"colour":"red"}"#));
    let limit = answers["LIMIT"]["value"].as_f64();
    assert!(limit.is_some_and(|limit| limit > 0.0), "{answers}");
    assert_eq!(answers["NEVER_SET"]["value"], "none", "the default of the program is used");
    assert_eq!(answers["NEVER_SET"]["error"], "FLAG_NOT_FOUND");
}

#[test]
#[ignore = "needs Node and the providers; `cargo xtask test \"published SDKs\"` installs them and runs it, in every CI run"]
fn the_web_provider_fetches_all_flags_and_sends_the_etag() {
    let stage = Stage::new();
    let mut sdk = start(&stage, Mode::Poll);
    check(&mut sdk);
    stage.until_statuses(|statuses| statuses.contains(&304));
    let mut statuses = stage.statuses();
    statuses.dedup();
    assert_eq!(statuses, [200, 304]);
}

#[test]
#[ignore = "needs Node and the providers; `cargo xtask test \"published SDKs\"` installs them and runs it, in every CI run"]
fn the_server_provider_fetches_each_flag() {
    let stage = Stage::new();
    check(&mut start(&stage, Mode::Passive));
    let mut statuses = stage.statuses();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 200, 404], "one request for each flag");
}
