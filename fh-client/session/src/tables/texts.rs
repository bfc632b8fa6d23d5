//! Texts of problems and notices.

use fh_eval::Kind;
use fh_repository::notice::Notice;
use fh_repository::problem::{Problem, Stage, TooManyAttributes};
use fh_repository::source::Source;
use fh_repository::system::System;
use serde_json::{Map, Value, json};

use super::check;

const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Connect => "connect",
        Stage::Head => "head",
        Stage::Body => "body",
        Stage::FirstEvent => "firstEvent",
        Stage::Event => "event",
        Stage::Silence => "silence",
        Stage::Context => "context",
        _ => "unknown",
    }
}

/// Returns a problem in the form of conversations.
pub(super) fn problem(problem: &Problem) -> Value {
    let mut form = Map::new();
    form.insert("code".to_string(), json!(problem.as_str()));
    let mut add = |name: &str, value: Value| form.insert(name.to_string(), value);
    match problem {
        Problem::Unauthorised(status)
        | Problem::ServerError(status)
        | Problem::UnexpectedStatus(status) => {
            add("number", json!(status));
        }
        Problem::TooLarge(limit) => drop(add("number", json!(limit))),
        Problem::Context(why) => drop(add("number", json!(why.0))),
        Problem::TimedOut(late) => drop(add("stage", json!(stage(*late)))),
        Problem::Failure(text)
        | Problem::ContentType(text)
        | Problem::Unreachable(text)
        | Problem::Tls(text) => {
            add("text", json!(text));
        }
        _ => {}
    }
    Value::Object(form)
}

#[test]
fn problems() {
    let text = || "why \"so\" \u{e4}\n".to_string();
    let stages = [
        Stage::Connect,
        Stage::Head,
        Stage::Body,
        Stage::FirstEvent,
        Stage::Event,
        Stage::Silence,
        Stage::Context,
    ];
    let mut problems = vec![
        Problem::BadRequest,
        Problem::Unauthorised(401),
        Problem::Unauthorised(403),
        Problem::NotFound,
        Problem::Failure(text()),
        Problem::Stale,
        Problem::TooManyRequests,
        Problem::ServerError(503),
        Problem::UnexpectedStatus(204),
        Problem::UnexpectedStatus(407),
        Problem::NoStreaming,
        Problem::HeldBack,
        Problem::ContentType("text/html".to_string()),
        Problem::ContentType(String::new()),
        Problem::ContentType(text()),
        Problem::Redirect,
        Problem::TooLarge(16_777_216),
        Problem::NoEnvironments,
        Problem::EmptyList,
        Problem::Unreachable(text()),
        Problem::Tls(text()),
        Problem::ClosedEarly,
        Problem::Disconnected,
        Problem::Context(TooManyAttributes(31)),
        Problem::Superseded,
        Problem::Closed,
    ];
    problems.extend(stages.map(Problem::TimedOut));
    let rows = problems.iter().map(|each| {
        json!({"problem": problem(each), "isRefusal": each.is_refusal(), "text": each.on(System::FeatureHub).to_string()})
    });
    check("problem-texts", &rows.collect::<Vec<_>>());
}

#[test]
fn problems_that_other_systems_word_differently() {
    let html =
        "answers with a page of HTML: probably a sign-in page, the page of a proxy, or a wrong URL";
    let (featbit, featuresignals) = (Some(System::FeatBit), Some(System::FeatureSignals));
    let wrong_url = "the server has nothing at this URL (status 404): check the URL";
    for (problem, system, text) in [
        (
            Problem::NotFound,
            None,
            "the server does not know the key, or the URL is wrong (status 404)",
        ),
        (Problem::NotFound, featbit, wrong_url),
        (Problem::NotFound, featuresignals, wrong_url),
        (
            Problem::SecretRefused,
            featbit,
            "the server refuses the environment secret (close code 4003): use the server secret of an environment that exists; \
             an agent of FeatBit also answers so until it has data",
        ),
        (Problem::ContentType("text/html".into()), featuresignals, &format!("the server {html}")),
        (Problem::Malformed("a page of HTML".into()), featbit, &format!("the server {html}")),
        (
            Problem::Malformed("a page of HTML".into()),
            Some(System::FeatureHub),
            &format!("the Edge {html}"),
        ),
    ] {
        let found = system.map_or(problem.to_string(), |system| problem.on(system).to_string());
        assert_eq!(found, text);
    }
}

#[test]
fn notices() {
    let text = |text: &str| text.to_string();
    let rows = [
        (
            json!({"kind": "key_in_several_environments", "feature": "A", "answers": "e"}),
            Notice::KeyInSeveralEnvironments { feature: text("A"), answers: text("e") },
        ),
        (
            json!({"kind": "comma_in_value", "attribute": "a"}),
            Notice::CommaInValue { attribute: text("a") },
        ),
        (json!({"kind": "other_context"}), Notice::OtherContext { system: System::FeatureHub }),
        (
            json!({"kind": "feature_not_found", "feature": "A", "meant": "B"}),
            Notice::FeatureNotFound { feature: text("A"), meant: Some(text("B")) },
        ),
        (
            json!({"kind": "feature_not_found", "feature": "A"}),
            Notice::FeatureNotFound { feature: text("A"), meant: None },
        ),
        (
            json!({"kind": "type_mismatch", "feature": "A", "type": "BOOLEAN", "readAs": "STRING"}),
            Notice::TypeMismatch { feature: text("A"), kind: Kind::Boolean, read_as: Kind::String },
        ),
        (
            json!({"kind": "attribute_not_read", "attribute": "a", "meant": "b"}),
            Notice::AttributeNotRead { attribute: text("a"), meant: text("b") },
        ),
        (
            json!({"kind": "notices_left_out", "of": "type_mismatch", "reported": 20}),
            Notice::NoticesLeftOut { of: "type_mismatch", reported: 20 },
        ),
        (
            json!({"kind": "override_refused", "interceptor": "i", "feature": "A", "why": "w"}),
            Notice::OverrideRefused { interceptor: text("i"), feature: text("A"), why: text("w") },
        ),
        (
            json!({"kind": "interceptor_panicked", "interceptor": "i"}),
            Notice::InterceptorPanicked { interceptor: text("i") },
        ),
        (
            json!({"kind": "interceptor_failed", "interceptor": "i"}),
            Notice::InterceptorFailed { interceptor: text("i") },
        ),
        (json!({"kind": "fell_back_to_polling"}), Notice::FellBackToPolling),
        (json!({"kind": "streams_held_back"}), Notice::StreamsHeldBack),
        (
            json!({"kind": "store_ignored", "source": {"store": "s"}, "why": "w"}),
            Notice::StoreIgnored { source: Source::Store("s".into()), why: text("w") },
        ),
        (
            json!({"kind": "store_ignored", "source": "snapshot", "why": "w"}),
            Notice::StoreIgnored { source: Source::Snapshot, why: text("w") },
        ),
        (json!({"kind": "ignored", "what": "w"}), Notice::Ignored { what: text("w") }),
    ]
    .map(|(form, notice)| {
        // TypeScript spells names of functions in another way.
        json!({"notice": form, "text": notice.to_string().replace("set_context", "setContext")})
    });
    check("notice-texts", &rows);
}
