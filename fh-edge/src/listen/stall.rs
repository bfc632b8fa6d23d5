//! Streams of HTTP/2 that their peer does not read.
//!
//! On HTTP/1 a peer that does not read stops the connection's writes. On HTTP/2 it can keep the connection going and hold back
//! one stream by its window, and hyper then waits for ever. So each stream is watched: [`Pieces`] notes when hyper takes a piece
//! of the body, which it does only if there is room for the one before, and [`StreamExecutor`] resets the stream when a piece has
//! been taken and no further one for too long.

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

/// Bytes of a body that are given to hyper at a time, so that a slow reader is seen to read.
const PIECE: usize = 16 * 1024;

/// The use that the stream which is polled at present made of its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Nothing.
    None,
    /// A piece was taken: there was room for the one before.
    Taken,
    /// There is room, and nothing to write yet.
    Waiting,
}

thread_local! {
    static PROGRESS: Cell<Progress> = const { Cell::new(Progress::None) };
}

/// The rest of a frame of a body that is given piece by piece.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    rest: Bytes,
}

impl Pieces {
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next piece of a body.
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
        // The last byte of a body is a piece of its own: there is room for it once there was room for all others.
        let whole = self.rest.len();
        let most = if body.is_end_stream() && whole > 1 { whole - 1 } else { whole };
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(most.min(PIECE))))))
    }
}

/// Runs the streams of HTTP/2 connections, and resets those whose peer takes nothing for so long.
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

/// A stream until it ends, or its peer has taken nothing for so long. There is a timer only while it takes nothing.
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

    /// A stream that does what it is told at each poll.
    async fn told(does: Arc<AtomicU8>, wake: Arc<Notify>) {
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
        let task = tokio::spawn(watched(told(Arc::clone(&does), Arc::clone(&wake)), LIMIT));
        let tell = async |what: u8| {
            does.store(what, Ordering::SeqCst);
            wake.notify_one();
            tokio::task::yield_now().await;
        };
        // Nothing to write: for ever.
        advance(LIMIT * 100).await;
        // A piece now and then: as long as it likes.
        for _ in 0..40 {
            tell(1).await;
            advance(LIMIT - Duration::from_secs(1)).await;
            assert!(!task.is_finished());
        }
        tell(2).await;
        advance(LIMIT * 2).await;
        assert!(!task.is_finished());
        // A wake-up without progress does not extend the time.
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
