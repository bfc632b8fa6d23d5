//! The commands on a cluster: make its tables, import and export its state, and survey its servers.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use fh_eval::Timestamp;
use tokio::time::timeout;
use tokio_postgres::Client;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::options::{ClusterError, ClusterOptions, sentence};
use super::schema::{FORMAT, Statements};
use super::start::Cluster;
use super::store::random;
use crate::clock::now;
use crate::notices::Notices;
use crate::state::State;
use crate::state_store::{ChangeStore, ForeignUpdate, NotCommitted, Records, StateStore};

/// The longest time that a command waits for the database.
const PATIENCE: Duration = Duration::from_secs(60);

/// The result of [`init`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Initialised {
    /// The tables were made.
    New,
    /// The tables existed already, and were not changed.
    Existed,
}

/// A connection of a server to the database.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Server {
    /// The name of the server.
    pub name: String,
    /// The address of the server, or the word `local` for a socket.
    pub address: String,
}

/// The state of a cluster, as its database tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Survey {
    /// The random id of the cluster.
    pub id: String,
    /// The format of the tables.
    pub format: i32,
    /// The revision of the state.
    pub revision: u64,
    /// True if the cluster has a state.
    pub has_state: bool,
    /// The number of rows of the log.
    pub log_rows: u64,
    /// The servers that listen for the commits of others.
    pub servers: Vec<Server>,
    /// The settings of the database with which it may lose answered changes.
    pub warnings: Vec<String>,
}

/// Runs work with a connection of its own.
async fn with<T>(
    options: &ClusterOptions,
    work: impl AsyncFnOnce(&mut Client) -> Result<T, tokio_postgres::Error>,
) -> Result<T, ClusterError> {
    let all = async {
        let (mut client, connection) = options.connect().await?;
        tokio::select! {
            result = work(&mut client) => result.map_err(|why| sentence(&why)),
            ended = connection => Err(match ended {
                Err(why) => sentence(&why),
                Ok(()) => "the database has closed the connection".to_owned(),
            }),
        }
    };
    let result = timeout(PATIENCE, all).await;
    result.unwrap_or_else(|_| Err("the database does not answer".to_owned())).map_err(ClusterError)
}

/// Makes the tables of a cluster, with a state or without one. Does not change tables that exist.
///
/// A state with a revision was read from a running Edge, whose clients may hold higher versions than the state states. Its versions are
/// therefore raised to the current time in milliseconds.
///
/// # Errors
/// Returns [`ClusterError`] if the state is not valid, or if the database cannot be used.
pub async fn init(
    options: &ClusterOptions,
    state: Option<State>,
) -> Result<Initialised, ClusterError> {
    let (mut text, mut revision) = (None, 0);
    if let Some(state) = state {
        let store = first(state, now())?;
        revision = i64::try_from(store.state().revision).unwrap_or(i64::MAX);
        text = Some(store.to_stored().map_err(ClusterError)?);
    }
    let statements = Statements::of(&options.schema);
    let (id, commit) =
        (Uuid::from_u128(random()).to_string(), Uuid::from_u128(random()).to_string());
    with(options, async |client| {
        let transaction = client.transaction().await?;
        // Several init containers may run at the same time.
        transaction
            .batch_execute("SELECT pg_advisory_xact_lock(hashtext('fh cluster init'))")
            .await?;
        let exists: bool = transaction
            .query_typed(&statements.exists, &[])
            .await?
            .first()
            .map_or(Ok(false), |row| row.try_get(0))?;
        if exists {
            return Ok(Initialised::Existed);
        }
        transaction.batch_execute(&statements.create).await?;
        let row: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 5] = [
            (&id, Type::TEXT),
            (&FORMAT, Type::INT4),
            (&revision, Type::INT8),
            (&commit, Type::TEXT),
            (&text, Type::TEXT),
        ];
        transaction.execute_typed(&statements.first, &row).await?;
        if text.is_some() {
            let none: Option<String> = None;
            let row: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 5] = [
                (&revision, Type::INT8),
                (&0_i64, Type::INT8),
                (&commit, Type::TEXT),
                (&"fh cluster init", Type::TEXT),
                (&none, Type::TEXT),
            ];
            transaction.execute_typed(&statements.insert, &row).await?;
        }
        transaction.commit().await?;
        Ok(Initialised::New)
    })
    .await
}

/// Returns the first state of a cluster.
fn first(state: State, now: Timestamp) -> Result<StateStore, ClusterError> {
    state.check().map_err(|why| ClusterError(why.to_string()))?;
    let is_of_a_server = state.revision > 0;
    let mut store = StateStore::waiting(Records::default());
    store.import(state, now);
    if is_of_a_server {
        store.raise_all(now);
    }
    Ok(store)
}

/// Loads a state into a cluster, as a state file that is read again. Changes of values that the new state does not change are kept.
/// Returns the new revision.
///
/// # Errors
/// Returns [`ClusterError`] if the state is not valid, or if the database cannot be used.
pub fn import(options: &ClusterOptions, state: State) -> Result<u64, ClusterError> {
    state.check().map_err(|why| ClusterError(why.to_string()))?;
    let failed = |why: NotCommitted| match why {
        NotCommitted::Unknown(why) => ClusterError(format!(
            "{why}; whether the state was loaded is not known: `fh cluster status` shows the revision"
        )),
        why => ClusterError(why.to_string()),
    };
    let (cluster, mut store) = store_of(options)?;
    let running = cluster.run(|| ()).map_err(|why| ClusterError(why.to_string()))?;
    let mut current = match store.begin().map_err(failed)? {
        ForeignUpdate::State(current) => *current,
        _ => StateStore::waiting(Records::default()),
    };
    current.import(state, now());
    store.rewrite(&current).map_err(failed)?;
    drop((store, running));
    Ok(current.state().revision)
}

/// Returns the state of a cluster, including its API keys.
///
/// # Errors
/// Returns [`ClusterError`] if the cluster has no state, or if the database cannot be used.
pub fn export(options: &ClusterOptions) -> Result<State, ClusterError> {
    let (cluster, mut store) = store_of(options)?;
    let running = cluster.run(|| ()).map_err(|why| ClusterError(why.to_string()))?;
    let news = store.begin().map_err(|why| ClusterError(why.to_string()))?;
    store.abandon();
    drop((store, running));
    match news {
        ForeignUpdate::State(store) => Ok(store.state().clone()),
        _ => Err(ClusterError(
            "the cluster has no state yet; `fh cluster import FILE` loads one".into(),
        )),
    }
}

fn store_of(options: &ClusterOptions) -> Result<(Cluster, Box<dyn ChangeStore>), ClusterError> {
    let folder: Option<PathBuf> = None;
    Cluster::prepare(options.clone(), folder, Arc::<Notices>::default())
        .map_err(|why| ClusterError(why.to_string()))
}

/// Returns what the database says about a cluster.
///
/// # Errors
/// Returns [`ClusterError`] if the database cannot be used, or has no tables.
pub async fn survey(options: &ClusterOptions) -> Result<Survey, ClusterError> {
    let statements = Statements::of(&options.schema);
    with(options, async |client| {
        let rows = client.query_typed(&statements.head, &[]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let count = client.query_typed(&statements.count, &[]).await?;
        let servers = client.query_typed(&statements.servers, &[]).await?;
        let settings = client
            .query_typed("SELECT current_setting('fsync'), current_setting('synchronous_commit')", &[])
            .await?;
        let mut warnings = Vec::new();
        if let Some(row) = settings.first() {
            let (fsync, synchronous): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            if fsync == "off" {
                warnings.push("fsync is off: a crash of the database loses answered changes, or all data".to_owned());
            }
            if ["off", "local"].contains(&&*synchronous) {
                warnings.push(format!(
                    "synchronous_commit is {synchronous}: the servers raise it for their own commits, but not to the standbys"
                ));
            }
        }
        let mut listening = Vec::new();
        for row in &servers {
            listening.push(Server { name: row.try_get(0)?, address: row.try_get(1)? });
        }
        if listening.is_empty() {
            warnings.push("no server listens: no server runs, or a pooler in transaction mode is between them".to_owned());
        }
        let rows: i64 = count.first().map_or(Ok(0), |row| row.try_get(0))?;
        let revision: i64 = row.try_get(2)?;
        Ok(Some(Survey {
            id: row.try_get(0)?,
            format: row.try_get(1)?,
            revision: u64::try_from(revision).unwrap_or_default(),
            has_state: row.try_get(4)?,
            log_rows: u64::try_from(rows).unwrap_or_default(),
            servers: listening,
            warnings,
        }))
    })
    .await?
    .ok_or_else(|| ClusterError("the table of the cluster has no row".into()))
}
