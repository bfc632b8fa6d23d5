//! A handle that is woken at every change, for programs that forward changes.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use fh_repository::problem::Problem;
use fh_repository::rules::Rules;
use fh_repository::status::SessionStatus;
use tokio::sync::watch::Receiver;

use crate::board::Board;

/// A handle that is woken whenever the client's features or status may have changed; see
/// [`Client::watch`](crate::Client::watch).
///
/// The handle stores no changes. A program that is woken reads the client's present state. A slow program misses intermediate
/// states, but never the last state. The handle does not keep the client alive.
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
    latest: Receiver<Arc<Rules>>,
    status: Receiver<SessionStatus>,
    board: Arc<Board>,
}

impl Watch {
    pub(crate) fn new(board: Arc<Board>) -> Self {
        Self { latest: board.watch_latest(), status: board.watch_status(), board }
    }

    /// Waits until the client's features or status may have changed. Changes since the last call count, and for the first call
    /// changes since the handle was created.
    ///
    /// # Errors
    /// [`Problem::Closed`] once the client is closed, also for calls after that.
    pub async fn changed(&mut self) -> Result<(), Problem> {
        if self.board.is_closed() {
            return Err(Problem::Closed);
        }
        let Self { latest, status, .. } = self;
        let (mut features, mut shown) = (pin!(latest.changed()), pin!(status.changed()));
        // This handle keeps the senders alive through the board, so neither wait ends with an error.
        poll_fn(|cx| match features.as_mut().poll(cx) {
            Poll::Pending => shown.as_mut().poll(cx),
            ready => ready,
        })
        .await
        .map_err(|_| Problem::Closed)?;
        if self.board.is_closed() { Err(Problem::Closed) } else { Ok(()) }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}
