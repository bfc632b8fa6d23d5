//! The client: a handle with which a program reads features, waits for them, registers listeners, and closes the connection.

mod edge;
mod listening;
mod readiness;
mod test_updates;

use std::fmt;
use std::sync::{Arc, Weak};

use fh_eval::{Kind, Number, Value};
use fh_repository::{ContextValues, Detail, ExplainedDetail};
use serde::de::DeserializeOwned;

pub use self::edge::{SetHeadersError, SetKeysError};
pub use self::test_updates::TestUpdates;
use crate::command::Command;
use crate::feature::Feature;
use crate::reads::reads;
use crate::shared_state::SharedState;
use crate::snapshot::Snapshot;

/// A client of one Edge. The client keeps the features of one or several API keys in memory and up to date.
///
/// Reads of features take no lock and never wait, except in interceptors and observers. If a feature has no value, a read
/// returns `None`, `false`, or the given default. Only [`Self::json`] can return an error. Clones are handles of the same
/// client. The connection ends with [`Self::close`], or when the last handle (client, context, feature, pool, test updates, or
/// builder of a context) is dropped.
///
/// By default the client runs on a thread of its own. The client can be used from any thread and any runtime, and keeps running
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
/// With a client-evaluated key, reads without a context evaluate no strategies and return the feature's default value
/// (evaluation 5.7). With a server-evaluated key, they return the values of the client's current context.
#[derive(Clone)]
pub struct Client {
    shared: Arc<SharedState>,
}

reads!(Client, |self| self.shared.repository.read(), None);

/// Functions that close a client, or return a handle that does not keep the client alive.
impl Client {
    /// Returns a handle that does not keep the client alive. Use the handle in closures that outlive the program's use of the
    /// client, such as the function that watches a file.
    ///
    /// ```
    /// # use fh_client::testing::MemoryEdge;
    /// let client = MemoryEdge::new().client().start()?;
    /// let weak = client.downgrade();
    /// assert!(weak.upgrade().is_some());
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

    /// Closes the client and removes its features in the background. Reads then return defaults, unless an interceptor
    /// overrides a feature. Has no effect if the client is already closed.
    pub(crate) fn end_and_forget(&self) {
        self.shared.close(Command::StopAndForget);
    }

    /// Closes the client in the background, and returns at once. The connection ends, and the last delivery of events ends all
    /// listeners and observers and closes the interceptors. Further calls have no effect. Reads continue to return the last
    /// values.
    ///
    /// To wait until the last usage events are delivered and the snapshot file is written, await [`Self::closed`] after this
    /// call.
    pub fn close(&self) {
        self.shared.close(Command::Stop);
    }

    /// Waits until a closed client has ended: the connection is closed, the write of the snapshot file has ended, and the last
    /// listener has been called. On a thread that calls listeners, the wait does not include the calls of listeners. The wait
    /// never ends if the client is never closed and its runtime is never shut down.
    pub async fn closed(&self) {
        // The driver drops its receiver when it ends, which ends this wait.
        self.shared.commands.closed().await;
        self.shared.dispatcher.delivered().await;
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
}

/// A handle of a client that does not keep the client alive; see [`Client::downgrade`].
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

impl fmt::Debug for WeakClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakClient").finish_non_exhaustive()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("edge", &self.shared.settings.edge)
            .field("keys", &self.shared.keys())
            .field("status", &self.status().to_string())
            .finish_non_exhaustive()
    }
}
