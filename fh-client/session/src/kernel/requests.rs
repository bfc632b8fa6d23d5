//! Sends requests at a limited rate, and collects the bodies of their responses.

use std::mem;
use std::time::Duration;

use fh_repository::problem::Problem;
use fh_repository::status::Connection;
use fh_repository::time::Millis;

use super::{Body, Kernel, Protocol, State};
use crate::action::{Action, Request, RequestId};

impl<P: Protocol> Kernel<P> {
    /// Sends a request now, or as soon as the limit of the request rate allows. The caller has aborted any request in flight.
    pub(crate) fn connect(&mut self) {
        match self.admit() {
            Err(at) => self.state = State::Due { at, as_: Connection::Connecting },
            Ok(()) => P::send_next(self),
        }
    }

    /// Counts a request that is sent now. Fails with the time at which it may be sent.
    pub(crate) fn admit(&mut self) -> Result<(), Millis> {
        self.recent.admit(self.now, self.timing.pace)
    }

    /// Sends a request by this action. Its head and its body must arrive within these times.
    pub(crate) fn send(
        &mut self,
        action: fn(RequestId, Request) -> Action,
        (purpose, request): (P::Purpose, Request),
        head: Duration,
        body: Duration,
    ) {
        let request_id = self.next_request_id();
        let (until, body_until) = (self.now.after(head), self.now.after(body));
        self.state = State::Connecting { request_id, purpose, until, body_until };
        self.actions.push_back(action(request_id, request));
    }

    pub(crate) fn next_request_id(&mut self) -> RequestId {
        self.last_request_id += 1;
        self.status.requests += 1;
        RequestId(self.last_request_id)
    }

    /// Waits for the body of the response whose head has arrived. The protocol keeps `answer` of the request and the head.
    pub(crate) fn fetch(&mut self, answer: impl FnOnce(P::Purpose) -> P::Answer) {
        self.state = match mem::replace(&mut self.state, State::Idle) {
            State::Connecting { request_id, purpose, body_until: until, .. } => {
                let (bytes, answer) = (Vec::new(), answer(purpose));
                State::Fetching(Body { request_id, until, bytes, answer })
            }
            other => other,
        };
    }

    /// Adds bytes to the body that is arriving. The request fails if they are too many, together with `others`, which arrived before.
    pub(crate) fn collect(&mut self, bytes: &[u8], others: usize) {
        let State::Fetching(body) = &mut self.state else { return };
        let limit = self.timing.limits.bytes;
        if others.saturating_add(body.bytes.len()).saturating_add(bytes.len()) > limit {
            self.give_up();
            P::trouble(self, Problem::TooLarge(limit), None);
        } else {
            body.bytes.extend_from_slice(bytes);
        }
    }

    /// Aborts the request in flight, if there is one. The caller sets the next state.
    pub(crate) fn give_up(&mut self) {
        P::given_up(self);
        self.actions.extend(self.state.request_id().map(Action::Abort));
    }
}
