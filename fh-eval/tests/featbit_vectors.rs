//! FeatBit's answers in the shared vectors.
#![cfg(feature = "featbit")]

use fh_eval::featbit::{Compiler, Document, Profile, User, reason, send_to_experiment};
use fh_eval::{Subject, Timestamp};
use serde_json::Value;

#[test]
fn cases() {
    let file: Value = serde_json::from_slice(
        &std::fs::read(std::env::var("FH_FEATBIT").unwrap() + "/evaluate.json").unwrap(),
    )
    .unwrap();
    let mut wrong = 0;
    for (profile, column) in [(Profile::Server, "server"), (Profile::Draft, "draftSpec")] {
        for case in file["cases"].as_array().unwrap() {
            let dataset = file["datasets"][case["dataset"].as_str().unwrap()].to_string();
            let ruleset =
                Compiler::new(profile).compile(&Document::parse(dataset.as_bytes()).unwrap());
            let user = User::from_json(&case["user"].to_string()).unwrap();
            let subject = Subject::new(user.attributes(), Timestamp::from_millis(0));
            let expected = &case["expected"][column];
            let (value, variant, kind, sent) = match ruleset.get(case["flagKey"].as_str().unwrap())
            {
                None => (None, None, "Error", false),
                Some(flag) => {
                    let evaluation = flag.evaluate(&subject);
                    let value = evaluation.value().map(ToString::to_string);
                    (
                        value,
                        evaluation.variant(),
                        reason(&evaluation),
                        send_to_experiment(flag, user.attributes(), &evaluation),
                    )
                }
            };
            let text = |name: &str| expected[name].as_str();
            let wanted_value =
                text("value").filter(|_| text("variationId").is_some_and(|id| !id.is_empty()));
            let wanted_kind = match (text("kind"), wanted_value) {
                (Some(kind), Some(_)) => kind,
                _ => "Error",
            };
            let is_right = value.as_deref() == wanted_value
                && kind == wanted_kind
                && (wanted_value.is_none()
                    || (variant == text("variationId")
                        && Some(sent) == expected["sendToExperiment"].as_bool()));
            if !is_right {
                wrong += 1;
                println!(
                    "{profile:?} {} got {value:?} {variant:?} {kind} {sent}, expected {expected}",
                    case["id"]
                );
            }
        }
    }
    assert_eq!(wrong, 0);
}
