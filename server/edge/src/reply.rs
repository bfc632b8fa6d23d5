//! The outcome of a change, which a thread or task other than the caller's makes. The server drops the caller's future when its connection
//! ends, so the effects of an outcome cannot be left to that future.

use tokio::sync::oneshot;

/// An effect of an outcome, such as an audit line. It runs once, before the caller receives the outcome.
pub(crate) type Effect<T> = Box<dyn FnOnce(&T) + Send>;

/// The sender of an outcome. Its effect also runs if the caller no longer waits, or if the sender is dropped.
pub(crate) struct Reply<T> {
    unsent: Option<(oneshot::Sender<T>, Effect<T>)>,
    lost: fn() -> T,
}

impl<T> Reply<T> {
    /// Makes a sender and its receiver. `lost` makes the outcome that counts if the sender is dropped, for example by a panic.
    pub(crate) fn new(effect: Effect<T>, lost: fn() -> T) -> (Self, oneshot::Receiver<T>) {
        let (sender, receiver) = oneshot::channel();
        (Self { unsent: Some((sender, effect)), lost }, receiver)
    }

    pub(crate) fn send(mut self, outcome: T) {
        self.finish(outcome);
    }

    fn finish(&mut self, outcome: T) {
        if let Some((sender, effect)) = self.unsent.take() {
            effect(&outcome);
            // Sending fails if the caller no longer waits, which needs no handling.
            let _ = sender.send(outcome);
        }
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        if self.unsent.is_some() {
            self.finish((self.lost)());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn the_effect_runs_once_in_each_case() {
        for (is_sent, does_wait) in [(true, true), (true, false), (false, true), (false, false)] {
            let seen = Arc::new(Mutex::new(Vec::new()));
            let noted = Arc::clone(&seen);
            let effect = Box::new(move |outcome: &u8| noted.lock().unwrap().push(*outcome));
            let (reply, mut answer) = Reply::new(effect, || 0);
            if !does_wait {
                answer.close();
            }
            if is_sent {
                reply.send(1);
            } else {
                drop(reply);
            }
            let outcome = u8::from(is_sent);
            assert_eq!(*seen.lock().unwrap(), [outcome]);
            assert_eq!(answer.try_recv().ok(), does_wait.then_some(outcome));
        }
    }
}
