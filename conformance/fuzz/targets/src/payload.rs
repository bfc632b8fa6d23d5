//! Any bytes as a payload: it is rejected or compiled. All ways to evaluate a compiled payload give the same result.

use fh_eval::featurehub::{Compiler, Document};
use fh_eval::internal::lone_surrogates;
use fh_eval::{Attributes, Profile, Subject, Timestamp};

pub fn run(bytes: &[u8]) {
    let Ok(document) = Document::parse(bytes) else { return };
    let context = Attributes::builder()
        .user_key("mara")
        .country("turkey")
        .version("1.2.3")
        .attribute("attr", ["10", "2024-02-29", "10.0.0.1", "gold", "2024-02-29T10:00:00Z", "true"])
        .build();
    let subject = Subject::new(&context, Timestamp::from_millis(1_709_249_400_000));
    for environment in &document.environments {
        for profile in [Profile::Client, Profile::Edge] {
            let ruleset = Compiler::new(profile).compile(environment);
            let mut again = ruleset.clone();
            ruleset.evaluate_all(&subject, |feature, evaluation| {
                let alone = feature.evaluate(&subject);
                assert_eq!(alone.strategy_position(), evaluation.strategy_position());
                let report = feature.explain(&subject).report();
                assert_eq!(report.strategy_id.as_deref(), evaluation.strategy_id());
                assert_eq!(report.value, feature.value_token(&evaluation).map(mended));
                let _ = (report.to_string(), serde_json::to_string(&report));
                if let Some(moved) = ruleset.feature(feature.key()) {
                    again = again.without([feature.key()]).with(&moved);
                }
            });
            for feature in again.iter() {
                let before = ruleset.get(feature.key()).map(|before| before.evaluate(&subject));
                assert_eq!(
                    before.and_then(|before| before.strategy_position()),
                    feature.evaluate(&subject).strategy_position()
                );
            }
            for diagnostic in ruleset.diagnostics() {
                let _ = diagnostic.to_string();
            }
        }
    }
}

/// Returns a token as a report shows it: a report is valid JSON for every reader, so it has U+FFFD in place of a lone surrogate.
fn mended(token: &str) -> String {
    let mut mended = token.to_string();
    for (at, escape) in lone_surrogates(token) {
        mended.replace_range(at..at + escape.len(), "\\ufffd");
    }
    mended
}
