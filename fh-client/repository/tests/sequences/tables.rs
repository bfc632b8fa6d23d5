//! Tables of the parts of the repository that sequences reach rarely: one input and one result a row.

use fh_eval::featurehub::Compiler;
use fh_eval::{Attributes, Kind, Profile, Timestamp, Value as FeatureValue};
use fh_repository::baggage::{AllowedKeys, BaggageOverrides, Flags};
use fh_repository::notice::Notice;
use fh_repository::problem::{Problem, Stage, TooManyAttributes};
use fh_repository::publication::{Cause, Publication};
use fh_repository::readiness::Readiness;
use fh_repository::rules::{Environments, Rules, ServerEvaluated};
use fh_repository::source::Source;
use fh_repository::status::SessionStatus;
use fh_repository::system::System;
use fh_repository::{Bootstrap, EnvironmentOverrides, LockPolicy, Repository, RepositoryOptions};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::shown;

/// Returns all tables by their names.
pub(crate) fn tables() -> Value {
    json!({
        "values": values(),
        "attributeNumbers": attribute_numbers(),
        "contextHashes": context_hashes(),
        "baggage": baggage(),
        "environment": environment(),
        "bootstrap": bootstrap(),
        "problems": problems().iter().map(|each| each.on(System::FeatureHub).to_string()).collect::<Vec<_>>(),
        "notices": notices().iter().map(shown::text).collect::<Vec<_>>(),
    })
}

fn repository() -> Repository {
    Repository::new(RepositoryOptions::new(|| Timestamp::from_millis(0)))
}

/// Returns a ready repository with one feature that the Edge has evaluated.
fn serving(json: &str) -> Repository {
    let repository = repository();
    let mut compilation = Compiler::new(Profile::Client).without_strategies().begin(None);
    compilation.add(json);
    let evaluated = Arc::new(ServerEvaluated::default());
    let rules = Rules::server_evaluated(compilation.finish(), Environments::Unknown, evaluated);
    repository.publish(Publication { rules: Arc::new(rules), cause: Cause::First });
    repository
        .set_status(SessionStatus { readiness: Readiness::Ready, ..SessionStatus::default() });
    repository
}

const TOKENS: [&str; 34] = [
    "true",
    "false",
    "null",
    "0",
    "-0",
    "1",
    "7.50",
    "-7.500e0",
    "1e400",
    "-1e400",
    "1e-400",
    "9007199254740993",
    "9007199254740992",
    "1e21",
    "123456789012345678901234567890",
    "0.1",
    "563000000000000.25",
    "\"\"",
    "\"TRUE\"",
    "\"tRue\"",
    "\"yes\"",
    "\"7.50\"",
    "\" 7\"",
    "\"+.5\"",
    "\"0x10\"",
    "\"NaN\"",
    "\"\\ud800\"",
    "\"\\ud83d\\udc22\"",
    "\"{\\\"a\\\":1}\"",
    "\"{broken\"",
    "[]",
    "[1, \"\\udc00\"]",
    "{\"a\" : 1.50}",
    "\"\\u0000\\n\\u2028\"",
];

fn values() -> Value {
    let types = ["\"BOOLEAN\"", "\"STRING\"", "\"NUMBER\"", "\"JSON\"", "\"boolean\"", "7", "null"];
    let mut rows = Vec::new();
    for kind in types {
        for token in TOKENS {
            rows.push(values_of(&format!("{{\"key\":\"A\",\"type\":{kind},\"value\":{token}}}")));
        }
        rows.push(values_of(&format!("{{\"key\":\"A\",\"type\":{kind}}}")));
    }
    for version in
        ["3", "3.0", "-3", "30e-1", "3.5", "\"3\"", "null", "1e999", "true", "9007199254740991"]
    {
        rows.push(values_of(&format!(
            "{{\"key\":\"A\",\"version\":{version},\"l\":1,\"id\":null}}"
        )));
    }
    for more in [
        "\"l\":true",
        "\"l\":\"true\"",
        "\"id\":7",
        "\"fp\":[]",
        "\"fp\":{\"b\":\"1\",\"1\":\"\\ud800\",\"b\":\"2\",\"c\":3}",
    ] {
        rows.push(values_of(&format!(
            "{{\"value\":\"a\",\"key\":\"A\",\"type\":\"STRING\",\"value\":\"b\",{more}}}"
        )));
    }
    Value::Array(rows)
}

fn values_of(json: &str) -> Value {
    let repository = serving(json);
    let snapshot = repository.snapshot();
    let typed = |kind| snapshot.detail_as("A", None, kind);
    let kinds = [Kind::Boolean, Kind::String, Kind::Number, Kind::Json].map(typed);
    json!({
        "json": json,
        "detail": shown::detail(&snapshot.detail("A", None)),
        "number": shown::double(snapshot.number("A", None)),
        "typed": kinds.iter().map(|detail| json!([shown::value(detail.value.as_ref()), detail.reason.as_str()])).collect::<Vec<_>>(),
        "bootstrap": serde_json::to_string(&snapshot.values(None)).unwrap(),
    })
}

fn attribute_numbers() -> Value {
    let numbers = [
        0.0,
        -0.0,
        1.0,
        -1.5,
        0.1,
        1e-6,
        1.5e-6,
        1e-7,
        -1.25e-7,
        1e20,
        1e21,
        -1.5e21,
        1.2345678901234567e25,
        5e-324,
        f64::MAX,
        f64::MIN_POSITIVE,
        9_007_199_254_740_993.0,
        123_456_789.123,
        1e22,
        0.30000000000000004,
    ];
    let text = |number: f64| {
        let attributes = Attributes::builder().attribute("n", number).build();
        attributes.get("n").unwrap().next().unwrap().to_owned()
    };
    numbers.iter().map(|number| json!([format!("{number:e}"), text(*number)])).collect()
}

fn context_hashes() -> Value {
    let contexts = [
        json!([]),
        json!([["userkey", ["mara"]], ["plan", ["gold", "a,b"]]]),
        json!([["plan", ["gold", "a,b"]], ["userkey", ["mara"]]]),
        json!([
            ["b", ["!'()*"]],
            ["a", ["~-_.", ""]],
            ["Ａ", ["\u{1f422}"]],
            ["\u{1f422}", ["=&"]]
        ]),
    ];
    let hash = |context: &Value| {
        let attributes = Arc::new(crate::world::attributes(context));
        repository().read().values(Some(&attributes)).context_hash()
    };
    contexts.iter().map(|context| json!([context, hash(context)])).collect()
}

fn baggage() -> Value {
    let long = format!("a=1,{}=2,c", "b".repeat(8_190));
    let texts = [
        "",
        "A",
        "A=",
        "=x",
        "A=1,A=2,B",
        "A=a+b%20c,K+EY=1",
        "A%3D=%zz%e2%90%a2%F0",
        "b=1,a=2,\u{1f422}=3,\u{ff21}=4",
        "A=1,,B=%2C%22%5C",
        "A=yes",
        "A=T",
        "A=no",
        &long,
    ];
    let row = |text: &&str| {
        let flags = Flags::parse(text);
        let mut extended = flags.clone();
        let added = [("New key", Some("x, y")), ("", None), ("A", None), ("Z", None)].map(
            |(key, value)| {
                format!(
                    "{:?}",
                    extended.add(key, value.map(|text| FeatureValue::Text(text.into())).as_ref())
                )
            },
        );
        let boolean = serving(r#"{"key":"A","type":"BOOLEAN","value":false}"#);
        let overrides = BaggageOverrides::new(text, AllowedKeys::All);
        boolean.intercept(Arc::new(overrides), LockPolicy::Respect).detach();
        json!({
            "text": text,
            "entries": flags.iter().collect::<Vec<_>>(),
            "leftOut": [flags.left_out().count, extended.left_out().count],
            "added": added,
            "written": extended.to_string(),
            "override": shown::detail(&boolean.read().detail("A", None)),
            "missing": shown::value(boolean.read().value("B", None).as_ref()),
        })
    };
    texts.iter().map(row).collect()
}

fn environment() -> Value {
    let variables = [
        ("FEATUREHUB_OVERRIDE_FEATURES", "true"),
        ("FEATUREHUB_FEATURE_TITLE", "long"),
        ("FEATUREHUB_TITLE", "short"),
        ("FEATUREHUB_TWO_WORDS", ""),
        ("FEATUREHUB_EDGE_URL", "no"),
        ("FEATUREHUB_FEATURE_EDGE_URL", "yes"),
        ("FEATUREHUB_", "x"),
        ("FEATUREHUB_FEATURE_", "y"),
        ("featurehub_A", "z"),
    ];
    let overrides = EnvironmentOverrides::from_variables(variables).unwrap();
    let keys = [
        "TITLE",
        "FEATURE_TITLE",
        "title",
        "TWO WORDS",
        "TWO_WORDS",
        "EDGE_URL",
        "FEATURE_",
        "",
        "A",
        "OVERRIDE_FEATURES",
    ];
    let off = [vec![], vec![("FEATUREHUB_OVERRIDE_FEATURES", "TRUE")], vec![("FEATUREHUB_A", "1")]];
    json!({
        "variables": variables,
        "texts": keys.map(|key| json!([key, overrides.text(key)])),
        "off": off.map(|variables| json!([variables.clone(), EnvironmentOverrides::from_variables(variables).is_some()])),
    })
}

fn bootstrap() -> Value {
    let document = r#"{"format":1,"generation":3,"time":"2026-11-21T00:00:00.500Z","context":null,"features":[],"later":1}"#;
    let feature = r#"{"key":"A","type":"NUMBER","value":"1e400","version":1,"reason":"STATIC","variant":"default"}"#;
    let with = document.replace("[]", &format!("[{feature}]"));
    let changed = |from: &str, to: &str| with.replace(from, to);
    let mut documents = vec![
        document.to_owned(),
        with.clone(),
        String::new(),
        "null".to_owned(),
        "{}".to_owned(),
        "[1]".to_owned(),
    ];
    for (from, to) in [
        ("\"format\":1", "\"format\":2"),
        ("\"format\":1", "\"format\":1.0"),
        ("\"format\":1", "\"format\":\"1\""),
        ("\"generation\":3", "\"generation\":-1"),
        ("\"generation\":3,", ""),
        ("\"generation\":3", "\"generation\":3,\"generation\":4"),
        ("2026-11-21T00:00:00.500Z", "2024-02-29t23:59+01:00"),
        ("2026-11-21T00:00:00.500Z", "2023-02-29T00:00:00Z"),
        ("2026-11-21T00:00:00.500Z", "2026-11-21T00:00:00.123456789-18:00[Etc/X]"),
        ("2026-11-21T00:00:00.500Z", "0001-01-01T00:00:00+18:00"),
        ("2026-11-21T00:00:00.500Z", "2026-11-21 00:00:00Z"),
        ("2026-11-21T00:00:00.500Z", "2026-11-21T24:00:00Z"),
        ("2026-11-21T00:00:00.500Z", "1969-12-31T23:59:59.999"),
        ("2026-11-21T00:00:00.500Z", "2026-11-21T00:00:00.1234567890Z"),
        ("\"context\":null", "\"context\":\"ab\""),
        ("\"context\":null", "\"context\":1"),
        ("\"context\":null,", ""),
        ("STATIC", "BECAUSE"),
        ("\"NUMBER\"", "\"COLOUR\""),
        ("\"NUMBER\"", "null"),
        ("\"NUMBER\"", "\"JSON\""),
        ("\"1e400\"", "[1]"),
        ("\"1e400\"", "null"),
        ("\"1e400\"", "7.50"),
        ("\"1e400\"", "true"),
        ("\"1e400\"", "\"seven\""),
        ("\"1e400\"", "\"\\ud800\""),
        ("\"version\":1,", ""),
        ("\"version\":1", "\"version\":1.5"),
        ("\"version\":1", "\"version\":-7"),
        ("\"key\":\"A\"", "\"key\":\"\\ud800\""),
        ("\"key\":\"A\"", "\"key\":7"),
        ("\"variant\":\"default\"", "\"variant\":null"),
        ("\"value\":\"1e400\",", ""),
        ("}]", "},7]"),
        ("\"later\":1", "\"later\":{\"__proto__\":[[[]]]}"),
    ] {
        documents.push(changed(from, to));
    }
    let read = |json: &String| {
        serde_json::from_str::<Bootstrap>(json)
            .ok()
            .map(|read| serde_json::to_string(&read).unwrap())
    };
    documents.iter().map(|json| json!([json, read(json)])).collect()
}

/// Returns a problem of each code, and of each stage. `problem.ts` has them in the same order.
fn problems() -> Vec<Problem> {
    let text = || "why \"so\"".to_owned();
    let stages = [
        Stage::Connect,
        Stage::Head,
        Stage::Body,
        Stage::FirstEvent,
        Stage::Event,
        Stage::Silence,
        Stage::Context,
    ];
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
    all.extend(stages.map(Problem::TimedOut));
    all.extend([
        Problem::ClosedEarly,
        Problem::Disconnected,
        Problem::Context(TooManyAttributes(31)),
        Problem::Superseded,
        Problem::Closed,
    ]);
    all
}

fn notices() -> Vec<Notice> {
    let text = |text: &str| text.to_owned();
    vec![
        Notice::KeyInSeveralEnvironments { feature: text("F"), answers: text("E") },
        Notice::CommaInValue { attribute: text("plan") },
        Notice::OtherContext { system: System::FeatureHub },
        Notice::FeatureNotFound { feature: text("F"), meant: Some(text("G")) },
        Notice::FeatureNotFound { feature: text("F"), meant: None },
        Notice::TypeMismatch { feature: text("F"), kind: Kind::Boolean, read_as: Kind::String },
        Notice::AttributeNotRead { attribute: text("userKey"), meant: text("userkey") },
        Notice::NoticesLeftOut { of: "type_mismatch", reported: 20 },
        Notice::OverrideRefused { interceptor: text("I"), feature: text("F"), why: text("W") },
        Notice::InterceptorPanicked { interceptor: text("I") },
        Notice::FellBackToPolling,
        Notice::StreamsHeldBack,
        Notice::StoreIgnored { source: Source::Store("redis-store".into()), why: text("W") },
        Notice::StoreIgnored { source: Source::Snapshot, why: text("W") },
        Notice::Ignored { what: text("W") },
    ]
}
