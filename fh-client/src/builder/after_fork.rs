//! The client function that starts a client anew in a forked child process.

use std::sync::Arc;
use std::time::Duration;

use fh_eval::Timestamp;
use fh_repository::RepositorySnapshot;
use fh_repository::source::Source;

use super::ClientBuilder;
use crate::client::Client;
use crate::settings::FirstFeatures;

/// The function for forked child processes.
impl Client {
    /// Returns a builder that starts this client anew in a forked child process. Call it in the child, in place of any other function of the
    /// client, and then use only the client that [`ClientBuilder::start`] returns. The parent process is not affected.
    ///
    /// A child process inherits the memory of its parent, but not the parent's threads. The inherited client is therefore dead: no thread
    /// updates its features, its connections belong to the parent, and a lock that another thread held at the fork stays locked. This function
    /// takes no lock, sends nothing and closes nothing. It leaks the inherited client, so that contexts, features and clones of the inherited
    /// client can be dropped. The other values that came from the inherited client, such as subscriptions, watches and futures, must be leaked
    /// ([`std::mem::forget`]).
    ///
    /// The new client has
    ///
    /// - the settings of the builder, with the API keys and headers as they were replaced since;
    /// - the context of a server-evaluated key that was set last;
    /// - catch & release if it is on;
    /// - the features that the inherited client served last, until the Edge sends features, so that no read returns to a default;
    /// - threads and connections of its own, on no runtime of the program. A transport of the program is replaced by the transport that
    ///   [`Transport::after_fork`](crate::transport::Transport::after_fork) returns;
    /// - the builder's listeners, which get the changes from now on, and the builder's interceptors and observers, or the replacements that
    ///   [`Interceptor::after_fork`](crate::Interceptor::after_fork) and [`Observer::after_fork`](crate::Observer::after_fork) return;
    /// - no snapshot file, which stays the parent's.
    ///
    /// Listeners, interceptors and observers that were registered with a running client must be registered again. Updates that catch &
    /// release held back come again from the Edge, and are held back again. If the inherited client was closed, the new client is offline.
    ///
    /// The program has to find out by itself that it runs in a forked child, for example by comparing [`std::process::id`]. If a thread of the
    /// parent resolved a host name at the fork, the C library may block the child's own lookups for ever. The child then serves the inherited
    /// features. Programs that fork therefore do best to start their clients in the children.
    ///
    /// ```
    /// # use fh_client::testing::MemoryEdge;
    /// # let edge = MemoryEdge::new();
    /// # edge.set("COLOUR", "red");
    /// # let client = edge.client().start()?;
    /// # client.wait_ready(std::time::Duration::from_secs(5)).unwrap();
    /// // In the child process:
    /// let anew = client.after_fork();
    /// # let anew = anew.transport(edge.clone());
    /// let client = anew.start()?;
    /// assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    /// # Ok::<(), fh_client::StartError>(())
    /// ```
    pub fn after_fork(&self) -> ClientBuilder {
        let shared = self.shared();
        // Dropping the last handle would wake the driver of the parent, whose file descriptor the child has inherited.
        std::mem::forget(Arc::clone(shared));
        let mut settings = shared.settings.after_fork(&shared.current);
        if shared.is_closed() {
            settings.stay_offline();
        }
        let snapshot = shared.repository.snapshot();
        settings.catching = shared.repository.is_catching();
        if snapshot.status().updated.is_some() {
            let rules = Arc::clone(snapshot.rules());
            let first = FirstFeatures { rules, confirmed_at: self.confirmed_at(&snapshot) };
            settings.serve_first(first, shared.key_kind());
        }
        ClientBuilder::of(settings)
    }

    /// Returns the time of day at which the features of this snapshot were last known to be current.
    fn confirmed_at(&self, snapshot: &RepositorySnapshot) -> Timestamp {
        let shared = self.shared();
        let status = snapshot.status();
        match (&status.source, shared.restored.get()) {
            (Some(Source::Snapshot), Some(saved)) => *saved,
            _ => {
                let now = shared.runtime.now_by_the_system();
                let age = status.updated.map_or(Duration::ZERO, |updated| now.since(updated));
                let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
                Timestamp::from_millis(shared.settings.now().as_millis().saturating_sub(age))
            }
        }
    }
}
