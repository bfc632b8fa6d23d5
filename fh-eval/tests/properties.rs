//! Properties that hold for every feature and every context. The project's generators draw both.
#![allow(clippy::unwrap_used, clippy::panic)]
#![allow(clippy::disallowed_methods, reason = "evaluates on several threads at the same time")]

use fh_eval::featurehub::{Compiler, Document};
use fh_eval::{
    Attributes, Evaluation, EvaluationReason, Profile, Ruleset, Subject, TimeRules, Timestamp,
};
use fh_test::generators::{Case, Choices, Payload, case, context_to_json, payload};
use proptest::prelude::*;
use serde_json::value::RawValue;

const NOW: Timestamp = Timestamp::from_millis(1_709_249_400_000);
const PROFILES: [Profile; 2] = [Profile::Client, Profile::Edge];

fn context(case: &Case) -> Attributes {
    Attributes::from_json(&context_to_json(&case.context)).unwrap()
}

fn ruleset(features: &[&str], profile: Profile) -> Ruleset {
    Ruleset::from_json(format!("[{}]", features.join(",")).as_bytes(), profile).unwrap()
}

/// The strategy's id and position, the reason, and the value of an evaluation.
type Answer = (Option<String>, Option<usize>, EvaluationReason, Option<String>);

fn answer(evaluation: &Evaluation<'_>) -> Answer {
    (
        evaluation.strategy_id().map(str::to_string),
        evaluation.strategy_position(),
        evaluation.reason(),
        evaluation.value().map(ToString::to_string),
    )
}

fn answers(ruleset: &Ruleset, subject: &Subject<'_, Timestamp>) -> Vec<(String, Answer)> {
    ruleset
        .iter()
        .map(|feature| (feature.key().to_string(), answer(&feature.evaluate(subject))))
        .collect()
}

fn all_answers(ruleset: &Ruleset, subject: &Subject<'_, Timestamp>) -> Vec<(String, Answer)> {
    let mut all = Vec::new();
    ruleset.evaluate_all(subject, |feature, evaluation| {
        all.push((feature.key().to_string(), answer(&evaluation)));
    });
    all
}

/// The positions of the strategies that match a row without values.
fn row_answers(ruleset: &Ruleset) -> Vec<Option<u32>> {
    let mut all = Vec::new();
    let evaluator = ruleset.column_evaluator(ruleset.iter().map(|feature| feature.key())).unwrap();
    evaluator.evaluate(NOW, |_, row| all.push(row.strategy));
    all
}

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_string()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn explaining_is_evaluating(case in case()) {
        let context = context(&case);
        for profile in PROFILES {
            let ruleset = ruleset(&[&case.feature.to_json()], profile);
            for subject in [Subject::new(&context, NOW), Subject::without_context(NOW)] {
                for feature in ruleset.iter() {
                    let evaluation = feature.evaluate(&subject);
                    let explanation = feature.explain(&subject);
                    prop_assert_eq!(explanation.value(), evaluation.value());
                    prop_assert_eq!(explanation.reason(), evaluation.reason());
                    let report = explanation.report();
                    prop_assert_eq!(report.strategy_id.as_deref(), evaluation.strategy_id());
                    prop_assert_eq!(report.value.as_deref(), feature.value_token(&evaluation));
                    prop_assert_eq!(&report.diagnostics, feature.diagnostics());
                    prop_assert!(!explanation.to_string().is_empty());
                    prop_assert!(serde_json::to_string(&explanation).is_ok());
                }
            }
        }
    }

    #[test]
    fn evaluating_all_is_evaluating_each(payload in payload(12), case in case()) {
        let context = context(&case);
        let mut features: Vec<String> = payload.features.iter().map(fh_test::generators::Feature::to_json).collect();
        features.push(case.feature.to_json());
        let features: Vec<&str> = features.iter().map(String::as_str).collect();
        for profile in PROFILES {
            let ruleset = ruleset(&features, profile);
            let subject = Subject::new(&context, NOW);
            let mut all = Vec::new();
            ruleset.evaluate_all(&subject, |feature, evaluation| {
                all.push((feature.key().to_string(), answer(&evaluation)));
            });
            prop_assert_eq!(all, answers(&ruleset, &subject));
        }
    }

    /// Evaluates rows of columns, one after the other in the same evaluator, with prepared and with plain texts.
    #[test]
    fn evaluating_rows_is_evaluating_one_by_one(
        drawn in payload(6),
        cases in prop::collection::vec(case(), 1..5),
        prepared in any::<u8>(),
        chosen in any::<u8>(),
    ) {
        let mut features: Vec<String> = drawn.features.iter().map(fh_test::generators::Feature::to_json).collect();
        // Features for which the contexts were drawn: their rules match more often.
        features.extend(cases.iter().map(|case| case.feature.to_json()));
        let features: Vec<&str> = features.iter().map(String::as_str).collect();
        let contexts: Vec<Attributes> = cases.iter().map(context).collect();
        for profile in PROFILES {
            let ruleset = ruleset(&features, profile);
            let keys = ruleset.iter().map(|feature| feature.key());
            let keys = keys.enumerate().filter(|(at, _)| chosen & (1 << (at % 8)) != 0 || *at > 5);
            let mut keys: Vec<&str> = keys.map(|(_, key)| key).collect();
            keys.reverse();
            let mut evaluator = ruleset.column_evaluator(&keys).unwrap();
            // The columns are those of all contexts, so that most rows lack some of them.
            let names: Vec<&str> = contexts.iter().flat_map(|context| context.iter().map(|(name, _)| name)).collect();
            let columns: Vec<_> = names.iter().map(|name| (*name, evaluator.column(name))).collect();
            for context in contexts.iter().chain(contexts.iter().rev()) {
                evaluator.begin_row();
                let mut given: Vec<(&str, &str)> = context.iter().flat_map(|(name, values)| values.map(move |value| (name, value))).collect();
                // The values of an attribute need not be adjacent.
                given.sort_by_key(|(_, value)| value.len());
                let mut again = Attributes::builder();
                for (name, value) in given {
                    again = again.attribute(name, value);
                    let column = columns.iter().find(|(known, _)| *known == name).unwrap().1;
                    match prepared & (1 << (value.len() % 8)) {
                        0 => evaluator.add(column, value),
                        _ => evaluator.add_prepared(column, &fh_eval::PreparedText::new(value)),
                    }
                }
                let again = again.build();
                let subject = Subject::new(&again, NOW);
                let mut count = 0;
                evaluator.evaluate(NOW, |at, row| {
                    let feature = ruleset.get(keys[at]).unwrap();
                    let expected = feature.evaluate(&subject);
                    let value = evaluator.values(at)[row.value as usize];
                    assert_eq!(value.map(ToString::to_string), expected.value().map(ToString::to_string));
                    assert_eq!(value, expected.value());
                    assert_eq!(row.strategy.map(|at| at as usize), expected.strategy_position());
                    let id = row.strategy.and_then(|strategy| evaluator.strategy_id(at, strategy));
                    assert_eq!(id, expected.strategy_id());
                    count += 1;
                });
                prop_assert_eq!(count, keys.len());
                prop_assert_eq!(evaluator.features().map(|feature| feature.key()).collect::<Vec<_>>(), keys.clone());
            }
        }
    }

    #[test]
    fn updating_some_is_compiling_all(old in payload(8), new in payload(8), case in case(), at in 0_usize..8, further in 0_usize..8) {
        let context = context(&case);
        let subject = Subject::new(&context, NOW);
        let old: Vec<String> = old.features.iter().map(fh_test::generators::Feature::to_json).collect();
        let new: Vec<String> = new.features.iter().map(fh_test::generators::Feature::to_json).collect();
        let mut changed: Vec<&str> = old.iter().map(String::as_str).collect();
        for profile in PROFILES {
            let before = ruleset(&old.iter().map(String::as_str).collect::<Vec<_>>(), profile);
            let mut updated = before;
            for at in [at, further, at] {
                changed[at] = &new[at];
                // Rows are evaluated by tables that this ruleset keeps.
                row_answers(&updated);
                updated = updated.with(&Compiler::new(profile).feature(&raw(&new[at])).unwrap());
            }
            let expected = ruleset(&changed, profile);
            prop_assert_eq!(answers(&updated, &subject), answers(&expected, &subject));
            prop_assert_eq!(all_answers(&updated, &subject), answers(&expected, &subject));
            prop_assert_eq!(row_answers(&updated), row_answers(&expected));
            let clocks = [&updated, &expected].map(|ruleset| {
                let rules = TimeRules::of(ruleset);
                (rules.next_change_after(NOW), rules.outcome_at(NOW))
            });
            prop_assert_eq!(&clocks[0], &clocks[1]);
            for feature in updated.iter() {
                let found = updated.get(feature.key()).unwrap();
                prop_assert_eq!(answer(&found.evaluate(&subject)), answer(&feature.evaluate(&subject)));
                prop_assert_eq!(
                    feature.explain(&subject).to_string(),
                    expected.get(feature.key()).unwrap().explain(&subject).to_string()
                );
            }
            let diagnostics = |ruleset: &Ruleset| ruleset.diagnostics().cloned().collect::<Vec<_>>();
            prop_assert_eq!(diagnostics(&updated), diagnostics(&expected));

            // A feature that is removed and added again moves to the end and gives the same results.
            let key = updated.iter().nth(at).unwrap().key();
            let moved = updated.without([key]).with(&updated.feature(key).unwrap());
            prop_assert_eq!(moved.len(), updated.len());
            prop_assert!(updated.without([key]).get(key).is_none());
            let keys: Vec<&str> = updated.iter().map(|feature| feature.key()).collect();
            prop_assert!(updated.without(keys.into_iter().rev()).is_empty());
            let mut sorted = [answers(&moved, &subject), answers(&updated, &subject)];
            for answers in &mut sorted {
                answers.sort_by(|a, b| a.0.cmp(&b.0));
            }
            prop_assert_eq!(&sorted[0], &sorted[1]);
        }
    }

    #[test]
    fn attributes_that_a_feature_does_not_read_change_nothing(case in case()) {
        let mut with_more = case.clone();
        with_more.context.insert(0, ("nobody reads this".to_string(), vec!["x".to_string()]));
        let contexts = [context(&case), context(&with_more)];
        for profile in PROFILES {
            let ruleset = ruleset(&[&case.feature.to_json()], profile);
            let expected = answers(&ruleset, &Subject::new(&contexts[0], NOW));
            prop_assert_eq!(&answers(&ruleset, &Subject::new(&contexts[1], NOW)), &expected);
            for feature in ruleset.iter() {
                feature.attributes_read(&mut |name| assert!(feature.reads(name), "{name}"));
            }
            let is_read = |name| ruleset.iter().any(|feature| feature.reads(name));
            let mut needed = Attributes::builder();
            for (name, values) in contexts[0].iter().filter(|(name, _)| is_read(name)) {
                values.for_each(|value| needed.add(name, value));
            }
            prop_assert_eq!(&answers(&ruleset, &Subject::new(needed.as_attributes(), NOW)), &expected);
        }
    }

    #[test]
    fn raising_a_percentage_removes_no_user(key in ".{0,12}", share in 0_u32..1_000_000, more in 0_u32..1_000_000) {
        let feature = |share: u32| format!(
            r#"{{"id":"9cd3b1d4-6f6b-4c0f-8a3f-3f0f6f1f0c11","key":"F","type":"BOOLEAN","value":false,
                "strategies":[{{"id":"s","percentage":{share},"value":true}}]}}"#
        );
        let context = Attributes::builder().user_key(&key).build();
        for profile in PROFILES {
            let is_in = |share| {
                let ruleset = ruleset(&[&feature(share)], profile);
                ruleset.get("F").unwrap().evaluate(&Subject::new(&context, NOW)).is_match()
            };
            prop_assert!(!is_in(share) || is_in((share + more).min(1_000_000)));
            let bucket = profile.bucket(&key, "9cd3b1d4-6f6b-4c0f-8a3f-3f0f6f1f0c11");
            if share > 0 {
                prop_assert_eq!(is_in(share), bucket <= share);
            }
        }
    }

    /// Texts are compared by their first and last eight bytes first. Equal beginnings, ends and lengths must not be
    /// taken for equal texts.
    #[test]
    fn text_rules_agree_with_string_comparisons(values in prop::collection::vec("[ab]{0,3}(abcdefgh){0,2}[ab]{0,3}", 1..20),
                                           given in "[ab]{0,3}(abcdefgh){0,2}[ab]{0,3}",
                                           pick in any::<prop::sample::Index>(), flip in any::<prop::sample::Index>()) {
        let mut near: Vec<u8> = values[pick.index(values.len())].bytes().collect();
        if !near.is_empty() {
            let at = flip.index(near.len());
            near[at] ^= 3;
        }
        let near = String::from_utf8(near).unwrap();
        let list = serde_json::to_string(&values).unwrap();
        for given in [&given, &near, &values[0]] {
            let context = Attributes::builder().attribute("x", given).build();
            let any = |test: &dyn Fn(&str) -> bool| values.iter().any(|value| test(value));
            for (conditional, expected) in [
                ("EQUALS", any(&|value| given == value)),
                ("NOT_EQUALS", !any(&|value| given == value)),
                ("STARTS_WITH", any(&|value| given.starts_with(value))),
                ("ENDS_WITH", any(&|value| given.ends_with(value))),
                ("INCLUDES", any(&|value| given.contains(value))),
                ("EXCLUDES", !any(&|value| given.contains(value))),
            ] {
                let feature = format!(
                    r#"{{"key":"F","type":"BOOLEAN","value":false,"strategies":[{{"id":"s","value":true,"attributes":[
                        {{"fieldName":"x","type":"STRING","conditional":"{conditional}","values":{list}}}]}}]}}"#
                );
                let ruleset = ruleset(&[&feature], Profile::Client);
                let evaluation = ruleset.get("F").unwrap().evaluate(&Subject::new(&context, NOW));
                prop_assert_eq!(evaluation.is_enabled(), expected, "{} {} {:?}", conditional, list, given);
            }
        }
    }

    #[test]
    fn an_unreadable_feature_does_not_change_other_features(case in case(), cut in any::<prop::sample::Index>()) {
        let context = context(&case);
        let subject = Subject::new(&context, NOW);
        let good = case.feature.to_json();
        // A piece of the feature if it is JSON, or else a fixed JSON list.
        let piece = RawValue::from_string(good.chars().take(cut.index(good.chars().count())).collect());
        let broken = piece.map_or_else(|_| "[1,{\"key\":{}}]".to_string(), |raw| raw.get().to_string());
        for profile in PROFILES {
            let alone = ruleset(&[&good], profile);
            let among = ruleset(&[&broken, &good, "null"], profile);
            prop_assert_eq!(answers(&alone, &subject), answers(&among, &subject));
            prop_assert!(among.diagnostics().count() >= alone.diagnostics().count() + 2);
        }
    }
}

#[cfg(not(target_family = "wasm"))]
#[test]
fn threads_share_a_ruleset() {
    let mut choices = Choices::seeded(7);
    let payload = Payload::draw(&mut choices, 30);
    let case = Case::draw(&mut choices);
    let context = context(&case);
    let ruleset = Ruleset::from_json(payload.to_json().as_bytes(), Profile::Client).unwrap();
    let expected = answers(&ruleset, &Subject::new(&context, NOW));
    std::thread::scope(|scope| {
        let asked: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    (0..50)
                        .map(|_| answers(&ruleset, &Subject::new(&context, NOW)))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        for thread in asked {
            assert!(thread.join().unwrap().iter().all(|answers| *answers == expected));
        }
    });
}

#[test]
fn of_two_features_with_one_key_the_later_counts() {
    let feature =
        |key: &str, value: u8| format!(r#"{{"key":"{key}","type":"NUMBER","value":{value}}}"#);
    let features =
        [feature("A", 1), feature("B", 2), feature("A", 3), feature("C", 4), feature("A", 5)];
    let features: Vec<&str> = features.iter().map(String::as_str).collect();
    let ruleset = ruleset(&features, Profile::Client);
    let found: Vec<_> = ruleset
        .iter()
        .map(|feature| (feature.key(), feature.evaluate(&Subject::without_context(NOW)).number()))
        .collect();
    assert_eq!(found, [("B", Some(2.0)), ("C", Some(4.0)), ("A", Some(5.0))]);
    assert_eq!(
        ruleset.get("A").unwrap().evaluate(&Subject::without_context(NOW)).number(),
        Some(5.0)
    );
    assert_eq!(ruleset.diagnostics().count(), 2);
}

#[test]
fn a_document_with_several_environments_is_split() {
    let body = br#"[{"id":"a","features":[{"key":"F","type":"STRING","value":"a"}]},
                    {"id":"b","features":[{"key":"F","type":"STRING","value":"b"},{"type":"x"}]}]"#;
    let document = Document::parse(body).unwrap();
    let compile = |at: usize| Compiler::new(Profile::Client).compile(&document.environments[at]);
    for (at, value) in [(0, "a"), (1, "b")] {
        let ruleset = compile(at);
        let evaluation = ruleset.get("F").unwrap().evaluate(&Subject::without_context(NOW));
        assert_eq!(evaluation.string(), Some(value));
    }
    let ruleset = compile(1);
    let places: Vec<_> = ruleset.diagnostics().map(ToString::to_string).collect();
    assert_eq!(
        places,
        [
            "environment b, feature #1, key {\"type\":\"x\"}: expected a text; the feature is left out"
        ]
    );
}
