//! Any bytes as a payload of FeatBit, and as a user: each is rejected or read. All ways to evaluate a flag give the same result.

use fh_eval::featbit::{Compiler, Document, Profile, User, explain, reason, send_to_experiment};
use fh_eval::{Subject, Timestamp};

pub fn run(bytes: &[u8]) {
    // The members of a user may stand beside those of the payload.
    let user = std::str::from_utf8(bytes).ok().and_then(|json| User::from_json(json).ok());
    let user = user.filter(|user| user.attributes().get("keyId").is_some());
    let user = user.unwrap_or_else(|| {
        User::builder("bob").name("Bob").property("plan", "pro").property("age", 30).build()
    });
    let Ok(document) = Document::parse(bytes) else { return };
    let subject = Subject::new(user.attributes(), Timestamp::from_millis(0));
    for profile in [Profile::Server, Profile::Draft] {
        let compiler = Compiler::new(profile);
        let ruleset = compiler.compile(&document);
        let mut again = ruleset.clone();
        ruleset.evaluate_all(&subject, |flag, evaluation| {
            let alone = flag.evaluate(&subject);
            assert_eq!(alone.variant(), evaluation.variant());
            let explanation = explain(flag, &user);
            assert_eq!(explanation.variant(), evaluation.variant());
            assert_eq!(explanation.value(), evaluation.value());
            assert_eq!(explanation.reason(), evaluation.reason());
            let _ = (explanation.to_string(), serde_json::to_string(&explanation.report()));
            let _ =
                (reason(&evaluation), evaluation.boolean(), evaluation.number(), evaluation.json());
            let _ = send_to_experiment(flag, user.attributes(), &evaluation);
            if let Some(moved) = ruleset.feature(flag.key()) {
                again = again.without([flag.key()]).with(&moved);
            }
        });
        for raw in &document.segments {
            if let Ok(segment) = compiler.segment(raw) {
                again = again.with_segment(segment.id(), Some(&segment));
            }
        }
        for flag in again.iter() {
            let before = ruleset.get(flag.key()).map(|before| before.evaluate(&subject));
            let after = flag.evaluate(&subject);
            assert_eq!(before.and_then(|before| before.variant()), after.variant());
        }
        for diagnostic in ruleset.diagnostics() {
            let _ = diagnostic.to_string();
        }
    }
}
