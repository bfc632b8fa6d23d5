//! The consequences of responses (sdk-behaviour 2.9.2, sdk-behaviour 2.11, D-60, D-65, D-69, D-72).

use fh_repository::problem::Problem;
use fh_session::{Mode, RequestKind};

use super::{Open, Phase, Shown, Spec, millis};
use crate::edge::{Body, Content, Ending, Facts};
use crate::wire::{Empty, Listed};

impl Spec {
    pub(super) fn opened(&mut self, facts: &Facts) {
        let fits = match self.kind {
            RequestKind::Poll => facts.content != Content::Html,
            RequestKind::Stream => facts.content == Content::Events,
        };
        let with_etag = facts.asked_with_etag;
        let is_poll = self.kind == RequestKind::Poll;
        if !(300..=399).contains(&facts.status) || facts.status == 304 {
            self.hops = 0;
        }
        let after = facts.retry_after.unwrap_or(0);
        match facts.status {
            _ if is_poll => {}
            200 | 236 if !fits => self.wrong_types += 1,
            301 | 302 | 303 | 307 | 308 if facts.leads_home && self.hops < 5 => {}
            _ => self.wrong_types = 0,
        }
        match facts.status {
            200 | 236 if fits && is_poll => {
                self.interval = facts.max_age.unwrap_or_else(|| self.own_interval());
                self.phase = Phase::Body { until: self.poll_until };
                return;
            }
            200 | 236 if fits => {
                self.phase = Phase::Stream(Open {
                    opened: self.now,
                    has_data: false,
                    doubt: None,
                    bye: false,
                    last: facts.status == 236,
                    bytes: 0,
                    progress: self.now,
                    progress_bytes: 0,
                    last_byte: self.now,
                    last_line: self.now,
                    begun: None,
                    unfinished: 0,
                });
                return;
            }
            _ => self.give_up(),
        }
        match facts.status {
            200 | 236 if is_poll => self.trouble("content_type", 0),
            200 | 236 => {
                if self.wrong_types < 3 {
                    self.trouble("content_type", 0);
                } else {
                    self.cannot_stream();
                }
            }
            304 if is_poll && with_etag => {
                self.interval = facts.max_age.unwrap_or_else(|| self.own_interval());
                self.contacted = true;
                self.failed &= !self.listed;
                self.answered(None);
            }
            301 | 302 | 303 | 307 | 308 => {
                self.hops += 1;
                if facts.leads_home && self.hops <= 5 {
                    self.following = Some(self.kind);
                    self.connect();
                } else {
                    self.trouble("redirect", 0);
                }
            }
            400 => self.refuse("bad_request", after),
            401 | 403 => self.refuse("unauthorised", after),
            404 => self.refuse("not_found", after),
            501 if !is_poll => self.cannot_stream(),
            429 => self.trouble("too_many_requests", after),
            500..=599 => self.trouble("server_error", after),
            _ => self.trouble("unexpected_status", after),
        }
    }

    fn cannot_stream(&mut self) {
        self.held_streams = 0;
        self.fall_back("no_streaming");
    }

    pub(super) fn fall_back(&mut self, problem: &'static str) {
        self.fallback = Some(self.now + millis(self.config.stream_again_after));
        self.problem = Some(problem);
        self.connect();
    }

    pub(super) fn received(&mut self, listed: Listed) {
        self.contacted = true;
        self.failed = false;
        self.expected.first |= !self.listed || self.switching;
        self.listed = true;
        self.switching = false;
        self.outdated = match self.outdated {
            _ if listed.honest => None,
            Some((since, lists)) => Some((since, lists + 1)),
            None => Some((self.now, 1)),
        };
        self.held = match listed.empty {
            Empty::No => Some(true),
            Empty::Lists if self.evaluates_here() && !self.several() => Some(false),
            _ => self.held,
        };
    }

    pub(super) fn good(&mut self, doubt: Option<&'static str>) {
        self.refusals = 0;
        let polls_instead =
            !matches!(self.phase, Phase::Stream(_)) && self.streams() && self.fallback.is_some();
        let reason = if self.held_streams < 2 { "no_streaming" } else { "held_back" };
        self.problem = doubt.or(polls_instead.then_some(reason));
    }

    pub(super) fn answered(&mut self, doubt: Option<&'static str>) {
        self.good(doubt);
        if let Some(gap) = self.gap.take() {
            self.wait(gap);
            return self.settle(true);
        }
        self.well();
        let at = self.now + self.interval;
        self.phase = match self.config.mode {
            Mode::Passive(_) => Phase::Fresh((at, at)),
            Mode::Once => Phase::Done,
            _ => {
                let at = match self.fallback {
                    _ if !self.streams() => at,
                    Some(until) => until.min(at),
                    // A suspended client polls in place of its stream.
                    None => self.now,
                };
                Phase::Due((at, at))
            }
        };
        self.settle(true);
    }

    pub(super) fn closed(&mut self, ending: Ending, facts: &Facts, shown: &Shown) {
        let broken = match ending {
            Ending::Complete | Ending::Silence => None,
            Ending::Broken => Some("unreachable"),
            Ending::Tls => Some("tls"),
            Ending::ConnectTimeout => Some("timed_out"),
        };
        match self.phase.clone() {
            Phase::Sent { .. } => self.trouble(broken.unwrap_or("unreachable"), 0),
            Phase::Stream(open) => self.stream_closed(&open, broken),
            Phase::Body { .. } => match (broken, &facts.body) {
                (Some(problem), _) => self.trouble(problem, 0),
                (None, Body::Malformed) => self.trouble("malformed", 0),
                (None, Body::NoEnvironments) => {
                    self.failed |= !self.contacted;
                    self.trouble("no_environments", 0);
                }
                (None, Body::List(listed)) => self.fetched(facts, *listed, shown),
            },
            _ => {}
        }
    }

    pub(super) fn fetched(&mut self, facts: &Facts, listed: Listed, shown: &Shown) {
        let lenient = self.several() || !self.evaluates_here();
        let doubt = match listed.empty {
            Empty::No => false,
            Empty::Lists if !lenient => false,
            Empty::Absent => true,
            // An observer cannot know which environments have features.
            Empty::Lists | Empty::Some => {
                facts.status == 236 || shown.problem == Some(Problem::EmptyList)
            }
        };
        let all = listed.empty == Empty::Lists || listed.empty == Empty::Absent;
        if doubt && all && self.switching && !shown.first {
            return self.trouble("empty_list", 0);
        }
        let is_sure = match listed.empty {
            Empty::Absent => true,
            Empty::Lists => !self.several() && facts.status != 236,
            Empty::No | Empty::Some => false,
        };
        self.expected.doubted |= doubt && is_sure;
        self.received(listed);
        let unsure = doubt || listed.empty != Empty::No;
        self.etag = facts.etag.clone().filter(|_| !unsure);
        // An observer cannot know whether an outdated list has an older version than the client.
        self.etag_is_sure = listed.honest;
        let doubt = doubt.then_some("empty_list");
        if facts.status == 236 {
            self.good(doubt);
            self.halt_stale();
        } else {
            self.answered(doubt);
        }
    }
}
