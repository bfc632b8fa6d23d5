//! The servers of a history, each with links of its own to the database.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fh_edge::cluster::{ClusterOptions, init};
use fh_test::wait::{PATIENCE, wait_until_async};
use fh_test_servers::postgres::Postgres;
use tokio::sync::watch;

use crate::calls::Outcome;
use crate::link::{Link, Mode, Notifications};
use crate::servers::{Server, options, state};

pub(crate) const NAMES: [&str; 3] = ["one", "two", "three"];

/// Servers with one state, and the counts of the changes on them.
pub(crate) struct Cluster {
    database: Mutex<Arc<Postgres>>,
    /// The links of each server to each host of the database.
    links: Vec<Vec<Link>>,
    servers: Vec<Mutex<Arc<Server>>>,
    clock: AtomicU64,
    progress: watch::Sender<Progress>,
}

/// The changes on each server since the start.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    pub(crate) made: [usize; NAMES.len()],
    /// The changes with status 503.
    pub(crate) refused: [usize; NAMES.len()],
    is_over: bool,
}

impl Cluster {
    /// Starts the servers. Their URLs name this number of hosts, each of which leads to the database.
    pub(crate) async fn start(hosts: usize) -> Arc<Self> {
        let database = Arc::new(Postgres::new());
        init(&options(&database), Some(state())).await.unwrap();
        let mut links = Vec::new();
        for _ in NAMES {
            let mut of_server = Vec::new();
            for _ in 0..hosts {
                of_server.push(Link::to(database.port(), Notifications::Pass).await);
            }
            links.push(of_server);
        }
        let mut servers = Vec::new();
        for (name, links) in NAMES.iter().zip(&links) {
            servers.push(Mutex::new(Arc::new(start(name, links).await)));
        }
        let database = Mutex::new(database);
        Arc::new(Self {
            database,
            links,
            servers,
            clock: AtomicU64::new(1),
            progress: watch::Sender::default(),
        })
    }

    pub(crate) fn size(&self) -> usize {
        self.servers.len()
    }

    pub(crate) fn server(&self, at: usize) -> Arc<Server> {
        Arc::clone(&self.servers[at].lock().unwrap())
    }

    /// Starts a server anew. Requests go to the old one until the new one is ready.
    pub(crate) async fn restart(&self, at: usize) {
        let new = Arc::new(start(NAMES[at], &self.links[at]).await);
        let old = std::mem::replace(&mut *self.servers[at].lock().unwrap(), new);
        let handle = old.edge.handle();
        handle.announce_stop();
        // Requests that have the old one end first.
        wait_until_async("the end of all requests", async || {
            handle.say_bye(Duration::from_millis(200)).await;
            Arc::strong_count(&old) == 1
        })
        .await;
        handle.close().await;
    }

    /// Returns the primary.
    pub(crate) fn database(&self) -> Arc<Postgres> {
        Arc::clone(&self.database.lock().unwrap())
    }

    /// Leads one host of the URL of each server to another database.
    pub(crate) fn lead(&self, host: usize, to: &Postgres) {
        self.links.iter().for_each(|links| links[host].lead_to(to.port()));
    }

    /// Names the primary.
    pub(crate) fn set_database(&self, database: Arc<Postgres>) {
        *self.database.lock().unwrap() = database;
    }

    /// Sets the mode of the links of a server.
    pub(crate) fn set_links(&self, at: usize, mode: Mode) {
        self.links[at].iter().for_each(|link| link.set(mode));
    }

    /// Returns the next time of the clock.
    pub(crate) fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    pub(crate) fn note(&self, at: usize, outcome: Outcome) {
        self.progress.send_modify(|progress| match outcome {
            Outcome::Status(200) => progress.made[at] += 1,
            Outcome::NotMade | Outcome::Unknown => progress.refused[at] += 1,
            Outcome::Status(_) => {}
        });
    }

    /// Ends the callers, or lets new ones begin.
    pub(crate) fn set_over(&self, is_over: bool) {
        self.progress.send_modify(|progress| progress.is_over = is_over);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.progress.borrow().is_over
    }

    /// Waits until each of these servers has made so many changes more.
    pub(crate) async fn make(&self, servers: &[usize], more: usize) {
        let before = self.progress.borrow().clone();
        self.until(|now| servers.iter().all(|at| now.made[*at] >= before.made[*at] + more)).await;
    }

    /// Waits until the servers together have made so many changes more, or until the end of the callers.
    pub(crate) async fn make_any(&self, more: usize) {
        let sum = |progress: &Progress| progress.made.iter().sum::<usize>();
        let wanted = sum(&self.progress.borrow()) + more;
        self.until(|now| now.is_over || sum(now) >= wanted).await;
    }

    /// Waits until each of these servers has refused changes.
    pub(crate) async fn refuse(&self, servers: &[usize]) {
        let before = self.progress.borrow().clone();
        self.until(|now| servers.iter().all(|at| now.refused[*at] > before.refused[*at] + 1)).await;
    }

    /// Waits until the outcomes of two commits more of a server were unknown at first.
    pub(crate) async fn lose(&self, at: usize) {
        let count = || self.server(at).edge.handle().cluster().unwrap().unknown_outcomes;
        let wanted = count() + 2;
        wait_until_async("unknown outcomes", async || count() >= wanted).await;
    }

    async fn until(&self, is_reached: impl Fn(&Progress) -> bool) {
        let mut progress = self.progress.subscribe();
        let reached = progress.wait_for(|progress| is_reached(progress));
        drop(tokio::time::timeout(PATIENCE, reached).await.expect("progress").unwrap());
    }
}

async fn start(name: &str, links: &[Link]) -> Server {
    let hosts: Vec<String> = links.iter().map(|link| format!("127.0.0.1:{}", link.port)).collect();
    let url = format!("postgres://postgres@{}/postgres", hosts.join(","));
    let server = Server::begin(&ClusterOptions::new(&url).unwrap(), name);
    server.ready().await;
    server
}
