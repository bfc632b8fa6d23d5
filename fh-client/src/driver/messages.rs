//! Messages of a socket that wait are taken together, so that a burst of changes is published once.

use std::task::{Context, Poll, Waker};

use fh_eval::SharedText;
use fh_session::{Input, RequestId};

use super::Driver;
use super::arrival::Arrival;

/// The maximum number of messages that are taken together, so that a server which sends without a pause cannot keep changes from readers.
const MOST_MESSAGES: usize = 64;

/// The size in bytes of messages after which no further one is taken together with them.
const MOST_BYTES: usize = 1 << 20;

impl Driver {
    /// Gives the session a message and those that wait behind it, and then performs the actions. Of several publications that wait, the
    /// session keeps the last one.
    pub(super) fn take_messages(&mut self, request_id: RequestId, first: SharedText) {
        let (mut next, mut messages, mut bytes) = (Some(Arrival::Text(first)), 0, 0);
        while let Some(Arrival::Text(text)) = next {
            messages += 1;
            bytes += text.len();
            self.take(Input::Text { request_id, text });
            let is_full = messages == MOST_MESSAGES || bytes >= MOST_BYTES;
            next = if is_full { None } else { self.waiting_arrival(request_id) };
        }
        self.perform_actions();
        if let Some(next) = next {
            self.arrived(request_id, next);
        }
    }

    /// Returns the next event of a request if it waits already.
    fn waiting_arrival(&mut self, request_id: RequestId) -> Option<Arrival> {
        let found = self.exchanges.iter_mut().find(|(in_flight, _)| *in_flight == request_id);
        // The loop polls the request again with its own waker.
        match found?.1.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(arrival) => Some(arrival),
            Poll::Pending => None,
        }
    }
}
