//! A problem of each code, and a notice of each kind.

use fh_eval::Kind;
use fh_repository::notice::Notice;
use fh_repository::problem::{Problem, Stage, TooManyAttributes};
use fh_repository::source::Source;
use fh_repository::system::System;
use serde_json::{Value, json};

use crate::shown;

/// All stages, by their names in TypeScript.
pub(crate) const STAGES: [(&str, Stage); 7] = [
    ("connect", Stage::Connect),
    ("head", Stage::Head),
    ("body", Stage::Body),
    ("first_event", Stage::FirstEvent),
    ("event", Stage::Event),
    ("silence", Stage::Silence),
    ("context", Stage::Context),
];

/// Returns a problem of each code, and of each stage.
pub(crate) fn problems() -> Vec<Problem> {
    let text = || "why \"so\"".to_owned();
    let mut all = vec![
        Problem::BadRequest,
        Problem::Unauthorised(403),
        Problem::NotFound,
        Problem::Failure(text()),
        Problem::Stale,
        Problem::TooManyRequests,
        Problem::ServerError(503),
        Problem::UnexpectedStatus(204),
        Problem::NoStreaming,
        Problem::HeldBack,
        Problem::ContentType(text()),
        Problem::Redirect,
        Problem::Malformed(text()),
        Problem::Malformed("a page of HTML".to_owned()),
        Problem::TooLarge(16),
        Problem::NoEnvironments,
        Problem::EmptyList,
        Problem::Unreachable(text()),
        Problem::Tls(text()),
    ];
    all.extend(STAGES.map(|(_, stage)| Problem::TimedOut(stage)));
    all.extend([
        Problem::ClosedEarly,
        Problem::Disconnected,
        Problem::Context(TooManyAttributes(31)),
        Problem::Superseded,
        Problem::Closed,
    ]);
    all
}

/// Returns notices, each as TypeScript writes it.
pub(crate) fn notices() -> Vec<(Value, Notice)> {
    let text = |text: &str| text.to_owned();
    let store = Source::Store("redis-store".into());
    vec![
        (
            json!({"kind": "key_in_several_environments", "feature": "F", "answers": "E"}),
            Notice::KeyInSeveralEnvironments { feature: text("F"), answers: text("E") },
        ),
        (
            json!({"kind": "comma_in_value", "attribute": "plan"}),
            Notice::CommaInValue { attribute: text("plan") },
        ),
        (
            json!({"kind": "other_context", "use": ""}),
            Notice::OtherContext { system: System::FeatureHub },
        ),
        (
            json!({"kind": "feature_not_found", "feature": "F", "meant": "G"}),
            Notice::FeatureNotFound { feature: text("F"), meant: Some(text("G")) },
        ),
        (
            json!({"kind": "feature_not_found", "feature": "F"}),
            Notice::FeatureNotFound { feature: text("F"), meant: None },
        ),
        (
            json!({"kind": "type_mismatch", "feature": "F", "type": "BOOLEAN", "readAs": "STRING"}),
            Notice::TypeMismatch { feature: text("F"), kind: Kind::Boolean, read_as: Kind::String },
        ),
        (
            json!({"kind": "attribute_not_read", "attribute": "userKey", "meant": "userkey"}),
            Notice::AttributeNotRead { attribute: text("userKey"), meant: text("userkey") },
        ),
        (
            json!({"kind": "notices_left_out", "of": "type_mismatch", "reported": 20}),
            Notice::NoticesLeftOut { of: "type_mismatch", reported: 20 },
        ),
        (
            json!({"kind": "override_refused", "interceptor": "I", "feature": "F", "why": "W"}),
            Notice::OverrideRefused { interceptor: text("I"), feature: text("F"), why: text("W") },
        ),
        (
            json!({"kind": "interceptor_panicked", "interceptor": "I"}),
            Notice::InterceptorPanicked { interceptor: text("I") },
        ),
        (json!({"kind": "fell_back_to_polling"}), Notice::FellBackToPolling),
        (json!({"kind": "streams_held_back"}), Notice::StreamsHeldBack),
        (
            json!({"kind": "store_ignored", "source": shown::source(&store), "why": "W"}),
            Notice::StoreIgnored { source: store, why: text("W") },
        ),
        (
            json!({"kind": "store_ignored", "source": shown::source(&Source::Snapshot), "why": "W"}),
            Notice::StoreIgnored { source: Source::Snapshot, why: text("W") },
        ),
        (json!({"kind": "ignored", "what": "W"}), Notice::Ignored { what: text("W") }),
    ]
}
