//! The times at which requests may begin and must end.

use fh_repository::problem::Problem;
use fh_repository::status::SessionStatus;
use fh_repository::time::Millis;
use fh_session::ResponseHead;

use super::client::Fact;
use super::plan::Plan;
use crate::invariant::{Broken, Invariant, hold};

/// Time limit of a poll's request, and of the head of a stream, in milliseconds.
pub const REQUEST: u64 = 12_000;
/// The time after which a client replaces a stream.
const LIFETIME: u64 = 25_000;
/// The time without streams after three refusals in a row.
const PAUSE: u64 = 600_000;

pub struct Limits {
    jitter: f64,
    interval: u64,
    /// The times at which the last polls and streams began.
    begun: Vec<u64>,
    /// The time at which the last poll began, unless a command or a failure followed, after which a poll may begin at once.
    last_poll: Option<u64>,
    request_since: u64,
    stream_since: u64,
    stream_is_open: bool,
    refusals: u32,
    /// The earliest times of the next poll after a failure, and of the next stream.
    poll_not_before: u64,
    stream_not_before: u64,
    /// The end of the delay that the server has asked for with the refusal of a stream.
    stream_wanted: u64,
    /// The delay that the answer to the poll's request asks for.
    wanted: u64,
    /// True once a poll has succeeded.
    pub has_contact: bool,
}

impl Limits {
    pub fn new(plan: &Plan) -> Self {
        Self {
            jitter: plan.jitter,
            interval: plan.interval(),
            begun: Vec::new(),
            last_poll: None,
            request_since: 0,
            stream_since: 0,
            stream_is_open: false,
            refusals: 0,
            poll_not_before: 0,
            stream_not_before: 0,
            stream_wanted: 0,
            wanted: 0,
            has_contact: false,
        }
    }

    /// Returns true if the server refuses the client.
    pub fn is_refusal(status: &SessionStatus) -> bool {
        match &status.problem {
            Some(Problem::Rejected { status, .. } | Problem::UnexpectedStatus(status)) => {
                matches!(status, 400 | 401 | 403 | 404 | 406 | 415)
            }
            Some(Problem::BadRequest | Problem::Unauthorised(_) | Problem::NotFound) => true,
            _ => false,
        }
    }

    /// Allows a poll at once, because a command needs it, or because a suspension has ended its delay.
    pub fn commanded(&mut self) {
        (self.poll_not_before, self.last_poll) = (0, None);
    }

    pub fn poll_opened(&mut self, head: &ResponseHead) {
        self.wanted = wanted(head);
    }

    pub fn stream_opened(&mut self, now: u64, head: &ResponseHead) {
        let is_event_stream = head.get("content-type") == Some("text/event-stream");
        if head.status == 200 && is_event_stream {
            (self.stream_is_open, self.refusals) = (true, 0);
        } else {
            self.stream_refused(now, wanted(head));
        }
    }

    fn stream_refused(&mut self, now: u64, wanted: u64) {
        self.refusals += 1;
        let pause = if self.refusals >= 3 { PAUSE } else { 100 };
        self.stream_wanted = now + wanted;
        self.stream_not_before = (now + pause).max(self.stream_wanted);
    }

    /// Allows a stream, because a poll has succeeded after failures: the server was away, and refuses no streams.
    pub fn returned(&mut self) {
        (self.refusals, self.stream_not_before) = (0, self.stream_wanted);
    }

    pub fn stream_ended(&mut self, now: u64) {
        self.stream_not_before = self.stream_not_before.max(now + 100);
    }

    /// Checks that a request begins neither too soon nor too often.
    pub fn sends(&mut self, now: u64, is_stream: bool, continues: bool) -> Result<(), Broken> {
        if !is_stream {
            (self.request_since, self.wanted) = (now, 0);
        }
        if continues {
            return Ok(());
        }
        self.begun.push(now);
        if let [.., first, _, last] = self.begun.as_slice() {
            hold(Invariant::Pace, last - first >= 1_000, || {
                format!("three polls or streams in {} ms", last - first)
            })?;
        }
        let not_before = if is_stream { self.stream_not_before } else { self.poll_not_before };
        hold(Invariant::NotTooSoon, now >= not_before, || format!("not before {not_before}"))?;
        if is_stream {
            (self.stream_since, self.stream_is_open) = (now, false);
        } else {
            let former = self.last_poll.replace(now);
            hold(Invariant::NotTooSoon, former.is_none_or(|former| now >= former + 1_000), || {
                format!("a poll at {former:?} and one at {now}")
            })?;
        }
        Ok(())
    }

    /// Checks that the time limit of a poll's request has passed if a timer aborts the request.
    pub fn aborts_poll(&self, now: u64, fact: Fact) -> Result<(), Broken> {
        let is_late = fact != Fact::Tick || now >= self.request_since + REQUEST;
        hold(Invariant::Limits, is_late, || "a poll aborted before its time limit".to_string())
    }

    pub fn aborts_stream(&mut self, now: u64, fact: Fact) -> Result<(), Broken> {
        if fact != Fact::Tick {
            return Ok(());
        }
        let limit = if self.stream_is_open { LIFETIME } else { REQUEST };
        hold(Invariant::Limits, now >= self.stream_since + limit, || {
            "a stream aborted before its time limit".to_string()
        })?;
        if !self.stream_is_open {
            self.stream_refused(now, 0);
        }
        Ok(())
    }

    /// Checks that the requests in flight have the time limits that they should have.
    pub fn deadline(
        &self,
        deadline: Option<u64>,
        polls: bool,
        streams: bool,
        now: u64,
    ) -> Result<(), Broken> {
        let stream_limit = if self.stream_is_open { LIFETIME } else { REQUEST };
        for (is_live, latest) in
            [(polls, self.request_since + REQUEST), (streams, self.stream_since + stream_limit)]
        {
            let is_soon = deadline.is_some_and(|deadline| deadline <= latest.max(now));
            hold(Invariant::Limits, !is_live || is_soon, || {
                format!("{deadline:?}, and the time limit is {latest}")
            })?;
        }
        Ok(())
    }

    /// Checks the delay after a failure that this step has shown. `is_next` is true if the next poll is one for another
    /// context, which waited.
    pub fn failed(
        &mut self,
        now: u64,
        former: &SessionStatus,
        status: &SessionStatus,
        is_next: bool,
    ) -> Result<(), Broken> {
        if status.attempts <= former.attempts {
            return Ok(());
        }
        if is_next {
            return Ok(());
        }
        self.last_poll = None;
        let is_transient = self.has_contact
            && matches!(
                status.problem,
                Some(Problem::Unauthorised(_) | Problem::Rejected { status: 401 | 403, .. })
            );
        let is_slow = Self::is_refusal(status) && !is_transient;
        let least = |millis: u64| ((millis as f64 * (1.0 - self.jitter)) as u64).max(100);
        let longest = if self.has_contact { self.interval.clamp(1_000, 30_000) } else { 30_000 };
        let (soonest, latest) =
            if is_slow { (least(60_000), 600_000) } else { (least(1_000), longest) };
        self.poll_not_before = now + soonest.max(self.wanted);
        let Some(next) = status.next_attempt.map(Millis::as_u64) else { return Ok(()) };
        let ahead = next.saturating_sub(now);
        hold(Invariant::NotTooSoon, ahead >= soonest.max(self.wanted), || {
            format!("{ahead} ms until the next poll, at least {soonest} or {}", self.wanted)
        })?;
        hold(Invariant::NotTooLate, ahead <= latest.max(self.wanted), || {
            format!("{ahead} ms until the next poll, at most {latest} or {}", self.wanted)
        })
    }
}

/// Returns the delay that an answer asks for, in milliseconds.
fn wanted(head: &ResponseHead) -> u64 {
    head.get("retry-after").and_then(|text| text.parse::<u64>().ok()).unwrap_or(0) * 1_000
}
