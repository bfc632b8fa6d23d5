//! The end of the driver's command channel.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread::yield_now;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::unconstrained;

/// Closes the channel and drops all messages in it, also a message that another thread is sending at this moment.
///
/// Dropping the receiver alone can leave such a message in the channel until the last sender is dropped. A command holds the
/// sender of its reply, so its caller would wait for the reply as long as the client's handles live.
pub(super) fn close_and_empty<T>(receiver: &mut UnboundedReceiver<T>) {
    receiver.close();
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        // With tokio's cooperative budget, a task that has used up its budget would receive `Pending` for ever.
        let received = pin!(unconstrained(receiver.recv())).poll(&mut cx);
        match received {
            Poll::Ready(Some(_)) => {}
            Poll::Ready(None) => return,
            // Another thread is about to finish its `send`.
            Poll::Pending => yield_now(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::hint::spin_loop;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::{mpsc, oneshot};

    use super::*;

    const ROUNDS: usize = 20_000;

    /// A point at which two threads wait for each other without sleeping, so that both go on within nanoseconds.
    #[derive(Default)]
    struct Meeting(AtomicUsize);

    impl Meeting {
        /// Waits until both threads have arrived for the `count`th time, beginning with 1.
        fn arrive(&self, count: usize) {
            self.0.fetch_add(1, Ordering::AcqRel);
            let mut waited = 0_u32;
            while self.0.load(Ordering::Acquire) < 2 * count {
                waited += 1;
                if waited.is_multiple_of(4096) { yield_now() } else { spin_loop() }
            }
        }
    }

    fn delay(steps: usize) {
        (0..steps).for_each(|_| spin_loop());
    }

    /// Closes the channel while another thread sends one message, with many short delays between the two.
    #[test]
    fn a_message_that_is_being_sent_is_dropped() {
        let (start, end) = (Meeting::default(), Meeting::default());
        let (channels, receivers): (Vec<_>, Vec<_>) =
            (0..ROUNDS).map(|_| mpsc::unbounded_channel::<oneshot::Sender<()>>()).unzip();
        let left = std::thread::scope(|scope| {
            let sending = scope.spawn(|| {
                let mut left = 0;
                for (round, sender) in channels.iter().enumerate() {
                    let (reply, mut replied) = oneshot::channel();
                    start.arrive(round + 1);
                    delay(round % 64);
                    let _ = sender.send(reply);
                    end.arrive(round + 1);
                    left += usize::from(
                        replied.try_recv() != Err(oneshot::error::TryRecvError::Closed),
                    );
                }
                left
            });
            for (round, mut receiver) in receivers.into_iter().enumerate() {
                start.arrive(round + 1);
                delay(round / 64 % 64);
                close_and_empty(&mut receiver);
                drop(receiver);
                end.arrive(round + 1);
            }
            sending.join().unwrap()
        });
        assert_eq!(left, 0, "messages left in their channels");
    }
}
