//! Tests of the rules of D-94 and D-95, without threads and disks.

mod round_trip;

use fh_eval::Timestamp;
use uuid::Uuid;

use super::*;
use crate::serving::{AnswerBudget, Grants, Phase, Published, Settings};
use crate::state::Json;
use crate::state::Permissions;

const ENVIRONMENT: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";

/// Returns a state with A (a text, whose value record is given), B (a number without a value) and C (a boolean).
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

fn put(world: &mut World, feature: &str, body: &str, now: i64) -> Result<UpdateOutcome, Refusal> {
    let all: Permissions = crate::state::Permission::ALL.into_iter().collect();
    let update = Update::read(body.as_bytes())?;
    let outcome = world.put(&place(feature), &Default::default(), all, &update, at(now));
    outcome.map(|(outcome, _)| outcome)
}

/// Returns the value and version of a feature as they are served.
fn seen(world: &World, feature: &str) -> (String, i64) {
    let environment = &world.state().environments[0];
    let served = world.served_one(environment, feature).unwrap();
    (served.value.as_ref().map_or("null", Json::as_str).to_string(), served.version)
}

fn tag(world: &World) -> String {
    let environment = &world.state().environments[0];
    let accounts = serde_json::from_str(&format!(
        r#"[{{"name": "x", "clientKey": ["a*b"], "permissions": {{"{ENVIRONMENT}": ["READ"]}}}}]"#
    ));
    let grants = Arc::new(Grants::of(environment.id, &accounts.unwrap() as &Vec<_>));
    let settings = Settings {
        name: "dev".into(),
        cache_control: None,
        stale: false,
        profile: fh_eval::Profile::Client,
    };
    let published =
        Published::waiting(environment.id, settings.clone(), grants, &AnswerBudget::new(1000));
    let published = published.with_features(world.served(environment), settings, at(0));
    assert_eq!(published.phase, Phase::Serving);
    published.view(0).unwrap().tag.to_string()
}

#[test]
fn absent_versions_are_times_and_count_from_there() {
    let mut world = World::open(base(r#"{"value": "x"}"#), Records::default(), at(1000));
    assert_eq!(seen(&world, "A"), ("\"x\"".into(), 1000));
    assert_eq!(seen(&world, "B"), ("null".into(), 0));
    assert_eq!(seen(&world, "C"), ("false".into(), 1000));
    assert_eq!(put(&mut world, "A", r#"{"value": "y"}"#, 1500), Ok(UpdateOutcome::Changed));
    assert_eq!(seen(&world, "A"), ("\"y\"".into(), 1500));
    // The clock was set back.
    put(&mut world, "A", r#"{"value": "z"}"#, 200).unwrap();
    assert_eq!(seen(&world, "A"), ("\"z\"".into(), 1501));
    put(&mut world, "B", r#"{"value": 7.50}"#, 1600).unwrap();
    assert_eq!(seen(&world, "B"), ("7.50".into(), 1600));
    assert_eq!(world.state().revision, 3);
}

#[test]
fn stated_versions_count_by_one() {
    let mut world =
        World::open(base(r#"{"value": "x", "version": 7}"#), Records::default(), at(1000));
    assert_eq!(seen(&world, "A").1, 7);
    put(&mut world, "A", r#"{"value": "y"}"#, 1500).unwrap();
    assert_eq!(seen(&world, "A").1, 8);
}

#[test]
fn a_reload_keeps_changes_to_what_it_does_not_change() {
    let mut world = World::open(base(r#"{"value": "x"}"#), Records::default(), at(1000));
    put(&mut world, "A", r#"{"value": "y"}"#, 1500).unwrap();
    put(&mut world, "C", r#"{"value": true}"#, 1600).unwrap();
    world.reload(base(r#"{"value": "x"}"#), at(2000));
    assert_eq!(seen(&world, "A"), ("\"y\"".into(), 1500));
    world.reload(base(r#"{"value": "new"}"#), at(2500));
    assert_eq!(seen(&world, "A"), ("\"new\"".into(), 2500));
    assert_eq!(seen(&world, "C"), ("true".into(), 1600));
    // The file has the value that is served already, so it needs no new version.
    put(&mut world, "A", r#"{"value": "y"}"#, 2600).unwrap();
    world.reload(base(r#"{"value": "y"}"#), at(3000));
    assert_eq!(seen(&world, "A"), ("\"y\"".into(), 2600));
    // A stated version below the served one does not lower it.
    world.reload(base(r#"{"value": "q", "version": 3}"#), at(3500));
    assert_eq!(seen(&world, "A"), ("\"q\"".into(), 2601));
}

#[test]
fn a_restart_brings_changes_back_unless_the_file_differs() {
    let mut world = World::open(base(r#"{"value": "x"}"#), Records::default(), at(1000));
    put(&mut world, "A", r#"{"value": "y", "lock": true}"#, 1500).unwrap();
    let records = world.records();
    let again = World::open(base(r#"{"value": "x"}"#), records.clone(), at(5000));
    assert_eq!(seen(&again, "A"), ("\"y\"".into(), 1500));
    assert_eq!(tag(&again), tag(&world));
    assert!(again.state().environments[0].values["A"].locked);
    assert_eq!(again.state().revision, 1);
    let other = World::open(base(r#"{"value": "z"}"#), records.clone(), at(1200));
    let (value, version) = seen(&other, "A");
    assert!(value == "\"z\"" && version > 1500, "{value} {version}");
    // Versions never fall below the served ones, even if the clock was set back.
    let earlier = World::open(base(r#"{"value": "x"}"#), records, at(3));
    assert_eq!((seen(&earlier, "A").1, seen(&earlier, "C").1), (1500, 1000));
}

/// With stored versions, an unchanged file keeps the versions of its values, and a changed one gets higher versions.
#[test]
fn a_restart_with_the_same_file_keeps_versions() {
    let versions = |world: &World| [seen(world, "A").1, seen(world, "C").1];
    let file = || base(r#"{"value": "x"}"#);
    let mut world = World::open(file(), Records::default(), at(1000));
    assert_eq!(versions(&World::open(file(), world.records(), at(5000))), [1000, 1000]);
    // A value was changed at run time, and a file without versions is read later. Readers hold the highest version.
    put(&mut world, "A", r#"{"value": "y"}"#, 9000).unwrap();
    assert_eq!(versions(&World::open(file(), world.records(), at(9500))), [9000, 1000]);
    world.reload(base(r#"{"value": "z"}"#), at(2000));
    assert_eq!(versions(&world), [9001, 1000]);
    let again = World::open(base(r#"{"value": "z"}"#), world.records(), at(9600));
    assert_eq!(versions(&again), [9001, 9001]);
    let once_more = World::open(base(r#"{"value": "z"}"#), again.records(), at(9700));
    assert_eq!((versions(&once_more), tag(&once_more)), ([9001, 9001], tag(&world)));
    // The file changed while the Edge was stopped, and the clock was set back.
    let other = World::open(base(r#"{"value": "w"}"#), once_more.records(), at(300));
    assert!(versions(&other).iter().all(|version| *version >= 9001), "{:?}", versions(&other));
}

#[test]
fn a_replacement_stands_until_the_file_changes() {
    let file = base(r#"{"value": "x"}"#);
    let mut world = World::open(file.clone(), Records::default(), at(1000));
    put(&mut world, "A", r#"{"value": "y"}"#, 1500).unwrap();
    world.replace(&file, base(r#"{"value": "admin"}"#), at(2000));
    assert_eq!(seen(&world, "A"), ("\"admin\"".into(), 2000));
    assert_eq!(seen(&world, "C"), ("false".into(), 1000), "what looks the same keeps its version");
    world.reload(file.clone(), at(2500));
    assert_eq!(seen(&world, "A").0, "\"admin\"");
    put(&mut world, "A", r#"{"value": "on top"}"#, 2600).unwrap();
    let again = World::open(file.clone(), world.records(), at(2700));
    assert_eq!(seen(&again, "A").0, "\"on top\"");
    // The file changes while the Edge is stopped, or while it runs.
    let edited = base(r#"{"value": "edited"}"#);
    let elsewhere = World::open(edited.clone(), world.records(), at(3000));
    assert_eq!(seen(&elsewhere, "A"), ("\"edited\"".into(), 3000));
    assert!(elsewhere.records().replacement.is_none());
    world.reload(edited, at(3000));
    assert_eq!(seen(&world, "A"), ("\"edited\"".into(), 3000));
    assert!(world.records().replacement.is_none());
}

/// A replacement overrides both the file and a change by PUT, even with the value of the file.
#[test]
fn a_replacement_that_says_what_the_file_says_undoes_changes() {
    let file = base(r#"{"value": "x"}"#);
    let mut world = World::open(file.clone(), Records::default(), at(1000));
    put(&mut world, "A", r#"{"value": "y"}"#, 1500).unwrap();
    world.replace(&file, file.clone(), at(2000));
    assert_eq!(seen(&world, "A"), ("\"x\"".into(), 2000));
}

#[test]
fn revisions_count_on_from_the_highest() {
    let with = |revision| State { revision, ..base(r#"{"value": "x"}"#) };
    let mut world = World::open(with(7), Records::default(), at(1000));
    assert_eq!(world.state().revision, 7);
    world.reload(State { accounts: Vec::new(), ..with(50) }, at(2000));
    assert_eq!(world.state().revision, 51);
    world.replace(&with(50), with(3), at(3000));
    assert_eq!(world.state().revision, 52);
}

#[test]
fn tags_are_equal_over_restarts_and_differ_after_changes() {
    let start = |now| World::open(base(r#"{"value": "x"}"#), Records::default(), at(now));
    assert_eq!(tag(&start(1000)), tag(&start(2000)));
    let mut world = start(1000);
    let before = tag(&world);
    put(&mut world, "A", r#"{"value": "y"}"#, 1500).unwrap();
    let changed = tag(&world);
    put(&mut world, "A", r#"{"value": "x"}"#, 1600).unwrap();
    let back = tag(&world);
    assert!(before != changed && back != changed && back != before);
}

#[test]
fn a_change_that_was_not_kept_leaves_no_trace() {
    let mut world = World::open(base(r#"{"value": "x"}"#), Records::default(), at(1000));
    let change = FeatureChange { locked: Some(true), ..FeatureChange::default() };
    let before = world.records();
    let undo = world.patch(&place("B"), &change, at(1500)).unwrap().unwrap();
    assert_eq!(world.records().changes.len(), 1);
    world.undo(undo);
    assert_eq!(world.records(), before);
    assert_eq!((seen(&world, "B"), world.state().revision), (("null".into(), 0), 0));
    assert_eq!(world.patch(&place("Z"), &change, at(1)).map(|_| ()), Err(ReplaceError::NotFound));
}

#[test]
fn what_a_filter_hides_cannot_be_changed() {
    let mut state = base(r#"{"value": "x", "retired": true}"#);
    state.features[0].filters.insert("web".into());
    let mut world = World::open(state, Records::default(), at(1000));
    let all: Permissions = crate::state::Permission::ALL.into_iter().collect();
    let update = Update::read(br#"{"value": "y"}"#).unwrap();
    let other = ["mobile".to_string()].into();
    let hidden = world.put(&place("A"), &other, all, &update, at(1));
    assert!(matches!(hidden, Err(Refusal::NotFound)));
    // A PUT makes a retired feature visible again (D-106).
    put(&mut world, "A", r#"{"value": "y"}"#, 1100).unwrap();
    assert!(!world.state().environments[0].values["A"].retired);
}

#[test]
fn changes_wait_for_a_base() {
    let mut world = World::open(base(r#"{"value": "x"}"#), Records::default(), at(1000));
    put(&mut world, "A", r#"{"value": "y"}"#, 1500).unwrap();
    let kept = world.records();
    let mut world = World::waiting(kept.clone());
    assert_eq!(world.records(), kept, "they are not given up meanwhile");
    world.reload(base(r#"{"value": "x"}"#), at(2000));
    assert_eq!(seen(&world, "A"), ("\"y\"".into(), 1500));
    assert_eq!(world.state().revision, 1);
    // The replacement arrives before the file.
    let mut world = World::waiting(kept);
    world.replace(&State::default(), base(r#"{"value": "admin"}"#), at(2000));
    assert_eq!(seen(&world, "A"), ("\"admin\"".into(), 2000));
    world.reload(base(r#"{"value": "x"}"#), at(3000));
    assert_eq!(seen(&world, "A"), ("\"x\"".into(), 3000));
}

/// The file states versions that are lower than the served ones.
#[test]
fn stated_versions_do_not_fall_over_a_restart() {
    let stated = |version: i64, value: &str| {
        base(&format!(r#"{{"value": "{value}", "version": {version}}}"#))
    };
    let mut world = World::open(stated(7, "x"), Records::default(), at(1000));
    put(&mut world, "A", r#"{"value": "y"}"#, 1500).unwrap();
    world.reload(stated(8, "z"), at(2000));
    assert_eq!(seen(&world, "A"), ("\"z\"".into(), 9));
    let mut again = World::open(stated(8, "z"), world.records(), at(3000));
    assert_eq!(seen(&again, "A"), ("\"z\"".into(), 9));
    assert_eq!(tag(&again), tag(&world));
    // The file changes while the Edge is stopped, and is read once more.
    put(&mut again, "A", r#"{"value": "w"}"#, 3500).unwrap();
    let mut later = World::open(stated(3, "q"), again.records(), at(4000));
    assert_eq!(seen(&later, "A").1, 11);
    later.reload(stated(3, "q"), at(5000));
    let last = World::open(stated(3, "q"), later.records(), at(6000));
    assert_eq!(seen(&last, "A"), ("\"q\"".into(), 11));
}

#[test]
fn versions_do_not_fall_while_a_feature_is_gone_or_gets_another_key() {
    let mut world =
        World::open(base(r#"{"value": "x", "version": 7}"#), Records::default(), at(1000));
    put(&mut world, "A", r#"{"value": "y"}"#, 1500).unwrap();
    let mut without = base(r#"{"value": "x"}"#);
    without.features.remove(0);
    world.reload(without, at(2000));
    assert!(world.served_one(&world.state().environments[0], "A").is_none());
    world.reload(base(r#"{"value": "back", "version": 2}"#), at(3000));
    assert_eq!(seen(&world, "A"), ("\"back\"".into(), 9));
    let mut renamed = base(r#"{"value": "back", "version": 2}"#);
    renamed.features[0].key = "Z".into();
    let value = renamed.environments[0].values.remove("A").unwrap();
    renamed.environments[0].values.insert("Z".into(), value);
    world.reload(renamed, at(4000));
    assert_eq!(seen(&world, "Z"), ("\"back\"".into(), 10));
    assert_eq!(world.gone.iter().count(), 0, "{:?}", world.gone);
}

/// Clients identify features by their ids.
#[test]
fn versions_do_not_fall_when_features_swap_keys() {
    let mut file = base(r#"{"value": "x", "version": 10}"#);
    file.features[2].kind = fh_eval::Kind::String;
    let other = serde_json::from_str(r#"{"value": "c", "version": 2}"#).unwrap();
    file.environments[0].values.insert("C".into(), other);
    let mut world = World::open(file.clone(), Records::default(), at(1000));
    (file.features[0].key, file.features[2].key) = ("C".into(), "A".into());
    world.reload(file, at(2000));
    assert_eq!(seen(&world, "C"), ("\"c\"".into(), 11));
    assert_eq!(seen(&world, "A"), ("\"x\"".into(), 10));
}

/// Reading an unchanged file again rewrites the change store.
#[test]
fn a_replacement_is_kept_as_it_was_given() {
    let file = base(r#"{"value": "x"}"#);
    let mut world = World::open(file.clone(), Records::default(), at(1000));
    world.replace(&file, base(r#"{"value": "admin", "version": 7}"#), at(2000));
    put(&mut world, "A", r#"{"value": "on top"}"#, 2600).unwrap();
    assert_eq!(seen(&world, "A").1, 1002, "what was served counts on");
    let again = World::open(file, world.records(), at(3000));
    assert_eq!(seen(&again, "A"), ("\"on top\"".into(), 1002));
    assert_eq!(tag(&again), tag(&world));
}

/// D-117 holds for every clock, and for files with and without versions.
#[test]
fn no_version_is_given_twice_over_restarts_with_a_clock_that_goes_back() {
    for stated in [r#", "version": 7"#, ""] {
        let file = |value: &str| base(&format!(r#"{{"value": "{value}"{stated}}}"#));
        let mut world = World::open(file("x"), Records::default(), at(5000));
        let mut last = seen(&world, "A");
        for (step, value) in ["y", "x", "x", "z", "y"].into_iter().enumerate() {
            if step == 3 {
                put(&mut world, "A", r#"{"value": "put"}"#, 900).unwrap();
                last = seen(&world, "A");
            }
            world = World::open(file(value), world.records(), at(1000 - step as i64));
            let now = seen(&world, "A");
            assert!(now.1 > last.1 || (now == last), "{last:?}, then {now:?}");
            last = now;
        }
        // It also holds while the feature is not served.
        let mut without = file("x");
        without.features.remove(0);
        let gone = World::open(without.clone(), world.records(), at(500));
        let gone = World::open(without, gone.records(), at(400));
        let back = World::open(file("back"), gone.records(), at(300));
        assert!(seen(&back, "A").1 > last.1, "{last:?}, then {:?}", seen(&back, "A"));
    }
}

/// A data folder of format 1 stores only the highest version.
#[test]
fn no_version_is_given_twice_after_a_folder_without_versions() {
    let world = World::open(base(r#"{"value": "x"}"#), Records::default(), at(5000));
    let records = Records { versions: Vec::new(), ..world.records() };
    let again = World::open(base(r#"{"value": "y"}"#), records, at(1000));
    assert_eq!(seen(&again, "A"), ("\"y\"".into(), 5001));
}

#[test]
fn features_that_come_and_go_take_bounded_memory() {
    let mut world = World::open(base(r#"{"value": "x"}"#), Records::default(), at(1000));
    for round in 0..12_u128 {
        let mut file = base(r#"{"value": "x"}"#);
        let definition = file.features[0].clone();
        file.features.extend((0..1_000_u128).map(|number| Feature {
            id: Uuid::from_u128(round * 1_000 + number),
            key: format!("F{number}").into(),
            ..definition.clone()
        }));
        world.reload(file, at(2000));
    }
    assert_eq!(world.gone.iter().count(), 10_000);
    assert_eq!(world.records().versions.len(), 10_000 + 1_003);
}

#[test]
fn the_highest_revision_is_the_last() {
    let mut state = base(r#"{"value": "x"}"#);
    state.revision = u64::MAX;
    let mut world = World::open(state, Records::default(), at(1000));
    put(&mut world, "A", r#"{"value": "y"}"#, 1500).unwrap();
    assert_eq!(world.state().revision, u64::MAX);
}
