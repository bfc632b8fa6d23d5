//! The change store of a cluster. A commit locks the one row of the table `cluster`, so that each change is decided on the newest state.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::kept::{Kept, Position};
use super::link::Link;
use super::options::sentence;
use super::schema::{BEGIN, LONGER, Statements};
use super::status::Status;
use crate::notices::{Notices, Topic};
use crate::state_store::{
    ChangeStore, Commit, CommitId, ForeignUpdate, NotCommitted, StateStore, write_changes,
};

/// The longest time for which a change waits for a connection, counted from the end of the last one.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest time for an answer of the database. The database ends statements after two seconds itself.
const ANSWER: Duration = Duration::from_secs(3);
/// The longest time for an answer to a query or a commit with a whole state.
pub(super) const LONG_ANSWER: Duration = Duration::from_secs(40);
/// The numbers of rows and bytes of the log after which a commit stores the whole state.
const MOST_ROWS: i64 = 1_000;
const MOST_BYTES: i64 = 16 * 1024 * 1024;

/// A parameter of a statement, with its type. Statements have no names, so that they also work through a pooler.
pub(super) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// The change store of one server.
pub(super) struct ClusterStore {
    pub(super) link: Arc<Link>,
    pub(super) statements: Statements,
    pub(super) server: String,
    pub(super) notices: Arc<Notices>,
    pub(super) status: Arc<Status>,
    /// The random id of the cluster, once it is known.
    pub(super) id: Option<String>,
    /// The last commit that the writer holds.
    pub(super) position: Option<Position>,
    pub(super) locked: Option<Locked>,
    pub(super) unknown: Option<CommitId>,
    /// The number of requests with unknown keys that arrived before the last query with an answer.
    pub(super) asked: Option<u64>,
    /// True if the database, and not the kept state, gave the last news.
    pub(super) is_answered: bool,
    pub(super) kept: Option<Kept>,
    pub(super) started: Instant,
    /// Dropped with the store, so that the thread of the connection runs as long as the store needs it.
    pub(super) _alive: oneshot::Sender<()>,
}

/// The transaction that holds the lock, and the size of the log since the stored state.
pub(super) struct Locked {
    client: Arc<Client>,
    rows: i64,
    bytes: i64,
}

pub(super) fn away(why: impl Into<String>) -> NotCommitted {
    NotCommitted::Away(why.into())
}

pub(super) fn column<'a, T: tokio_postgres::types::FromSql<'a>>(
    row: &'a Row,
    at: usize,
) -> Result<T, NotCommitted> {
    row.try_get(at).map_err(|why| away(sentence(&why)))
}

pub(super) fn revision_of(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn number_of(revision: u64) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}

impl ClusterStore {
    /// Waits for the answer of the database. If there is none in time, or if it is an error, the connection is closed, because the state
    /// of its transaction is unknown.
    pub(super) fn ask<T>(
        &self,
        client: &Arc<Client>,
        limit: Duration,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, NotCommitted> {
        let answer = self.link.block_on(async { timeout(limit, work).await });
        let why = match answer {
            Ok(Ok(answer)) => {
                self.status.contact();
                return Ok(answer);
            }
            Ok(Err(why)) => sentence(&why),
            Err(_) => "the database does not answer".to_owned(),
        };
        self.link.give_up(client, &why);
        Err(away(why))
    }

    /// Stores a row of the log, and the whole state if `state` is given, and ends the transaction.
    fn write(
        &mut self,
        (before, revision): (u64, u64),
        changes: Option<String>,
        state: Option<String>,
    ) -> Result<(), NotCommitted> {
        let Some(Locked { client, .. }) = self.locked.take() else {
            return Err(away("the database is not locked"));
        };
        let begin = Instant::now();
        let commit = Uuid::from_u128(random()).to_string();
        let next = Position { revision: number_of(revision), commit };
        let before = number_of(before);
        let bytes = changes.as_ref().map_or(0, |changes| number_of(changes.len() as u64));
        let row: [Parameter<'_>; 5] = [
            (&next.revision, Type::INT8),
            (&before, Type::INT8),
            (&next.commit, Type::TEXT),
            (&self.server, Type::TEXT),
            (&changes, Type::TEXT),
        ];
        let head: [Parameter<'_>; 3] = [
            (&next.revision, Type::INT8),
            (&next.commit, Type::TEXT),
            match &state {
                Some(state) => (state, Type::TEXT),
                None => (&bytes, Type::INT8),
            },
        ];
        let Statements { insert, advance, store, prune, commit, .. } = &self.statements;
        // All statements are sent at once. After an error in one of them, the last one fails, too.
        let work = async {
            match &state {
                None => {
                    let (inserted, advanced, committed) = tokio::join!(
                        biased;
                        client.execute_typed(insert, &row),
                        client.execute_typed(advance, &head),
                        client.batch_execute(commit),
                    );
                    inserted.and(advanced).and(committed)
                }
                Some(_) => {
                    let (longer, inserted, stored, pruned, committed) = tokio::join!(
                        biased;
                        client.batch_execute(LONGER),
                        client.execute_typed(insert, &row),
                        client.execute_typed(store, &head),
                        client.batch_execute(prune),
                        client.batch_execute(commit),
                    );
                    longer.and(inserted).and(stored).and(pruned).and(committed)
                }
            }
        };
        let limit = if state.is_some() { LONG_ANSWER } else { ANSWER };
        let answer = self.ask(&client, limit, work);
        match answer {
            Ok(()) => {
                self.status.committed(begin.elapsed());
                self.status.holds(revision);
                self.position = Some(next);
                Ok(())
            }
            Err(why) => {
                self.status.unknown_outcome();
                self.unknown = Some(CommitId { before, id: next.commit });
                Err(NotCommitted::Unknown(why.to_string()))
            }
        }
    }

    /// Reports an error in readiness and in the log, and its end.
    fn noted<T>(&self, result: Result<T, NotCommitted>) -> Result<T, NotCommitted> {
        let why = result.as_ref().err().map(ToString::to_string);
        let is_news = self.notices.has(Topic::Cluster) != why.is_some();
        match &why {
            Some(why) if is_news => {
                tracing::warn!(
                    why,
                    "the database of the cluster cannot be used, so changes are refused"
                );
            }
            None if is_news => tracing::info!("the database of the cluster can be used again"),
            _ => {}
        }
        let notice = why.map(|why| {
            format!("the database of the cluster cannot be used, so changes are refused: {why}")
        });
        self.notices.set(Topic::Cluster, notice);
        result
    }

    fn lock(&mut self) -> Result<ForeignUpdate, NotCommitted> {
        self.abandon();
        let client = self.link.block_on(self.link.client(PATIENCE)).map_err(away)?;
        let work = async {
            let (begun, row) = tokio::join!(
                biased;
                client.batch_execute(BEGIN),
                client.query_typed(&self.statements.lock, &[]),
            );
            begun.and(row)
        };
        let rows = self.ask(&client, ANSWER, work)?;
        let head = self.head(&rows).and_then(|head| {
            let row = rows.first().ok_or_else(|| away("no row"))?;
            Ok((head, column(row, 5)?, column(row, 6)?))
        });
        let locked = Locked { client: Arc::clone(&client), rows: 0, bytes: 0 };
        self.locked = Some(locked);
        let (head, rows, bytes) = match head {
            Ok(head) => head,
            Err(why) => {
                self.abandon();
                return Err(why);
            }
        };
        self.locked = Some(Locked { client: Arc::clone(&client), rows, bytes });
        let news = self.news(&client, &head);
        if news.is_err() {
            self.abandon();
        }
        news
    }

    fn find(&mut self) -> Result<ForeignUpdate, NotCommitted> {
        self.is_answered = false;
        if !self.link.is_connected()
            && self.position.is_none()
            && self.started.elapsed() >= PATIENCE
            && let Some((id, position, store)) = self.kept.as_mut().and_then(Kept::read)
        {
            tracing::warn!("the database does not answer, so the kept state is served");
            (self.id, self.position) = (Some(id), Some(position));
            return Ok(ForeignUpdate::State(Box::new(store)));
        }
        let client = self.link.block_on(self.link.client(Duration::ZERO)).map_err(away)?;
        let work = client.query_typed(&self.statements.head, &[]);
        let rows = self.ask(&client, ANSWER, work)?;
        let head = self.head(&rows)?;
        self.is_answered = true;
        self.news(&client, &head)
    }
}

/// Returns 128 random bits, from the keys of hash maps, which the operating system makes.
pub(super) fn random() -> u128 {
    use std::hash::{BuildHasher, RandomState};
    let half = || u128::from(RandomState::new().hash_one(Instant::now()));
    (half() << 64) | half()
}

impl ChangeStore for ClusterStore {
    fn is_shared(&self) -> bool {
        true
    }

    fn begin(&mut self) -> Result<ForeignUpdate, NotCommitted> {
        let news = self.lock();
        self.noted(news)
    }

    fn read(&mut self) -> Result<ForeignUpdate, NotCommitted> {
        self.link.reads();
        let asked = self.link.proof.asked();
        let news = self.find();
        // A kept state proves nothing.
        self.asked = (news.is_ok() && self.is_answered).then_some(asked);
        self.noted(news)
    }

    fn taken_over(&mut self, store: &StateStore) {
        self.status.holds(store.state().revision);
        if let Some(asked) = self.asked.take() {
            self.link.proof.confirm(asked);
        }
        if let (Some(kept), Some(id), Some(position)) = (&mut self.kept, &self.id, &self.position) {
            kept.keep(id, position, store);
        }
    }

    fn distrust(&mut self) {
        self.position = None;
    }

    fn abandon(&mut self) {
        if let Some(Locked { client, .. }) = self.locked.take() {
            // An error closes the connection, which ends the transaction, too.
            let _ = self.ask(&client, ANSWER, client.batch_execute(&self.statements.rollback));
        }
    }

    fn take_unknown(&mut self) -> Option<CommitId> {
        self.unknown.take()
    }

    fn contains(&mut self, commit: &CommitId) -> Result<bool, NotCommitted> {
        let Some(client) = self.locked.as_ref().map(|locked| Arc::clone(&locked.client)) else {
            return Err(away("the database is not locked"));
        };
        let parameters: [Parameter<'_>; 2] =
            [(&commit.before, Type::INT8), (&commit.id, Type::TEXT)];
        let work = client.query_typed(&self.statements.contains, &parameters);
        let rows = self.ask(&client, ANSWER, work)?;
        let row = rows.first().ok_or_else(|| away("no row"))?;
        column(row, 0)
    }

    fn commit(&mut self, commit: &Commit<'_>) -> Result<(), NotCommitted> {
        let changes = write_changes(commit.changes).map_err(NotCommitted::Refused);
        let is_large = self
            .locked
            .as_ref()
            .is_some_and(|locked| locked.rows >= MOST_ROWS || locked.bytes >= MOST_BYTES);
        let state = is_large.then(|| commit.store.to_stored()).transpose();
        match (changes, state) {
            (Ok(changes), Ok(state)) => {
                let revisions = (commit.before, commit.store.state().revision);
                self.write(revisions, Some(changes), state)
            }
            (Err(why), _) => {
                self.abandon();
                Err(why)
            }
            (_, Err(why)) => {
                self.abandon();
                Err(NotCommitted::Refused(why))
            }
        }
    }

    fn rewrite(&mut self, store: &StateStore) -> Result<(), NotCommitted> {
        match store.to_stored() {
            Ok(state) => {
                let revision = store.state().revision;
                let before =
                    self.position.as_ref().map_or(0, |position| revision_of(position.revision));
                self.write((before, revision), None, Some(state))
            }
            Err(why) => {
                self.abandon();
                Err(NotCommitted::Refused(why))
            }
        }
    }
}

impl std::fmt::Debug for ClusterStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClusterStore").field("position", &self.position).finish_non_exhaustive()
    }
}
