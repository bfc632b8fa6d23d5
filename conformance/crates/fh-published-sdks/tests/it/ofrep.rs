//! OpenFeature's published OFREP providers.

use fh_published_sdks::run_node;
use serde_json::{Value, json};

use crate::stage::{SERVER_KEY, Stage, kinds};

fn run(stage: &Stage, provider: &str) -> Value {
    let context = json!({"targetingKey": "user-0", "country": "new_zealand"});
    let options = json!({
        "url": stage.url(), "key": SERVER_KEY, "provider": provider, "features": kinds(), "context": context
    });
    run_node("ofrep.mjs", &options).unwrap()
}

fn check(details: &Value) {
    assert_eq!(
        details["NEW_CHECKOUT"],
        json!({"value": true, "reason": "TARGETING_MATCH", "variant": "kiwi"})
    );
    assert_eq!(
        details["BANNER"],
        json!({"value": "Welcome", "reason": "STATIC", "variant": "default"})
    );
    assert_eq!(details["THEME"]["value"], json!({"colour": "red"}));
    assert!(details["LIMIT"]["value"].is_number(), "{details}");
    assert_eq!(details["NEVER_SET"]["value"], "none", "the program's default counts");
    assert_eq!(details["NEVER_SET"]["errorCode"], "FLAG_NOT_FOUND");
}

#[test]
#[ignore = "needs the SDK: cargo xtask test installs it and runs this, in every CI run"]
fn the_web_provider_asks_for_all_and_keeps_the_etag() {
    let answer = run(&Stage::new(), "web");
    check(&answer["details"]);
    assert_eq!(answer["statuses"], json!([200, 304]));
}

#[test]
#[ignore = "needs the SDK: cargo xtask test installs it and runs this, in every CI run"]
fn the_server_provider_asks_for_each() {
    check(&run(&Stage::new(), "server")["details"]);
}
