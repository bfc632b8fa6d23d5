//! The client: a handle with which a program reads features, waits for them, registers listeners, and closes the connection.

mod edge;
mod edge_errors;
mod listening;
mod readiness;
mod suspension;
mod test_updates;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Weak};
use std::time::Duration;

use fh_eval::{Kind, Number, Value};
use fh_repository::system::System;
use fh_repository::{ContextValues, Detail, ExplainedDetail};
use serde::de::DeserializeOwned;

pub use self::edge_errors::{SetHeadersError, SetKeysError};
pub use self::test_updates::TestUpdates;
use crate::command::Command;
use crate::feature::Feature;
use crate::reads::reads;
use crate::shared_state::SharedState;
use crate::snapshot::Snapshot;
use crate::waiting::block_on_for;

/// A client of one Edge. The client holds the features of one or several API keys in memory. By default, it keeps them up to
/// date with a stream, or by polling.
///
/// Reads use the features in memory and do not wait for the Edge. A read of a value that does not exist returns `None`,
/// `false`, or the given default. Of the reads, only [`Self::json`] can return an error. Clones are handles of the same client.
/// Contexts, features, pools, test updates and builders of contexts are handles of a client too. The client ends after
/// [`Self::close`], after its last handle is dropped, or when the runtime on which it runs is shut down.
///
/// By default the client runs on a thread of its own. It can then be used from any thread and any runtime, and continues to run
/// when that thread or runtime ends.
///
/// ```no_run
/// use fh_client::Client;
/// use std::time::Duration;
/// let client = Client::builder("https://edge.example", "environment/key*").start()?;
/// client.wait_ready(Duration::from_secs(5))?;
/// let fred = client.context().user_key("fred").country("new_zealand").build();
/// if fred.is_enabled("NEW_CHECKOUT") {
///     // ...
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Reads without a context that no interceptor overrides depend on the API key. With a client-evaluated key, they evaluate no
/// strategies and return the feature's default value. With a server-evaluated key, they return the value for
/// the context for which the Edge evaluated the served features, or no value while the client is not ready.
#[derive(Clone)]
pub struct Client {
    shared: Arc<SharedState>,
}

reads!(Client, |self| self.shared.repository.read(), None);

/// Functions that return what a client is connected to, that close it, or that return a handle that does not keep the client alive.
impl Client {
    /// Returns a handle that does not keep the client alive. Use the handle in closures that outlive the program's use of the
    /// client, such as a closure that is called when a watched file changes.
    ///
    /// ```
    /// # use fh_client::testing::MemoryEdge;
    /// let client = MemoryEdge::new().client().start()?;
    /// let weak = client.downgrade();
    /// assert!(weak.upgrade().is_some());
    /// assert_eq!(weak, client.clone().downgrade());
    /// assert_ne!(weak, MemoryEdge::new().client().start()?.downgrade());
    /// drop(client);
    /// assert!(weak.upgrade().is_none());
    /// # Ok::<(), fh_client::StartError>(())
    /// ```
    #[must_use]
    pub fn downgrade(&self) -> WeakClient {
        WeakClient { shared: Arc::downgrade(&self.shared) }
    }

    pub(crate) const fn from_shared(shared: Arc<SharedState>) -> Self {
        Self { shared }
    }

    pub(crate) const fn shared(&self) -> &Arc<SharedState> {
        &self.shared
    }

    /// Returns true if `self` and `other` are handles of the same client.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Returns the system of the client's server. [`System::user_key`] is the attribute of its contexts that holds the key of a user.
    #[must_use]
    pub fn system(&self) -> System {
        self.shared.settings.system()
    }

    /// Closes the client and removes its features in the background. Later reads return defaults, unless an interceptor
    /// overrides the feature; snapshots that were taken earlier keep their features. Has no effect if the client is already
    /// closed.
    pub(crate) fn end_and_forget(&self) {
        self.shared.close(Command::StopAndForget);
    }

    /// Closes the client in the background, and returns at once. The connection ends. The last delivery of events ends the
    /// subscriptions of listeners, and closes the interceptors and observers that belong to this client. (A client [without
    /// listeners](crate::ClientBuilder::without_listeners) makes no deliveries.) Further calls have no effect. Later reads use
    /// the last features.
    ///
    /// To wait for the last delivery, for the events that the server gets, and for the write of the snapshot file, await [`Self::closed`] after
    /// this call, or call [`Self::wait_closed`] instead. A process that ends before loses them, as it does after the drop of the last handle.
    pub fn close(&self) {
        self.shared.close(Command::Stop);
    }

    /// Waits until a closed client has ended: the request in flight is aborted and its connection is shut down, the write of the
    /// snapshot file has succeeded or failed, and the last events are delivered. On a thread that calls listeners of this client,
    /// the wait does not include the delivery. With manual delivery, the wait ends after the program has delivered the events.
    /// The wait does not end while the client is neither closed nor its runtime shut down. The future does not keep the client's features.
    pub fn closed(&self) -> impl Future<Output = ()> + Send + use<> {
        let (commands, dispatcher) = (self.shared.commands.clone(), self.shared.dispatcher.clone());
        async move {
            // The driver drops its receiver when it ends, which ends this wait.
            commands.closed().await;
            dispatcher.delivered().await;
        }
    }

    /// Closes the client, and blocks this thread until it has ended, as [`Self::closed`] does, at most for the time `limit`. The events that
    /// wait are sent meanwhile, for two seconds at most. Returns true if the client has ended.
    ///
    /// In a task of a tokio runtime, this function blocks the thread that runs the task. Await [`Self::closed`] there.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # fn end(client: fh_client::Client) {
    /// if !client.wait_closed(Duration::from_secs(3)) {
    ///     eprintln!("the client could not send its last events");
    /// }
    /// # }
    /// ```
    pub fn wait_closed(&self, limit: Duration) -> bool {
        self.close();
        block_on_for(self.closed(), limit).is_some()
    }
}

/// Functions that return features and snapshots.
impl Client {
    /// Returns a handle that reads one feature without a context. The feature need not exist.
    #[must_use]
    pub fn feature(&self, key: &str) -> Feature {
        Feature::new(Arc::clone(&self.shared), key, None)
    }

    /// Returns the present features as a snapshot. Reads of the snapshot use the same features even if updates arrive in the
    /// meantime.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.shared.repository.snapshot(), None)
    }

    /// Returns the generation of the features that reads use now, without a snapshot; see [`Snapshot::generation`]. A program that keeps
    /// what it has made of several features compares generations instead of values.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.shared.repository.generation()
    }
}

/// A handle of a client that does not keep the client alive; see [`Client::downgrade`]. Two handles are equal if they are handles of the same
/// client.
#[derive(Clone)]
pub struct WeakClient {
    shared: Weak<SharedState>,
}

impl WeakClient {
    /// Returns the client, or `None` once its last handle has been dropped.
    #[must_use]
    pub fn upgrade(&self) -> Option<Client> {
        self.shared.upgrade().map(Client::from_shared)
    }
}

impl PartialEq for WeakClient {
    fn eq(&self, other: &Self) -> bool {
        Weak::ptr_eq(&self.shared, &other.shared)
    }
}

impl Eq for WeakClient {}

impl Hash for WeakClient {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.shared.as_ptr().hash(state);
    }
}

impl fmt::Debug for WeakClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakClient").finish_non_exhaustive()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("server", &self.shared.server())
            .field("status", &self.status().to_string())
            .finish_non_exhaustive()
    }
}
