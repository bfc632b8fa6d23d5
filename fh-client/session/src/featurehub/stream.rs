//! Handles an open stream: its events and its time limits.

use std::mem;
use std::time::Duration;

use fh_eval::SharedText;
use fh_eval::internal::{Token, members};
use fh_repository::problem::{Problem, Stage};
use fh_repository::publication::RawKind;
use serde_json::value::RawValue;

use super::open_stream::Stream;
use super::state::FeatureHub;
use crate::delay::whole;
use crate::kernel::{Kernel, State};
use crate::response_class::{LONGEST_INTERVAL, cut};
use crate::sse::Event;

/// The maximum delay before a reconnect that a stream can request with `retry:`. A longer delay is reduced to this maximum.
const LONGEST_RECONNECT: Duration = Duration::from_secs(30);
/// Number of streams in a row that are held back, or get no response in time, after which the client polls instead.
const MOST_HELD_BACK: u8 = 2;

/// The reason why the session aborts a stream: a problem, a refusal, or a request of the Edge to stop or pause.
enum Stop {
    Trouble(Problem),
    Refused(Problem),
    Stale,
    Pause(Duration),
}

impl Kernel<FeatureHub> {
    pub(super) fn decode_events(&mut self, mut bytes: &[u8]) {
        let State::Streaming { request_id, mut stream } =
            mem::replace(&mut self.state, State::Idle)
        else {
            return;
        };
        stream.arrived(bytes.len(), self.now, &self.config.limits);
        let (lines, parts) = (stream.decoder.lines(), stream.decoder.parts());
        let mut is_between_events = stream.decoder.unfinished() == 0;
        let stop = loop {
            match stream.decoder.decode(&mut bytes) {
                Err(too_large) => break Some(Stop::Trouble(Problem::TooLarge(too_large.limit))),
                Ok(None) => break None,
                Ok(Some(event)) => {
                    is_between_events = true;
                    if let Err(stop) = self.event_arrived(&mut stream, event) {
                        break Some(stop);
                    }
                    // The result must not depend on the sizes of chunks, so a waiting context is settled before the rest of the chunk.
                    let is_settled = stream.has_data && self.own.next_context.is_some();
                    if is_settled && self.is_last(&stream) {
                        self.refuse_next_context_as_stale();
                    } else if is_settled {
                        // The request of the waiting context replaces this stream.
                        break None;
                    }
                }
            }
        };
        let has_lines = stream.decoder.lines() > lines;
        if has_lines {
            stream.last_line = self.now;
        }
        if stream.decoder.parts() > parts {
            stream.progress(self.now);
        }
        // The unfinished line or event began in this chunk, unless a part of it arrived in an earlier chunk.
        let is_another = is_between_events || (has_lines && !stream.decoder.is_within_event());
        let began = stream.begun.filter(|_| !is_another).unwrap_or(self.now);
        stream.begun = (stream.decoder.unfinished() > 0).then_some(began);
        if let Some(retry) = stream.decoder.retry() {
            self.own.reconnect_floor = retry.min(LONGEST_RECONNECT);
        }
        self.state = State::Streaming { request_id, stream };
        match stop {
            None => {}
            Some(Stop::Trouble(problem)) => self.stream_given_up(problem),
            Some(Stop::Refused(problem)) => {
                self.give_up();
                self.own.access.revoke();
                self.refuse(problem, None);
            }
            Some(Stop::Stale) => {
                self.give_up();
                self.halt_stale();
            }
            Some(Stop::Pause(pause)) => {
                self.give_up();
                self.pause(pause);
            }
        }
    }

    fn event_arrived(&mut self, stream: &mut Stream, event: Event) -> Result<(), Stop> {
        let malformed = |why: String| Stop::Trouble(Problem::Malformed(cut(&why, 300)));
        self.refuse_dense(&event.data).map_err(Stop::Trouble)?;
        let applied = match event.name.as_str() {
            "features" => {
                let data = SharedText::of(event.data.into_boxed_str());
                self.apply_list(&data).map_err(Stop::Trouble).map(Some)
            }
            "feature" => {
                self.apply_one(RawKind::Feature, &event.data).map_err(malformed).map(|()| None)
            }
            "delete_feature" => {
                self.apply_one(RawKind::Delete, &event.data).map_err(malformed).map(|()| None)
            }
            "bye" => {
                stream.said_bye = true;
                return Ok(());
            }
            "failure" => return Err(Stop::Refused(Problem::Failure(reason(&event.data)))),
            "config" => return stale(&event.data),
            _ => return Ok(()),
        };
        match applied {
            Err(stop) => Err(stop),
            Ok(listed) => {
                if let Some(doubt) = listed {
                    stream.has_data = true;
                    stream.doubt = doubt;
                    self.own.held_streams = 0;
                }
                if stream.has_data {
                    // A single feature does not resolve the problem of an earlier list.
                    self.good(stream.doubt.clone());
                    self.settle(&Ok(()));
                }
                Ok(())
            }
        }
    }

    /// Aborts the stream, or the request for it, because of `problem`, and schedules a retry. Halts if no request follows the end of the
    /// stream. After several streams in a row that are held back or get no response in time, polls instead.
    pub(super) fn stream_given_up(&mut self, problem: Problem) {
        let is_last =
            matches!(&self.state, State::Streaming { stream, .. } if self.is_last(stream));
        self.give_up();
        if is_last {
            return self.halt_stale();
        }
        self.stream_failed(problem);
    }

    /// Schedules a retry after a stream was aborted, or its request.
    pub(super) fn stream_failed(&mut self, problem: Problem) {
        if matches!(problem, Problem::HeldBack | Problem::TimedOut(Stage::Head)) {
            self.own.held_streams = self.own.held_streams.saturating_add(1);
            if self.are_streams_held_back() {
                return self.fall_back(problem);
            }
        }
        self.request_failed(problem, None);
    }

    /// Returns true if the last streams were held back or got no response in time, so often that the client polls instead.
    pub(super) const fn are_streams_held_back(&self) -> bool {
        self.own.held_streams >= MOST_HELD_BACK
    }

    /// Returns true if no request follows the end of this stream, because the response had status 236. A client without features continues
    /// to send requests.
    pub(super) fn is_last(&self, stream: &Stream) -> bool {
        stream.last && (stream.has_data || self.own.held.is_current())
    }

    pub(super) fn stream_closed(&mut self, stream: &Stream, broken: Option<Problem>) {
        self.was_open_since(stream.opened, stream.has_data, self.config.healthy_after);
        if self.is_last(stream) {
            return self.halt_stale();
        }
        if !stream.has_data {
            return self.request_failed(broken.unwrap_or(Problem::ClosedEarly), None);
        }
        if stream.said_bye {
            self.backoff.reset();
            return self.come_back();
        }
        self.retry_dropped(broken.unwrap_or(Problem::Disconnected), self.own.reconnect_floor);
    }
}

/// Returns the first member `status` of a `failure` event's data, or the whole data if that member is missing or not a text. The result is
/// cut off after 200 characters.
fn reason(data: &str) -> String {
    let status = serde_json::from_str::<&RawValue>(data).ok().and_then(|raw| {
        let members = members(raw)?;
        let (_, status) = members.into_iter().find(|(name, _)| name == "status")?;
        Token::of(status).text().map(std::borrow::Cow::into_owned)
    });
    cut(status.as_deref().unwrap_or(data), 200)
}

/// Reads `edge.stale` of a `config` event. `true` stops requests. A number above 0 pauses requests for this number of seconds, at most for
/// [`LONGEST_INTERVAL`]. Any other value has no effect.
fn stale(data: &str) -> Result<(), Stop> {
    let Some(members) = serde_json::from_str::<&RawValue>(data).ok().and_then(members) else {
        return Ok(());
    };
    let Some((_, value)) = members.iter().rfind(|(name, _)| name == "edge.stale") else {
        return Ok(());
    };
    match Token::of(value) {
        Token::Bool(true) => Err(Stop::Stale),
        Token::Number(digits) => match digits.parse::<f64>() {
            Ok(seconds) if seconds > 0.0 => {
                let longest = LONGEST_INTERVAL.as_secs_f64();
                Err(Stop::Pause(whole(seconds.min(longest) * 1_000.0)))
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}
