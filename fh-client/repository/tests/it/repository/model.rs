//! Compares the repository with a model of plain maps, over random sequences of steps.

use std::collections::BTreeMap;

use fh_repository::publication::Cause;
use fh_repository::readiness::Readiness;
use fh_repository::{Repository, Subscription};
use proptest::prelude::*;
use serde_json::json;

use super::{Calls, publish, repository, show};

/// Version, value and lock of features, by key.
type State = BTreeMap<&'static str, (i64, u8, bool)>;

const KEYS: [&str; 3] = ["a", "b", "c"];

#[derive(Debug, Clone)]
enum Step {
    /// Sets a feature.
    Set(usize, u8, bool),
    /// Increases the version of a feature, and changes nothing else.
    Touch(usize),
    Delete(usize),
    /// Publishes a list that is served even while updates are held, because the context has changed.
    First,
    Catch,
    Release,
    ReleaseOnly(usize),
    Stop,
    Readiness(bool),
    Watch(usize),
    Unwatch(usize),
    Deliver,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = 0..KEYS.len();
    let step = prop_oneof![
        6 => (key.clone(), 0_u8..3, any::<bool>()).prop_map(|(key, value, lock)| Step::Set(key, value, lock)),
        2 => key.clone().prop_map(Step::Touch),
        2 => key.clone().prop_map(Step::Delete),
        1 => Just(Step::First),
        2 => Just(Step::Catch),
        2 => Just(Step::Release),
        3 => key.clone().prop_map(Step::ReleaseOnly),
        1 => Just(Step::Stop),
        1 => any::<bool>().prop_map(Step::Readiness),
        3 => key.prop_map(Step::Watch),
        1 => (0_usize..4).prop_map(Step::Unwatch),
        4 => Just(Step::Deliver),
    ];
    prop::collection::vec(step, 0..60)
}

fn json_of(state: &State) -> serde_json::Value {
    let feature = |(key, (version, value, lock)): (&&str, &(i64, u8, bool))| {
        json!({"id": key, "key": key, "type": "STRING", "value": value.to_string(),
            "version": version, "l": lock})
    };
    state.iter().map(feature).collect()
}

fn visible(state: &State) -> Vec<(&'static str, u8, bool)> {
    state.iter().map(|(key, (_, value, lock))| (*key, *value, *lock)).collect()
}

/// Returns the keys of the features that differ visibly, in order.
fn differences(older: &State, newer: &State) -> Vec<String> {
    let is_different = |key: &&&str| look(older, key) != look(newer, key);
    KEYS.iter().filter(is_different).map(ToString::to_string).collect()
}

fn sorted(keys: &[Box<str>]) -> Vec<String> {
    let mut keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
    keys.sort();
    keys
}

struct Watching {
    key: &'static str,
    /// The value and lock that the listener got last.
    told: Option<(u8, bool)>,
    calls: Calls<Option<(u8, bool)>>,
    _guard: Subscription,
}

fn look(state: &State, key: &str) -> Option<(u8, bool)> {
    state.get(key).map(|(_, value, lock)| (*value, *lock))
}

fn watch(repository: &Repository, key: &'static str, live: &State) -> Watching {
    let calls = Calls::new();
    let noted = calls.clone();
    let guard = repository.on_change(key, None, move |change| {
        let value = change.new.as_ref().map(|value| value.to_string().parse().unwrap());
        noted.note(value.map(|value| (value, change.is_locked)));
        assert_eq!(change.exists, value.is_some());
    });
    Watching { key, told: look(live, key), calls, _guard: guard }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn the_hub_does_what_the_model_does(steps in steps()) {
        let repository = repository();
        let (mut latest, mut live): (State, State) = (State::new(), State::new());
        let (mut is_catching, mut version) = (false, 0);
        let mut queued: Vec<(bool, Vec<String>)> = Vec::new();
        let mut readiness = Readiness::Ready;
        let mut watching: Vec<Watching> = Vec::new();
        let news = Calls::new();
        publish(&repository, Cause::First, &json_of(&latest));
        show(&repository, Readiness::Ready);
        let noted = news.clone();
        let _news = repository.on_new_state(move |state| noted.note((state.is_held, sorted(&state.keys))));
        let states = Calls::new();
        let noted = states.clone();
        let _states = repository.on_readiness(move |change| noted.note(change.readiness));
        let mut expected_states = vec![Readiness::Ready];
        for step in steps {
            let before = latest.clone();
            match step {
                Step::Set(key, value, lock) => {
                    version += 1;
                    latest.insert(KEYS[key], (version, value, lock));
                }
                Step::Touch(key) => {
                    version += 1;
                    if let Some(state) = latest.get_mut(KEYS[key]) {
                        state.0 = version;
                    }
                }
                Step::Delete(key) => {
                    latest.remove(KEYS[key]);
                }
                _ => {}
            }
            match step {
                Step::Set(..) | Step::Touch(_) | Step::Delete(_) => {
                    let is_change = visible(&before) != visible(&latest);
                    let cause = if is_change { Cause::Change } else { Cause::Invisible };
                    publish(&repository, cause, &json_of(&latest));
                    if is_change {
                        queued.push((is_catching, differences(&before, &latest)));
                    }
                    if !is_catching {
                        live = latest.clone();
                    }
                }
                Step::First => {
                    publish(&repository, Cause::First, &json_of(&latest));
                    live = latest.clone();
                }
                Step::Catch => {
                    repository.catch_updates();
                    is_catching = true;
                }
                Step::Release => {
                    repository.release();
                    live = latest.clone();
                }
                Step::ReleaseOnly(key) => {
                    repository.release_only([KEYS[key]]);
                    match latest.get(KEYS[key]) {
                        Some(state) => drop(live.insert(KEYS[key], *state)),
                        None => drop(live.remove(KEYS[key])),
                    }
                }
                Step::Stop => {
                    repository.stop_catching();
                    live = latest.clone();
                    is_catching = false;
                }
                Step::Readiness(is_ready) => {
                    let next = if is_ready { Readiness::Ready } else { Readiness::Failed };
                    show(&repository, next);
                    if next != readiness {
                        expected_states.push(next);
                    }
                    readiness = next;
                }
                Step::Watch(key) => watching.push(watch(&repository, KEYS[key], &live)),
                Step::Unwatch(position) => {
                    if position < watching.len() {
                        drop(watching.remove(position));
                    }
                }
                Step::Deliver => {
                    repository.deliver();
                    for watching in &mut watching {
                        let now = look(&live, watching.key);
                        let expected: Vec<_> = (now != watching.told).then_some(now).into_iter().collect();
                        prop_assert_eq!(watching.calls.take(), expected);
                        watching.told = now;
                    }
                    prop_assert_eq!(news.take(), std::mem::take(&mut queued));
                    prop_assert_eq!(states.take(), std::mem::take(&mut expected_states));
                }
            }
            prop_assert_eq!(repository.is_catching(), is_catching);
            let held = differences(&live, &latest);
            prop_assert_eq!(repository.is_holding(), !held.is_empty());
            prop_assert_eq!(sorted(&repository.held()), held);
            for key in KEYS {
                let detail = repository.read().peek(key, None);
                let found = detail.value.map(|value| value.to_string().parse().unwrap());
                let state = found.map(|value: u8| (detail.version, value, detail.is_locked));
                prop_assert_eq!(state, live.get(key).copied());
            }
        }
    }
}
