//! The start of a server of a cluster.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use std::{fmt, io};

use tokio::sync::oneshot;

use super::kept::Kept;
use super::link::{Link, LinkThread, Starting};
use super::options::ClusterOptions;
use super::proof::Proof;
use super::schema::Statements;
use super::status::{ClusterStatus, Status};
use super::store::ClusterStore;
use crate::notices::Notices;
use crate::state_store::ChangeStore;

/// A cluster whose thread is not started yet.
pub(crate) struct Cluster {
    link: Arc<Link>,
    starting: Starting,
    status: Arc<Status>,
    server: Arc<str>,
}

/// The parts of a cluster that the origin needs. Dropping it ends the thread of the connection.
pub(crate) struct RunningCluster {
    link: Arc<Link>,
    status: Arc<Status>,
    server: Arc<str>,
    _thread: LinkThread,
}

impl Cluster {
    /// Prepares the connection, and makes the change store for the writer thread. With a folder, the store keeps a copy of the state in it.
    pub(crate) fn prepare(
        options: ClusterOptions,
        folder: Option<PathBuf>,
        notices: Arc<Notices>,
    ) -> io::Result<(Self, Box<dyn ChangeStore>)> {
        let (alive, store_gone) = oneshot::channel();
        let (statements, server) = (Statements::of(&options.schema), options.server.clone());
        let name = Arc::from(&*server);
        let (link, starting) = Link::prepare(options, store_gone)?;
        let status: Arc<Status> = Arc::default();
        let store = ClusterStore {
            link: Arc::clone(&link),
            statements,
            server,
            notices,
            status: Arc::clone(&status),
            id: None,
            position: None,
            locked: None,
            unknown: None,
            asked: None,
            is_answered: false,
            kept: folder.map(|folder| Kept::new(folder.join("cluster.json"))),
            started: Instant::now(),
            _alive: alive,
        };
        Ok((Self { link, starting, status, server: name }, Box::new(store)))
    }

    /// Starts the thread of the connection. `refresh` asks the writer thread to read, and does not block.
    pub(crate) fn run(
        self,
        refresh: impl Fn() + Send + Sync + 'static,
    ) -> io::Result<RunningCluster> {
        let Self { link, starting, status, server } = self;
        Ok(RunningCluster { link, status, server, _thread: starting.run(refresh)? })
    }
}

impl RunningCluster {
    pub(crate) fn status(&self) -> ClusterStatus {
        self.status.now(&self.server, self.link.is_connected())
    }

    pub(crate) fn proof(&self) -> &Proof {
        &self.link.proof
    }
}

impl fmt::Debug for RunningCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningCluster").field("status", &self.status()).finish_non_exhaustive()
    }
}
