//! Any bytes as a ruleset of FeatureSignals, or as a context: each is rejected or read. All ways to evaluate a flag give the same result.

use fh_eval::featuresignals::{Compiler, Context, Document, explain, reason};
use fh_eval::{Subject, Timestamp};

pub fn run(bytes: &[u8]) {
    let context = std::str::from_utf8(bytes).ok().and_then(|json| Context::from_json(json).ok());
    let context = context.unwrap_or_else(|| {
        Context::builder("user-1").attribute("plan", "pro").attribute("score", 1e6).build()
    });
    let Ok(document) = Document::parse(bytes) else { return };
    let now = Timestamp::from_millis(1_767_225_600_000);
    let subject = Subject::new(context.attributes(), now);
    let compiler = Compiler::new();
    let ruleset = compiler.compile(&document);
    let mut again = ruleset.clone();
    ruleset.evaluate_all(&subject, |flag, evaluation| {
        let alone = flag.evaluate(&subject);
        assert_eq!((alone.value(), alone.reason()), (evaluation.value(), evaluation.reason()));
        let explanation = explain(flag, &context, now);
        assert_eq!(explanation.value(), evaluation.value());
        assert_eq!(explanation.reason(), evaluation.reason());
        assert_eq!(explanation.variant(), evaluation.variant());
        let _ = (explanation.to_string(), serde_json::to_string(&explanation.report()));
        let _ = reason(&evaluation);
        if let Some(moved) = ruleset.feature(flag.key()) {
            again = again.without([flag.key()]).with(&moved);
        }
    });
    for (key, raw) in &document.segments {
        if let Ok(segment) = compiler.segment(key, raw) {
            again = again.with_segment(key, Some(&segment));
        }
    }
    for flag in again.iter() {
        let before = ruleset.get(flag.key()).map(|before| before.evaluate(&subject));
        let after = flag.evaluate(&subject);
        assert_eq!(before.map(|before| before.reason()), Some(after.reason()), "{}", flag.key());
    }
    for diagnostic in ruleset.diagnostics() {
        let _ = diagnostic.to_string();
    }
}
