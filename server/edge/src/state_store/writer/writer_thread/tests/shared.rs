//! The writer with a change store that other servers change, too.

use std::collections::VecDeque;

use super::*;
use crate::state_store::commit::{CommitId, ForeignCommit, ForeignUpdate};

/// A scripted store that several servers share.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Script>>);

#[derive(Default)]
struct Script {
    /// The results of the next locks. Further locks succeed without news.
    begins: VecDeque<Result<ForeignUpdate, NotCommitted>>,
    /// The results of the next commits. Further commits succeed.
    commits: VecDeque<Result<(), NotCommitted>>,
    /// The numbers of the commits with an unknown outcome that the store contains.
    made: Vec<usize>,
    /// The number of the next commit.
    next: usize,
    unknown: Option<CommitId>,
    /// The calls in their order. A commit lists the values and versions of all its changes.
    calls: Vec<String>,
}

impl Shared {
    fn note(&self, call: impl Into<String>) {
        self.0.lock().unwrap().calls.push(call.into());
    }

    fn write(&self) -> Result<(), NotCommitted> {
        let mut script = self.0.lock().unwrap();
        let result = script.commits.pop_front().unwrap_or(Ok(()));
        if let Err(NotCommitted::Unknown(_)) = result {
            script.unknown = Some(CommitId { before: 0, id: script.next.to_string() });
        }
        script.next += 1;
        result
    }
}

impl ChangeStore for Shared {
    fn is_shared(&self) -> bool {
        true
    }

    fn begin(&mut self) -> Result<ForeignUpdate, NotCommitted> {
        self.note("begin");
        self.0.lock().unwrap().begins.pop_front().unwrap_or(Ok(ForeignUpdate::Nothing))
    }

    fn abandon(&mut self) {
        self.note("abandon");
    }

    fn take_unknown(&mut self) -> Option<CommitId> {
        self.0.lock().unwrap().unknown.take()
    }

    fn contains(&mut self, commit: &CommitId) -> Result<bool, NotCommitted> {
        Ok(self.0.lock().unwrap().made.iter().any(|made| made.to_string() == commit.id))
    }

    fn commit(&mut self, commit: &Commit<'_>) -> Result<(), NotCommitted> {
        let texts = commit.changes.iter().map(|change| {
            let value = change.value.value.as_ref().unwrap().as_str();
            format!(
                "{value}@{} by {}",
                change.entry.version,
                change.account.as_deref().unwrap_or("admin")
            )
        });
        let texts = texts.collect::<Vec<_>>().join(", ");
        self.note(format!("commit after {}: {texts}", commit.before));
        self.write()
    }

    fn rewrite(&mut self, store: &StateStore) -> Result<(), NotCommitted> {
        self.note(format!("rewrite {}", store.state().revision));
        self.write()
    }
}

fn writer(shared: &Shared) -> WriterThread {
    WriterThread { change_store: Box::new(shared.clone()), ..work(&Disk::default()) }
}

fn value(work: &WriterThread) -> (String, i64) {
    let published = work.environments.get(ENVIRONMENT).unwrap();
    let feature = &published.features[0];
    (feature.value.as_ref().unwrap().as_str().to_owned(), feature.version)
}

/// Returns the commit of another server, which sets the value of the feature A.
fn foreign(value: &str) -> ForeignUpdate {
    let mut other = work(&Disk::default());
    let mut batch = Batch::default();
    other.change(put(&format!(r#"{{"value": "{value}"}}"#)).0, &mut batch);
    let changes = batch.undo.iter().filter_map(|undo| undo.made.clone()).collect();
    let revision = other.store.state().revision;
    ForeignUpdate::Commits(vec![ForeignCommit { revision, changes }])
}

#[test]
fn each_change_of_a_batch_is_in_the_log() {
    let shared = Shared::default();
    let mut work = writer(&shared);
    let (first, _) = put(r#"{"value": "y"}"#);
    let (second, _) = put(r#"{"value": "z"}"#);
    let lock = FeatureChange { locked: Some(true), ..FeatureChange::default() };
    let (third, mut answer) = patch(lock);
    work.carry_out(vec![first, second, third]);
    assert_eq!(answer.try_recv().unwrap(), Ok(3));
    let expected = ["begin", r#"commit after 0: "y"@2 by sdk, "z"@3 by sdk, "z"@4 by admin"#];
    assert_eq!(shared.0.lock().unwrap().calls, expected);
    // A batch without a change gives the lock back.
    let (same, mut answer) = put(r#"{"lock": true}"#);
    work.carry_out(vec![same]);
    assert_eq!(answer.try_recv().unwrap(), Ok(UpdateOutcome::AlreadySo));
    assert_eq!(shared.0.lock().unwrap().calls[2..], ["begin", "abandon"]);
}

#[test]
fn changes_are_decided_on_what_other_servers_have_committed() {
    let without_key = State { accounts: Vec::new(), revision: 7, ..state() };
    let whole = StateStore::open(without_key, Records::default(), now());
    for (news, body, expected) in [
        (foreign("y"), r#"{"value": "y"}"#, Ok(UpdateOutcome::SameValue)),
        (foreign("y"), r#"{"value": "x"}"#, Ok(UpdateOutcome::Changed)),
        (ForeignUpdate::State(Box::new(whole)), r#"{"value": "y"}"#, Err(PutError::UnknownKey)),
    ] {
        let shared = Shared::default();
        let mut work = writer(&shared);
        shared.0.lock().unwrap().begins.push_back(Ok(news));
        let (command, mut answer) = put(body);
        work.carry_out(vec![command]);
        assert_eq!(answer.try_recv().unwrap(), expected);
    }
}

#[test]
fn a_store_that_cannot_be_locked_decides_nothing() {
    let shared = Shared::default();
    let mut work = writer(&shared);
    shared.0.lock().unwrap().begins.push_back(Err(NotCommitted::Away("gone".into())));
    // The body is refused in every state, but not every server knows the newest rights of the key.
    let ((one, mut first), (two, mut second)) = (put("{}"), patch(FeatureChange::default()));
    work.carry_out(vec![one, two]);
    assert_eq!(first.try_recv().unwrap(), Err(PutError::Away));
    assert_eq!(second.try_recv().unwrap(), Err(ReplaceError::Away("gone".into())));
}

#[test]
fn an_unknown_outcome_is_settled_with_the_lock() {
    let unknown = || Err(NotCommitted::Unknown("no answer".into()));
    for (made, news, expected, after) in [
        (vec![0], foreign("y"), Ok(UpdateOutcome::Changed), (r#""y""#, 2)),
        (vec![], ForeignUpdate::Nothing, Err(PutError::Away), (r#""x""#, 1)),
        (vec![], foreign("z"), Err(PutError::Away), (r#""z""#, 2)),
    ] {
        let shared = Shared::default();
        let mut work = writer(&shared);
        {
            let mut script = shared.0.lock().unwrap();
            script.made = made;
            script.commits.push_back(unknown());
            script.begins.extend([Ok(ForeignUpdate::Nothing), Ok(news)]);
        }
        let (command, mut answer) = put(r#"{"value": "y"}"#);
        work.carry_out(vec![command]);
        assert_eq!(answer.try_recv().unwrap(), expected);
        assert_eq!(value(&work), (after.0.to_owned(), after.1));
        let calls = ["begin", r#"commit after 0: "y"@2 by sdk"#, "begin", "abandon"];
        assert_eq!(shared.0.lock().unwrap().calls, calls);
    }
}

/// A replacement and an import whose outcome is unknown are settled like a change.
#[test]
fn an_unknown_replacement_is_settled() {
    let other = State { accounts: Vec::new(), ..state() };
    for (made, expected) in [
        (vec![0], Ok(1)),
        (vec![], Err(ReplaceError::Away("the database did not store it".into()))),
    ] {
        let shared = Shared::default();
        let mut work = writer(&shared);
        {
            let mut script = shared.0.lock().unwrap();
            script.made = made;
            script.commits.push_back(Err(NotCommitted::Unknown("no answer".into())));
        }
        assert_eq!(work.replace(other.clone(), None), expected);
        assert_eq!(work.store.state().accounts, state().accounts, "taken over as news only");
        let shared = Shared::default();
        let mut work = writer(&shared);
        assert_eq!(work.import(other.clone(), now()), Ok(()));
        assert_eq!(shared.0.lock().unwrap().calls, ["begin", "rewrite 1"]);
    }
}

/// The database is the truth. Clients ignore lower versions, so an older state is stored again with higher ones.
#[test]
fn a_state_that_lost_commits_is_stored_again_with_higher_versions() {
    let shared = Shared::default();
    let mut work = writer(&shared);
    let (command, _) = put(r#"{"value": "y"}"#);
    work.carry_out(vec![command]);
    assert_eq!(value(&work), (r#""y""#.to_owned(), 2));
    let older = StateStore::open(state(), Records::default(), now());
    shared.0.lock().unwrap().begins.push_back(Ok(ForeignUpdate::State(Box::new(older))));
    let (command, mut answer) = put(r#"{"value": "y"}"#);
    work.carry_out(vec![command]);
    assert_eq!(answer.try_recv().unwrap(), Ok(UpdateOutcome::Changed));
    assert_eq!(value(&work), (r#""y""#.to_owned(), 4));
    let calls = ["begin", "rewrite 2", "begin", r#"commit after 2: "y"@4 by sdk"#];
    assert_eq!(shared.0.lock().unwrap().calls[2..], calls);
}

/// While the outcome of a change is unknown, the commit that raises versions may get an unknown outcome, too. It is another commit.
#[test]
fn a_commit_that_raises_versions_settles_no_change() {
    let shared = Shared::default();
    let mut work = writer(&shared);
    work.carry_out(vec![put(r#"{"value": "y"}"#).0]);
    let older = StateStore::open(state(), Records::default(), now());
    {
        let unknown = || Err(NotCommitted::Unknown("no answer".into()));
        let mut script = shared.0.lock().unwrap();
        script.begins.extend([
            Ok(ForeignUpdate::Nothing),
            Ok(ForeignUpdate::State(Box::new(older))),
            Ok(ForeignUpdate::Nothing),
        ]);
        script.commits.extend([unknown(), unknown()]);
        script.made = vec![2];
    }
    let (command, mut answer) = put(r#"{"value": "z"}"#);
    work.carry_out(vec![command]);
    assert_eq!(answer.try_recv().unwrap(), Err(PutError::Away));
}

/// The strategies of a change are read with the definition that the reader saw. Another server may have replaced the feature since.
#[test]
fn strategies_are_for_the_feature_that_was_read() {
    let id = state().features[0].id;
    for (definition, expected) in [
        (Some((id, fh_eval::Kind::String)), Ok(1)),
        (Some((id, fh_eval::Kind::Number)), Err(ReplaceError::Redefined)),
        (Some((ENVIRONMENT, fh_eval::Kind::String)), Err(ReplaceError::Redefined)),
    ] {
        let mut work = writer(&Shared::default());
        let (reply, mut answer) = Reply::new(Box::new(|_| ()), || Err(ReplaceError::Closed));
        let change = FeatureChange { locked: Some(true), ..FeatureChange::default() };
        let place = (ENVIRONMENT, "A".into());
        work.carry_out(vec![Command::Patch { place, definition, change, reply }]);
        assert_eq!(answer.try_recv().unwrap(), expected);
    }
}
