//! Tests of the rules of D-94 and D-95, without threads and disks.

mod round_trip;

use fh_eval::Timestamp;
use uuid::Uuid;

use super::*;
use crate::serving::{AnswerBudget, Grants, Phase, Published, Settings};
use crate::state::Json;
use crate::state::Permissions;
use crate::state_store::{FeatureChange, Refusal, ReplaceError, Update, UpdateOutcome};

const ENVIRONMENT: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";

/// Returns a state with the features A (a text with the given value record), B (a number without a value) and C (a boolean).
fn base(a: &str) -> State {
    serde_json::from_str(&format!(
        r#"{{"features": [
            {{"id": "9cd1a3ef-d06e-4292-95d4-86ec02a3fd5b", "key": "A", "type": "STRING"}},
            {{"id": "76b612ae-a782-4780-aeaa-597870a8c3ea", "key": "B", "type": "NUMBER"}},
            {{"id": "95f6c09a-20e7-41e2-9014-1421682b71b1", "key": "C", "type": "BOOLEAN"}}],
        "environments": [{{"id": "{ENVIRONMENT}", "name": "dev", "values": {{"A": {a}}}}}]}}"#
    ))
    .unwrap()
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn place(feature: &str) -> (Uuid, Arc<str>) {
    (ENVIRONMENT.parse().unwrap(), feature.into())
}

fn put(
    store: &mut StateStore,
    feature: &str,
    body: &str,
    now: i64,
) -> Result<UpdateOutcome, Refusal> {
    let all: Permissions = crate::state::Permission::ALL.into_iter().collect();
    let update = Update::read(body.as_bytes())?;
    let outcome = store.put(&place(feature), &Default::default(), all, &update, at(now));
    outcome.map(|(outcome, _)| outcome)
}

/// Returns the value and version of a feature as they are served.
fn seen(store: &StateStore, feature: &str) -> (String, i64) {
    let environment = &store.state().environments[0];
    let served = store.served_one(environment, feature).unwrap();
    (served.value.as_ref().map_or("null", Json::as_str).to_string(), served.version)
}

fn tag(store: &StateStore) -> String {
    let environment = &store.state().environments[0];
    let accounts = serde_json::from_str(&format!(
        r#"[{{"name": "x", "clientKey": ["a*b"], "permissions": {{"{ENVIRONMENT}": ["READ"]}}}}]"#
    ));
    let grants = Arc::new(Grants::of(environment.id, &accounts.unwrap() as &Vec<_>));
    let settings = Settings {
        name: "dev".into(),
        cache_control: None,
        stale: false,
        profile: fh_eval::Profile::Client,
        accepted: Arc::default(),
    };
    let published =
        Published::waiting(environment.id, settings.clone(), grants, &AnswerBudget::new(1000));
    let published = published.with_features(store.served(environment, &[]), settings, at(0));
    assert_eq!(published.phase, Phase::Serving);
    published.view(0).unwrap().tag.to_string()
}

#[test]
fn absent_versions_are_times_and_rise_from_there() {
    let mut store = StateStore::open(base(r#"{"value": "x"}"#), Records::default(), at(1000));
    assert_eq!(seen(&store, "A"), ("\"x\"".into(), 1000));
    assert_eq!(seen(&store, "B"), ("null".into(), 0));
    assert_eq!(seen(&store, "C"), ("false".into(), 1000));
    assert_eq!(put(&mut store, "A", r#"{"value": "y"}"#, 1500), Ok(UpdateOutcome::Changed));
    assert_eq!(seen(&store, "A"), ("\"y\"".into(), 1500));
    // From here on, the clock is set back.
    put(&mut store, "A", r#"{"value": "z"}"#, 200).unwrap();
    assert_eq!(seen(&store, "A"), ("\"z\"".into(), 1501));
    put(&mut store, "B", r#"{"value": 7.50}"#, 1600).unwrap();
    assert_eq!(seen(&store, "B"), ("7.50".into(), 1600));
    assert_eq!(store.state().revision, 3);
}

#[test]
fn stated_versions_count_by_one() {
    let mut store =
        StateStore::open(base(r#"{"value": "x", "version": 7}"#), Records::default(), at(1000));
    assert_eq!(seen(&store, "A").1, 7);
    put(&mut store, "A", r#"{"value": "y"}"#, 1500).unwrap();
    assert_eq!(seen(&store, "A").1, 8);
}

#[test]
fn a_reload_keeps_changes_to_what_it_does_not_change() {
    let mut store = StateStore::open(base(r#"{"value": "x"}"#), Records::default(), at(1000));
    put(&mut store, "A", r#"{"value": "y"}"#, 1500).unwrap();
    put(&mut store, "C", r#"{"value": true}"#, 1600).unwrap();
    store.reload(base(r#"{"value": "x"}"#), at(2000));
    assert_eq!(seen(&store, "A"), ("\"y\"".into(), 1500));
    store.reload(base(r#"{"value": "new"}"#), at(2500));
    assert_eq!(seen(&store, "A"), ("\"new\"".into(), 2500));
    assert_eq!(seen(&store, "C"), ("true".into(), 1600));
    // The file has the value that is already served, so the value needs no new version.
    put(&mut store, "A", r#"{"value": "y"}"#, 2600).unwrap();
    store.reload(base(r#"{"value": "y"}"#), at(3000));
    assert_eq!(seen(&store, "A"), ("\"y\"".into(), 2600));
    // A version in the file that is lower than the served version does not lower it.
    store.reload(base(r#"{"value": "q", "version": 3}"#), at(3500));
    assert_eq!(seen(&store, "A"), ("\"q\"".into(), 2601));
}

#[test]
fn a_restart_brings_changes_back_unless_the_file_differs() {
    let mut store = StateStore::open(base(r#"{"value": "x"}"#), Records::default(), at(1000));
    put(&mut store, "A", r#"{"value": "y", "lock": true}"#, 1500).unwrap();
    let records = store.records();
    let again = StateStore::open(base(r#"{"value": "x"}"#), records.clone(), at(5000));
    assert_eq!(seen(&again, "A"), ("\"y\"".into(), 1500));
    assert_eq!(tag(&again), tag(&store));
    assert!(again.state().environments[0].values["A"].locked);
    assert_eq!(again.state().revision, 1);
    let other = StateStore::open(base(r#"{"value": "z"}"#), records.clone(), at(1200));
    let (value, version) = seen(&other, "A");
    assert!(value == "\"z\"" && version > 1500, "{value} {version}");
    // Versions never fall below the served ones, even if the clock was set back.
    let earlier = StateStore::open(base(r#"{"value": "x"}"#), records, at(3));
    assert_eq!((seen(&earlier, "A").1, seen(&earlier, "C").1), (1500, 1000));
}

/// After a restart, a value that is the same as before keeps its version, also if the file gives it none, so that its record does not change.
#[test]
fn a_restart_with_the_same_file_keeps_versions() {
    let versions = |store: &StateStore| [seen(store, "A").1, seen(store, "C").1];
    let file = || base(r#"{"value": "x"}"#);
    let mut store = StateStore::open(file(), Records::default(), at(1000));
    assert_eq!(versions(&StateStore::open(file(), store.records(), at(5000))), [1000, 1000]);
    // A value was changed at run time, and then a file without versions is read. Readers hold the highest version.
    put(&mut store, "A", r#"{"value": "y"}"#, 9000).unwrap();
    assert_eq!(versions(&StateStore::open(file(), store.records(), at(9500))), [9000, 1000]);
    store.reload(base(r#"{"value": "z"}"#), at(2000));
    assert_eq!(versions(&store), [9001, 1000]);
    let again = StateStore::open(base(r#"{"value": "z"}"#), store.records(), at(9600));
    assert_eq!(versions(&again), [9001, 1000]);
    let once_more = StateStore::open(base(r#"{"value": "z"}"#), again.records(), at(9700));
    assert_eq!((versions(&once_more), tag(&once_more)), ([9001, 1000], tag(&store)));
    // The file changed while the Edge was stopped, and the clock was set back.
    let other = StateStore::open(base(r#"{"value": "w"}"#), once_more.records(), at(300));
    let [changed, same] = versions(&other);
    assert!(changed > 9001 && same == 1000, "{changed} {same}");
}

#[test]
fn a_replacement_is_served_until_the_file_changes() {
    let file = base(r#"{"value": "x"}"#);
    let mut store = StateStore::open(file.clone(), Records::default(), at(1000));
    put(&mut store, "A", r#"{"value": "y"}"#, 1500).unwrap();
    store.replace(&file, base(r#"{"value": "admin"}"#), at(2000));
    assert_eq!(seen(&store, "A"), ("\"admin\"".into(), 2000));
    assert_eq!(seen(&store, "C"), ("false".into(), 1000), "what looks the same keeps its version");
    store.reload(file.clone(), at(2500));
    assert_eq!(seen(&store, "A").0, "\"admin\"");
    put(&mut store, "A", r#"{"value": "on top"}"#, 2600).unwrap();
    let again = StateStore::open(file.clone(), store.records(), at(2700));
    assert_eq!(seen(&again, "A").0, "\"on top\"");
    // The file changes while the Edge is stopped, or while it runs.
    let edited = base(r#"{"value": "edited"}"#);
    let elsewhere = StateStore::open(edited.clone(), store.records(), at(3000));
    assert_eq!(seen(&elsewhere, "A"), ("\"edited\"".into(), 3000));
    assert!(elsewhere.records().replacement.is_none());
    store.reload(edited, at(3000));
    assert_eq!(seen(&store, "A"), ("\"edited\"".into(), 3000));
    assert!(store.records().replacement.is_none());
}

/// Checks that a replacement overrides both the file and a change by PUT, even if the replacement has the value of the file.
#[test]
fn a_replacement_equal_to_the_file_undoes_changes() {
    let file = base(r#"{"value": "x"}"#);
    let mut store = StateStore::open(file.clone(), Records::default(), at(1000));
    put(&mut store, "A", r#"{"value": "y"}"#, 1500).unwrap();
    store.replace(&file, file.clone(), at(2000));
    assert_eq!(seen(&store, "A"), ("\"x\"".into(), 2000));
}

#[test]
fn revisions_count_on_from_the_highest() {
    let with = |revision| State { revision, ..base(r#"{"value": "x"}"#) };
    let mut store = StateStore::open(with(7), Records::default(), at(1000));
    assert_eq!(store.state().revision, 7);
    store.reload(State { accounts: Vec::new(), ..with(50) }, at(2000));
    assert_eq!(store.state().revision, 51);
    store.replace(&with(50), with(3), at(3000));
    assert_eq!(store.state().revision, 52);
}

#[test]
fn tags_are_equal_over_restarts_and_differ_after_changes() {
    let start = |now| StateStore::open(base(r#"{"value": "x"}"#), Records::default(), at(now));
    assert_eq!(tag(&start(1000)), tag(&start(2000)));
    let mut store = start(1000);
    let before = tag(&store);
    put(&mut store, "A", r#"{"value": "y"}"#, 1500).unwrap();
    let changed = tag(&store);
    put(&mut store, "A", r#"{"value": "x"}"#, 1600).unwrap();
    let back = tag(&store);
    assert!(before != changed && back != changed && back != before);
}

#[test]
fn a_change_that_was_not_kept_leaves_no_trace() {
    let mut store = StateStore::open(base(r#"{"value": "x"}"#), Records::default(), at(1000));
    let change = FeatureChange { locked: Some(true), ..FeatureChange::default() };
    let before = store.records();
    let undo = store.patch(&place("B"), &change, at(1500)).unwrap().unwrap();
    assert_eq!(store.records().changes.len(), 1);
    store.undo(undo);
    assert_eq!(store.records(), before);
    assert_eq!((seen(&store, "B"), store.state().revision), (("null".into(), 0), 0));
    assert_eq!(store.patch(&place("Z"), &change, at(1)).map(|_| ()), Err(ReplaceError::NotFound));
}

#[test]
fn what_a_filter_hides_cannot_be_changed() {
    let mut state = base(r#"{"value": "x", "retired": true}"#);
    state.features[0].filters.insert("web".into());
    let mut store = StateStore::open(state, Records::default(), at(1000));
    let all: Permissions = crate::state::Permission::ALL.into_iter().collect();
    let update = Update::read(br#"{"value": "y"}"#).unwrap();
    let other = ["mobile".to_string()].into();
    let hidden = store.put(&place("A"), &other, all, &update, at(1));
    assert!(matches!(hidden, Err(Refusal::NotFound)));
    // A PUT makes a retired feature visible again (D-106).
    put(&mut store, "A", r#"{"value": "y"}"#, 1100).unwrap();
    assert!(!store.state().environments[0].values["A"].retired);
}

#[test]
fn changes_wait_for_a_base() {
    let mut store = StateStore::open(base(r#"{"value": "x"}"#), Records::default(), at(1000));
    put(&mut store, "A", r#"{"value": "y"}"#, 1500).unwrap();
    let kept = store.records();
    let mut store = StateStore::waiting(kept.clone());
    assert_eq!(store.records(), kept, "records are kept until a state is read");
    store.reload(base(r#"{"value": "x"}"#), at(2000));
    assert_eq!(seen(&store, "A"), ("\"y\"".into(), 1500));
    assert_eq!(store.state().revision, 1);
    // The replacement arrives before the file.
    let mut store = StateStore::waiting(kept);
    store.replace(&State::default(), base(r#"{"value": "admin"}"#), at(2000));
    assert_eq!(seen(&store, "A"), ("\"admin\"".into(), 2000));
    store.reload(base(r#"{"value": "x"}"#), at(3000));
    assert_eq!(seen(&store, "A"), ("\"x\"".into(), 3000));
}

/// Checks files that state lower versions than the served ones.
#[test]
fn stated_versions_do_not_fall_over_a_restart() {
    let stated = |version: i64, value: &str| {
        base(&format!(r#"{{"value": "{value}", "version": {version}}}"#))
    };
    let mut store = StateStore::open(stated(7, "x"), Records::default(), at(1000));
    put(&mut store, "A", r#"{"value": "y"}"#, 1500).unwrap();
    store.reload(stated(8, "z"), at(2000));
    assert_eq!(seen(&store, "A"), ("\"z\"".into(), 9));
    let mut again = StateStore::open(stated(8, "z"), store.records(), at(3000));
    assert_eq!(seen(&again, "A"), ("\"z\"".into(), 9));
    assert_eq!(tag(&again), tag(&store));
    // The file changes while the Edge is stopped, and is read once more.
    put(&mut again, "A", r#"{"value": "w"}"#, 3500).unwrap();
    let mut later = StateStore::open(stated(3, "q"), again.records(), at(4000));
    assert_eq!(seen(&later, "A").1, 11);
    later.reload(stated(3, "q"), at(5000));
    let last = StateStore::open(stated(3, "q"), later.records(), at(6000));
    assert_eq!(seen(&last, "A"), ("\"q\"".into(), 11));
}

#[test]
fn versions_do_not_fall_while_a_feature_is_gone_or_gets_another_key() {
    let mut store =
        StateStore::open(base(r#"{"value": "x", "version": 7}"#), Records::default(), at(1000));
    put(&mut store, "A", r#"{"value": "y"}"#, 1500).unwrap();
    let mut without = base(r#"{"value": "x"}"#);
    without.features.remove(0);
    store.reload(without, at(2000));
    assert!(store.served_one(&store.state().environments[0], "A").is_none());
    store.reload(base(r#"{"value": "back", "version": 2}"#), at(3000));
    assert_eq!(seen(&store, "A"), ("\"back\"".into(), 9));
    let mut renamed = base(r#"{"value": "back", "version": 2}"#);
    renamed.features[0].key = "Z".into();
    let value = renamed.environments[0].values.remove("A").unwrap();
    renamed.environments[0].values.insert("Z".into(), value);
    store.reload(renamed, at(4000));
    assert_eq!(seen(&store, "Z"), ("\"back\"".into(), 10));
    assert_eq!(store.gone.iter().count(), 0, "{:?}", store.gone);
}

/// Clients identify features by their ids.
#[test]
fn versions_do_not_fall_when_features_swap_keys() {
    let mut file = base(r#"{"value": "x", "version": 10}"#);
    file.features[2].kind = fh_eval::Kind::String;
    let other = serde_json::from_str(r#"{"value": "c", "version": 2}"#).unwrap();
    file.environments[0].values.insert("C".into(), other);
    let mut store = StateStore::open(file.clone(), Records::default(), at(1000));
    (file.features[0].key, file.features[2].key) = ("C".into(), "A".into());
    store.reload(file, at(2000));
    assert_eq!(seen(&store, "C"), ("\"c\"".into(), 11));
    assert_eq!(seen(&store, "A"), ("\"x\"".into(), 10));
}

/// Reading an unchanged file again rewrites the change store.
#[test]
fn a_replacement_is_kept_as_it_was_given() {
    let file = base(r#"{"value": "x"}"#);
    let mut store = StateStore::open(file.clone(), Records::default(), at(1000));
    store.replace(&file, base(r#"{"value": "admin", "version": 7}"#), at(2000));
    put(&mut store, "A", r#"{"value": "on top"}"#, 2600).unwrap();
    assert_eq!(seen(&store, "A").1, 1002, "what was served counts on");
    let again = StateStore::open(file, store.records(), at(3000));
    assert_eq!(seen(&again, "A"), ("\"on top\"".into(), 1002));
    assert_eq!(tag(&again), tag(&store));
}

/// D-117 holds for every clock, and for files with and without versions.
#[test]
fn no_version_is_given_twice_over_restarts_with_a_clock_that_goes_back() {
    for stated in [r#", "version": 7"#, ""] {
        let file = |value: &str| base(&format!(r#"{{"value": "{value}"{stated}}}"#));
        let mut store = StateStore::open(file("x"), Records::default(), at(5000));
        let mut last = seen(&store, "A");
        for (step, value) in ["y", "x", "x", "z", "y"].into_iter().enumerate() {
            if step == 3 {
                put(&mut store, "A", r#"{"value": "put"}"#, 900).unwrap();
                last = seen(&store, "A");
            }
            store = StateStore::open(file(value), store.records(), at(1000 - step as i64));
            let now = seen(&store, "A");
            assert!(now.1 > last.1 || (now == last), "{last:?}, then {now:?}");
            assert!(store.highest() >= now.1, "{} {now:?}", store.highest());
            last = now;
        }
        // The rule also holds while the feature is not served.
        let mut without = file("x");
        without.features.remove(0);
        let gone = StateStore::open(without.clone(), store.records(), at(500));
        let gone = StateStore::open(without, gone.records(), at(400));
        assert!(gone.highest() >= last.1, "{} {last:?}", gone.highest());
        let back = StateStore::open(file("back"), gone.records(), at(300));
        assert!(seen(&back, "A").1 > last.1, "{last:?}, then {:?}", seen(&back, "A"));
    }
}

/// A data folder of format 1 stores only the highest version and the versions of changed values.
#[test]
fn no_version_is_given_twice_after_a_folder_without_versions() {
    let store = StateStore::open(base(r#"{"value": "x"}"#), Records::default(), at(5000));
    let records = Records { versions: Vec::new(), ..store.records() };
    let again = StateStore::open(base(r#"{"value": "y"}"#), records, at(1000));
    assert_eq!(seen(&again, "A"), ("\"y\"".into(), 5001));
    // The change was overridden by the file while the Edge was stopped.
    let stated = |value| base(&format!(r#"{{"value": "{value}", "version": 7}}"#));
    let mut store = StateStore::open(stated("x"), Records::default(), at(5000));
    put(&mut store, "A", r#"{"value": "put"}"#, 5000).unwrap();
    let records = Records { versions: Vec::new(), ..store.records() };
    let again = StateStore::open(stated("y"), records, at(1000));
    assert_eq!(seen(&again, "A"), ("\"y\"".into(), 9));
}

/// Of evicted values, only the highest version is known. The values may be served again after a restart.
/// The records are ordered by their ids, which say nothing about age.
#[test]
fn removed_values_are_ordered_by_their_versions_after_a_restart() {
    let removed = |number: u128, version| ServedVersion {
        environment: ENVIRONMENT.parse().unwrap(),
        feature: Uuid::from_u128(number),
        version,
        served: None,
        is_changed: false,
    };
    let versions = vec![removed(1, 30), removed(2, 10), removed(3, 20)];
    let records = Records { versions, highest: 30, ..Records::default() };
    let store = StateStore::open(base("{}"), records, at(1000));
    let order: Vec<i64> = store.gone.iter().map(|(_, version)| version).collect();
    assert_eq!(order, [10, 20, 30]);
}

#[test]
fn a_value_that_was_evicted_comes_back_above_what_was_forgotten() {
    let file = base(r#"{"value": "x", "version": 7}"#);
    let mut without = file.clone();
    without.features.remove(0);
    let records = || Records { forgotten: 9000, highest: 9000, ..Records::default() };
    let back = StateStore::open(file.clone(), records(), at(1000));
    assert_eq!(seen(&back, "A").1, 9001);
    assert!(back.highest() >= 9001);
    let mut store = StateStore::open(without, records(), at(1000));
    store.reload(file.clone(), at(1000));
    assert_eq!(seen(&store, "A").1, 9001);
    // The version of the value is known from then on.
    assert_eq!(seen(&StateStore::open(file, store.records(), at(1000)), "A").1, 9001);
}

#[test]
fn features_that_come_and_go_take_bounded_memory() {
    let mut store = StateStore::open(base(r#"{"value": "x"}"#), Records::default(), at(1000));
    for round in 0..12_u128 {
        let mut file = base(r#"{"value": "x"}"#);
        let definition = file.features[0].clone();
        file.features.extend((0..1_000_u128).map(|number| Feature {
            id: Uuid::from_u128(round * 1_000 + number),
            key: format!("F{number}").into(),
            ..definition.clone()
        }));
        store.reload(file, at(2000));
    }
    assert_eq!(store.gone.iter().count(), 10_000);
    assert_eq!(store.records().versions.len(), 10_000 + 1_003);
}

#[test]
fn the_highest_revision_is_the_last() {
    let mut state = base(r#"{"value": "x"}"#);
    state.revision = u64::MAX;
    let mut store = StateStore::open(state, Records::default(), at(1000));
    put(&mut store, "A", r#"{"value": "y"}"#, 1500).unwrap();
    assert_eq!(store.state().revision, u64::MAX);
}
