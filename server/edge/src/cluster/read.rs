//! The news that a server reads from the database of a cluster: the commits after the one that it holds, or the whole state.

use std::sync::Arc;

use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row};

use super::kept::Position;
use super::schema::FORMAT;
use super::store::{ClusterStore, LONG_ANSWER, Parameter, away, column, revision_of};
use crate::state_store::{ForeignCommit, ForeignUpdate, NotCommitted, StateStore, read_changes};

/// The row of the table `cluster`, without the state.
pub(super) struct Head {
    position: Position,
    has_state: bool,
}

impl ClusterStore {
    /// Reads the row of the table `cluster`. Refuses tables of another cluster, or of a later version.
    pub(super) fn head(&mut self, rows: &[Row]) -> Result<Head, NotCommitted> {
        let [row] = rows else {
            return Err(away("the table of the cluster has no row; `fh cluster init` makes it"));
        };
        let (id, format): (String, i32) = (column(row, 0)?, column(row, 1)?);
        if format > FORMAT {
            return Err(away(format!(
                "the tables have format {format}, and this version reads formats up to {FORMAT}; install a later version"
            )));
        }
        match &self.id {
            Some(known) if *known != id => {
                return Err(away(format!(
                    "the database holds the cluster {id}, and this server belongs to the cluster {known}"
                )));
            }
            _ => self.id = Some(id),
        }
        let position = Position { revision: column(row, 2)?, commit: column(row, 3)? };
        Ok(Head { position, has_state: column(row, 4)? })
    }

    /// Returns the news up to this row of the table `cluster`.
    pub(super) fn news(
        &mut self,
        client: &Arc<Client>,
        head: &Head,
    ) -> Result<ForeignUpdate, NotCommitted> {
        if !head.has_state {
            return match self.position {
                None => Ok(ForeignUpdate::Nothing),
                Some(_) => Err(away("the database holds no state any more")),
            };
        }
        let Some(position) = self.position.clone() else { return self.whole(client) };
        if position == head.position {
            return Ok(ForeignUpdate::Nothing);
        }
        let rows = self.rows(client, position.revision)?;
        let Some((first, rest)) = rows.split_first() else { return self.whole(client) };
        // A log without the commit that this server holds has lost commits, or was restored from a backup.
        if column::<i64>(first, 0)? != position.revision
            || column::<String>(first, 2)? != position.commit
        {
            return self.whole(client);
        }
        let mut commits = Vec::new();
        let mut last = position;
        for row in rest {
            let Some(changes) = column::<Option<&str>>(row, 3)? else { return self.whole(client) };
            if column::<i64>(row, 1)? != last.revision {
                return self.whole(client);
            }
            last = Position { revision: column(row, 0)?, commit: column(row, 2)? };
            let changes = read_changes(changes).map_err(|why| later_version(&why))?;
            commits.push(ForeignCommit { revision: revision_of(last.revision), changes });
        }
        self.position = Some(last);
        Ok(ForeignUpdate::Commits(commits))
    }

    fn rows(&self, client: &Arc<Client>, from: i64) -> Result<Vec<Row>, NotCommitted> {
        let parameters: [Parameter<'_>; 1] = [(&from, Type::INT8)];
        self.ask(client, LONG_ANSWER, client.query_typed(&self.statements.rows, &parameters))
    }

    /// Reads the stored state and the commits after it.
    fn whole(&mut self, client: &Arc<Client>) -> Result<ForeignUpdate, NotCommitted> {
        let work = client.query_typed(&self.statements.whole, &[]);
        let rows = self.ask(client, LONG_ANSWER, work)?;
        let head = self.head(&rows)?;
        let Some(row) = rows.first().filter(|_| head.has_state) else {
            return Err(away("the database holds no state any more"));
        };
        let (text, at): (&str, i64) = (column(row, 5)?, column(row, 6)?);
        let mut store = StateStore::from_stored(text).map_err(|why| later_version(&why))?;
        let mut last = head.position;
        for row in self.rows(client, at.saturating_add(1))? {
            let Some(changes) = column::<Option<&str>>(&row, 3)? else {
                return Err(away("another server has just replaced the state"));
            };
            store.apply_stored(changes).map_err(|why| later_version(&why))?;
            last = Position { revision: column(&row, 0)?, commit: column(&row, 2)? };
        }
        store.set_revision(revision_of(last.revision));
        self.position = Some(last);
        Ok(ForeignUpdate::State(Box::new(store)))
    }
}

/// Returns the error for JSON of a later version.
fn later_version(why: &str) -> NotCommitted {
    away(format!(
        "the tables cannot be read, in most cases because a later version wrote them: {why}"
    ))
}
