//! Notices about reads that look like mistakes in the program.

use std::sync::Arc;

use fh_eval::{Attributes, Kind, Value};
use fh_repository::publication::Cause;
use fh_repository::readiness::Readiness;
use fh_repository::{
    Flow, InterceptedRead, Interceptor, LockPolicy, Repository, RepositoryOptions,
    RepositorySnapshot,
};
use serde_json::json;

use super::{Calls, flag, ignore, options, publish, show, user};

/// An interceptor that answers each read in the same way.
struct Answers(Flow);

impl Interceptor for Answers {
    fn name(&self) -> &str {
        "answers"
    }

    fn intercept(&self, _: &InterceptedRead<'_>) -> Flow {
        self.0.clone()
    }
}

fn features() -> serde_json::Value {
    let rule = |field: &str| json!({"fieldName": field, "type": "STRING", "conditional": "EQUALS", "values": ["x"]});
    let by = |key: &str, strategy: serde_json::Value| json!({"id": key, "key": key, "type": "BOOLEAN", "value": false, "strategies": [strategy]});
    let rules =
        |key: &str, field: &str| by(key, json!({"value": true, "attributes": [rule(field)]}));
    json!([
        flag("NEW_CHECKOUT", true),
        {"key": "GREETING", "type": "STRING", "value": "hello"},
        {"key": "UNSET", "type": "STRING", "value": null},
        rules("BY_PLAN", "user_plan"),
        rules("BY_TEAM", "teams"),
        rules("BY_TEAM_NAME", "team"),
        rules("BY_ID", "id"),
        rules("BY_SESSION", "session"),
        by("UNTIL", json!({"value": true, "attributes": [
            {"fieldName": "now", "type": "DATE", "conditional": "EQUALS", "values": ["2026-01-01"]}
        ]})),
        by("SHARE", json!({"value": true, "percentage": 500_000})),
        by("SHARE_OF", json!({"value": true, "percentage": 500_000, "percentageAttributes": ["company"]})),
    ])
}

fn repository(reports_mistakes: bool) -> (Repository, Calls<String>, Calls<String>) {
    let repository = Repository::new(RepositoryOptions { reports_mistakes, ..options() });
    let (notices, logged) = (Calls::new(), Calls::new());
    let (noted, log) = (notices.clone(), logged.clone());
    repository.on_notice(move |notice| noted.note(notice.as_str().to_owned())).detach();
    repository.set_notice_log(move |notice| log.note(notice.to_string()));
    (repository, notices, logged)
}

fn ready(reports_mistakes: bool) -> (Repository, Calls<String>, Calls<String>) {
    let all = repository(reports_mistakes);
    publish(&all.0, Cause::First, &features());
    show(&all.0, Readiness::Ready);
    all
}

fn with(name: &str) -> Arc<Attributes> {
    Arc::new(Attributes::builder().attribute(name, "x").build())
}

#[test]
fn a_read_that_looks_like_a_mistake_is_reported_once() {
    type Read = fn(&RepositorySnapshot);
    let rows: [(Read, &str); 26] = [
        (
            |read| ignore(read.is_enabled("new-chekout", None)),
            "feature_not_found did you mean NEW_CHECKOUT?",
        ),
        (
            |read| ignore(read.value("NEW-CHECKOUT", None)),
            "feature_not_found did you mean NEW_CHECKOUT?",
        ),
        (|read| ignore(read.detail("GREETNG", None)), "feature_not_found did you mean GREETING?"),
        (
            |read| ignore(read.detail_as("PRICES\n", None, Kind::Json)),
            "feature_not_found no feature PRICES\u{fffd}, and none",
        ),
        (
            |read| ignore(read.string("NEW_CHECKOUT", None)),
            "type_mismatch is of type BOOLEAN, so reads as STRING",
        ),
        (
            |read| ignore(read.boolean("GREETING", None)),
            "type_mismatch is of type STRING, so reads as BOOLEAN",
        ),
        (
            |read| ignore(read.number("GREETING", None)),
            "type_mismatch is of type STRING, so reads as NUMBER",
        ),
        (
            |read| ignore(read.decimal("GREETING", None)),
            "type_mismatch is of type STRING, so reads as NUMBER",
        ),
        (
            |read| ignore(read.json("GREETING", None)),
            "type_mismatch is of type STRING, so reads as JSON",
        ),
        (
            |read| ignore(read.detail_as("GREETING", None, Kind::Number)),
            "type_mismatch is of type STRING, so reads as NUMBER",
        ),
        (
            |read| ignore(read.boolean("BY_PLAN", Some(&with("userPlan")))),
            "attribute_not_read attribute userPlan, but one reads user_plan",
        ),
        (
            |read| ignore(read.detail("BY_PLAN", Some(&with("user-plan")))),
            "attribute_not_read attribute user-plan, but one reads user_plan",
        ),
        (
            |read| ignore(read.boolean("SHARE", Some(&with("userKey")))),
            "attribute_not_read attribute userKey, but one reads userkey",
        ),
        (
            |read| ignore(read.boolean("SHARE_OF", Some(&with("compny")))),
            "attribute_not_read attribute compny, but one reads company",
        ),
        // Right reads, an attribute that another rule reads, and reads that do not count as uses.
        (|read| ignore(read.string("UNSET", None)), ""),
        (
            |read| {
                ignore((
                    read.value("NEW_CHECKOUT", None),
                    read.boolean("SHARE", Some(&user("mara"))),
                ));
            },
            "",
        ),
        (|read| ignore(read.boolean("BY_TEAM", Some(&with("team")))), ""),
        (|read| ignore(read.boolean("BY_PLAN", Some(&with("country")))), ""),
        (|read| ignore(read.boolean("BY_ID", Some(&with("ip")))), ""),
        (|read| ignore(read.boolean("BY_ID", Some(&with("\u{884c}d")))), ""),
        (|read| ignore(read.boolean("UNTIL", Some(&with("nows")))), ""),
        (
            |read| {
                let with_key = Attributes::builder().user_key("mara").attribute("sesion", "x");
                ignore(read.boolean("BY_SESSION", Some(&Arc::new(with_key.build()))));
            },
            "",
        ),
        (
            |read| ignore(read.boolean("BY_SESSION", Some(&with("sesion")))),
            "attribute_not_read attribute sesion, but one reads session",
        ),
        (|read| ignore((read.exists("GREETNG"), read.is_set("GREETNG", None))), ""),
        (|read| ignore((read.peek("GREETNG", None), read.explain("GREETNG", None))), ""),
        (
            |read| {
                ignore((
                    read.peek("BY_PLAN", Some(&with("userPlan"))),
                    read.values(Some(&with("userPlan"))),
                ));
                read.for_each_value(Some(&with("userPlan")), |_, _| {});
            },
            "",
        ),
    ];
    for (row, (read, expected)) in rows.into_iter().enumerate() {
        // With an interceptor that answers nothing, reads take another way.
        for is_plain in [true, false] {
            let (repository, notices, logged) = ready(true);
            if !is_plain {
                repository
                    .intercept(Arc::new(Answers(Flow::Continue)), LockPolicy::Respect)
                    .detach();
            }
            for _ in 0..3 {
                read(&repository.snapshot());
                repository.deliver();
            }
            let (kind, text) = expected.split_once(' ').unwrap_or_default();
            let kinds = notices.take();
            let texts = logged.take();
            let is_expected = match kind {
                "" => kinds.is_empty() && texts.is_empty(),
                kind => kinds == [kind] && texts.len() == 1 && texts[0].contains(text),
            };
            assert!(is_expected, "row {row}, plain: {is_plain}: {kinds:?} {texts:?}");
        }
    }
}

#[test]
fn mistakes_are_not_reported_without_features_for_overrides_and_if_not_wanted() {
    let missing = |repository: &Repository| {
        ignore(repository.read().boolean("NEW_CHEKOUT", None));
        ignore(repository.read().string("NEW_CHECKOUT", None));
        ignore(repository.read().boolean("SHARE", Some(&with("userKey"))));
        repository.deliver();
    };
    let (early, notices, logged) = repository(true);
    missing(&early);
    let (overridden, _, answered) = ready(true);
    let answer = Flow::Override(Some(Value::Bool(true)));
    overridden.intercept(Arc::new(Answers(answer)), LockPolicy::Respect).detach();
    missing(&overridden);
    let (unwanted, _, silent) = ready(false);
    missing(&unwanted);
    assert_eq!((notices.len(), logged.len(), answered.len(), silent.len()), (0, 0, 0, 0));
    // Mistakes before the first features are reported afterwards.
    publish(&early, Cause::First, &features());
    show(&early, Readiness::Ready);
    missing(&early);
    assert_eq!(notices.take(), ["feature_not_found", "type_mismatch", "attribute_not_read"]);
}

#[test]
fn twenty_mistakes_of_a_kind_are_reported() {
    let (repository, notices, logged) = ready(true);
    for _ in 0..2 {
        for index in 0..30 {
            ignore(repository.read().boolean(&format!("MISSING_{index}"), None));
        }
        repository.deliver();
    }
    ignore(repository.read().string("NEW_CHECKOUT", None));
    repository.deliver();
    let kinds = notices.take();
    assert_eq!(kinds.len(), 22);
    assert_eq!(kinds[19..], ["feature_not_found", "notices_left_out", "type_mismatch"]);
    let text = "further notices feature_not_found are left out, after 20 of them";
    assert_eq!(logged.take()[20], text);
}

/// A context whose names were compared last is not compared again, and a repository compares at most 1,000 contexts.
#[test]
fn a_bounded_number_of_contexts_is_compared() {
    let (repository, notices, _) = ready(true);
    let read = |name: &str| ignore(repository.read().boolean("BY_PLAN", Some(&with(name))));
    for _ in 0..2_000 {
        read("country");
    }
    read("userPlan");
    for index in 0..2_000 {
        read(&format!("{index:04}_column_{index:04}"));
    }
    read("user-plan");
    repository.deliver();
    assert_eq!(notices.len(), 1);
}

#[test]
fn a_default_percentage_key_is_no_misspelt_name() {
    for (own, reports) in [("session", 0), ("sersion", 1)] {
        let (repository, notices, _) = repository(true);
        let rule = json!({"fieldName": "version", "type": "STRING", "conditional": "EQUALS", "values": ["x"]});
        publish(
            &repository,
            Cause::First,
            &json!([{"key": "BY_VERSION", "type": "BOOLEAN", "value": false, "strategies": [{"value": true, "attributes": [rule]}]}]),
        );
        show(&repository, Readiness::Ready);
        ignore(repository.read().boolean("BY_VERSION", Some(&with(own))));
        repository.deliver();
        assert_eq!(notices.len(), reports, "{own}");
    }
}
