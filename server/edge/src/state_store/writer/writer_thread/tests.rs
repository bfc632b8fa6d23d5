//! Tests of the writer without its thread.

mod shared;

use std::sync::Mutex;
use std::sync::mpsc::channel;

use fh_eval::Profile;
use tokio::sync::oneshot;

use super::*;
use crate::serving::AnswerBudget;
use crate::state_store::{FeatureChange, Record, Records};

const ENVIRONMENT: Uuid = Uuid::from_u128(0x71ed_3c04_122b_4312_9ea8_06b2_b8d6_ceac);

const KEY: &str = "server-key";

/// A change store on a disk that may be full.
#[derive(Clone, Default)]
struct Disk {
    is_full: Arc<Mutex<bool>>,
    rewritten: Arc<Mutex<usize>>,
    /// The versions that were written last.
    versions: Arc<Mutex<Vec<i64>>>,
}

impl Disk {
    fn answer(&self) -> Result<(), NotCommitted> {
        match *self.is_full.lock().unwrap() {
            true => Err(NotCommitted::Refused("full".into())),
            false => Ok(()),
        }
    }

    fn write(&self, changes: &[Record]) -> Result<(), NotCommitted> {
        *self.versions.lock().unwrap() = changes.iter().map(|record| record.version).collect();
        self.answer()
    }
}

impl ChangeStore for Disk {
    fn commit(&mut self, commit: &Commit<'_>) -> Result<(), NotCommitted> {
        self.write(&commit.records())
    }

    fn rewrite(&mut self, store: &StateStore) -> Result<(), NotCommitted> {
        *self.rewritten.lock().unwrap() += 1;
        self.write(&store.records().changes)
    }
}

fn state() -> State {
    serde_json::from_str(&format!(
        r#"{{"features": [{{"id": "9cd1a3ef-d06e-4292-95d4-86ec02a3fd5b", "key": "A", "type": "STRING"}}],
        "environments": [{{"id": "{ENVIRONMENT}", "name": "dev", "values": {{"A": {{"value": "x", "version": 1}}}}}}],
        "accounts": [{{"name": "sdk", "serverKey": ["{KEY}"], "permissions": {{"{ENVIRONMENT}": ["READ", "LOCK", "UNLOCK", "CHANGE_VALUE"]}}}}]}}"#
    ))
    .unwrap()
}

fn work(disk: &Disk) -> WriterThread {
    untold(disk).0
}

/// Returns a writer, and the wake-ups that it passes on. No other thread wakes the streams.
fn untold(disk: &Disk) -> (WriterThread, Receiver<WakeOnDrop>) {
    let (_, commands) = channel();
    let (waking, told) = channel();
    let environments = Arc::new(Environments::default());
    let mut work = WriterThread {
        commands,
        store: StateStore::open(state(), Records::default(), now()),
        base: state(),
        change_store: Box::new(disk.clone()),
        loading: Loading::new(true),
        is_change_store_current: true,
        settings: ServeDefaults {
            profile: Profile::Client,
            cache_control: None,
            answers: AnswerBudget::new(1 << 20),
            notices: Arc::default(),
        },
        environments,
        wakes: Vec::new(),
        waking,
    };
    work.publish_all(Duration::ZERO);
    (work, told)
}

type Answered<T> = oneshot::Receiver<T>;

fn put(body: &str) -> (Command, Answered<Result<UpdateOutcome, PutError>>) {
    let (reply, answer) = Reply::new(Box::new(|_| ()), || Err(PutError::Closed));
    let command = Command::Put {
        place: (ENVIRONMENT, "A".into()),
        secret: KEY.into(),
        update: Update::read(body.as_bytes()).unwrap(),
        reply,
    };
    (command, answer)
}

fn patch(change: FeatureChange) -> (Command, Answered<Result<u64, ReplaceError>>) {
    let (reply, answer) = Reply::new(Box::new(|_| ()), || Err(ReplaceError::Closed));
    let place = (ENVIRONMENT, "A".into());
    (Command::Patch { place, definition: None, change, reply }, answer)
}

#[test]
fn no_caller_sees_a_change_that_was_undone() {
    let disk = Disk::default();
    let mut work = work(&disk);
    *disk.is_full.lock().unwrap() = true;
    let mut batch = Batch::default();
    let (changes, changed) = put(r#"{"value": "y", "lock": true}"#);
    let (same, is_same) = patch(FeatureChange { locked: Some(true), ..FeatureChange::default() });
    let (locked, is_locked) = put(r#"{"value": "z"}"#);
    let (already, is_already) = put(r#"{"lock": true}"#);
    let (late, is_late) =
        patch(FeatureChange { if_version: Some(vec![1]), ..FeatureChange::default() });
    let (nonsense, is_nonsense) = put("{}");
    for command in [changes, same, locked, already, late, nonsense] {
        work.change(command, &mut batch);
    }
    work.finish(batch);
    let not_kept = Err(PutError::NotKept);
    for mut answer in [changed, is_locked, is_already] {
        assert_eq!(answer.try_recv().unwrap(), not_kept);
    }
    for mut answer in [is_same, is_late] {
        assert_eq!(answer.try_recv().unwrap(), Err(ReplaceError::NotKept("full".into())));
    }
    // A request that is wrong in every state is still refused.
    let mut is_nonsense = is_nonsense;
    assert_eq!(is_nonsense.try_recv().unwrap(), Err(PutError::Refused(Refusal::NothingToDo)));
    let published = work.environments.get(ENVIRONMENT).unwrap();
    assert_eq!((published.generation, published.features[0].version), (1, 1));
}

/// A disk that reported an error may still have stored the change.
#[test]
fn after_a_failure_everything_is_written_again() {
    let disk = Disk::default();
    let mut work = work(&disk);
    let change = |work: &mut WriterThread, body| {
        let (command, mut answer) = put(body);
        let mut batch = Batch::default();
        work.change(command, &mut batch);
        work.finish(batch);
        answer.try_recv().unwrap()
    };
    *disk.is_full.lock().unwrap() = true;
    assert_eq!(change(&mut work, r#"{"value": "y"}"#), Err(PutError::NotKept));
    *disk.is_full.lock().unwrap() = false;
    assert_eq!(change(&mut work, r#"{"value": "z"}"#), Ok(UpdateOutcome::Changed));
    assert_eq!((*disk.rewritten.lock().unwrap(), &*disk.versions.lock().unwrap()), (1, &vec![2]));
    change(&mut work, r#"{"value": "w"}"#).unwrap();
    assert_eq!((*disk.rewritten.lock().unwrap(), &*disk.versions.lock().unwrap()), (1, &vec![3]));
}

#[test]
fn an_unchanged_base_wakes_no_stream() {
    let disk = Disk::default();
    let mut work = work(&disk);
    let generation = |work: &WriterThread| work.environments.get(ENVIRONMENT).unwrap().generation;
    let before = (generation(&work), work.store.state().revision);
    work.reload(state(), now());
    assert_eq!((generation(&work), work.store.state().revision), before);
    assert_eq!(*disk.rewritten.lock().unwrap(), 0);
    // A store that is outdated is rewritten at the next reload.
    *disk.is_full.lock().unwrap() = true;
    let mut other = state();
    other.environments[0].name = "other".into();
    work.reload(other.clone(), now());
    *disk.is_full.lock().unwrap() = false;
    work.reload(other.clone(), now());
    work.reload(other, now());
    assert_eq!(*disk.rewritten.lock().unwrap(), 2);
}

/// Environments that did not change keep their generation: no stream is woken, and no answer is evaluated again.
#[test]
fn an_unchanged_environment_keeps_its_generation() {
    let mut work = work(&Disk::default());
    let mut base = state();
    let mut second = base.environments[0].clone();
    second.id = Uuid::from_u128(2);
    base.environments.push(second);
    work.reload(base.clone(), now());
    let generations = |work: &WriterThread| {
        base.environments
            .iter()
            .map(|each| work.environments.get(each.id).unwrap().generation)
            .collect::<Vec<_>>()
    };
    assert_eq!(generations(&work), [1, 1]);
    let mut changed = base.clone();
    changed.environments[1].values.get_mut("A").unwrap().value =
        Some(crate::state::Json::text("y"));
    work.reload(changed.clone(), now());
    assert_eq!(generations(&work), [1, 2]);
    // A change of features affects all environments, a change of settings affects one, and a change of keys affects those where the keys
    // have permissions.
    changed.environments[0].stale = true;
    work.replace(changed.clone(), None).unwrap();
    assert_eq!(generations(&work), [2, 2]);
    let account = format!(
        r#"{{"name": "x", "clientKey": ["a*b"], "permissions": {{"{ENVIRONMENT}": ["READ", "LOCK", "UNLOCK", "CHANGE_VALUE"]}}}}"#
    );
    changed.accounts.push(serde_json::from_str(&account).unwrap());
    work.replace(changed.clone(), None).unwrap();
    assert_eq!(generations(&work), [3, 2]);
    changed.features[0].version = 1;
    work.replace(changed.clone(), None).unwrap();
    assert_eq!(generations(&work), [4, 3]);
    changed.features.clear();
    work.replace(changed, None).unwrap();
    assert_eq!(generations(&work), [5, 4]);
}

#[test]
fn a_replacement_that_is_not_kept_is_not_made() {
    let disk = Disk::default();
    let mut work = work(&disk);
    *disk.is_full.lock().unwrap() = true;
    let mut other = state();
    other.features.clear();
    let not_kept = Err(ReplaceError::NotKept("full".into()));
    assert_eq!(work.replace(other.clone(), None), not_kept);
    assert_eq!(work.store.state().features, state().features);
    *disk.is_full.lock().unwrap() = false;
    assert_eq!(work.replace(other.clone(), Some(&[7])), Err(ReplaceError::Outdated(0)));
    assert_eq!(work.replace(other, Some(&[7, 0])), Ok(1));
    assert!(work.environments.get(ENVIRONMENT).unwrap().features.is_empty());
}

/// A read after a change waits until the change is stored.
#[test]
fn a_read_after_a_change_waits_for_it() {
    let disk = Disk::default();
    let (sender, commands) = channel();
    let work = WriterThread { commands, ..work(&disk) };
    *disk.is_full.lock().unwrap() = true;
    let (change, mut changed) = put(r#"{"value": "y"}"#);
    let (reply, mut seen) = oneshot::channel();
    sender.send(change).unwrap();
    sender.send(Command::State(reply)).unwrap();
    drop(sender);
    work.run();
    assert_eq!(changed.try_recv().unwrap(), Err(PutError::NotKept));
    assert_eq!(seen.try_recv().unwrap(), state());
}

/// Removed keys may come back after a file, which may be half written. A replacement through the admin API removes them at once (D-104).
#[test]
fn keys_removed_by_a_file_may_come_back() {
    let mut work = work(&Disk::default());
    let with = |secrets: &[&str]| {
        let mut state = state();
        for secret in secrets {
            let account = format!(
                r#"{{"name": "{secret}", "clientKey": ["{secret}"], "permissions": {{"{ENVIRONMENT}": ["READ", "LOCK", "UNLOCK", "CHANGE_VALUE"]}}}}"#
            );
            state.accounts.push(serde_json::from_str(&account).unwrap());
        }
        state
    };
    let (both, first) = (with(&["a*b", "c*d"]), with(&["a*b"]));
    let opens = |work: &WriterThread, secret| {
        let is_good = work.environments.open(ENVIRONMENT, secret).is_some();
        let leaver = work.environments.open_leaving(ENVIRONMENT, secret);
        (is_good, leaver.map(|leaver| leaver.published.features[0].version))
    };
    let delay = |work: &WriterThread| work.environments.get(ENVIRONMENT).unwrap().revocation_delay;
    let mut newer = first.clone();
    newer.environments[0].values.get_mut("A").unwrap().version = Some(2);

    work.reload(both.clone(), now());
    assert_eq!((opens(&work, "c*d"), delay(&work)), ((true, None), Duration::ZERO));
    work.reload(first.clone(), now());
    assert_eq!((opens(&work, "c*d"), delay(&work)), ((false, Some(1)), REVOCATION_DELAY));
    assert_eq!((opens(&work, "a*b"), opens(&work, "nobody's")), ((true, None), (false, None)));
    // The key reads what it read when it was valid, and a second file does not extend the delay.
    let until =
        |work: &WriterThread| work.environments.open_leaving(ENVIRONMENT, "c*d").unwrap().until;
    let end = until(&work);
    work.reload(newer.clone(), now());
    assert_eq!((opens(&work, "c*d"), until(&work)), ((false, Some(1)), end));
    work.reload(both, now());
    assert_eq!(opens(&work, "c*d"), (true, None));
    work.reload(newer.clone(), now());
    assert_eq!(opens(&work, "c*d"), (false, Some(3)), "as it was when it was back");
    work.replace(newer, None).unwrap();
    assert_eq!((opens(&work, "c*d"), delay(&work)), ((false, None), Duration::ZERO));

    // Now the whole environment is removed.
    work.reload(first.clone(), now());
    work.reload(State::default(), now());
    assert!(matches!(opens(&work, "a*b"), (false, Some(_))));
    work.reload(first, now());
    assert_eq!(opens(&work, "a*b"), (true, None));
}

/// Waking thousands of streams takes a while. The caller of a change does not wait for it, and every stream is woken.
#[test]
fn callers_are_answered_before_streams_are_woken() {
    let (mut work, untold) = untold(&Disk::default());
    let cell = work.environments.open(ENVIRONMENT, KEY).unwrap().0;
    let stream = cell.watch();
    for (number, value) in ["y", "z"].into_iter().enumerate() {
        let mut batch = Batch::default();
        let (change, mut changed) = put(&format!(r#"{{"value": "{value}"}}"#));
        work.change(change, &mut batch);
        work.finish(batch);
        work.wake_streams();
        assert_eq!(changed.try_recv().unwrap(), Ok(UpdateOutcome::Changed));
        let published = work.environments.get(ENVIRONMENT).unwrap();
        let shown = published.features[0].value.as_ref().unwrap().as_str();
        assert_eq!((shown, published.generation), (&*format!("\"{value}\""), 2 + number as u64));
        assert!(!stream.has_changed().unwrap(), "streams were woken first");
    }
    let mut stream = stream;
    drop(untold.recv().unwrap());
    assert!(stream.has_changed().unwrap());
    stream.mark_unchanged();
    // Streams that were woken before are not woken again.
    drop(untold.recv().unwrap());
    assert!(!stream.has_changed().unwrap());
}

#[test]
fn streams_are_woken_even_if_the_thread_that_wakes_them_is_gone() {
    let (mut work, untold) = untold(&Disk::default());
    drop(untold);
    let stream = work.environments.open(ENVIRONMENT, KEY).unwrap().0.watch();
    let mut other = state();
    other.features.clear();
    work.replace(other, None).unwrap();
    assert!(!stream.has_changed().unwrap());
    work.wake_streams();
    assert!(stream.has_changed().unwrap());
}

#[test]
fn a_put_is_decided_with_the_rights_that_the_key_has_then() {
    let rights = |names: &str| {
        let text = serde_json::to_string(&state()).unwrap();
        let changed = text.replace(r#"["READ","LOCK","UNLOCK","CHANGE_VALUE"]"#, names);
        assert_ne!(changed, text);
        serde_json::from_str::<State>(&changed).unwrap()
    };
    let without_key = State { accounts: Vec::new(), ..state() };
    for (replacement, expected) in [
        (state(), Ok(UpdateOutcome::Changed)),
        (rights(r#"["READ"]"#), Err(PutError::Refused(Refusal::NoWriteRoles))),
        (without_key, Err(PutError::UnknownKey)),
    ] {
        let mut work = work(&Disk::default());
        // The command is made before the rights change, as by a caller that waits behind the replacement.
        let (command, mut answer) = put(r#"{"value": "y"}"#);
        work.replace(replacement, None).unwrap();
        let mut batch = Batch::default();
        work.change(command, &mut batch);
        work.finish(batch);
        assert_eq!(answer.try_recv().unwrap(), expected);
    }
}
