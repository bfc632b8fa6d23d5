//! Generations made from earlier ones: what is compiled anew, published and kept.

use std::sync::Arc;

use fh_eval::{Attributes, Profile, Timestamp};
use uuid::Uuid;

use super::*;
use crate::evaluations::Caller;
use crate::state::State;

const ID: Uuid = Uuid::from_u128(0x71ed_3c04_122b_4312_9ea8_06b2_b8d6_ceac);
/// The positions of the views in the grants.
const PLAIN: usize = 0;
const EXTENDED: usize = 1;
const FEW: usize = 2;

/// Returns the definition and the value record of a feature that gives half of all users another value. The half depends on the id of the
/// feature or of the value record.
fn feature(number: u128, key: &str, rest: &str, value_id: &str) -> (String, String) {
    (
        format!(
            r#"{{"id": "{}", "key": "{key}", "type": "STRING"{rest}}}"#,
            Uuid::from_u128(number)
        ),
        format!(
            r#""{key}": {{"value": "all", "valueId": "{value_id}", "version": 1, "strategies": [
                {{"id": "half", "percentage": 500000, "value": "half of {key}"}}]}}"#
        ),
    )
}

fn state(features: &[(String, String)]) -> State {
    let list = |parts: Vec<&str>| parts.join(",");
    let definitions = list(features.iter().map(|(definition, _)| definition.as_str()).collect());
    let values = list(features.iter().map(|(_, value)| value.as_str()).collect());
    serde_json::from_str(&format!(
        r#"{{"features": [{definitions}], "environments": [{{"id": "{ID}", "values": {{{values}}}}}],
        "accounts": [
            {{"name": "plain", "serverKey": ["plain"], "permissions": {{"{ID}": ["READ"]}}}},
            {{"name": "extended", "serverKey": ["extended"], "permissions": {{"{ID}": ["READ", "EXTENDED_DATA"]}}}},
            {{"name": "few", "serverKey": ["few"], "filters": ["few"], "permissions": {{"{ID}": ["READ"]}}}}]}}"#
    ))
    .unwrap()
}

fn settings(profile: Profile) -> Settings {
    Settings {
        name: "dev".into(),
        cache_control: None,
        stale: false,
        profile,
        accepted: Arc::default(),
    }
}

fn first(state: &State, profile: Profile) -> Published {
    let grants = Arc::new(Grants::of(ID, &state.accounts));
    next(
        &Published::waiting(ID, settings(profile), grants, &AnswerBudget::new(1 << 20)),
        state,
        profile,
    )
}

fn next(before: &Published, state: &State, profile: Profile) -> Published {
    let values = &state.environments[0].values;
    let served = state.features.iter().map(|feature| {
        ServedFeature::new(feature, values.get(&feature.key), 1, Counting::Counts, None)
    });
    before.next().with_features(served.collect(), settings(profile), Timestamp::from_millis(0))
}

/// Returns everything that fifty users get. Evaluating all features at once and one by one must give the same.
fn seen(published: &Published) -> String {
    let (mut out, now) = (String::new(), Timestamp::from_millis(0));
    for user in 0..50 {
        let attributes = Attributes::builder().attribute("userkey", &*format!("u{user}")).build();
        for position in [PLAIN, EXTENDED, FEW] {
            let view = published.view(position).unwrap();
            let answer = view.render("0", |list| {
                published.write_view(view, &attributes, now, list);
            });
            let one_by_one = view.features().iter().map(|feature| {
                let mut one = String::new();
                published.write_evaluated(feature, &attributes, now, view.key.detail, &mut one);
                one
            });
            let one_by_one = one_by_one.collect::<Vec<_>>().join(",");
            assert_eq!(answer.list(), format!("[{one_by_one}]"));
            serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap();
            out.push_str(&one_by_one);
        }
    }
    out
}

fn compiled_keys(published: &Published) -> Vec<&str> {
    published.ruleset.iter().map(|compiled| compiled.key()).collect()
}

fn tag(published: &Published, view: usize) -> &str {
    &published.view(view).unwrap().tag
}

/// Checks that compiling only the changed features gives the same result as compiling all features.
#[test]
fn compiling_step_by_step_equals_compiling_everything() {
    for profile in [Profile::Client, Profile::Edge] {
        let one = |key: &str, value_id: &str| feature(1, key, "", value_id);
        let (two, three) = (feature(2, "B", "", "b"), feature(3, "C", "", "c"));
        let steps = [
            vec![one("A", "a"), two.clone()],
            vec![one("A", "another"), two.clone()],
            vec![one("A", "another"), two.clone(), three.clone()],
            // The answer lists new features between others. Some views show no new feature, or few others.
            vec![
                one("A", "another"),
                feature(4, "D", r#", "filters": ["few"], "properties": {"colour": "red"}"#, "d"),
                two.clone(),
                (three.0.clone(), three.1.replace("\"version\"", "\"retired\": true, \"version\"")),
                feature(5, "E", r#", "filters": ["few"]"#, "e"),
            ],
            vec![one("RENAMED", "another"), three.clone()],
            // The key moves to another feature.
            vec![feature(3, "RENAMED", "", "c"), one("C", "a")],
            vec![three],
        ];
        let mut published = first(&state(&steps[0]), profile);
        for step in &steps {
            let wanted = first(&state(step), profile);
            published = next(&published, &state(step), profile);
            assert_eq!(seen(&published), seen(&wanted), "{step:?}");
            assert_eq!(tag(&published, PLAIN), tag(&wanted, PLAIN), "{step:?}");
            assert_eq!(published.ruleset.len(), step.len(), "rules of what is gone: {step:?}");
            assert_eq!(compiled_keys(&published), compiled_keys(&wanted), "{step:?}");
        }
    }
}

/// Checks that the bound of work counts every evaluation (D-115): a pass over the whole ruleset must evaluate no feature that another
/// evaluation then repeats.
#[test]
fn a_view_in_another_order_than_the_ruleset_is_evaluated_one_by_one() {
    let features = [feature(1, "A", "", "a"), feature(2, "B", "", "b"), feature(3, "C", "", "c")];
    let published = first(&state(&features), Profile::Client);
    assert!(published.view(PLAIN).unwrap().is_evaluated_at_once);
    let mut reversed = published.features.clone();
    reversed.reverse();
    let ruleset = published.ruleset.clone();
    let other = published.next().with_compiled(
        reversed,
        ruleset,
        settings(Profile::Client),
        Timestamp::from_millis(0),
    );
    assert!(!other.view(PLAIN).unwrap().is_evaluated_at_once);
    assert!(!seen(&other).is_empty());
}

/// Several threads change an environment at once; every change must give a generation of its own.
#[test]
fn no_change_is_lost_among_several_writers() {
    let environments = Environments::default();
    let waiting = Published::waiting(
        ID,
        settings(Profile::Client),
        Arc::default(),
        &AnswerBudget::new(1 << 20),
    );
    environments.add(waiting);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    environments.change(ID, |next| {
                        std::thread::yield_now();
                        next
                    });
                }
            });
        }
    });
    assert_eq!(environments.get(ID).unwrap().generation, 801);
}

#[test]
fn another_profile_changes_answers_and_tags() {
    let state = state(&[feature(1, "A", "", "a")]);
    let client = first(&state, Profile::Client);
    let edge = next(&client, &state, Profile::Edge);
    assert_eq!(seen(&edge), seen(&first(&state, Profile::Edge)));
    assert_ne!(seen(&edge), seen(&client));
    assert_ne!(tag(&edge, PLAIN), tag(&client, PLAIN));
}

/// Checks that requests with ever new contexts take no more memory than the limit.
#[test]
fn evaluated_answers_are_bounded() {
    let state = state(&[feature(1, "A", "", "a")]);
    let grants = Arc::new(Grants::of(ID, &state.accounts));
    let waiting =
        Published::waiting(ID, settings(Profile::Client), grants, &AnswerBudget::new(20_000));
    let published = next(&waiting, &state, Profile::Client);
    let view = published.view(PLAIN).unwrap();
    let mut made = 0;
    let mut ask = |context: &str| {
        view.evaluated(context, || {
            made += 1;
            view.render("0", |list| list.next().push_str(&"x".repeat(1000)))
        });
        made
    };
    assert_eq!([ask("userkey=0"), ask("userkey=0")], [1, 1]);
    let texts: Vec<String> = (1..=500).map(|user| format!("userkey={user}")).collect();
    let first = texts.iter().map(|text| ask(text)).last().unwrap();
    let again = texts.iter().map(|text| ask(text)).last().unwrap();
    assert!(again - first >= 480, "{} of 500 were kept", 500 - (again - first));
}

/// Checks that no features are written for a caller that has disconnected, and that an incomplete answer is not cached.
#[test]
fn no_answer_is_made_for_a_caller_that_has_left() {
    let published = first(&state(&[feature(1, "A", "", "a")]), Profile::Client);
    let view = published.view(PLAIN).unwrap();
    let attributes = Attributes::builder().attribute("userkey", "fred").build();
    let (context, gone) = (("userkey=fred", "tag"), Caller::gone());
    let written = view.render("tag", |list| {
        published.write_view_for(view, &attributes, Timestamp::from_millis(0), &gone, list);
    });
    assert_eq!(written.list(), "[]");
    let answer = |caller: &Caller| published.answer_for(view, context, &attributes, caller);
    assert!(answer(&gone).is_none());
    assert!(view.evaluated_if_made("userkey=fred").is_none());
    let [made, again] = [(); 2].map(|()| answer(&Caller::default()).unwrap());
    assert!(Arc::ptr_eq(&made, &again), "it was made while this one waited for its turn");
    assert!(Arc::ptr_eq(&made, &view.evaluated_if_made("userkey=fred").unwrap()));
}

/// Checks that all views share one budget. The least recently used view is evicted, whichever environment it belongs to.
#[test]
fn the_budget_of_answers_is_shared_by_all_views() {
    let state = state(&[feature(1, "A", "", "a")]);
    let limit = 400_000;
    let budget = AnswerBudget::new(limit);
    let [one, two, three] = [(); 3].map(|()| {
        let grants = Arc::new(Grants::of(ID, &state.accounts));
        let waiting = Published::waiting(ID, settings(Profile::Client), grants, &budget);
        next(&waiting, &state, Profile::Client)
    });
    let ask = |published: &Published, from: u32, count: u32| {
        let view = published.view(PLAIN).unwrap();
        for user in from..from + count {
            view.evaluated(&format!("userkey={user}"), || {
                view.render("0", |list| list.next().push_str(&"x".repeat(1000)))
            });
        }
    };
    let kept = |published: &Published, user: u32| {
        published.view(PLAIN).unwrap().evaluated_if_made(&format!("userkey={user}")).is_some()
    };
    // Each view takes a quarter of the budget.
    for published in [&one, &two] {
        ask(published, 0, 80);
    }
    assert!(budget.held() > limit / 2 && budget.held() <= limit, "{}", budget.held());
    assert!((0..80).all(|user| kept(&two, user)));
    ask(&two, 80, 1);
    assert!(kept(&one, 0));
    // `two` was used before `one`.
    ask(&three, 0, 160);
    assert!((0..81).all(|user| !kept(&two, user)));
    assert!(kept(&one, 0) && kept(&three, 0));
    assert!(budget.held() <= limit, "{}", budget.held());
    // One view may take the whole budget.
    ask(&three, 1000, 600);
    assert!(!kept(&one, 0));
    assert!(budget.held() > limit / 2 && budget.held() <= limit, "{}", budget.held());
    drop((one, two, three));
    assert_eq!(budget.held(), 0);
    assert_eq!(budget.views(), 0);
}

#[test]
fn a_value_id_counts_where_it_is_hashed() {
    let [one, other] = ["a", "b"].map(|id| state(&[feature(1, "A", "", id)]));
    let tags = |profile| [&one, &other].map(|state| tag(&first(state, profile), PLAIN).to_string());
    let [one, other] = tags(Profile::Edge);
    assert_ne!(one, other);
    let [one, other] = tags(Profile::Client);
    assert_eq!(one, other);
}

#[test]
fn properties_count_in_tags_only_where_they_are_shown() {
    let with = |value: &str| {
        state(&[feature(1, "A", &format!(r#", "properties": {{"p": "{value}"}}"#), "a")])
    };
    let before = first(&with("x"), Profile::Client);
    let after = next(&before, &with("y"), Profile::Client);
    assert_eq!(tag(&before, PLAIN), tag(&after, PLAIN));
    assert_ne!(tag(&before, EXTENDED), tag(&after, EXTENDED));
    assert!(tag(&before, PLAIN).ends_with('0') && tag(&before, EXTENDED).ends_with('1'));
    let features = |published: &Published| published.view(EXTENDED).unwrap().features().to_vec();
    let (before, after) = (features(&before), features(&after));
    assert!(matches!(changes(&before, &after)[..], [Change::Now(_)]));
}
