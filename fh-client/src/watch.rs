//! A handle that is woken after updates, for programs that forward updates.

use std::fmt;
use std::sync::{Arc, Weak};

use fh_repository::RepositoryWatch;
use fh_repository::problem::Problem;

use crate::shared_state::SharedState;

/// A handle that is woken after updates of features and changes of the status; see [`Client::watch`](crate::Client::watch).
///
/// The handle stores no changes. A program that is woken reads the client's present state. A slow program misses
/// intermediate updates, but is always woken after the last update. The handle does not keep the client alive.
///
/// ```
/// # use fh_client::testing::MemoryEdge;
/// # fh_client::block_on(async {
/// # let edge = MemoryEdge::new();
/// # let client = edge.client().start()?;
/// # edge.set("COLOUR", "red");
/// let mut watch = client.watch();
/// while client.string("COLOUR").is_none() {
///     watch.changed().await?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub struct Watch {
    repository: RepositoryWatch,
    shared: Weak<SharedState>,
}

impl Watch {
    pub(crate) fn new(shared: &Arc<SharedState>) -> Self {
        Self { repository: shared.repository.watch(), shared: Arc::downgrade(shared) }
    }

    /// Waits for the next update of features or change of the status. Returns at once if an update or a change came after the
    /// last call that returned. If no call has returned yet, returns at once if an update or a change came after the creation
    /// of the handle.
    ///
    /// # Errors
    /// Returns [`Problem::Closed`] once the client is closed, and at each later call.
    pub async fn changed(&mut self) -> Result<(), Problem> {
        self.check()?;
        self.repository.changed().await;
        self.check()
    }

    fn check(&self) -> Result<(), Problem> {
        let is_open = self.shared.upgrade().is_some_and(|shared| !shared.is_closed());
        if is_open { Ok(()) } else { Err(Problem::Closed) }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}
