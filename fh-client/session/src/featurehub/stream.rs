//! Handles an open stream: its events and its time limits.

use std::mem;
use std::time::Duration;

use fh_eval::internal::{Token, members};
use fh_repository::problem::{Problem, Stage};
use fh_repository::publication::RawKind;
use fh_repository::time::Millis;
use serde_json::value::RawValue;

use super::{Session, State};
use crate::action::RequestId;
use crate::config::Limits;
use crate::delay::whole;
use crate::response_class::{LONGEST_INTERVAL, cut};
use crate::sse::{Decoder, Event, Limits as SseLimits};

/// The maximum delay before a reconnect that a stream can request with `retry:`. A longer delay is reduced to this maximum.
const LONGEST_RECONNECT: Duration = Duration::from_secs(30);
/// Number of streams in a row that are held back, or get no response in time, after which the client polls instead.
const MOST_HELD_BACK: u8 = 2;

pub(super) struct Stream {
    pub(super) request_id: RequestId,
    pub(super) opened: Millis,
    /// True once the stream has sent a list of features. Heartbeats and single features do not count.
    pub(super) has_data: bool,
    /// The problem of the stream's last list; `None` if the list had no problem.
    doubt: Option<Problem>,
    /// True if the Edge has announced with `bye` that it will close the stream.
    pub(super) said_bye: bool,
    /// True if the Edge wants no further requests (status 236).
    pub(super) last: bool,
    decoder: Decoder,
    bytes: u64,
    /// The time of the last progress: the begin of the stream, a complete event or comment, or a sufficient number of bytes.
    progress_from: Millis,
    /// Number of bytes that arrived after `progress_from`.
    progress_bytes: u64,
    last_byte: Millis,
    last_line: Millis,
    /// The time at which the unfinished line or event began; `None` if neither is unfinished.
    begun: Option<Millis>,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream")
            .field("request_id", &self.request_id)
            .field("opened", &self.opened)
            .field("has_data", &self.has_data)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

impl Stream {
    pub(super) fn new(request_id: RequestId, now: Millis, limit: usize, last: bool) -> Self {
        Self {
            request_id,
            opened: now,
            has_data: false,
            doubt: None,
            said_bye: false,
            last,
            decoder: Decoder::new(SseLimits { event: limit }),
            bytes: 0,
            progress_from: now,
            progress_bytes: 0,
            last_byte: now,
            last_line: now,
            begun: None,
        }
    }

    /// Records bytes that arrived now. Bytes that arrive at the time of the last progress do not count, so that the result does not depend
    /// on the sizes of chunks.
    fn arrived(&mut self, bytes: usize, now: Millis, limits: &Limits) {
        let bytes = bytes as u64;
        self.bytes = self.bytes.saturating_add(bytes);
        self.last_byte = now;
        if now > self.progress_from {
            self.progress_bytes = self.progress_bytes.saturating_add(bytes);
        }
        let enough = u128::from(Limits::SLOWEST) * limits.held_back.as_millis();
        if u128::from(self.progress_bytes) * 1_000 >= enough {
            self.progress(now);
        }
    }

    /// Records that the stream is not held back.
    const fn progress(&mut self, now: Millis) {
        self.progress_from = now;
        self.progress_bytes = 0;
    }

    /// Returns the time at which the stream is aborted if no more bytes arrive, and the problem that is then reported.
    pub(super) fn deadline(&self, limits: &Limits) -> (Millis, Problem) {
        let (until, stage) = self.time_limit(limits);
        let held_back = self.progress_from.after(limits.held_back);
        if !self.has_data && held_back <= until {
            return (held_back, Problem::HeldBack);
        }
        (until, Problem::TimedOut(stage))
    }

    /// Returns the time at which the next time limit passes if no more bytes arrive, and the stage that is then reported as too slow.
    fn time_limit(&self, limits: &Limits) -> (Millis, Stage) {
        let at_least = |bytes: u64| limits.idle.max(Duration::from_secs(bytes / Limits::SLOWEST));
        let idle = match self.begun {
            None => (self.last_line.after(limits.idle), Stage::Silence),
            Some(begun) => {
                let silence = (self.last_byte.after(limits.idle), Stage::Silence);
                let event = at_least(self.decoder.unfinished() as u64);
                silence.min((begun.after(event), Stage::Event))
            }
        };
        if self.has_data {
            return idle;
        }
        idle.min((self.opened.after(at_least(self.bytes)), Stage::FirstEvent))
    }
}

/// The reason why the session aborts a stream: a problem, a refusal, or a request of the Edge to stop or pause.
enum Stop {
    Trouble(Problem),
    Refused(Problem),
    Stale,
    Pause(Duration),
}

impl Session {
    pub(super) fn stream_bytes(&mut self, mut bytes: &[u8]) {
        let State::Streaming(mut stream) = mem::replace(&mut self.state, State::Idle) else {
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
                    if let Err(stop) = self.event(&mut stream, &event) {
                        break Some(stop);
                    }
                    // The result must not depend on the sizes of chunks, so a waiting context is settled before the rest of the chunk.
                    let is_settled = stream.has_data && self.next_context.is_some();
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
            self.reconnect_floor = retry.min(LONGEST_RECONNECT);
        }
        self.state = State::Streaming(stream);
        match stop {
            None => {}
            Some(Stop::Trouble(problem)) => self.stream_given_up(problem),
            Some(Stop::Refused(problem)) => {
                self.give_up();
                self.access.revoke();
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

    fn event(&mut self, stream: &mut Stream, event: &Event) -> Result<(), Stop> {
        let malformed = |why: String| Stop::Trouble(Problem::Malformed(cut(&why, 300)));
        self.refuse_dense(&event.data).map_err(Stop::Trouble)?;
        let applied = match event.name.as_str() {
            "features" => self.apply_list(&event.data).map_err(Stop::Trouble).map(Some),
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
                    self.held_streams = 0;
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
        let is_last = matches!(&self.state, State::Streaming(stream) if self.is_last(stream));
        self.give_up();
        if is_last {
            return self.halt_stale();
        }
        if matches!(problem, Problem::HeldBack | Problem::TimedOut(Stage::Head)) {
            self.held_streams = self.held_streams.saturating_add(1);
            if self.are_streams_held_back() {
                return self.fall_back(problem);
            }
        }
        self.trouble(problem, None);
    }

    /// Returns true if the last streams were held back or got no response in time, so often that the client polls instead.
    pub(super) const fn are_streams_held_back(&self) -> bool {
        self.held_streams >= MOST_HELD_BACK
    }

    /// Returns true if no request follows the end of this stream, because the response had status 236. A client without features continues
    /// to send requests.
    pub(super) fn is_last(&self, stream: &Stream) -> bool {
        stream.last && (stream.has_data || self.held.is_current())
    }

    pub(super) fn stream_closed(&mut self, stream: &Stream, broken: Option<Problem>) {
        self.was_open_since(stream.opened, stream.has_data);
        if self.is_last(stream) {
            return self.halt_stale();
        }
        if !stream.has_data {
            return self.trouble(broken.unwrap_or(Problem::ClosedEarly), None);
        }
        if stream.said_bye {
            self.backoff.reset();
            return self.come_back();
        }
        self.dropped(broken.unwrap_or(Problem::Disconnected));
    }

    /// Resets the retry delays if a stream with features that was opened at this time has been open for at least `Config::healthy_after`.
    pub(super) fn was_open_since(&mut self, opened: Millis, has_data: bool) {
        if has_data && self.now.since(opened) >= self.config.healthy_after {
            self.backoff.reset();
        }
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
