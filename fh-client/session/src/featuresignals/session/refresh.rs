//! A poll: the map of the flags, then the answers for named flags in parts. All parts are published together or not at all.

use std::sync::Arc;

use fh_eval::{Attributes, Ruleset};
use fh_repository::notice::Notice;
use fh_repository::problem::Problem;
use fh_repository::publication::{Cause, Publication};
use fh_repository::rules::{Rules, ServerEvaluated};
use fh_repository::source::Source;
use fh_repository::system::System;
use fh_repository::time::Millis;

use super::{Session, no_flags};
use crate::action::{Action, RequestId, ResponseHead};
use crate::context_header::sha256_hex;
use crate::featuresignals::answers::{self, Bulk, FlagMap};
use crate::featuresignals::config::Reasons;
use crate::featuresignals::context::{bulk_body, has_attributes};
use crate::response_class::cut;

/// Maximum number of flags that the server answers in one request.
const PART: usize = 100;
/// Number of flags above which a notice advises to name the flags.
const MANY: usize = 1_000;

/// A poll in flight, and the answers of its earlier requests.
pub(super) struct Flight {
    pub(super) request_id: RequestId,
    /// The time at which the request in flight is given up.
    pub(super) until: Millis,
    /// The time at which the answer to the request in flight must be complete.
    pub(super) complete_until: Millis,
    /// The head of the answer; `None` before it has arrived.
    pub(super) head: Option<ResponseHead>,
    /// The part of the answer's body that has arrived so far.
    pub(super) body: Vec<u8>,
    pub(super) refresh: Refresh,
}

/// The progress of a poll.
pub(super) struct Refresh {
    context: Arc<Attributes>,
    /// True if the values come from answers for named flags.
    wants_reasons: bool,
    step: Step,
    /// The flags whose answers are asked for.
    flag_keys: Vec<Box<str>>,
    /// The bodies of the parts that have arrived.
    parts: Vec<Vec<u8>>,
}

/// The request of a poll that is in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Map,
    Part,
}

/// The answers that are served.
pub(super) struct Held {
    ruleset: Ruleset,
    context: Arc<Attributes>,
    /// The digest of the bodies.
    digest: String,
}

impl Flight {
    /// Returns true if the head of an error has arrived.
    pub(super) fn is_error(&self) -> bool {
        self.head.as_ref().is_some_and(|head| head.status != 200)
    }
}

impl std::fmt::Debug for Flight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Flight")
            .field("request_id", &self.request_id)
            .field("until", &self.until)
            .field("step", &self.refresh.step)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The next request of a poll.
pub(super) enum NextRequest {
    Map,
    /// The answers for the flags of this body are asked for.
    Part(String),
}

impl Refresh {
    /// Returns the next request of the poll.
    pub(super) fn next_request(&self) -> NextRequest {
        match self.step {
            Step::Map => NextRequest::Map,
            Step::Part => {
                let keys = self.flag_keys.chunks(PART).nth(self.parts.len()).unwrap_or_default();
                NextRequest::Part(bulk_body(keys, &self.context))
            }
        }
    }

    pub(super) const fn context(&self) -> &Arc<Attributes> {
        &self.context
    }
}

impl Session {
    /// Returns a poll for the current context, of which no request was sent.
    pub(super) fn new_refresh(&self) -> Refresh {
        let context = Arc::clone(&self.context);
        let wants_reasons = self.config.reasons == Reasons::Always || has_attributes(&context);
        let (step, flag_keys) = match &self.config.flags {
            Some(flags) if wants_reasons => (Step::Part, flags.clone()),
            _ => (Step::Map, Vec::new()),
        };
        Refresh { context, wants_reasons, step, flag_keys, parts: Vec::new() }
    }

    /// Handles the complete body of an answer with status 200.
    pub(super) fn answered(&mut self, mut refresh: Refresh, body: Vec<u8>) {
        match refresh.step {
            Step::Map => match FlagMap::parse(&body) {
                Err(why) => self.malformed(&why),
                Ok(map) if refresh.wants_reasons => {
                    refresh.flag_keys = map.keys();
                    self.note_many(refresh.flag_keys.len());
                    refresh.step = Step::Part;
                    if refresh.flag_keys.is_empty() {
                        self.complete(refresh, no_flags(), &[&body]);
                    } else {
                        self.send(refresh);
                    }
                }
                Ok(map) => {
                    let ruleset = map.compile(self.config.flags.as_deref());
                    self.complete(refresh, ruleset, &[&body]);
                }
            },
            Step::Part => match Bulk::parse(&body) {
                Err(why) => self.malformed(&why),
                Ok(_) => {
                    refresh.parts.push(body);
                    if refresh.parts.len() * PART < refresh.flag_keys.len() {
                        self.send(refresh);
                    } else {
                        let bodies = std::mem::take(&mut refresh.parts);
                        let bodies: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
                        // Each body was parsed when it arrived, so that none fails here.
                        let parts: Vec<Bulk<'_>> =
                            bodies.iter().filter_map(|body| Bulk::parse(body).ok()).collect();
                        self.complete(refresh, answers::compile(&parts), &bodies);
                    }
                }
            },
        }
    }

    fn malformed(&mut self, why: &str) {
        self.trouble(Problem::Malformed(cut(why, 300)), None);
    }

    /// Publishes the answers of a poll if they differ from those that are served.
    fn complete(&mut self, refresh: Refresh, ruleset: Ruleset, bodies: &[&[u8]]) {
        let digest = bodies.iter().map(|body| sha256_hex(body)).collect();
        let context = refresh.context;
        let is_known = self.is_served && self.holds(&context);
        if is_known && self.held.as_ref().is_some_and(|held| held.digest == digest) {
            self.received(Source::Polling);
        } else {
            self.held =
                Some(Held { ruleset: ruleset.clone(), context: Arc::clone(&context), digest });
            let rules = self.evaluated(ruleset, context, None);
            self.publish(
                rules,
                if is_known { Cause::Change } else { Cause::First },
                Source::Polling,
            );
        }
        self.good();
    }

    /// Serves answers of an earlier client for the current context, until the server has answered.
    pub(super) fn stored_answers(&mut self, source: Source, bytes: &[u8]) {
        if self.has_contact {
            return;
        }
        match Bulk::parse(bytes) {
            Ok(bulk) => {
                let (ruleset, context) = (answers::compile(&[bulk]), Arc::clone(&self.context));
                self.held = Some(Held {
                    ruleset: ruleset.clone(),
                    context: Arc::clone(&context),
                    digest: String::new(),
                });
                let rules = self.evaluated(ruleset, context, None);
                self.publish(rules, Cause::First, source);
            }
            Err(why) => {
                self.actions.push_back(Action::Notice(Notice::StoreIgnored { source, why }));
            }
        }
    }

    /// Serves the values of an earlier context for the current one as well, until its own values arrive.
    pub(super) fn keep_values(&mut self) {
        let (Some(held), Some(newest)) = (&self.held, self.newest_context()) else { return };
        let (ruleset, context) = (held.ruleset.clone(), Arc::clone(&held.context));
        let rules = self.evaluated(ruleset, context, Some(Arc::clone(newest)));
        let rules = Arc::new(rules.of_system(System::FeatureSignals));
        let cause = Cause::Invisible;
        self.actions.push_back(Action::Publish(Publication { rules, cause }));
    }

    /// Returns true if the values that are served are those of this context.
    pub(super) fn holds(&self, context: &Attributes) -> bool {
        self.held.as_ref().is_some_and(|held| *held.context == *context)
    }

    fn evaluated(
        &self,
        ruleset: Ruleset,
        context: Arc<Attributes>,
        kept_for: Option<Arc<Attributes>>,
    ) -> Rules {
        let evaluated = ServerEvaluated { context, kept_for, ..ServerEvaluated::default() };
        Rules::server_evaluated(ruleset, self.environments(), Arc::new(evaluated))
    }

    fn note_many(&mut self, count: usize) {
        if count > MANY && !std::mem::replace(&mut self.many_was_noticed, true) {
            self.actions.push_back(Action::Notice(Notice::ManyFlags { count }));
        }
    }

    /// Aborts the poll in flight, if there is one. The caller sets the next state.
    pub(super) fn give_up(&mut self) {
        self.actions.extend(self.state.request_id().map(Action::Abort));
    }
}
