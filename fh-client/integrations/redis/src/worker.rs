//! The thread that communicates with Redis. It loads stored features, writes updates, checks for writes of other programs, and
//! reconnects.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fh_client::{Client, KeyKind};
use redis::{Connection, ErrorKind, RedisError, ServerErrorKind};

use crate::change::{Authority, Change, changes};
use crate::keys::Keys;
use crate::list::List;
use crate::servers::Servers;
use crate::status::SharedStatus;
use crate::store::SOURCE;
use crate::transaction::{Base, Failure, LARGEST, Outcome, attempt, stored_digest, stored_list};
use crate::write_queue::{Job, Next, WriteQueue};

/// The maximum pause between attempts to connect, unless the first pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The settings of the thread that communicates with Redis.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) prefix: String,
    /// The interval between checks for writes of other programs; with `None`, the store checks only after it has connected.
    pub(crate) refresh: Option<Duration>,
    pub(crate) backoff: Duration,
    /// The number of attempts to write an update on one connection, and of connections that may break meanwhile; at least 1.
    pub(crate) attempts: u32,
    pub(crate) timeout: Duration,
}

pub(crate) struct Worker {
    client: Client,
    servers: Servers,
    settings: Settings,
    queue: Arc<WriteQueue>,
    shared_status: Arc<SharedStatus>,
    /// The digests that this store last read or wrote, by environment.
    seen: HashMap<Arc<str>, String>,
    /// The job in progress, and the number of times that the connection broke while the job was written.
    at_hand: Option<(Job, u32)>,
    /// True once the worker has begun to process an update from the Edge, or has learnt that the client has a list from the Edge. Before
    /// that, the client's features are not merged into Redis after connecting.
    edge_was_heard: bool,
    refresh_at: Option<Instant>,
    /// True if the API key was server-evaluated at the last check, which the store has then reported.
    is_barred: bool,
    /// The pause before the next attempt to connect.
    pause: Duration,
}

/// The error of a connection that broke, or of a server that cannot serve the store at present.
struct Away(RedisError);

impl Worker {
    pub(crate) fn new(
        client: Client,
        servers: Servers,
        settings: Settings,
        queue: Arc<WriteQueue>,
        shared_status: Arc<SharedStatus>,
    ) -> Self {
        Self {
            client,
            servers,
            settings,
            queue,
            shared_status,
            seen: HashMap::new(),
            at_hand: None,
            edge_was_heard: false,
            refresh_at: None,
            is_barred: false,
            pause: Duration::ZERO,
        }
    }

    /// Connects to Redis and processes the queue until the queue is closed. If a connection breaks, the worker connects again.
    pub(crate) fn run(mut self) {
        while let Some(mut connection) = self.connect() {
            match self.serve(&mut connection) {
                Ok(()) => break,
                Err(Away(why)) => {
                    self.shared_status.change(|status| status.is_connected = false);
                    if self.servers.follow(&why) {
                        // Another cluster node holds the keys. The worker connects to that node without a pause.
                        self.pause = Duration::ZERO;
                    } else {
                        self.note(&self.redacted(&why));
                    }
                }
            }
        }
        self.shared_status.change(|status| status.is_connected = false);
        // `drop` records that the worker has ended.
    }

    /// Connects to Redis, with pauses between attempts. Returns `None` once the store is closed.
    fn connect(&mut self) -> Option<Connection> {
        while !self.queue.is_closed() {
            if !self.queue.pause(self.pause) {
                break;
            }
            // The pause grows until a connection has processed a job or has found no waiting job, or until a redirection is followed.
            self.pause = match self.pause {
                Duration::ZERO => self.settings.backoff,
                pause => pause.saturating_mul(2).min(LONGEST_PAUSE.max(self.settings.backoff)),
            };
            match self.servers.connect() {
                Ok(connection) => {
                    self.shared_status.change(|status| {
                        status.is_connected = true;
                        status.connections += 1;
                    });
                    return Some(connection);
                }
                // The text of a server's error is left out, because a server may repeat the command that it received, including
                // the password.
                Err(why) => self.note(&match why.is_io_error() {
                    true => format!("no connection to Redis: {}", self.redacted(&why)),
                    false => format!("no connection to Redis: {}", why.category()),
                }),
            }
        }
        None
    }

    /// Processes the queue on one connection, until the connection breaks or the store is closed.
    fn serve(&mut self, connection: &mut Connection) -> Result<(), Away> {
        self.refresh(connection)?;
        self.servers.is_right();
        // The client's features are merged into Redis, because Redis may have lost the features or may never have had them.
        if self.edge_was_heard {
            self.queue.resync();
        }
        // While jobs wait, the pause is kept: a server that answers reads and refuses writes must not be retried without a pause.
        if self.at_hand.is_none() && self.queue.is_empty() {
            self.pause = Duration::ZERO;
        }
        loop {
            if self.at_hand.is_some() {
                self.work(connection)?;
                self.pause = Duration::ZERO;
            }
            match self.queue.next(self.refresh_at) {
                Next::Closed => return Ok(()),
                Next::Job(job) => self.at_hand = Some((job, 0)),
                Next::Due => self.refresh(connection)?,
            }
        }
    }

    /// Checks whether other programs have written features, and offers those features to the client. Reads and offers nothing while the API
    /// keys are server-evaluated.
    fn refresh(&mut self, connection: &mut Connection) -> Result<(), Away> {
        self.refresh_at =
            self.settings.refresh.and_then(|interval| Instant::now().checked_add(interval));
        if !self.may_share() {
            return Ok(());
        }
        for environment in self.client.environments() {
            if self.queue.is_closed() {
                return Ok(());
            }
            match self.reload(connection, &environment) {
                Ok(()) => {}
                Err(Failure::TooLarge(size)) => self.note(&too_large(&environment, size)),
                Err(Failure::Redis(why)) if is_away(&why) => return Err(Away(why)),
                Err(Failure::Redis(why)) => self.note(&self.redacted(&why)),
            }
        }
        Ok(())
    }

    fn reload(
        &mut self,
        connection: &mut Connection,
        environment: &Arc<str>,
    ) -> Result<(), Failure> {
        let keys = Keys::of(&self.settings.prefix, environment);
        let digest = stored_digest(connection, &keys)?;
        self.shared_status.change(|status| status.refreshes += 1);
        let Some(digest) = digest else { return Ok(()) };
        if self.seen.get(environment) == Some(&digest) {
            return Ok(());
        }
        let list = stored_list(connection, &keys)?;
        self.seen.insert(Arc::clone(environment), digest);
        if let Some(list) = list {
            // If the stored value is not a list, the client reports a notice (`Notice::StoreIgnored`).
            self.client.offer_features(SOURCE, environment, list);
            self.shared_status.change(|status| status.reloads += 1);
        }
        Ok(())
    }

    /// Writes the job in progress. If the connection breaks, or if a retry on this connection would fail, the job is retried
    /// on the next connection. The job is dropped after [`Settings::attempts`] connections have broken while the job was
    /// written, and while the API keys are server-evaluated.
    fn work(&mut self, connection: &mut Connection) -> Result<(), Away> {
        let Some((job, losses)) = self.at_hand.clone() else { return Ok(()) };
        let done = if self.may_share() { self.write_job(connection, &job) } else { Ok(()) };
        match done {
            Err(away) if losses + 1 < self.settings.attempts || !is_lost(&away.0) => {
                self.at_hand = Some((job, losses + u32::from(is_lost(&away.0))));
                Err(away)
            }
            Err(away) => {
                self.at_hand = None;
                self.give_up("an update", &self.redacted(&away.0));
                Err(away)
            }
            Ok(()) => {
                self.at_hand = None;
                Ok(())
            }
        }
    }

    fn write_job(&mut self, connection: &mut Connection, job: &Job) -> Result<(), Away> {
        let environments = self.client.environments();
        match job {
            Job::Update(update) => {
                self.edge_was_heard |= update.source.is_edge();
                match changes(update, &environments) {
                    Ok(changes) => {
                        for (environment, change) in changes {
                            self.write(connection, &environment, &change)?;
                        }
                    }
                    Err(why) => self.give_up("an update", &why),
                }
            }
            Job::Received => {
                if !std::mem::replace(&mut self.edge_was_heard, true) {
                    self.queue.resync();
                }
            }
            Job::Resync => {
                for (environment, json) in self.held() {
                    match List::parse(&json) {
                        Ok(list) => {
                            let change = Change::List(list, Authority::Some);
                            self.write(connection, &environment, &change)?;
                        }
                        Err(why) => self.give_up(&environment, &why),
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns the client's features as JSON lists, by environment. If several environments have a feature with the same key,
    /// only the feature that the client uses is included. Returns nothing if the API keys are server-evaluated.
    fn held(&self) -> Vec<(Arc<str>, String)> {
        let snapshot = self.client.snapshot();
        let mut held = Vec::new();
        // The API keys may have become server-evaluated after the call of `may_share`, and the values of one context must not
        // be shared.
        if snapshot.is_server_evaluated() {
            return held;
        }
        for environment in self.client.environments() {
            let features: Vec<&str> = snapshot
                .ruleset()
                .iter()
                .filter(|feature| {
                    snapshot
                        .environment_of(feature.key())
                        .is_some_and(|id| id.eq_ignore_ascii_case(&environment))
                })
                .map(|feature| feature.json())
                .collect();
            if !features.is_empty() {
                held.push((environment, format!("[{}]", features.join(","))));
            }
        }
        held
    }

    /// Writes a change. Drops the change after [`Settings::attempts`] conflicts or errors, if the list is too large, or if the
    /// queue is closed. Fails if a retry on this connection would fail.
    fn write(
        &mut self,
        connection: &mut Connection,
        environment: &Arc<str>,
        change: &Change<'_>,
    ) -> Result<(), Away> {
        let keys = Keys::of(&self.settings.prefix, environment);
        let mut why = String::new();
        for number in 0..self.settings.attempts {
            let may_write = match number {
                0 => !self.queue.is_closed(),
                _ => self.queue.pause(self.settings.backoff),
            };
            if !may_write {
                return Ok(());
            }
            let seen = self.seen.get(environment).map(String::as_str);
            match attempt(connection, &keys, change, seen) {
                Ok(Outcome::Conflict) => {
                    self.shared_status.change(|status| status.conflicts += 1);
                    why = "another program wrote at the same time in the last attempt".to_string();
                }
                Ok(outcome) => {
                    self.written(environment, change, outcome);
                    return Ok(());
                }
                Err(Failure::TooLarge(size)) => {
                    self.give_up(environment, &too_large(environment, size));
                    return Ok(());
                }
                Err(Failure::Redis(error)) if is_away(&error) => return Err(Away(error)),
                Err(Failure::Redis(error)) => why = self.redacted(&error),
            }
        }
        self.give_up(environment, &why);
        Ok(())
    }

    fn written(&mut self, environment: &Arc<str>, change: &Change<'_>, outcome: Outcome) {
        match outcome {
            Outcome::Conflict | Outcome::Unchanged(None) => {}
            Outcome::Unchanged(Some(digest)) => {
                self.seen.insert(Arc::clone(environment), digest);
            }
            Outcome::Written(written) => {
                self.seen.insert(Arc::clone(environment), written.digest);
                self.shared_status.change(|status| status.writes += 1);
                match (written.base, change) {
                    // Redis now holds the digest of this store's write, so no refresh would load the features that other
                    // programs wrote before. Therefore the features of the written list are added to the client here.
                    (Base::Foreign, _) => {
                        self.client.offer_features(SOURCE, environment, written.json);
                    }
                    // Redis had no list that could be parsed, so the client's other features are merged into Redis too.
                    (Base::Nothing, Change::Feature(_)) if self.edge_was_heard => {
                        self.queue.resync();
                    }
                    (Base::Nothing | Base::Seen, _) => {}
                }
            }
        }
    }

    /// Returns true if the client's features may be shared with other programs. The API keys can become server-evaluated while
    /// the store is attached.
    fn may_share(&mut self) -> bool {
        let may = self.client.key_kind() == KeyKind::ClientEvaluated;
        if !may && !std::mem::replace(&mut self.is_barred, true) {
            self.note("the client's API key is server-evaluated now, so features are neither read from Redis nor written to it");
        }
        self.is_barred = !may;
        may
    }

    fn give_up(&self, what: &str, why: &str) {
        self.shared_status.change(|status| status.given_up += 1);
        self.note(&format!("the store has given up the write of {what}: {why}"));
    }

    fn note(&self, why: &str) {
        tracing::warn!(target: "fh_redis", "{why}");
        self.shared_status.change(|status| status.last_error = Some(why.to_string()));
    }

    /// Returns the text of an error, with passwords replaced by `***`.
    fn redacted(&self, error: &RedisError) -> String {
        let given = self.servers.given();
        given.passwords().fold(error.to_string(), |text, password| text.replace(password, "***"))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.queue.end();
    }
}

fn too_large(environment: &str, size: usize) -> String {
    format!(
        "the features of {environment} take {size} bytes, which is more than the {LARGEST} bytes that the Redis store accepts"
    )
}

/// Returns true if the error means that the connection broke or can no longer be used.
fn is_lost(error: &RedisError) -> bool {
    error.is_io_error() || error.is_unrecoverable_error() || error.kind() == ErrorKind::Parse
}

/// Returns true if a retry on this connection would fail at present. The connection broke, the server cannot serve requests, or
/// another cluster node holds the keys or will hold them soon. The errors of all commands are checked, because they contain the
/// reason why a transaction was aborted.
fn is_away(error: &RedisError) -> bool {
    let is_busy = |kind| {
        matches!(
            kind,
            ServerErrorKind::BusyLoading
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::ReadOnly
                | ServerErrorKind::Moved
                | ServerErrorKind::Ask
                | ServerErrorKind::TryAgain
        )
    };
    let errors = error.clone().into_server_errors();
    is_lost(error)
        || errors.is_some_and(|all| all.iter().any(|(_, one)| one.kind().is_some_and(is_busy)))
}

#[cfg(test)]
mod tests {
    use fh_client::testing::{CLIENT_KEY, MemoryEdge, SERVER_KEY};

    use super::*;
    use crate::servers::Given;

    /// The API keys may become server-evaluated between the calls of `may_share` and `held`.
    #[test]
    fn values_of_one_context_are_not_held_for_others() {
        for (key, environments) in [(CLIENT_KEY, 1), (SERVER_KEY, 0)] {
            let edge = MemoryEdge::new();
            edge.set("A", true);
            let client = edge.client_with(key).start().unwrap();
            client.wait_ready(Duration::from_secs(30)).unwrap();
            let given = Given::of_url("redis://127.0.0.1:1").unwrap_or_else(|why| panic!("{why}"));
            let settings = Settings {
                prefix: String::new(),
                refresh: None,
                backoff: Duration::ZERO,
                attempts: 1,
                timeout: Duration::ZERO,
            };
            let servers = Servers::new(given, Duration::ZERO);
            let worker = Worker::new(client, servers, settings, Arc::default(), Arc::default());
            assert_eq!(worker.held().len(), environments, "{key}");
        }
    }
}
