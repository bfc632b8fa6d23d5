//! Resets HTTP/2 streams whose peer does not read them.
//!
//! On HTTP/1, a peer that does not read blocks the connection's writes. On HTTP/2, a peer can read the connection and block one stream by
//! its flow-control window, and hyper then waits forever. Therefore each stream is watched if there is a write timeout. [`Pieces`] records
//! when hyper takes a piece of the body, which it does only if there was room for the previous piece. [`StreamExecutor`] resets the stream
//! if no further piece is taken for too long.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use hyper::rt::Executor;
use tokio::time::{Sleep, sleep};
use tracing::debug;

/// The maximum size of a piece of a body in bytes. hyper gets a body in pieces, so that the progress of a slow reader is noticed.
const PIECE: usize = 16 * 1024;

/// Progress that a stream made on its body during one poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// The stream did not request a piece of its body.
    None,
    /// The stream took a piece, so there was room for the pieces before it.
    Taken,
    /// The stream requested a piece, but the body had no data for it.
    Waiting,
}

thread_local! {
    static PROGRESS: Cell<Progress> = const { Cell::new(Progress::None) };
}

/// The rest of a body frame, which is passed to hyper in pieces.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    rest: Bytes,
}

impl Pieces {
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Returns the next piece of a body, of at most [`PIECE`] bytes, or the body's trailers.
    pub(super) fn poll_frame<B>(
        &mut self,
        body: &mut B,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        if self.rest.is_empty() {
            let frame = Pin::new(&mut *body).poll_frame(context);
            PROGRESS.set(Progress::Waiting);
            let Poll::Ready(Some(Ok(frame))) = frame else { return frame };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        PROGRESS.set(Progress::Taken);
        // If the body is known to end here, its last byte is a piece of its own. hyper takes this piece only when there was room for all
        // others.
        let whole = self.rest.len();
        let most = if body.is_end_stream() && whole > 1 { whole - 1 } else { whole };
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(most.min(PIECE))))))
    }
}

/// Runs the streams of HTTP/2 connections. A stream is reset if its peer reads nothing for the time `limit` although a piece waits for it.
/// With `None`, no stream is reset.
#[derive(Debug, Clone, Copy)]
pub(super) struct StreamExecutor {
    pub(super) limit: Option<Duration>,
}

impl<F> Executor<F> for StreamExecutor
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        match self.limit {
            Some(limit) => drop(tokio::spawn(watched(stream, limit))),
            None => drop(tokio::spawn(stream)),
        }
    }
}

/// Runs a stream until it ends, or until no further piece was taken for the time `limit`. A timer exists only after a piece was taken,
/// until the stream has room again.
async fn watched(stream: impl Future<Output = ()>, limit: Duration) {
    let mut stream = pin!(stream);
    let mut stalled: Option<Pin<Box<Sleep>>> = None;
    poll_fn(|context| {
        PROGRESS.set(Progress::None);
        if stream.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        match PROGRESS.replace(Progress::None) {
            Progress::None => {}
            Progress::Taken => stalled = Some(Box::pin(sleep(limit))),
            Progress::Waiting => stalled = None,
        }
        let Some(timer) = &mut stalled else { return Poll::Pending };
        ready!(timer.as_mut().poll(context));
        debug!("a stream whose peer does not read is reset");
        Poll::Ready(())
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU8, Ordering};

    use http_body_util::{BodyExt, Full};
    use tokio::sync::Notify;
    use tokio::time::{Instant, advance};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    /// Runs a stream that makes the given progress at each poll.
    async fn run_stream(does: Arc<AtomicU8>, wake: Arc<Notify>) {
        loop {
            let notified = wake.notified();
            match does.load(Ordering::SeqCst) {
                0 => {}
                1 => PROGRESS.set(Progress::Taken),
                _ => PROGRESS.set(Progress::Waiting),
            }
            notified.await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_stream_whose_peer_takes_nothing_ends() {
        let (does, wake) = (Arc::new(AtomicU8::new(2)), Arc::new(Notify::new()));
        let task = tokio::spawn(watched(run_stream(Arc::clone(&does), Arc::clone(&wake)), LIMIT));
        let tell = async |what: u8| {
            does.store(what, Ordering::SeqCst);
            wake.notify_one();
            tokio::task::yield_now().await;
        };
        // A stream without data to write is never reset.
        advance(LIMIT * 100).await;
        // A stream that takes a piece now and then is never reset.
        for _ in 0..40 {
            tell(1).await;
            advance(LIMIT - Duration::from_secs(1)).await;
            assert!(!task.is_finished());
        }
        tell(2).await;
        advance(LIMIT * 2).await;
        assert!(!task.is_finished());
        // A poll without progress does not extend the time.
        tell(1).await;
        let begun = Instant::now();
        advance(LIMIT / 2).await;
        tell(0).await;
        task.await.unwrap();
        assert!((LIMIT..LIMIT + Duration::from_millis(5)).contains(&begun.elapsed()));
    }

    #[tokio::test]
    async fn a_body_comes_whole_and_its_last_byte_apart() {
        for length in [0, 1, 2, PIECE, PIECE + 1, 3 * PIECE + 7] {
            let bytes: Bytes = (0..length).map(|n| n as u8).collect();
            let mut body = Full::new(bytes.clone());
            let mut pieces = Pieces::default();
            let mut all = Vec::new();
            while let Some(frame) = poll_fn(|context| pieces.poll_frame(&mut body, context)).await {
                all.push(frame.unwrap().into_data().unwrap());
            }
            assert!(all.iter().all(|piece| piece.len() <= PIECE));
            assert_eq!(all.concat(), bytes);
            if length > 1 {
                assert_eq!(all.last().unwrap().len(), 1);
            }
            assert!(pieces.is_empty() && body.frame().await.is_none());
        }
    }
}
