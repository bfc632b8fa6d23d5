//! The changes of a feature as a stream.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use fh_eval::Attributes;
use fh_repository::{Change, Repository, Subscription};
use futures_core::Stream;

/// A stream of the changes of one feature's value or lock. The stream ends with the last delivery of events after the
/// client was closed, or after its last handle was dropped. A client [without
/// listeners](crate::ClientBuilder::without_listeners) makes no deliveries, so its streams report no change.
///
/// The stream holds at most one change. Changes that a slow reader has not received are merged into one change, from the state
/// before the first of them to the state after the last. If the value and the lock are the same as before again, no change is
/// left. The stream does not keep the client alive.
///
/// ```
/// # use fh_client::testing::MemoryEdge;
/// # fh_client::block_on(async {
/// # let edge = MemoryEdge::new();
/// # edge.set("COLOUR", "red");
/// # let client = edge.client().start()?;
/// # client.ready().await?;
/// let mut changes = client.changes("COLOUR");
/// # edge.set("COLOUR", "blue");
/// if let Some(change) = changes.next().await {
///     println!("{:?} became {:?}", change.old, change.new);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[must_use = "streams do nothing unless polled"]
pub struct Changes {
    latest: Arc<LatestChange>,
    _subscription: Subscription,
}

#[derive(Default)]
struct LatestChange(Mutex<Content>);

#[derive(Default)]
struct Content {
    change: Option<Change>,
    waker: Option<Waker>,
    is_over: bool,
}

impl LatestChange {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The listener that stores each change for the reader of the stream. Dropping the listener ends the stream; the last delivery
/// of a closed client drops it, for example.
struct ChangeListener(Arc<LatestChange>);

impl ChangeListener {
    fn put(&self, change: &Change) {
        let mut content = self.0.content();
        let merged = match content.change.take() {
            None => Some(change.clone()),
            Some(unseen) => {
                let mut merged = change.clone();
                merged.old = unseen.old;
                merged.was_locked = unseen.was_locked;
                // A value that changed and then changed back is not reported to this reader.
                (merged.old != merged.new || merged.was_locked != merged.is_locked)
                    .then_some(merged)
            }
        };
        content.change = merged;
        let waker = content.waker.take();
        drop(content);
        waker.into_iter().for_each(Waker::wake);
    }
}

impl Drop for ChangeListener {
    fn drop(&mut self) {
        let mut content = self.0.content();
        content.is_over = true;
        let waker = content.waker.take();
        drop(content);
        waker.into_iter().for_each(Waker::wake);
    }
}

impl Changes {
    pub(crate) fn new(
        repository: &Repository,
        key: &str,
        attributes: Option<&Arc<Attributes>>,
    ) -> Self {
        let latest = Arc::new(LatestChange::default());
        let listener = ChangeListener(Arc::clone(&latest));
        let subscription =
            repository.on_change(key, attributes, move |change| listener.put(change));
        Self { latest, _subscription: subscription }
    }

    /// Waits for the next change. Returns `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<Change> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl Stream for Changes {
    type Item = Change;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Change>> {
        let mut content = self.latest.content();
        if let Some(change) = content.change.take() {
            return Poll::Ready(Some(change));
        }
        if content.is_over {
            return Poll::Ready(None);
        }
        content.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").finish_non_exhaustive()
    }
}
