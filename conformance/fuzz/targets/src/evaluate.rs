//! Features and contexts of the project's generators, driven by the fuzzer's bytes: all ways to evaluate give the same
//! result.

use fh_eval::{Attributes, Profile, Ruleset, Subject, Timestamp};
use fh_test::generators::{Case, Choices, context_to_json};

pub fn run(bytes: &[u8]) {
    let case = Case::draw(&mut Choices::of(bytes));
    let context = Attributes::from_json(&context_to_json(&case.context)).unwrap();
    let payload = format!("[{}]", case.feature.to_json());
    let subject = Subject::new(&context, Timestamp::from_millis(1_709_249_400_000));
    for profile in [Profile::Client, Profile::Edge] {
        let ruleset = Ruleset::from_json(payload.as_bytes(), profile).unwrap();
        ruleset.evaluate_all(&subject, |feature, evaluation| {
            let alone = feature.evaluate(&subject);
            assert_eq!(alone.strategy_position(), evaluation.strategy_position());
            assert_eq!(alone.value(), evaluation.value());
            let explanation = feature.explain(&subject);
            assert_eq!(explanation.value(), evaluation.value());
            assert_eq!(explanation.reason(), evaluation.reason());
            let _ = explanation.to_string();
            let moved =
                ruleset.without([feature.key()]).with(&ruleset.feature(feature.key()).unwrap());
            let again = moved.get(feature.key()).unwrap().evaluate(&subject);
            assert_eq!(again.strategy_position(), evaluation.strategy_position());
        });
    }
}
