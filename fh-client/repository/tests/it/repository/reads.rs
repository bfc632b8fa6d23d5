//! Getters and details (sdk-behaviour 2.4, sdk-behaviour 4.2).

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use fh_eval::{Kind, Value};
use fh_repository::publication::Cause;
use fh_repository::{Reason, Repository};
use serde_json::json;

use super::{change, flags, ignore, plan, publish, ready, user};

fn everything() -> serde_json::Value {
    json!([
        {"id": "1", "key": "on", "type": "BOOLEAN", "value": true, "version": 3},
        {"id": "2", "key": "off", "type": "BOOLEAN", "value": false},
        {"id": "3", "key": "word", "type": "STRING", "value": "true", "fp": {"team": "web", "n": 3}},
        {"id": "4", "key": "empty", "type": "STRING", "value": ""},
        {"id": "5", "key": "price", "type": "NUMBER", "value": "7.50", "l": true},
        {"id": "6", "key": "zero", "type": "NUMBER", "value": 0},
        {"id": "7", "key": "page", "type": "JSON", "value": "{\"a\":[1]}"},
        {"id": "8", "key": "null", "type": "STRING", "value": null},
        {"id": "9", "key": "strange", "type": "COLOUR", "value": "red"},
        {"id": "10", "key": "broken", "type": "NUMBER", "value": "seven"},
        {"id": "11", "key": "gold", "type": "BOOLEAN", "value": false, "strategies": [{"id": "s-gold",
            "value": true, "attributes": [{"fieldName": "plan", "type": "STRING",
            "conditional": "EQUALS", "values": ["gold"]}]}]},
        {"id": "12", "key": "share", "type": "STRING", "value": "a", "strategies": [
            {"id": "s-share", "value": "b", "percentage": 1_000_000}]},
    ])
}

/// A feature's key, its value as boolean, string, number and JSON, and whether it is set.
type Row =
    (&'static str, Option<bool>, Option<&'static str>, Option<f64>, Option<&'static str>, bool);

#[test]
fn getters_answer_their_type_and_nothing_else() {
    let repository = ready(&everything());
    let mara = user("mara");
    let rows: [Row; 13] = [
        ("on", Some(true), None, None, None, true),
        ("off", Some(false), None, None, None, true),
        ("word", None, Some("true"), None, None, true),
        ("empty", None, Some(""), None, None, true),
        ("price", None, None, Some(7.5), None, true),
        ("zero", None, None, Some(0.0), None, true),
        ("page", None, None, None, Some("{\"a\":[1]}"), true),
        ("null", None, None, None, None, false),
        ("strange", None, None, None, None, true),
        ("broken", None, None, None, None, true),
        ("gold", Some(false), None, None, None, true),
        ("share", None, Some("b"), None, None, true),
        ("missing", None, None, None, None, false),
    ];
    for (key, boolean, string, number, json, is_set) in rows {
        let attributes = Some(&mara);
        let snapshot = repository.snapshot();
        assert_eq!(repository.read().boolean(key, attributes), boolean, "{key}");
        assert_eq!(repository.read().is_enabled(key, attributes), boolean == Some(true), "{key}");
        assert_eq!(repository.read().string(key, attributes).as_deref(), string, "{key}");
        assert_eq!(repository.read().number(key, attributes), number, "{key}");
        assert_eq!(repository.read().json(key, attributes).as_deref(), json, "{key}");
        assert_eq!(repository.read().is_set(key, attributes), is_set, "{key}");
        assert_eq!(repository.read().value(key, attributes).is_some(), is_set, "{key}");
        assert_eq!(repository.read().exists(key), key != "missing", "{key}");
        assert_eq!(snapshot.boolean(key, attributes), boolean, "{key}");
        assert_eq!(snapshot.string(key, attributes).as_deref(), string, "{key}");
        assert_eq!(snapshot.number(key, attributes), number, "{key}");
        assert_eq!(snapshot.json(key, attributes).as_deref(), json, "{key}");
        assert_eq!(snapshot.exists(key), key != "missing", "{key}");
    }
    assert_eq!(repository.read().decimal("price", None).unwrap().as_str(), "7.50");
    assert_eq!(
        repository.read().string("share", None).as_deref(),
        Some("a"),
        "nobody is in no percentage"
    );
}

#[test]
fn typed_details_tell_null_from_another_type() {
    let repository = ready(&everything());
    for (key, kind, value, reason) in [
        ("on", Kind::Boolean, Some(Value::Bool(true)), Reason::Static),
        ("on", Kind::String, None, Reason::TypeMismatch),
        ("word", Kind::Boolean, None, Reason::TypeMismatch),
        ("null", Kind::String, None, Reason::NotSet),
        ("null", Kind::Boolean, None, Reason::TypeMismatch),
        ("broken", Kind::Number, None, Reason::TypeMismatch),
        ("strange", Kind::String, None, Reason::TypeMismatch),
        ("missing", Kind::Boolean, None, Reason::NotFound),
    ] {
        let detail = repository.read().detail_as(key, None, kind);
        assert_eq!((detail.value, detail.reason), (value, reason), "{key} as {kind}");
    }
    // The strategy of `gold` matches, but gives no value to a read of another type.
    let gold = plan("gold");
    for (kind, strategy) in [(Kind::Boolean, Some("s-gold")), (Kind::String, None)] {
        let detail = repository.read().detail_as("gold", Some(&gold), kind);
        assert_eq!(detail.strategy_id.as_deref(), strategy, "{kind}");
    }
}

#[test]
fn reasons_have_standard_names() {
    for (reason, name) in [
        (Reason::StrategyMatch, "STRATEGY_MATCH"),
        (Reason::Split, "SPLIT"),
        (Reason::Default, "DEFAULT"),
        (Reason::Static, "STATIC"),
        (Reason::Intercepted, "INTERCEPTED"),
        (Reason::NotSet, "NOT_SET"),
        (Reason::NotFound, "NOT_FOUND"),
        (Reason::TypeMismatch, "TYPE_MISMATCH"),
        (Reason::NotReady, "NOT_READY"),
        (Reason::OtherContext, "OTHER_CONTEXT"),
    ] {
        assert_eq!(reason.as_str(), name);
        assert_eq!(reason.to_string(), name);
    }
    for (engine, ours) in [
        (fh_eval::EvaluationReason::StrategyMatch, Reason::StrategyMatch),
        (fh_eval::EvaluationReason::Split, Reason::Split),
        (fh_eval::EvaluationReason::Default, Reason::Default),
        (fh_eval::EvaluationReason::Static, Reason::Static),
        (fh_eval::EvaluationReason::NotSet, Reason::NotSet),
        (fh_eval::EvaluationReason::NotFound, Reason::NotFound),
        (fh_eval::EvaluationReason::TypeMismatch, Reason::TypeMismatch),
    ] {
        assert_eq!(Reason::from(engine), ours);
        assert_eq!(engine.as_str(), ours.as_str());
    }
}

/// The name of a read, and the read.
type Read<'a> = (&'a str, &'a dyn Fn(&str));

/// Every kind of public read calls the touch waker once after `report_reads`, whether the key is known or not (D-71).
#[test]
fn reads_touch() {
    let repository = ready(&everything());
    let touches = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&touches);
    repository.set_touch_waker(move || {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let held = repository.snapshot();
    let reads: [Read<'_>; 16] = [
        ("is_enabled", &|key| ignore(repository.read().is_enabled(key, None))),
        ("boolean", &|key| ignore(repository.read().boolean(key, None))),
        ("string", &|key| ignore(repository.read().string(key, None))),
        ("number", &|key| ignore(repository.read().number(key, None))),
        ("decimal", &|key| ignore(repository.read().decimal(key, None))),
        ("json", &|key| ignore(repository.read().json(key, None))),
        ("value", &|key| ignore(repository.read().value(key, None))),
        ("is_set", &|key| ignore(repository.read().is_set(key, None))),
        ("exists", &|key| ignore(repository.read().exists(key))),
        ("detail", &|key| ignore(repository.read().detail(key, None))),
        ("detail_as", &|key| ignore(repository.read().detail_as(key, None, Kind::Json))),
        ("peek", &|key| ignore(repository.read().peek(key, None))),
        ("values", &|_| ignore(repository.read().values(None))),
        ("keys", &|_| ignore(repository.read().keys())),
        ("explain", &|key| ignore(repository.read().explain(key, None))),
        ("a held snapshot", &|key| ignore(held.is_enabled(key, None))),
    ];
    for (name, read) in reads {
        for key in ["on", "missing"] {
            read(key);
            assert_eq!(touches.swap(0, Ordering::SeqCst), 0, "{name} of {key}, not armed");
            repository.report_reads();
            read(key);
            read(key);
            assert_eq!(touches.swap(0, Ordering::SeqCst), 1, "{name} of {key}");
        }
    }
}

#[test]
fn the_librarys_own_comparisons_do_not_touch() {
    let repository = ready(&flags(&[("a", true)]));
    let touches = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&touches);
    repository.set_touch_waker(move || {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    repository.report_reads();
    let _watch = repository.on_change("a", None, |_| {});
    change(&repository, &flags(&[("a", false)]));
    assert_eq!(touches.load(Ordering::SeqCst), 0);
    assert!(!repository.read().is_enabled("a", None));
    assert_eq!(touches.load(Ordering::SeqCst), 1);
}

#[test]
fn the_clock_is_asked_only_for_rules_on_now() {
    let asked = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&asked);
    let repository = Repository::new(fh_repository::RepositoryOptions::new(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        fh_eval::Timestamp::from_millis(super::NOW)
    }));
    publish(
        &repository,
        Cause::First,
        &json!([
            super::flag("plain", true),
            {"id": "2", "key": "today", "type": "BOOLEAN", "value": false, "strategies": [
                {"id": "s", "value": true, "attributes": [{"fieldName": "now", "type": "DATE",
                "conditional": "EQUALS", "values": ["2024-02-29"]}]}]},
        ]),
    );
    let mara = user("mara");
    assert!(repository.read().is_enabled("plain", Some(&mara)));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    assert!(repository.read().is_enabled("today", Some(&mara)));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}
