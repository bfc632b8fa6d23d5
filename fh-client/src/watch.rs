//! Being woken by everything that is new: for those who pass it on.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use fh_session::{Problem, Rules, Status};
use tokio::sync::watch::Receiver;

use crate::board::Board;

/// Wakes whenever features or status may be other ones than before; see [`Client::watch`](crate::Client::watch).
///
/// It holds nothing of what happened: who is woken reads the present state, so who is slow misses steps, never where they led. It does
/// not keep the client alive.
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
    status: Receiver<Status>,
    board: Arc<Board>,
}

impl Watch {
    pub(crate) fn new(board: Arc<Board>) -> Self {
        Self { latest: board.watch_latest(), status: board.watch_status(), board }
    }

    /// Waits until features or status may be other ones than when this was made, or last waited for.
    ///
    /// # Errors
    /// [`Problem::Closed`] once the client is closed.
    pub async fn changed(&mut self) -> Result<(), Problem> {
        if self.board.is_closed() {
            return Err(Problem::Closed);
        }
        let Self { latest, status, .. } = self;
        let (mut features, mut shown) = (pin!(latest.changed()), pin!(status.changed()));
        // The board is held, so neither ends.
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
